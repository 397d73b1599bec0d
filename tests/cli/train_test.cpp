#include "program.h"

namespace thalweg::test::train_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using Json = nlohmann::json;

Words train(const Words& more) {
  Words words{"train", "--data", "iris", "--model", "softmax"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Json trained(Words more) {
  more.insert(more.end(), {"--json", "--quiet"});
  return json_of(thalweg(train(more)));
}

/// Everything of a result but the times.
Json without_times(Json json) {
  json.erase("seconds");
  for (auto& epoch : json.at("history")) epoch.erase("seconds");
  return json;
}

TEST(TrainCommand, LearnsTheDigitsWithItsDefaults) {
  const Json json = json_of(thalweg({"train", "--json", "--quiet"}));
  EXPECT_EQ(json.at("data"), "digits");
  EXPECT_EQ(json.at("model"), "mlp:64");
  EXPECT_EQ(json.at("optimizer"), "adam");
  EXPECT_EQ(json.at("parameters"), 64 * 64 + 64 + 64 * 10 + 10);
  EXPECT_EQ(json.at("stopped"), "epochs_done");
  EXPECT_EQ(json.at("epochs"), 30);
  EXPECT_EQ(json.at("steps"), 30 * 40);  // 1257 rows in batches of 32
  EXPECT_GE(json.at("test_accuracy"), 0.96);
  EXPECT_LT(json.at("train_loss"), json.at("test_loss"));
}

TEST(TrainCommand, JsonHasEveryScoreAndTheWholeHistory) {
  const Json json = trained({"--epochs", "4"});
  for (const char* key : {"train_loss", "validation_loss", "test_loss", "train_accuracy",
                          "validation_accuracy", "test_accuracy", "seconds"})
    EXPECT_TRUE(json.at(key).is_number()) << key;
  ASSERT_EQ(json.at("history").size(), 4U);
  EXPECT_EQ(json.at("history")[3].at("epoch"), 4);
  EXPECT_EQ(json.at("history")[3].at("steps"), json.at("steps"));
  const Json regression =
      json_of(thalweg({"train", "--data", "diabetes", "--model", "linear", "--json", "--quiet"}));
  EXPECT_TRUE(regression.at("test_rmse").is_number());
  EXPECT_FALSE(regression.contains("test_accuracy"));
}

TEST(TrainCommand, PrintsTheEpochsAndTheScores) {
  const Output output = thalweg(train({"--epochs", "2"}), {{"COLUMNS", "60"}});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_EQ(output.err, "training\n");
  EXPECT_THAT(output.out, AllOf(StartsWith("iris: 104 rows to train on, 23 to validate, 23 to test"),
                                HasSubstr("\nepoch 1/2  train loss "), HasSubstr("\n  test "),
                                HasSubstr("all of 2 epochs done; 8 steps, 2 epochs")));
  EXPECT_EQ(thalweg(train({"--epochs", "2", "--quiet"})).err, "");
}

TEST(TrainCommand, GivesTheSameNumbersForAnyNumberOfThreadsAndEachSeedItsOwn) {
  const Json one = without_times(trained({"--batch", "0", "--threads", "1"}));
  EXPECT_EQ(without_times(trained({"--batch", "0", "--threads", "3"})), one);
  EXPECT_EQ(without_times(trained({"--batch", "0", "--isa", "baseline"})), one);
  EXPECT_NE(without_times(trained({"--batch", "0", "--seed", "1"})), one);
}

TEST(TrainCommand, FullBatchesMiniBatchesAndSingleExamplesMakeTheirSteps) {
  EXPECT_EQ(trained({"--batch", "0", "--epochs", "3"}).at("steps"), 3);
  EXPECT_EQ(trained({"--batch", "50", "--epochs", "3"}).at("steps"), 3 * 3);
  EXPECT_EQ(trained({"--batch", "1", "--epochs", "3"}).at("steps"), 3 * 104);
  EXPECT_EQ(trained({"--batch", "1", "--epochs", "3", "--max-steps", "7"}).at("stopped"), "max_steps");
}

TEST(TrainCommand, ReportsADivergenceWithItsStepAndNoNumber) {
  const Output output = thalweg(train({"--optimizer", "sgd:lr=1e30", "--json", "--quiet"}));
  EXPECT_EQ(output.code, 1);
  const Json json = json_of(output);
  EXPECT_EQ(json.at("stopped"), "diverged");
  EXPECT_GE(json.at("diverged").at("step"), 1);
  EXPECT_TRUE(json.at("test_loss").is_null());
  EXPECT_TRUE(json.at("test_accuracy").is_null());
  EXPECT_THAT(thalweg(train({"--optimizer", "sgd:lr=1e30"})).out, HasSubstr("diverged at step "));
}

TEST(TrainCommand, StopsAtATargetAndFailsWithoutReachingIt) {
  const Output reached =
      thalweg(train({"--target", "0.5", "--json", "--quiet", "--optimizer", "adam:lr=0.05"}));
  EXPECT_EQ(reached.code, 0);
  EXPECT_EQ(json_of(reached).at("stopped"), "target_reached");
  EXPECT_EQ(thalweg(train({"--target", "1", "--epochs", "1"})).code, 1);
}

TEST(TrainCommand, FollowsSchedulesAndStopsTheCooldownWhereThereIsOne) {
  const Json json =
      trained({"--schedule", "warmup:steps=4 | constant", "--optimizer", "sgd:lr=0.1", "--epochs", "2"});
  EXPECT_EQ(json.at("cooldown"), 0);
  EXPECT_DOUBLE_EQ(json.at("history")[0].at("lr"), 0.1);  // four steps an epoch
  const Json falling = trained({"--optimizer", "sgd:lr=0.1", "--epochs", "10"});
  EXPECT_EQ(falling.at("cooldown"), 0.3);
  EXPECT_DOUBLE_EQ(falling.at("history")[4].at("lr"), 0.1);
  EXPECT_LT(falling.at("history")[9].at("lr"), 0.01);
}

TEST(TrainCommand, SaysWhatIsWrong) {
  const auto error = [](const Words& words, int code) {
    const Output output = thalweg(words);
    EXPECT_EQ(output.code, code) << output.err;
    EXPECT_EQ(output.out, "");
    return output.err;
  };
  EXPECT_THAT(error({"train", "--data", "digist"}, 2), HasSubstr("did you mean 'digits'?"));
  EXPECT_THAT(error({"train", "--data", "/no/such.csv"}, 3), HasSubstr("/no/such.csv"));
  EXPECT_THAT(error({"train", "--model", "linear"}, 2), HasSubstr("softmax"));
  EXPECT_THAT(error({"train", "--optimizer", "adam:lr=-1"}, 2),
              HasSubstr("adam: lr = -1: must be at least 0"));
  EXPECT_THAT(error({"train", "--epochs", "0"}, 2),
              HasSubstr("--epochs = 0: must be a whole number at least 1"));
  EXPECT_THAT(error({"train", "--schedule", "lr=cosin"}, 2), HasSubstr("did you mean 'cosine'?"));
  EXPECT_THAT(error({"train", "--transform", "clip_norm:max=0"}, 2), HasSubstr("must be greater than 0"));
  EXPECT_THAT(error({"train", "--batchs", "1"}, 2), HasSubstr("did you mean --batch?"));
  const data::TemporaryFolder folder;
  EXPECT_THAT(error({"train", "--data", folder.file("a.csv", "1,2,a\n3,4\n")}, 3),
              HasSubstr("a.csv:2: found 2 fields"));
  EXPECT_THAT(error({"train", "--data", folder.file("b.csv", "1,nan,a\n3,4,b\n")}, 3),
              HasSubstr("b.csv:1: found "));
  EXPECT_THAT(error({"train", "--data", folder.file("c.csv", "1,2,a\n3,4,a\n")}, 3), HasSubstr("one class"));
}

// A row whose gradient is beyond float.
TEST(TrainCommand, StopsSkipsOrClipsWhatIsNotFinite) {
  const data::TemporaryFolder folder;
  const std::string path = folder.file("a.svm", "1 1:1\n3 1:2\n1e10 1:1e30\n2 1:3\n");
  const auto run = [&](const Words& more) {
    Words words{"train", "--stream", "--data", path, "--model", "linear", "--batch", "1", "--epochs", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return thalweg(words);
  };
  Output output = run({"--json", "--quiet"});
  EXPECT_EQ(output.code, 1);
  EXPECT_THAT(output.out, HasSubstr("diverged at step 3: the gradient of weights is not finite"));
  output = run({"--json", "--quiet", "--non-finite", "skip"});
  EXPECT_EQ(output.code, 0);
  EXPECT_EQ(json_of(output).at("steps"), 3);
  EXPECT_EQ(json_of(output).at("skipped_steps"), 1);
  EXPECT_EQ(json_of(output).at("clipped_entries"), 0);
  output = run({"--non-finite", "clip"});
  EXPECT_EQ(output.code, 0);
  EXPECT_THAT(output.out, HasSubstr("1 entry of a gradient made"));
  output = run({"--non-finite", "pass"});
  EXPECT_EQ(output.code, 2);
  EXPECT_THAT(output.err, HasSubstr("--non-finite = 'pass': must be one of stop, skip, clip"));
}

}  // namespace
}  // namespace thalweg::test::train_test
