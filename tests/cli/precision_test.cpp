// --parameters, --state, --master, --rounding and --loss-scale, in the commands that train.

#include "program.h"

namespace thalweg::test::precision_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

Words iris(Words words) {
  words.insert(words.begin() + 1, {"--data", "iris", "--model", "softmax", "--epochs", "3"});
  return words;
}

TEST(PrecisionOptions, AreInTheResult) {
  const Json json =
      json_of(thalweg(iris({"train", "--parameters", "float16", "--master", "--state", "int8", "--rounding",
                            "stochastic", "--loss-scale", "64", "--json", "--quiet"})));
  EXPECT_EQ(json.at("precision"), (Json{{"parameters", "float16"},
                                        {"state", "int8"},
                                        {"master", true},
                                        {"rounding", "stochastic"},
                                        {"loss_scale", 64}}));
  const Json plain = json_of(thalweg(iris({"train", "--json", "--quiet"})));
  EXPECT_EQ(plain.at("precision").at("parameters"), "float32");
  EXPECT_NE(plain.at("train_loss"), json.at("train_loss"));
}

TEST(PrecisionOptions, AreSaidAtTheHead) {
  const Output output = thalweg(iris({"train", "--parameters", "bfloat16", "--master", "--state", "bfloat16",
                                      "--rounding", "stochastic", "--loss-scale", "8"}),
                                {{"COLUMNS", "200"}});
  EXPECT_THAT(output.out, HasSubstr("\nparameters and gradients in bfloat16 with a copy in float32, state in "
                                    "bfloat16, rounded stochastically, loss scale 8\n"));
  EXPECT_THAT(thalweg(iris({"train"})).out, Not(HasSubstr("float32")));
}

TEST(PrecisionOptions, StochasticRoundingFollowsTheSeed) {
  const auto loss = [](const char* seed) {
    return json_of(thalweg(iris({"train", "--state", "bfloat16", "--rounding", "stochastic", "--seed", seed,
                                 "--json", "--quiet"})))
        .at("train_loss")
        .get<double>();
  };
  EXPECT_EQ(loss("1"), loss("1"));
  EXPECT_NE(loss("1"), loss("2"));
}

TEST(PrecisionOptions, GoOnInTheCommandsThatAreAdvised) {
  Words words{"lr-find",      "--data",   "iris",     "--epochs", "3",
              "--parameters", "bfloat16", "--master", "--state",  "int8"};
  for (const char* more : {"--json", "--quiet"}) words.emplace_back(more);
  const Json json = json_of(thalweg(words));
  for (const char* command : {"command", "train"})
    EXPECT_THAT(json.at(command), HasSubstr(" --parameters bfloat16 --state int8 --master")) << command;
  const Output stuck = thalweg(
      iris({"diagnose", "--parameters", "float16", "--loss-scale", "4", "--optimizer", "sgd:lr=1e-4"}),
      {{"COLUMNS", "200"}});
  EXPECT_THAT(stuck.out, HasSubstr(" --parameters float16 --loss-scale 4"));
}

TEST(PrecisionOptions, AreRefusedWhereTheyWouldNotCount) {
  const auto error = [](const Words& words) {
    const Output output = thalweg(words);
    EXPECT_EQ(output.code, 2) << output.err;
    EXPECT_EQ(output.out, "");
    return output.err;
  };
  EXPECT_THAT(error({"train", "--master"}), HasSubstr("it needs parameters in bfloat16 or float16"));
  EXPECT_THAT(error({"train", "--loss-scale", "8"}),
              HasSubstr("loss_scale = 8: is for gradients of 16 bits"));
  EXPECT_THAT(error({"train", "--rounding", "stochastic"}), HasSubstr("has nothing to round"));
  EXPECT_THAT(error({"train", "--state", "float16"}),
              HasSubstr("must be one of float32, float64, bfloat16, int8"));
  EXPECT_THAT(error({"train", "--loss-scale", "0"}), HasSubstr("must be greater than 0"));
  EXPECT_THAT(error({"lr-find", "--master"}), HasSubstr("it needs parameters in bfloat16 or float16"));
  for (const Words& option : {Words{"--parameters", "float16"}, Words{"--state", "int8"}, Words{"--master"},
                              Words{"--rounding", "stochastic"}, Words{"--loss-scale", "2"}}) {
    Words diagnose{"diagnose", "rosenbrock"}, compare{"compare"};
    diagnose.insert(diagnose.end(), option.begin(), option.end());
    compare.insert(compare.end(), option.begin(), option.end());
    EXPECT_THAT(error(diagnose), HasSubstr("is for a training, and rosenbrock is a problem")) << option[0];
    EXPECT_THAT(error(compare), HasSubstr("unknown option " + option[0]));
  }
}

}  // namespace
}  // namespace thalweg::test::precision_test
