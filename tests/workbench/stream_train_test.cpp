// Epochs over a file that is not held in memory, against training in memory.

#include "workbench/stream_train.h"

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/schedules/decay.h>

#include "data/libsvm.h"
#include "data/table.h"
#include "data/temporary.h"
#include "stream_samples.h"
#include "train_samples.h"
#include "workbench/trainer.h"

namespace thalweg::workbench::stream_train_test {
namespace {

using ::testing::HasSubstr;

data::Dataset in_memory(const std::string& path, const models::ModelSpec& model) {
  data::Dataset data = data::make_dataset(data::read_libsvm(path), task_of(model));
  data.name = "made up";
  return data;
}

struct StreamTraining : ::testing::Test {
  std::string file(std::size_t classes, std::size_t rows = 150) {
    return folder.file("a.svm", stream_text(rows, 400, classes));
  }
  std::string error(const std::string& text, const std::string& model,
                    const StreamTrainOptions& options = {}) {
    return data::error_of(
        folder, [&] { StreamTrainer(folder.file("a.svm", text), {}, models::make_model(model), options); });
  }
  data::TemporaryFolder folder;
};

struct Case {
  const char *model, *optimizer;
  std::size_t classes;
};

void PrintTo(const Case& shown, std::ostream* out) {  // NOLINT: its name
  *out << shown.model << ' ' << shown.optimizer;
}

class SameTraining : public StreamTraining, public ::testing::WithParamInterface<Case> {};

TEST_P(SameTraining, HasTheBitsOfTrainingInMemory) {
  const auto [name, rule, classes] = GetParam();
  const models::ModelSpec model = models::make_model(name);
  const std::string path = file(classes);
  const data::Split split = split_of(in_memory(path, model), false, false);
  for (const std::size_t batch : {1U, 20U, 150U}) {
    for (const bool shuffle : {false, true}) {
      TrainOptions options;
      options.optimizer = make_rule(rule);
      options.epochs = 3;
      options.batch = batch;
      options.cooldown = 0.5;
      options.seed = 5;
      options.shuffle = shuffle;
      Trainer memory(split, model, options);
      const TrainRecord theirs = workbench::train(memory, split, model, options);
      StreamTrainOptions streamed;
      streamed.learner.optimizer = options.optimizer;
      streamed.epochs = 3;
      streamed.batch = batch;
      streamed.cooldown = 0.5;
      streamed.seed = 5;
      streamed.shuffle_buffer = shuffle ? 150 : 0;
      StreamTrainer stream(path, {}, model, streamed);
      const TrainRecord ours = stream.train();
      const auto parameters = stream.learner().parameters();
      EXPECT_EQ(parameters[0].values, memory.parameters()[0].values) << name << ' ' << rule << ' ' << batch;
      EXPECT_EQ(parameters[1].values, memory.parameters()[1].values) << name << ' ' << rule << ' ' << batch;
      EXPECT_EQ(ours.steps, theirs.steps);
      EXPECT_EQ(ours.stop, Stop::epochs_done);
      ASSERT_EQ(ours.epochs.size(), theirs.epochs.size());
      EXPECT_EQ(ours.epochs[2].rate, theirs.epochs[2].rate);
      EXPECT_NEAR(ours.epochs[2].train_loss, theirs.epochs[2].train_loss, 1e-6);
      // A penalty of the model belongs to the gradient there, and to the step here.
      if (model.l2 == 0) {
        EXPECT_NEAR(ours.epochs[2].gradient_norm / theirs.epochs[2].gradient_norm, 1, 1e-5);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, SameTraining,
    ::testing::Values(Case{"logistic", "adam:lr=0.01", 2}, Case{"softmax", "adagrad:lr=0.1", 3},
                      Case{"linear", "momentum:lr=0.02", 0}, Case{"logistic", "ftrl:lr=0.2,l1=0.01", 2},
                      Case{"softmax", "adamw:lr=0.01", 4}, Case{"logistic:l2=0.01", "sgd:lr=0.1", 2}));

/// What becomes of weights without a gradient, as in memory, and not as by default.
TEST_F(StreamTraining, SkipsStepsAsItIsTold) {
  const std::string path = file(2);
  const models::ModelSpec model = models::make_model("logistic:l2=0.01");
  const data::Split split = split_of(in_memory(path, model), false, false);
  std::vector<std::vector<float>> weights;
  for (const Skipped skipped : {Skipped::made_up, Skipped::left, Skipped::scaled}) {
    TrainOptions options;
    options.optimizer = make_rule("sgd:lr=0.1");
    options.epochs = 2;
    options.batch = 1;
    options.shuffle = false;
    options.skipped = skipped;
    Trainer memory(split, model, options);
    (void)workbench::train(memory, split, model, options);
    StreamTrainOptions streamed;
    streamed.learner.optimizer = options.optimizer;
    streamed.learner.skipped = skipped;
    streamed.epochs = 2;
    streamed.batch = 1;
    streamed.shuffle_buffer = 0;
    StreamTrainer stream(path, {}, model, streamed);
    (void)stream.train();
    weights.push_back(stream.learner().parameters()[0].values);
    EXPECT_EQ(weights.back(), memory.parameters()[0].values) << skipped_name(skipped);
  }
  EXPECT_NE(weights[0], weights[1]);
  EXPECT_NE(weights[0], weights[2]);
  EXPECT_NE(weights[1], weights[2]);
}

TEST_F(StreamTraining, MixesRowsOfABlockBySeed) {
  const std::string path = file(2);
  const auto trained = [&](std::size_t buffer, std::uint64_t seed) {
    StreamTrainOptions options;
    options.learner.optimizer = make_rule("sgd:lr=0.1");
    options.epochs = 2;
    options.batch = 8;
    options.shuffle_buffer = buffer;
    options.seed = seed;
    StreamTrainer stream(path, {}, models::make_model("logistic"), options);
    const TrainRecord record = stream.train();
    EXPECT_EQ(record.steps, 2U * 19) << "blocks are whole batches";
    return stream.learner().parameters()[0].values;
  };
  EXPECT_EQ(trained(20, 1), trained(20, 1));
  EXPECT_EQ(trained(20, 1), trained(24, 1)) << "rounded up to three batches";
  EXPECT_NE(trained(20, 1), trained(20, 2));
  EXPECT_NE(trained(20, 1), trained(0, 1));
  EXPECT_EQ(trained(0, 1), trained(0, 2));
}

// The last block may be a single batch, which is not mixed.
TEST_F(StreamTraining, LearnsFromEveryRowOfAnEpoch) {
  std::string text;
  for (int row = 1; row <= 10; ++row) text += "1 " + std::to_string(row) + ":1\n";
  StreamTrainOptions options;
  options.learner.optimizer = make_rule("sgd:lr=0.1");
  options.epochs = 1;
  options.batch = 4;
  options.shuffle_buffer = 8;
  StreamTrainer stream(folder.file("a.svm", text), {}, models::make_model("linear"), options);
  EXPECT_EQ(stream.train().steps, 3U);
  const auto parameters = stream.learner().parameters();
  EXPECT_THAT(parameters[0].values, ::testing::Each(::testing::Gt(0.0F)));
}

TEST_F(StreamTraining, JudgesAnotherFileAsTrainDoes) {
  const models::ModelSpec model = models::make_model("softmax");
  const std::string path = file(3);
  // Wider, and without one of the classes: what the training file does not have counts nothing.
  const std::string test = folder.file("t.svm", stream_text(70, 900, 2, 9));
  data::Split split = split_of(in_memory(path, model), false, false);
  split.test = data::make_test_dataset(data::read_libsvm(test), split.train);
  TrainOptions options;
  options.optimizer = make_rule("adagrad:lr=0.3");
  options.epochs = 2;
  options.shuffle = false;
  const TrainRecord theirs = workbench::train(split, model, options);
  StreamTrainOptions streamed;
  streamed.learner.optimizer = options.optimizer;
  streamed.epochs = 2;
  StreamTrainer stream(path, {}, model, streamed);
  const TrainRecord ours = stream.train(test);
  ASSERT_TRUE(ours.test && theirs.test);
  EXPECT_EQ(ours.test->metric, theirs.test->metric);
  EXPECT_NEAR(ours.test->loss, theirs.test->loss, 1e-6);
}

TEST_F(StreamTraining, ReportsEveryEpochAndStopsWhenItIsTold) {
  StreamTrainOptions options;
  options.epochs = 5;
  options.batch = 10;
  options.max_steps = 40;
  StreamTrainer limited(file(2), {}, models::make_model("logistic"), options);
  EXPECT_EQ(limited.planned_steps(), 40U);
  std::size_t finished = 0;
  const TrainRecord record = limited.train("", [&](const TrainProgress& p) {
    finished += p.finished != nullptr ? 1 : 0;
    return true;
  });
  EXPECT_EQ(record.stop, Stop::max_steps);
  EXPECT_EQ(record.steps, 40U);
  EXPECT_EQ(record.epochs.size(), 3U);
  EXPECT_EQ(finished, 3U);
  options.max_steps = std::nullopt;
  StreamTrainer cancelled(file(2), {}, models::make_model("logistic"), options);
  const TrainRecord cut = cancelled.train("", [&](const TrainProgress& p) { return p.step < 7; });
  EXPECT_EQ(cut.stop, Stop::cancelled);
  EXPECT_EQ(cut.steps, 7U);
}

TEST_F(StreamTraining, RefusesWhatDoesNotFit) {
  EXPECT_EQ(error("1 1:1\n2 1:1\n3 1:1\n", "logistic").substr(0, 16), "model = logistic");
  EXPECT_THAT(error("1 1:1\n2 1:1\n3 1:1\n", "logistic"), HasSubstr("are 3 classes; use softmax or mlp:64"));
  EXPECT_EQ(
      error("1 1:1\nx 1:1\n", "linear"),
      "a.svm:2: found 'x' as the label; expected a number (-1 or +1, 0 or 1, a class number or a value)");
  StreamTrainOptions options;
  options.batch = 0;
  EXPECT_EQ(error("1 1:1\n0 1:1\n", "logistic", options),
            "batch = 0: must be at least 1: all rows of a stream are not held in memory");
  options = {};
  options.epochs = 0;
  EXPECT_EQ(error("1 1:1\n0 1:1\n", "logistic", options), "epochs = 0: must be at least 1");
  options = {};
  options.cooldown = 0.2;
  options.learner.schedules = {{"lr", Constant{}}};
  EXPECT_THAT(error("1 1:1\n0 1:1\n", "logistic", options), HasSubstr("schedule of its own"));
}

}  // namespace
}  // namespace thalweg::workbench::stream_train_test
