// `thalweg diagnose` and `train --diagnose`, as a user runs them.

#include "program.h"

namespace thalweg::test::diagnose_test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::json;

const Words slow{"diagnose", "--data", "iris", "--model", "softmax", "--optimizer", "sgd:lr=1e-4"};
const Words saddle{"diagnose", "saddle", "--optimizer", "sgd", "--start", "1,1e-6", "--steps", "150"};

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(DiagnoseCommand, SaysTheStateTheEvidenceAndACommandToPaste) {
  const Output output = thalweg(with(slow, {"--lang", "en"}));
  EXPECT_EQ(output.code, 1);
  EXPECT_EQ(output.err, "training\ndiagnosing\n");
  EXPECT_THAT(output.out,
              AllOf(StartsWith("The learning rate is too small (learning_rate_too_small, confidence "),
                    HasSubstr("\n  Evidence "), HasSubstr("\n  loss, start → now "),
                    HasSubstr("\n  smallest curvature  "), HasSubstr("  not negative at a minimum\n"),
                    HasSubstr("\nA higher learning rate:\n  thalweg diagnose --data iris --model softmax "
                              "--optimizer sgd:lr=0.0")));
}

TEST(DiagnoseCommand, TheCommandItAdvisesIsRightAndHelps) {
  const Json stuck = json_of(thalweg(with(slow, {"--json", "--quiet"})));
  EXPECT_EQ(stuck.at("state"), "learning_rate_too_small");
  EXPECT_EQ(stuck.at("advice").at("action"), "change");
  EXPECT_EQ(stuck.at("advice").at("option"), "--optimizer");
  const std::string command = stuck.at("advice").at("command");
  EXPECT_THAT(command, AllOf(StartsWith("thalweg diagnose --data iris --model softmax --optimizer sgd:lr="),
                             EndsWith(stuck.at("advice").at("value").get<std::string>())));
  std::istringstream stream(command.substr(8));
  Words words{std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()};
  const Output followed = thalweg(with(words, {"--json", "--quiet"}));
  EXPECT_EQ(followed.code, 0);  // it goes on
  EXPECT_LT(json_of(followed).at("evidence").at("loss"), stuck.at("evidence").at("loss"));
}

TEST(DiagnoseCommand, JsonHasEveryNumberAndNullWhereThereIsNone) {
  const Json json = json_of(thalweg(with(saddle, {"--json", "--quiet"})));
  EXPECT_EQ(json.at("state"), "saddle");
  EXPECT_GT(json.at("confidence"), 0.5);
  const Json& e = json.at("evidence");
  EXPECT_EQ(e.at("steps"), 150);
  EXPECT_NEAR(e.at("largest_eigenvalue").get<double>(), 2, 1e-6);
  EXPECT_NEAR(e.at("smallest_eigenvalue").get<double>(), -2, 1e-6);
  EXPECT_EQ(e.at("stability_limit"), 2);
  EXPECT_NEAR(e.at("escape").at("direction").at(1).get<double>(), 1, 1e-6);
  EXPECT_EQ(e.at("escape").at("share_by_tensor").at("x"), 1);
  for (const char* none : {"noise_scale", "clipped_share", "dead_share", "epsilon_share", "reference_loss",
                           "diverged_at", "first_not_finite"})
    EXPECT_TRUE(e.at(none).is_null()) << none;
  for (const char* known : {"gradient_cosine", "step_cosine", "update_ratio", "slope", "slope_error", "pace",
                            "step_times_curvature", "gain", "missing_share"})
    EXPECT_TRUE(e.at(known).is_number()) << known;
}

TEST(DiagnoseCommand, ExitsWithZeroWhereNothingIsToBeChanged) {
  const Output arrived = thalweg({"diagnose", "booth", "--optimizer", "sgd:lr=0.05", "--lang", "en"});
  EXPECT_EQ(arrived.code, 0);
  EXPECT_THAT(arrived.out, AllOf(StartsWith("A minimum (minimum, "), HasSubstr("\nStop here."),
                                 Not(HasSubstr("\n  thalweg "))));
  const Output goes_on = thalweg({"diagnose", "--data", "iris", "--lang", "en", "--epochs", "10"});
  EXPECT_EQ(goes_on.code, 0);
  EXPECT_THAT(goes_on.out, AllOf(StartsWith("It goes on (progressing, "), EndsWith(" --epochs 20\n")));
}

