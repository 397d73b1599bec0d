#include "models/spec.h"

#include <gmock/gmock.h>

#include <thalweg/error.h>

#include "models/samples.h"

namespace thalweg::models::spec_test {
namespace {

std::string complaint(const std::string& specification) {
  try {
    static_cast<void>(make_model(specification));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, Error::Kind::usage);
    return error.what();
  }
  return "no error";
}

std::string misfit(const std::string& specification, std::size_t classes) {
  try {
    check_fit(make_model(specification), sample(4, 2, classes));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, Error::Kind::usage);
    return error.what();
  }
  return "fits";
}

TEST(Spec, ReadsWhatItWrites) {
  for (const char* text :
       {"linear", "logistic", "softmax:l2=0.001", "mlp:64", "mlp:128,64", "mlp:5,activation=tanh,l2=0.5"}) {
    EXPECT_EQ(make_model(text).text(), text);
  }
  const ModelSpec spec = make_model("mlp:l2=1e-2,128,activation=tanh,64");
  EXPECT_THAT(spec.hidden, testing::ElementsAre(128, 64));
  EXPECT_EQ(spec.activation, ModelSpec::Activation::tanh);
  EXPECT_EQ(spec.l2, 0.01);
}

TEST(Spec, SaysWhatIsWrong) {
  using testing::HasSubstr;
  EXPECT_THAT(complaint("logistik"), HasSubstr("unknown model 'logistik': did you mean 'logistic'?"));
  EXPECT_THAT(complaint(""), HasSubstr("unknown model ''"));
  EXPECT_EQ(complaint("mlp"), "model = mlp: needs the units of each hidden layer, as in mlp:128,64");
  EXPECT_EQ(complaint("mlp:64,activation=relu,l2=0,l2=1"), "mlp.l2 = 1: is given twice");
  EXPECT_THAT(complaint("mlp:activation=tanh"), HasSubstr("needs the units of each hidden layer"));
  for (const char* units : {"0", "-1", "1.5", "65537", "x", "", "nan", "1e99"}) {
    EXPECT_EQ(complaint(std::string("mlp:64,") + units),
              std::string("mlp = ") + units +
                  ": the units of a hidden layer must be a whole number from 1 to 65536, as in mlp:128,64");
  }
  EXPECT_EQ(complaint("softmax:10"), "softmax = 10: expected key=value, as in softmax:l2=1e-4");
  EXPECT_THAT(complaint("softmax:activation=tanh"), HasSubstr("unknown key of softmax 'activation'"));
  EXPECT_THAT(complaint("mlp:8,activaton=tanh"), HasSubstr("did you mean 'activation'?"));
  EXPECT_THAT(complaint("mlp:8,activation=sigmoid"), HasSubstr("one of relu, tanh"));
  EXPECT_THAT(complaint("linear:l2=-1"), HasSubstr("at least 0"));
}

TEST(Spec, SaysWhichModelFits) {
  for (const std::size_t classes : {0U, 2U, 3U}) EXPECT_EQ(misfit("mlp:4", classes), "fits");
  EXPECT_EQ(misfit("linear", 0), "fits");
  EXPECT_EQ(misfit("logistic", 2), "fits");
  EXPECT_EQ(misfit("softmax", 2), "fits");
  EXPECT_EQ(misfit("softmax", 3), "fits");
  EXPECT_EQ(
      misfit("linear", 3),
      "model = linear: predicts numbers, but the targets of sample are 3 classes; use softmax or mlp:64");
  EXPECT_EQ(misfit("linear", 2),
            "model = linear: predicts numbers, but the targets of sample are 2 classes; use logistic, "
            "softmax or mlp:64");
  EXPECT_EQ(misfit("logistic", 3),
            "model = logistic: predicts two classes, but the targets of sample are 3 classes; use softmax or "
            "mlp:64");
  EXPECT_EQ(
      misfit("logistic", 0),
      "model = logistic: predicts two classes, but the targets of sample are numbers; use linear or mlp:64");
  EXPECT_EQ(misfit("softmax", 0),
            "model = softmax: predicts classes, but the targets of sample are numbers; use linear or mlp:64");
}

}  // namespace
}  // namespace thalweg::models::spec_test
