#include "workbench/train.h"

#include <thalweg/error.h>

#include "workbench/train_loop.h"
#include "workbench/trainer.h"

namespace thalweg::workbench {

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

const char* skipped_name(Skipped skipped) {
  constexpr const char* names[] = {"made_up", "left", "scaled"};
  return names[static_cast<int>(skipped)];
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
  Limits limits({.epochs = options.epochs,
                 .max_steps = options.max_steps,
                 .max_seconds = options.max_seconds,
                 .target = options.target,
                 .patience = options.patience,
                 .sign = split.train.task == data::Task::classification ? 1.0 : -1.0});
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
  record.stop = run_epochs(trainer, limits, observer, checkpoints, record);
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
