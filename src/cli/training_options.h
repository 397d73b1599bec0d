#pragma once

#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/precision_options.h"
#include "cli/step_options.h"
#include "data/load.h"
#include "models/spec.h"
#include "workbench/train.h"

namespace thalweg::cli {

class Arguments;

/// The arguments of a training, for every command that makes one: data, model, optimizer, how long.
struct TrainingOptions {
  StepOptions step;
  PrecisionOptions precision;
  std::string source = "digits", model = "mlp:64", task = "auto";
  std::uint64_t epochs = workbench::TrainOptions{}.epochs, batch = workbench::TrainOptions{}.batch,
                max_steps = 0, patience = 0;
  std::optional<double> max_seconds, target, cooldown;
  data::LoadOptions load;
  bool raw = false;
  std::string non_finite = "stop", skipped = "made_up";

  void declare_first(Arguments& arguments);  ///< data, model and optimizer
  void declare_rest(
      Arguments& arguments);  ///< in groups: how long, how numbers are stored, how the data are read

  void declare_non_finite(Arguments& arguments);  ///< for who trains to the end
  void declare_skipped(Arguments& arguments);     ///< likewise
  [[nodiscard]] NonFinite non_finite_policy() const;
  [[nodiscard]] Skipped skipped_steps() const;

  /// What they mean; usage Errors as from what they name.
  [[nodiscard]] workbench::TrainOptions options(const Shared& shared) const;
  /// The options that are not at their defaults, as they would be typed; a flag has no value.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> words(const Shared& shared) const;
  /// The data, in parts. Throws a usage Error if the model does not fit them.
  [[nodiscard]] data::Split split(const Shared& shared) const;
};

}  // namespace thalweg::cli
