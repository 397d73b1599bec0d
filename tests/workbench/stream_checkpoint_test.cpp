// Streamed trainings that are left at any step and gone on with.

#include <gmock/gmock.h>

#include <thalweg/registry.h>

#include "core/checkpoint_files.h"
#include "data/temporary.h"
#include "stream_samples.h"
#include "workbench/run_settings.h"
#include "workbench/stream_train.h"
#include "workbench/train_checkpoints.h"

namespace thalweg::workbench::stream_checkpoint_test {
namespace {

using ::testing::HasSubstr;

struct Kind {
  const char *model, *optimizer;
  std::size_t classes, batch, buffer;
};

StreamTrainOptions options_of(const Kind& kind) {
  StreamTrainOptions options;
  options.learner.optimizer = make_rule(kind.optimizer);
  options.epochs = 3;
  options.batch = kind.batch;
  options.shuffle_buffer = kind.buffer;
  options.cooldown = 0.5;
  options.seed = 4;
  return options;
}

struct Ended {
  TrainRecord record;
  models::Parameters<float> parameters;
};

/// All of a record but the seconds.
void expect_same(const Ended& one, const Ended& other, const std::string& what) {
  ASSERT_EQ(one.record.epochs.size(), other.record.epochs.size()) << what;
  for (std::size_t k = 0; k < one.record.epochs.size(); ++k) {
    const EpochRecord &a = one.record.epochs[k], &b = other.record.epochs[k];
    EXPECT_EQ(a.epoch, b.epoch) << what;
    EXPECT_EQ(a.steps, b.steps) << what;
    EXPECT_EQ(a.train_loss, b.train_loss) << what;
    EXPECT_EQ(a.train_metric, b.train_metric) << what;
    EXPECT_EQ(a.rate, b.rate) << what;
    EXPECT_EQ(a.gradient_norm, b.gradient_norm) << what;
  }
  EXPECT_EQ(one.record.steps, other.record.steps) << what;
  EXPECT_EQ(one.record.stop_text(), other.record.stop_text()) << what;
  EXPECT_EQ(one.record.non_finite.text(), other.record.non_finite.text()) << what;
  for (std::size_t k = 0; k < 2; ++k) EXPECT_EQ(one.parameters[k].values, other.parameters[k].values) << what;
}

struct StreamCheckpoints : ::testing::Test {
  /// Trains, from the newest checkpoint if there is one, until a step after which it is interrupted.
  std::optional<Ended> trained(const std::string& file, const Kind& kind, const StreamTrainOptions& options,
                               std::uint64_t until = 0) {
    const models::ModelSpec model = models::make_model(kind.model);
    data::StreamOptions how;
    how.checksum = true;
    StreamTrainer trainer(file, how, model, options);
    TrainCheckpoints checkpoints({.folder = scratch.path("run"),
                                  .every = {},
                                  .keep = 1,
                                  .resume = scratch.path("run"),
                                  .may_begin = true,
                                  .is_interrupted = [&] { return trainer.steps() == until; }},
                                 run_settings(trainer.survey(), how, model, options));
    try {
      TrainRecord record = trainer.train("", {}, &checkpoints);
      return Ended{std::move(record), trainer.learner().parameters()};
    } catch (const TrainingInterrupted& interrupted) {
      EXPECT_EQ(interrupted.steps, until);
      return std::nullopt;
    }
  }
  Ended whole(const std::string& file, const Kind& kind, const StreamTrainOptions& options) const {
    StreamTrainer trainer(file, {}, models::make_model(kind.model), options);
    TrainRecord record = trainer.train();
    return {std::move(record), trainer.learner().parameters()};
  }
  data::TemporaryFolder folder;
  test::Scratch scratch;
};

TEST_F(StreamCheckpoints, GoOnWithTheSameBitsFromEveryStep) {
  const Kind kinds[] = {{"logistic", "adam:lr=0.01", 2, 7, 0},
                        {"softmax", "adagrad:lr=0.1", 3, 7, 20},
                        {"linear", "momentum:lr=0.02", 0, 8, 1000},
                        {"logistic", "ftrl:lr=0.2,l1=0.01", 2, 50, 20}};
  for (const Kind& kind : kinds) {
    const std::string file = folder.file("a.svm", "# first\n" + stream_text(50, 150, kind.classes));
    const StreamTrainOptions options = options_of(kind);
    const Ended once = whole(file, kind, options);
    for (std::uint64_t step = 1; step < once.record.steps; ++step) {
      std::filesystem::remove_all(scratch.path("run"));
      ASSERT_FALSE(trained(file, kind, options, step));
      const std::optional<Ended> resumed = trained(file, kind, options);
      ASSERT_TRUE(resumed);
      expect_same(*resumed, once, kind.optimizer + (" from step " + std::to_string(step)));
    }
  }
}

TEST_F(StreamCheckpoints, GoOnFromOneToTheNext) {
  const Kind kind{"softmax", "adamw:lr=0.05", 3, 4, 12};
  const std::string file = folder.file("a.svm", stream_text(30, 90, 3));
  const StreamTrainOptions options = options_of(kind);
  const Ended once = whole(file, kind, options);
  for (std::uint64_t step = 1; step < once.record.steps; ++step)
    ASSERT_FALSE(trained(file, kind, options, step)) << step;
  const std::optional<Ended> resumed = trained(file, kind, options);
  ASSERT_TRUE(resumed);
  expect_same(*resumed, once, "step by step");
  const std::optional<Ended> again = trained(file, kind, options);
  ASSERT_TRUE(again);
  expect_same(*again, once, "after its end");
}

// Skipped steps have no number of their own.
TEST_F(StreamCheckpoints, KeepWhatWasSkipped) {
  const Kind kind{"linear", "adam:lr=0.1", 0, 1, 0};
  const std::string file = folder.file("a.svm", "1 1:1\n2 1:1 2:3e38\n1 1:2\n3 2:3e38\n2 1:1\n1 1:1\n");
  StreamTrainOptions options = options_of(kind);
  options.learner.non_finite = NonFinite::skip;
  const Ended once = whole(file, kind, options);
  ASSERT_GT(once.record.non_finite.skipped, 2U);
  for (std::uint64_t step = 1; step < once.record.steps; ++step) {
    std::filesystem::remove_all(scratch.path("run"));
    ASSERT_FALSE(trained(file, kind, options, step));
    const std::optional<Ended> resumed = trained(file, kind, options);
    ASSERT_TRUE(resumed);
    expect_same(*resumed, once, "from step " + std::to_string(step));
  }
}

TEST_F(StreamCheckpoints, AreOfOneFileAndOneWayToReadIt) {
  const Kind kind{"logistic", "adam", 2, 8, 16};
  const std::string text = "1 1:1 2:5\n" + stream_text(40, 90, 2);
  const StreamTrainOptions options = options_of(kind);
  ASSERT_FALSE(trained(folder.file("a.svm", text), kind, options, 7));
  const auto error = [&](const std::string& now, const StreamTrainOptions& chosen) {
    return data::error_of(folder,
                          [&] { static_cast<void>(trained(folder.file("a.svm", now), kind, chosen)); });
  };
  std::string other = text;
  other[4] = '2';  // of as many bytes
  EXPECT_THAT(error(other, options),
              testing::ContainsRegex("found data 41 rows of [0-9]+ features in [0-9]+ bytes with the "
                                     "checksum [0-9]+ .now 41 rows of .*; expected the options and data"));
  StreamTrainOptions mixed = options;
  mixed.shuffle_buffer = 24;
  mixed.seed = 5;
  EXPECT_THAT(error(text, mixed), HasSubstr("found seed 4 (now 5); shuffle-buffer 16 (now 24); expected"));
  EXPECT_EQ(error(text, options), "no error");
}

}  // namespace
}  // namespace thalweg::workbench::stream_checkpoint_test
