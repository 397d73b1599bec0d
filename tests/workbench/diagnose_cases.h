#pragma once

// Runs of which it is known why they do not go on, and runs that are well.

#include <cstdint>
#include <string>
#include <vector>

#include "workbench/diagnose/advice.h"
#include "workbench/diagnose/watch.h"

namespace thalweg::workbench::diagnosis {

/// A run as the command line would have it, and what is the matter with it.
struct Case {
  State expected = State::unclear;
  std::string on;            ///< "rosenbrock", or "iris softmax": data and model
  std::string optimizer;     ///< its specification
  std::uint64_t length = 0;  ///< steps of a problem or of a model from a given start, epochs of a training
  // The rest where it differs.
  std::vector<std::string> transforms = {};
  std::size_t batch = 32;
  double cooldown = 0;
  bool standardize = true;
  Vector start = {};    ///< of a problem
  double weights = -1;  ///< the model starts with weights of this size instead of its own, full batch
  std::string schedule = {};
  std::uint64_t seed = 0;
};

struct Outcome {
  Evidence evidence;
  double loss = 0;  ///< at the end, of the whole set; infinity if it diverged
};

/// Runs a case, for `longer` times its length.
[[nodiscard]] Outcome run_case(const Case& c, double longer = 1, const Effort& effort = {});
/// Where it ends, without the evidence.
[[nodiscard]] double end_loss(const Case& c, double longer = 1);

/// What advice is told of the case.
[[nodiscard]] Setting setting_of(const Case& c);
/// The case with the option in place of what it had, as the command line reads it.
[[nodiscard]] Case advised(Case c, const Advice& advice);

/// Name of a case for messages: "iris softmax, sgd:lr=10".
[[nodiscard]] std::string text(const Case& c);

[[nodiscard]] const std::vector<Case>& sick_cases();     ///< with what is the matter with each
[[nodiscard]] const std::vector<Case>& healthy_cases();  ///< either state that is_healthy() will do

}  // namespace thalweg::workbench::diagnosis
