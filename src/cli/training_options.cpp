#include "cli/training_options.h"

#include <algorithm>

#include <thalweg/error.h>

#include "cli/arguments.h"

namespace thalweg::cli {
namespace {

constexpr Range open_fraction{.low = 0, .high = 1, .low_open = true, .high_open = true};

}  // namespace

void TrainingOptions::declare_first(Arguments& a) {
  a.text("--data,-d", "NAME|FILE|FOLDER", source, "what to learn from");
  a.text("--model,-m", "SPEC", model, "linear, logistic, softmax or mlp:UNITS,UNITS,...");
  step.declare(a);
}

void TrainingOptions::declare_rest(Arguments& a) {
  a.group("How long");
  a.count("--epochs,-e", epochs, at_least(1), "passes over the training part");
  a.count("--batch,-b", batch, at_least(0), "examples per step; 0: all of them");
  a.number("--cooldown", cooldown, in_closed(0, 1),
           "share of the steps, the last ones, over which lr falls to 0; left out: 0.3, or 0 with a "
           "schedule of lr or a schedule-free optimizer");
  a.count("--max-steps", max_steps, at_least(0), "stop after this many steps; 0: no limit");
  a.number("--max-seconds", max_seconds, above(0), "stop after this time");
  a.number("--target", target, at_least(0), "stop at this validation accuracy (0 to 1) or rmse");
  a.count("--patience", patience, at_least(0),
          "stop after this many epochs without a lower validation loss; 0: off");
  precision.declare(a);
  a.group("Data");
  a.text("--label", "NAME|INDEX", load.label,
         "the column to predict, by name or from 1; the last one if left out, or the only one with text");
  a.text("--test", "FILE", load.test, "file of the test set");
  a.text("--test-label", "FILE", load.test_label, "labels of an .npy test set");
  a.choice("--task", {"auto", "classification", "regression"}, task, "what the labels are");
  a.number("--validation", load.validation, open_fraction, "share of the rows for validation");
  a.number("--test-fraction", load.test_fraction, open_fraction,
           "share of the rows for the test, where there is no test set");
  a.flag("--no-standardize", raw, "leave the features as they are");
}

void TrainingOptions::declare_non_finite(Arguments& a) {
  a.group("Numbers that go wrong (docs/reliability.md)");
  a.choice("--non-finite", {"stop", "skip", "clip"}, non_finite,
           "at a loss or gradient that is not finite: stop; skip the step; or clip the gradient to the "
           "others");
}

void TrainingOptions::declare_skipped(Arguments& a) {
  a.group("Sparse features (docs/streaming.md)");
  a.choice("--skipped", {"made_up", "left", "scaled"}, skipped,
           "weights that a step has no gradient for take it later, bit for bit; are left out of it; or "
           "shrink by a factor that all share, which makes l2 free with sgd");
}

Skipped TrainingOptions::skipped_steps() const {
  return skipped == "left" ? Skipped::left : skipped == "scaled" ? Skipped::scaled : Skipped::made_up;
}

NonFinite TrainingOptions::non_finite_policy() const {
  return non_finite == "skip" ? NonFinite::skip : non_finite == "clip" ? NonFinite::clip : NonFinite::stop;
}

workbench::TrainOptions TrainingOptions::options(const Shared& shared) const {
  workbench::TrainOptions options;
  options.optimizer = step.rule();
  options.schedules = step.made_schedules();
  options.plateau = step.plateau();
  options.transforms = step.made_transforms(shared.seed);
  const bool scheduled = options.plateau || std::any_of(options.schedules.begin(), options.schedules.end(),
                                                        [](const auto& s) { return s.first == "lr"; });
  const bool schedule_free = options.optimizer.info().schedule_free;
  options.cooldown = cooldown.value_or(scheduled || schedule_free ? 0 : 0.3);
  options.precision = precision.precision();
  options.non_finite = non_finite_policy();
  options.skipped = skipped_steps();
  options.epochs = epochs;
  options.batch = batch;
  options.seed = shared.seed;
  options.threads = shared.threads;
  options.isa = shared.isa;
  if (max_steps > 0) options.max_steps = max_steps;
  options.max_seconds = max_seconds;
  options.target = target;
  options.patience = patience;
  return options;
}

std::vector<std::pair<std::string, std::string>> TrainingOptions::words(const Shared& shared) const {
  std::vector<std::pair<std::string, std::string>> all{{"--data", source}, {"--model", model}};
  for (auto& word : step.words()) all.push_back(std::move(word));
  const TrainingOptions standard;
  const auto text = [&](const char* option, const std::string& value, const std::string& usual) {
    if (value != usual) all.emplace_back(option, value);
  };
  const auto count = [&](const char* option, std::uint64_t value, std::uint64_t usual) {
    if (value != usual) all.emplace_back(option, std::to_string(value));
  };
  const auto number = [&](const char* option, const std::optional<double>& value) {
    if (value) all.emplace_back(option, number_text(*value));
  };
  count("--epochs", epochs, standard.epochs);
  count("--batch", batch, standard.batch);
  number("--cooldown", cooldown);
  count("--max-steps", max_steps, 0);
  number("--max-seconds", max_seconds);
  number("--target", target);
  count("--patience", patience, 0);
  for (auto& word : precision.words()) all.push_back(std::move(word));
  text("--non-finite", non_finite, standard.non_finite);
  text("--skipped", skipped, standard.skipped);
  text("--label", load.label, "");
  text("--test", load.test, "");
  text("--test-label", load.test_label, "");
  text("--task", task, standard.task);
  if (load.validation != standard.load.validation) number("--validation", load.validation);
  if (load.test_fraction != standard.load.test_fraction) number("--test-fraction", load.test_fraction);
  if (raw) all.emplace_back("--no-standardize", "");
  count("--seed", shared.seed, 0);
  return all;
}

data::Split TrainingOptions::split(const Shared& shared) const {
  data::LoadOptions how = load;
  how.seed = shared.seed;
  how.standardize = how.standardize_target = !raw;
  if (task == "classification") how.task = data::Task::classification;
  if (task == "regression") how.task = data::Task::regression;
  data::Split made = data::load_split(source, how);
  models::check_fit(models::make_model(model), made.train);
  return made;
}

}  // namespace thalweg::cli
