#pragma once

#include <cstddef>
#include <memory>

#include "data/split.h"
#include "workbench/compare/comparison.h"
#include "workbench/compare/trials.h"

namespace thalweg::workbench {

/// A workload that is ready to run.
struct Prepared {
  Comparison::Data data;
  std::size_t parameters = 0, steps_per_epoch = 0;
  double resolution = 0;                     ///< differences of the mean score up to this show nothing
  TrainFunction train;                       ///< owns what it needs; one thread per run
  std::shared_ptr<const data::Split> split;  ///< of a model; of a function null
};

/// Loads, splits and scales the data of a workload, or makes its function. Throws as data::load, make_model
/// and make_problem, and for a function whose minimum is not known.
[[nodiscard]] Prepared prepare(const CompareOptions& options);

/// prepare() for a model on data.
[[nodiscard]] Prepared prepare_data(const CompareOptions& options);

/// prepare() for a function: each run starts within a twentieth of the plot's width around the literature's
/// start, drawn by its seed, so that seeds mean something where nothing else is random. An epoch is
/// options.steps steps. There is no validation part: all scores are log10((f(x) - minimum) / (f(start) -
/// minimum)), at least -16. A run has diverged where f, its gradient or x is not finite, or f - minimum a
/// million times that of the start (or than 1, if that is more), as in training.
[[nodiscard]] Prepared prepare_function(const CompareOptions& options);

/// Throws what prepare_function() would.
void check_function(const CompareOptions& options);

}  // namespace thalweg::workbench
