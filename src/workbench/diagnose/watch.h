#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <thalweg/schedule.h>
#include <thalweg/schedules/plateau.h>

#include "workbench/diagnose/gather.h"
#include "workbench/diagnose/subjects.h"
#include "workbench/trainer.h"

namespace thalweg::workbench::diagnosis {

/// How a subject is descended when there is no Trainer.
struct DescentOptions {
  AnyRule optimizer = Adam{};
  std::vector<std::pair<std::string, Schedule>> schedules = {};
  std::vector<AnyTransform> transforms = {};
  std::uint64_t steps = 10'000;      ///< at least 1
  double gradient_tolerance = 1e-8;  ///< stops where the gradient's norm is at most this
};

/// Descends from `start` and returns the evidence at the end. A subject with mini-batches is given them in
/// turn. `last`, if it is given, receives the loss where the descent ended.
[[nodiscard]] Evidence diagnose_descent(Subject& subject, Vector start, const DescentOptions& options,
                                        const Effort& effort = {});

/// Watches a training from outside: to be told of every step, and asked when it has ended.
class TrainingWatch {
 public:
  /// Before the trainer's first step from here (which may be a resumed one). Holds references to all but the
  /// options.
  TrainingWatch(const Trainer& trainer, const data::Split& split, const models::ModelSpec& model,
                const TrainOptions& options);
  ~TrainingWatch();

  void after_step();
  /// The evidence where the training stands, or why it cannot go on.
  [[nodiscard]] Evidence finish(const Effort& effort = {});

 private:
  const Trainer* trainer_;
  TrainOptions options_;
  TrainingSubject subject_;
  std::optional<Recorder> recorder_;
  double lr_ = 0;
};

}  // namespace thalweg::workbench::diagnosis
