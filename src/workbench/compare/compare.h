#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "workbench/compare/comparison.h"

namespace thalweg::workbench {

/// How far a comparison is.
struct CompareProgress {
  enum class Phase { spread, closer, judged };  ///< rates over the whole range; close to the best; the seeds

  double fraction = 0;  ///< of all work, 0 to 1, counted in epochs
  std::size_t runs_done = 0, runs = 0;
  Phase phase = Phase::spread;
  std::string running;  ///< the specification that was worked on last
};
/// Called from one thread at a time, though not always the same.
using CompareObserver = std::function<void(const CompareProgress&)>;

/// Compares optimizers fairly. The data are split once. Each optimizer gets the same number of trials over
/// its own range of learning rates (see rate_search.h), judged on the validation part after the last epoch:
/// by the accuracy (or root mean squared error), because the ranking is by it too, and between equal ones by
/// the loss, which is finer. (Choosing by the loss alone puts off plain gradient descent, whose most accurate
/// settings are overconfident.) An optimizer with a given rate is not tuned and has one trial. The best rate
/// is then run with several seeds (for the initial parameters and the order of the rows), and these runs are
/// judged on the test part, which nothing before has seen (see ranking.h).
///
/// The result is a pure function of the options but for the times. Throws usage and input Errors as
/// data::load, make_model and make_contender, or for options out of range.
[[nodiscard]] Comparison compare(const CompareOptions& options, const CompareObserver& observer = {});

}  // namespace thalweg::workbench
