#pragma once

#include <optional>

#include <thalweg/optimizer.h>

#include "workbench/diagnose/subject.h"

namespace thalweg::workbench::diagnosis {

/// How a rule turns a gradient into steps at one point of its run.
struct Rates {
  /// Per parameter, the step per unit of a gradient that stays the same, without schedule and bias
  /// correction of the mean: lr for sgd, lr / (1 - momentum) for momentum, lr / (sqrt(v) + eps) for Adam.
  Vector rate;
  /// The largest eigenvalue of diag(rate) H up to which the rule is stable on a quadratic with the
  /// preconditioner held fixed; none where it is not known (docs/diagnose.md has the formulas).
  std::optional<double> limit;
  double lr = 0;  ///< the rule's, as the schedule had it; 1 where it has none
  /// Share of the parameters that have had a gradient for which eps is more than the root it is added to;
  /// NaN where the rule has no eps.
  double epsilon_share = 0;
  double median_root = 0;  ///< of those parameters: the root that eps is added to; NaN likewise
  bool adaptive = false;   ///< a rate of its own for each parameter
};

/// The rates of the parts' tensors, with `lr` in place of the optimizer's present one (a schedule may have
/// brought that to 0). The rules of the library are known; for another rule the rate is what `steps` over
/// `gradients` says, the root mean squares of recent ones, and neither limit nor epsilon is known.
[[nodiscard]] Rates rates_of(const Optimizer& optimizer, const std::vector<Part>& parts, double lr,
                             const Vector& steps, const Vector& gradients);

[[nodiscard]] bool has_key(const AnyRule& rule, const std::string& key);

}  // namespace thalweg::workbench::diagnosis
