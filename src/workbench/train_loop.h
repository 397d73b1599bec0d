#pragma once

// The course of a training in epochs, whether its data are in memory or streamed.

#include <cstdint>
#include <optional>

#include "workbench/seconds.h"
#include "workbench/train.h"
#include "workbench/train_checkpoints.h"

namespace thalweg::workbench {

/// What ends a training: as in TrainOptions.
struct TrainEnds {
  std::size_t epochs = 1;
  std::optional<std::uint64_t> max_steps{};
  std::optional<double> max_seconds{}, target{};
  std::size_t patience = 0;
  double sign = 1;  ///< of the target's metric: 1 if larger ones are better, else -1
};

/// When to stop, asked after each step and each epoch.
class Limits {
 public:
  explicit Limits(const TrainEnds& ends) : ends_(ends) {}

  [[nodiscard]] double seconds() const { return before_ + seconds_since(start_); }
  /// What a run has taken before it was resumed.
  void add(double seconds) { before_ += seconds; }
  [[nodiscard]] std::optional<Stop> after_step(std::uint64_t steps) const {
    if (ends_.max_steps && steps >= *ends_.max_steps) return Stop::max_steps;
    if (ends_.max_seconds && seconds() >= *ends_.max_seconds) return Stop::max_seconds;
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Stop> after_epoch(const EpochRecord& epoch,
                                                std::optional<std::size_t> best) const {
    if (ends_.target && ends_.sign * epoch.validation->metric >= ends_.sign * *ends_.target)
      return Stop::target_reached;
    if (ends_.patience > 0 && epoch.epoch - best.value_or(0) >= ends_.patience) return Stop::early_stopped;
    if (epoch.epoch == ends_.epochs) return Stop::epochs_done;
    return std::nullopt;
  }
  [[nodiscard]] std::size_t epochs() const { return ends_.epochs; }

 private:
  TrainEnds ends_;
  double before_ = 0;
  Clock::time_point start_ = Clock::now();
};

/// Steps a training (Trainer's functions, of which StreamTrainer has the same) until something ends it, and
/// returns what.
template <class Training>
Stop run_epochs(Training& training, const Limits& limits, const TrainObserver& observer,
                TrainCheckpoints* checkpoints, TrainRecord& record) {
  TrainProgress progress;
  progress.epochs = limits.epochs();
  progress.steps = training.planned_steps();
  const auto goes_on = [&](const EpochRecord* finished) {
    progress.epoch = training.epoch();
    progress.step = training.steps();
    progress.loss = training.running_loss();
    progress.finished = finished;
    return !observer || observer(progress);
  };
  const auto keep = [&](bool is_last) {
    if (checkpoints != nullptr) checkpoints->after_step(training, record, limits.seconds(), is_last);
  };
  std::optional<Stop> stop;
  if (training.steps() > 0) {  // resumed, maybe where the run had ended
    stop = limits.after_step(training.steps());
    if (training.epoch_ended()) {
      if (const auto reached = limits.after_epoch(record.epochs.back(), training.best_epoch()))
        stop = reached;
      if (stop) return *stop;
    }
  }
  for (;;) {
    if (!stop) {
      if (!training.step()) return Stop::diverged;
      stop = limits.after_step(training.steps());
      if (training.stepped() && !goes_on(nullptr)) stop = Stop::cancelled;
      if (!stop && !training.epoch_ended()) {
        keep(false);
        continue;
      }
      if (!training.epoch_ended()) keep(true);  // before the epoch is judged that more steps would go on with
    }
    const bool whole = training.epoch_ended();
    const std::optional<EpochRecord> epoch = training.finish_epoch();
    if (!epoch) return Stop::diverged;
    record.epochs.push_back(*epoch);
    if (const auto reached = limits.after_epoch(*epoch, training.best_epoch());
        reached && stop != Stop::cancelled)
      stop = reached;
    if (!goes_on(&record.epochs.back())) stop = Stop::cancelled;
    if (whole) keep(stop.has_value());
    if (stop) return *stop;
  }
}

}  // namespace thalweg::workbench
