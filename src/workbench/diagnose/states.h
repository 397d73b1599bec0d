#pragma once

#include <string>
#include <vector>

#include "workbench/diagnose/evidence.h"

namespace thalweg::workbench::diagnosis {

/// Why a run does not go on, or that it does. The order is that of the documentation.
enum class State {
  minimum,
  saddle,
  ravine,
  learning_rate_too_large,
  learning_rate_too_small,
  plateau,
  noise_floor,
  dead_units,
  scale_mismatch,
  clipping_saturated,
  epsilon_dominates,
  diverged,
  progressing,
  unclear,
};

/// All of them, in order.
[[nodiscard]] const std::vector<State>& states();
/// "learning_rate_too_large"
[[nodiscard]] const char* state_name(State state);
/// Whether nothing needs to be changed: minimum, progressing.
[[nodiscard]] bool is_healthy(State state);

/// What the evidence amounts to.
struct Verdict {
  State state = State::unclear;
  /// In (0, 1]: how far the numbers that decided are from where they would decide otherwise; 1 - 0.5 / margin
  /// for the smallest of the rule's margins.
  double confidence = 0;
  /// unclear: what would settle it: "more_steps", "other_rows" or "smaller_rate".
  std::string needs;
};

/// The first of the rules that holds; they stand in states.cpp in order, each with its reason.
[[nodiscard]] Verdict decide(const Evidence& e);

}  // namespace thalweg::workbench::diagnosis
