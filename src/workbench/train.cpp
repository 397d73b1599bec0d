#include "workbench/train.h"

#include <algorithm>
#include <cassert>
#include <chrono>

#include <thalweg/error.h>

#include "workbench/train_checkpoints.h"
#include "workbench/trainer.h"

namespace thalweg::workbench {
namespace {

/// When to stop, asked after each step and each epoch.
class Limits {
 public:
  Limits(const TrainOptions& options, double target_sign) : options_(&options), sign_(target_sign) {}

  [[nodiscard]] double seconds() const {
    return before_ + std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  /// What a run has taken before it was resumed.
  void add(double seconds) { before_ += seconds; }
  [[nodiscard]] std::optional<Stop> after_step(std::uint64_t steps) const {
    if (options_->max_steps && steps >= *options_->max_steps) return Stop::max_steps;
    if (options_->max_seconds && seconds() >= *options_->max_seconds) return Stop::max_seconds;
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Stop> after_epoch(const EpochRecord& epoch,
                                                std::optional<std::size_t> best) const {
    if (options_->target && sign_ * epoch.validation->metric >= sign_ * *options_->target)
      return Stop::target_reached;
    if (options_->patience > 0 && epoch.epoch - best.value_or(0) >= options_->patience)
      return Stop::early_stopped;
    if (epoch.epoch == options_->epochs) return Stop::epochs_done;
    return std::nullopt;
  }

 private:
  const TrainOptions* options_;
  double sign_;  ///< 1 if larger metrics are better, else -1
  double before_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Steps until something ends the run, and returns what.
Stop run(Trainer& trainer, const TrainOptions& options, const Limits& limits, const TrainObserver& observer,
         TrainCheckpoints* checkpoints, TrainRecord& record) {
  TrainProgress progress;
  progress.epochs = options.epochs;
  progress.steps = trainer.planned_steps();
  const auto goes_on = [&](const EpochRecord* finished) {
    progress.epoch = trainer.epoch();
    progress.step = trainer.steps();
    progress.loss = trainer.last_loss().data;
    progress.finished = finished;
    return !observer || observer(progress);
  };
  const auto keep = [&](bool is_last) {
    if (checkpoints != nullptr) checkpoints->after_step(trainer, record, limits.seconds(), is_last);
  };
  std::optional<Stop> stop;
  if (trainer.steps() > 0) {  // resumed, maybe where the run had ended
    stop = limits.after_step(trainer.steps());
    if (trainer.epoch_ended()) {
      if (const auto reached = limits.after_epoch(record.epochs.back(), trainer.best_epoch())) stop = reached;
      if (stop) return *stop;
    }
  }
  for (;;) {
    if (!stop) {
      if (!trainer.step()) return Stop::diverged;
      stop = limits.after_step(trainer.steps());
      if (trainer.stepped() && !goes_on(nullptr)) stop = Stop::cancelled;
      if (!stop && !trainer.epoch_ended()) {
        keep(false);
        continue;
      }
      if (!trainer.epoch_ended()) keep(true);  // before the epoch is judged that more steps would go on with
    }
    const bool whole = trainer.epoch_ended();
    const std::optional<EpochRecord> epoch = trainer.finish_epoch();
    if (!epoch) return Stop::diverged;
    record.epochs.push_back(*epoch);
    if (const auto reached = limits.after_epoch(*epoch, trainer.best_epoch());
        reached && stop != Stop::cancelled)
      stop = reached;
    if (!goes_on(&record.epochs.back())) stop = Stop::cancelled;
    if (whole) keep(stop.has_value());
    if (stop) return *stop;
  }
}

}  // namespace

void check(NonFinite policy) {
  if (policy == NonFinite::pass)
    throw usage_error("non_finite", "pass",
                      "must be stop, skip or clip: a training looks at its loss anyway");
}

std::string NonFiniteTally::text() const {
  const auto counted = [](std::uint64_t n, const char* one, const char* several) {
    return std::to_string(n) + (n == 1 ? one : several);
  };
  std::string done;
  if (skipped > 0) done = counted(skipped, " step skipped", " steps skipped");
  if (clipped > 0)
    done += (done.empty() ? "" : ", ") + counted(clipped, " entry of a gradient", " entries of gradients") +
            " made finite";
  return done.empty() ? done : done + ", the last time at " + last;
}

const char* state_name(StateType type) {
  constexpr const char* names[] = {"automatic", "float32", "float64", "bfloat16", "int8"};
  return names[static_cast<int>(type)];
}

const char* stop_name(Stop stop) {
  switch (stop) {
    case Stop::epochs_done:
      return "epochs_done";
    case Stop::max_steps:
      return "max_steps";
    case Stop::max_seconds:
      return "max_seconds";
    case Stop::target_reached:
      return "target_reached";
    case Stop::early_stopped:
      return "early_stopped";
    case Stop::diverged:
      return "diverged";
    case Stop::cancelled:
      break;
  }
  return "cancelled";
}

std::string TrainRecord::stop_text() const {
  const auto count = [](std::uint64_t n, const std::string& what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
  };
  const std::string done = count(epochs.size(), "epoch");
  switch (stop) {
    case Stop::epochs_done:
      return "all of " + done + " done";
    case Stop::max_steps:
      return "the limit of " + count(steps, "step") + " was reached";
    case Stop::max_seconds:
      return "the time limit was reached after " + count(steps, "step");
    case Stop::target_reached:
      return "the target was reached after " + done;
    case Stop::early_stopped:
      return "the validation loss has not improved since epoch " + std::to_string(best_epoch.value_or(0));
    case Stop::diverged:
      return "diverged at step " + std::to_string(divergence->step) + ": " + divergence->what +
             (divergence->detail.empty() ? "" : " (" + divergence->detail + ")");
    case Stop::cancelled:
      break;
  }
  return "cancelled after " + count(steps, "step");
}

TrainRecord train(const data::Split& split, const models::ModelSpec& model, const TrainOptions& options,
                  const TrainObserver& observer) {
  Trainer trainer(split, model, options);
  return train(trainer, split, model, options, observer);
}

TrainRecord train(Trainer& trainer, const data::Split& split, const models::ModelSpec& model,
                  const TrainOptions& options, const TrainObserver& observer, TrainCheckpoints* checkpoints) {
  Limits limits(options, split.train.task == data::Task::classification ? 1 : -1);
  TrainRecord record;
  record.data = split.train.name;
  record.model = model.text();
  record.optimizer = options.optimizer.text();
  record.task = split.train.task;
  record.parameters = trainer.optimizer().size();
  record.batch = trainer.batch();
  record.cooldown = options.cooldown;
  record.precision = options.precision;
  if (checkpoints != nullptr && checkpoints->resume(trainer, record))
    limits.add(record.seconds);
  else if (split.validation.rows() > 0)
    record.start = trainer.evaluate(split.validation);
  record.stop = run(trainer, options, limits, observer, checkpoints, record);
  record.steps = trainer.steps();
  record.non_finite = trainer.non_finite();
  record.seconds = limits.seconds();
  record.best_epoch = trainer.best_epoch();
  if (record.stop != Stop::diverged) {
    record.judged_best = trainer.restore_best();
    const auto judge = [&](const data::Dataset& part) {
      return part.rows() > 0 && !trainer.divergence() ? trainer.evaluate(part) : std::nullopt;
    };
    // Rows whose gradient was not finite are still in the training part.
    record.train = record.non_finite.text().empty() ? judge(split.train) : trainer.scores(split.train);
    record.validation = judge(split.validation);
    record.test = judge(split.test);
  }
  record.divergence = trainer.divergence();
  if (record.divergence) {
    record.stop = Stop::diverged;
    record.train = record.validation = record.test = std::nullopt;
  }
  return record;
}

}  // namespace thalweg::workbench
