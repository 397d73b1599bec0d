#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "workbench/compare/comparison.h"
#include "workbench/compare/trials.h"

namespace thalweg::workbench {

struct Prepared;

/// Compares optimizers fairly on one workload. The data are split once. Each optimizer gets the same budget
/// of epochs for tuning (see tuner.h), judged on the validation part after the last epoch:
/// by the accuracy (or root mean squared error), because the ranking is by it too, and between equal ones by
/// the loss, which is finer. (Choosing by the loss alone puts off plain gradient descent, whose most accurate
/// settings are overconfident.) An optimizer with nothing to tune has one trial. The best setting
/// is then run with several seeds (for the initial parameters and the order of the rows), and these runs are
/// judged on the test part, which nothing before has seen (see ranking.h, scores.h, bootstrap.h).
///
/// The result is a pure function of the options but for the times. Runs that `store` knows are not made
/// again. Throws usage and input Errors as prepare() and make_contender, and for options out of range.
[[nodiscard]] Comparison compare(const CompareOptions& options, const CompareObserver& observer = {},
                                 RunStore* store = nullptr);
/// The same for a workload that is ready.
[[nodiscard]] Comparison compare(const CompareOptions& options, const Prepared& prepared,
                                 const CompareObserver& observer, RunStore* store);

/// The options with the names of all optimizers, or a usage Error for the first that is out of range: for
/// checks before any work.
[[nodiscard]] CompareOptions checked(const CompareOptions& options);

}  // namespace thalweg::workbench
