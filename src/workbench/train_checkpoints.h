#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "workbench/checkpoint_folder.h"
#include "workbench/resumable.h"
#include "workbench/run_settings.h"
#include "workbench/seconds.h"
#include "workbench/train.h"

namespace thalweg::workbench {

/// When a training writes a checkpoint: 0 is never.
struct CheckpointEvery {
  std::uint64_t steps = 0, epochs = 0;
  double seconds = 0;
};

/// "500steps", "5min", "1epoch": a whole number of steps or epochs, a number of s, min or h. Throws a usage
/// Error.
[[nodiscard]] CheckpointEvery parse_every(const std::string& text);

/// Thrown by a training that was asked to end, once its checkpoint is on the disk.
struct TrainingInterrupted {
  std::string path;  ///< of the checkpoint
  std::uint64_t steps = 0;
};

/// The checkpoints of one training: what it resumes from, when it writes, which it keeps.
class TrainCheckpoints {
 public:
  struct Options {
    std::string folder;  ///< made if it is missing
    CheckpointEvery every{.epochs = 1};
    std::size_t keep = 3;                       ///< at least 1
    std::optional<std::string> resume{};        ///< from the newest in this folder
    bool may_begin = false;                     ///< resume: begin anew where the folder has none
    std::function<bool()> is_interrupted = {};  ///< asked after each step
  };

  /// `settings`: what makes the run, by the names of its options; see run_settings(). Errors, as input
  /// Errors: nothing whole to resume from, another run's checkpoints in the folder, a folder that cannot be
  /// written or that another training writes to, settings that are not those of the checkpoint.
  TrainCheckpoints(Options options, RunSettings settings);

  /// Takes training and record to where the checkpoint was, if there is one; record.seconds too.
  bool resume(Resumable& training, TrainRecord& record);
  /// Writes a checkpoint if it is time, or this is the last one. Throws TrainingInterrupted after an
  /// interruption, and an input Error if it cannot be written: then those before are still there.
  void after_step(Resumable& training, const TrainRecord& record, double seconds, bool is_last);

  /// What was resumed from, or null.
  [[nodiscard]] const Checkpoint* resumed() const { return resumed_ ? &*resumed_ : nullptr; }
  [[nodiscard]] const std::vector<CheckpointFolder::Skipped>& skipped() const { return skipped_; }
  [[nodiscard]] const std::string& last() const { return last_; }  ///< path of the last one written, or ""

 private:
  [[nodiscard]] bool is_due(const Resumable& training) const;
  void check_settings() const;

  Options options_;
  RunSettings settings_;
  std::optional<CheckpointFolder> folder_;
  std::optional<Checkpoint> resumed_;
  std::vector<CheckpointFolder::Skipped> skipped_;
  std::string last_;
  std::optional<std::uint64_t> last_steps_;
  Clock::time_point written_ = Clock::now();
};

}  // namespace thalweg::workbench
