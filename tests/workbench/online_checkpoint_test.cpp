// Learning from a stream that is left after any line and gone on with.

#include <algorithm>

#include <gmock/gmock.h>

#include <thalweg/registry.h>

#include "core/checkpoint_files.h"
#include "data/temporary.h"
#include "stream_samples.h"
#include "workbench/online.h"
#include "workbench/run_settings.h"
#include "workbench/train_checkpoints.h"

namespace thalweg::workbench::online_checkpoint_test {
namespace {

using ::testing::HasSubstr;

struct Kind {
  const char *model, *optimizer;
  std::size_t classes, batch;
  unsigned hash_bits;
};

struct Ended {
  OnlineRecord record;
  models::Parameters<float> parameters;
  std::vector<std::string> classes;
};

void expect_same(const Ended& one, const Ended& other, const std::string& what) {
  EXPECT_EQ(one.record.examples, other.record.examples) << what;
  EXPECT_EQ(one.record.steps, other.record.steps) << what;
  EXPECT_EQ(one.record.average.loss, other.record.average.loss) << what;
  EXPECT_EQ(one.record.average.metric, other.record.average.metric) << what;
  EXPECT_EQ(one.record.window.loss, other.record.window.loss) << what;
  EXPECT_EQ(one.record.window.metric, other.record.window.metric) << what;
  EXPECT_EQ(one.record.in_window, other.record.in_window) << what;
  EXPECT_EQ(one.record.stop_text(), other.record.stop_text()) << what;
  EXPECT_EQ(one.record.non_finite.text(), other.record.non_finite.text()) << what;
  EXPECT_EQ(one.classes, other.classes) << what;
  for (std::size_t k = 0; k < 2; ++k) EXPECT_EQ(one.parameters[k].values, other.parameters[k].values) << what;
}

struct OnlineCheckpoints : ::testing::Test {
  /// Learns from a file, from the newest checkpoint if there is one, until it has learned from so many
  /// batches (in all), without checkpoints if `run` is "".
  Ended learned(const std::string& path, const Kind& kind, const std::string& folder_of_run,
                std::uint64_t steps = 0, bool in_file = true) {
    const models::ModelSpec model = models::make_model(kind.model);
    OnlineOptions options;
    options.optimizer = make_rule(kind.optimizer);
    options.non_finite = NonFinite::skip;
    data::StreamOptions how;
    how.task = task_of(model);
    how.checksum = true;
    if (kind.hash_bits > 0) how.hashing.emplace().bits = kind.hash_bits;
    OnlineRun run;
    run.batch = kind.batch;
    run.window = 9;
    run.in_file = in_file;
    std::optional<TrainCheckpoints> checkpoints;
    if (!folder_of_run.empty()) {
      checkpoints.emplace(TrainCheckpoints::Options{.folder = folder_of_run,
                                                    .every = {.steps = kills ? 1U : 0U},
                                                    .keep = 1,
                                                    .resume = folder_of_run,
                                                    .may_begin = true},
                          run_settings(model, options, run, how, ""));
      if (checkpoints->resumed() != nullptr) how.known = online_before(*checkpoints->resumed()).classes;
      run.checkpoints = &*checkpoints;
    }
    OnlineLearner learner(model, options);
    data::SparseStream stream(path, how);
    learner.reserve(stream.columns(), stream.classes().size());
    run.interrupted = [&] {
      const bool is_end = steps > 0 && learner.steps() >= steps;
      if (is_end && kills) throw Killed();
      return is_end;
    };
    OnlineRecord record = learn_online(learner, stream, run);
    return {std::move(record), learner.parameters(), stream.classes()};
  }
  std::string run() const { return scratch.path("run"); }
  void begin_anew() const { std::filesystem::remove_all(run()); }