TEST(DiagnoseCommand, NamesTheFirstTensorThatIsNotFinite) {
  const Output output = thalweg({"diagnose", "scales", "--optimizer", "sgd:lr=1e300", "--lang", "en"});
  EXPECT_EQ(output.code, 1);
  EXPECT_THAT(output.out,
              AllOf(StartsWith("Diverged (diverged, "), HasSubstr("  first not finite"),
                    HasSubstr("A lower learning rate:\n  thalweg diagnose scales --optimizer sgd:lr=")));
}

TEST(DiagnoseCommand, AdvisesToStandardizeByLeavingTheFlagOut) {
  const Output output = thalweg({"diagnose", "--data", "wine", "--model", "mlp:16", "--no-standardize",
                                 "--optimizer", "sgd:lr=0.1", "--quiet", "--lang", "en"});
  EXPECT_THAT(output.out,
              AllOf(StartsWith("Dead units (dead_units, "), HasSubstr("100 % of the units of layer1 are 0"),
                    EndsWith("  thalweg diagnose --data wine --model mlp:16 --optimizer sgd:lr=0.1\n")));
}

TEST(DiagnoseCommand, SpeaksThreeLanguages) {
  EXPECT_THAT(thalweg(with(saddle, {"--lang", "zh-Hant"})).out,
              AllOf(StartsWith("鞍點 (saddle"), HasSubstr("梯度很小"), HasSubstr("最大曲率")));
  EXPECT_THAT(thalweg(saddle, {{"LC_ALL", "zh_CN.UTF-8"}}).out, StartsWith("鞍点 (saddle"));
  const Output wrong = thalweg(with(saddle, {"--lang", "tlh"}));
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("--lang = tlh"));
}

TEST(DiagnoseCommand, FitsIntoSixtyColumnsInEveryLanguage) {
  for (const char* language : {"en", "zh-Hant", "zh-Hans"}) {
    for (const Words& words : {slow, saddle})
      expect_fits(thalweg(with(words, {"--lang", language}), {{"COLUMNS", "60"}}), 60, language);
  }
}

TEST(DiagnoseCommand, RefusesOptionsThatWouldNotCount) {
  const std::pair<Words, const char*> mistakes[] = {
      {{"diagnose", "saddle", "--data", "iris"},
       "--data = given: is for a training, and saddle is a problem"},
      {{"diagnose", "--steps", "10"}, "--steps = given: needs a PROBLEM"},
      {{"diagnose", "sadle"}, "did you mean 'saddle'?"},
      {{"diagnose", "saddle", "--start", "1"}, "dimension = 1: must be at least 2 for saddle"},
      {{"train", "--lang", "en"}, "--lang = en: is for what --diagnose says"}};
  for (const auto& [words, expected] : mistakes) {
    const Output output = thalweg(words);
    EXPECT_EQ(output.code, 2) << expected;
    EXPECT_THAT(output.err, HasSubstr(expected));
    EXPECT_EQ(output.out, "");
  }
}

TEST(DiagnoseCommand, IsTheSameForEveryNumberOfThreads) {
  const Words words = with(slow, {"--json", "--quiet", "--batch", "100"});
  EXPECT_EQ(thalweg(with(words, {"--threads", "1"})).out, thalweg(with(words, {"--threads", "4"})).out);
}

TEST(TrainDiagnose, AppendsTheDiagnosisAndChangesNothingElse) {
  const Words train{"train",    "--data", "wine",        "--model",    "softmax",
                    "--epochs", "8",      "--optimizer", "sgd:lr=1e-6"};
  const Output plain = thalweg(train), with_diagnosis = thalweg(with(train, {"--diagnose", "--lang", "en"}));
  EXPECT_EQ(with_diagnosis.code, 0);  // the training did what was asked
  const std::size_t end = plain.out.find("all of 8 epochs done");
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(with_diagnosis.out.substr(0, end), plain.out.substr(0, end));
  EXPECT_THAT(with_diagnosis.out,
              AllOf(HasSubstr("\n\nThe learning rate is too small (learning_rate_too_small"),
                    HasSubstr("\n  thalweg train --data wine --model softmax --optimizer sgd:lr="),
                    EndsWith(" --diagnose\n")));
}

TEST(TrainDiagnose, IsInTheJsonToo) {
  const Words train{"train", "--data", "iris", "--epochs", "6", "--json", "--quiet"};
  const Json plain = json_of(thalweg(train)), full = json_of(thalweg(with(train, {"--diagnose"})));
  EXPECT_FALSE(plain.contains("diagnosis"));
  EXPECT_EQ(full.at("diagnosis").at("state"), "progressing");
  EXPECT_EQ(full.at("diagnosis").at("advice").at("value"), "12");
  EXPECT_EQ(full.at("train_loss"), plain.at("train_loss"));
}

}  // namespace
}  // namespace thalweg::test::diagnose_test