  struct Killed {};
  bool kills = false;  ///< instead of an interruption, with a checkpoint after each step
  data::TemporaryFolder folder;
  test::Scratch scratch;
};

TEST_F(OnlineCheckpoints, GoOnWithTheSameBitsAfterEveryLine) {
  const Kind kinds[] = {{"logistic", "adagrad:lr=0.1", 2, 1, 0},
                        {"softmax", "adam:lr=0.01", 5, 1, 0},
                        {"linear", "momentum:lr=0.01", 0, 3, 0},
                        {"softmax", "ftrl:lr=0.2", 4, 7, 0},
                        {"logistic", "adamw:lr=0.01", 2, 2, 8}};
  std::uint64_t skipped = 0;
  for (const Kind& kind : kinds) {
    std::string text = "# first\n" + stream_text(40, 130, kind.classes);
    if (kind.hash_bits == 0) text += "1 1:3e38 2:3e38\n" + stream_text(9, 130, kind.classes, 5);
    const std::string file = folder.file("a.svm", text);
    const Ended once = learned(file, kind, "");
    skipped += once.record.non_finite.skipped;
    for (std::uint64_t step = 1; step < once.record.steps; ++step) {
      begin_anew();
      const Ended half = learned(file, kind, run(), step);
      EXPECT_EQ(half.record.steps, step);
      EXPECT_EQ(half.record.stop, OnlineStop::interrupted);
      const Ended resumed = learned(file, kind, run());
      expect_same(resumed, once, kind.optimizer + (" from step " + std::to_string(step)));
    }
    begin_anew();
    kills = true;
    for (std::uint64_t step = 1; step < once.record.steps; step += 3)
      EXPECT_THROW(static_cast<void>(learned(file, kind, run(), step)), Killed);
    kills = false;
    expect_same(learned(file, kind, run()), once, std::string(kind.optimizer) + " in many parts");
  }
  EXPECT_GT(skipped, 0U);
}

TEST_F(OnlineCheckpoints, GoOnInAFileThatHasGrown) {
  const Kind kind{"softmax", "adam:lr=0.01", 3, 1, 0};
  const std::string text = stream_text(60, 130, 3);
  const std::string half = text.substr(0, text.find('\n', text.size() / 2));  // its last line lacks its end
  const Ended once = learned(folder.file("a.svm", text), kind, "");
  begin_anew();
  EXPECT_EQ(learned(folder.file("a.svm", half), kind, run()).record.stop, OnlineStop::end_of_data);
  expect_same(learned(folder.file("a.svm", text), kind, run()), once, "grown");
  std::string other = text;
  other[2] = other[2] == '1' ? '2' : '1';
  EXPECT_THAT(
      data::error_of(folder, [&] { static_cast<void>(learned(folder.file("a.svm", other), kind, run())); }),
      HasSubstr("a.svm: found others; expected the 60 lines that were read before, and more"));
}

TEST_F(OnlineCheckpoints, GoOnWithWhateverComesWhereNothingCanBeReadAgain) {
  const Kind kind{"softmax", "adagrad:lr=0.1", 4, 1, 0};
  const std::string text = stream_text(50, 130, 4);
  const std::size_t half = text.find('\n', text.size() / 2) + 1;
  const Ended once = learned(folder.file("a.svm", text), kind, "");
  const std::string first = text.substr(0, half);
  static_cast<void>(learned(folder.file("a.svm", first), kind, run(), 0, false));
  const Checkpoint checkpoint(CheckpointFolder::list(run()).front().path);
  EXPECT_EQ(online_before(checkpoint).lines,
            static_cast<std::uint64_t>(std::count(first.begin(), first.end(), '\n')));
  EXPECT_THAT(
      data::error_of(folder, [&] { static_cast<void>(learned(folder.file("a.svm", text), kind, run())); }),
      HasSubstr("a checkpoint of what came through standard input; expected --data -"));
  expect_same(learned(folder.file("a.svm", text.substr(half)), kind, run(), 0, false), once, "by parts");
  const Checkpoint last(CheckpointFolder::list(run()).front().path);
  EXPECT_EQ(online_before(last).lines, 50U);
}

// What was learned before it is kept, and what was read for the same step is not.
TEST_F(OnlineCheckpoints, AreWrittenBeforeAWrongLineEndsIt) {
  const Kind kind{"softmax", "adam:lr=0.01", 3, 4, 0};
  const std::string text = stream_text(30, 130, 3);
  std::size_t at = 0;
  for (int line = 0; line < 19; ++line) at = text.find('\n', at) + 1;
  const Ended once = learned(folder.file("a.svm", text), kind, "");
  begin_anew();
  const std::string wrong = text.substr(0, at) + "x" + text.substr(at);
  EXPECT_THAT(
      data::error_of(folder, [&] { static_cast<void>(learned(folder.file("a.svm", wrong), kind, run())); }),
      HasSubstr("a.svm:20: found 'x"));
  ASSERT_FALSE(CheckpointFolder::list(run()).empty());
  const Checkpoint checkpoint(CheckpointFolder::list(run()).front().path);
  EXPECT_EQ(checkpoint.steps(), 4U);
  EXPECT_EQ(online_before(checkpoint).lines, 16U);
  expect_same(learned(folder.file("a.svm", text), kind, run()), once, "put right");
}

}  // namespace
}  // namespace thalweg::workbench::online_checkpoint_test
