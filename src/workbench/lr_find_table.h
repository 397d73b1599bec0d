#pragma once

#include <string>
#include <vector>

#include "workbench/lr_find.h"

namespace thalweg::workbench {

// How well find_rate() does: against a sweep over all rates, on the bundled data. docs/lr-find.md shows it.

struct RateCase {
  std::string data, model, optimizer;
};

/// Each bundled data set with a linear model and a network, each with sgd, momentum and adam.
[[nodiscard]] std::vector<RateCase> rate_cases();

struct RateComparison {
  RateCase what;
  double best = 0;           ///< of the sweep
  double found = 0;          ///< by find_rate(); 0 if it found none
  double low = 0, high = 0;  ///< of its repeats
  /// Mean training loss over all epochs with the best rate, and with the rate of the sweep next to `found`.
  double best_loss = 0, found_loss = 0;
};

inline constexpr std::size_t sweep_epochs = 10, sweep_seeds = 5;

/// Trains with every rate from 1e-4 to 100, four to a factor of 10, with five seeds for ten epochs. The best
/// is the one with the lowest training loss, averaged over the whole run and the seeds: what a range test can
/// know of, as against overfitting. Rates with which a run diverged do not count.
[[nodiscard]] RateComparison compare_with_sweep(const RateCase& what);

/// The comparisons as a table in Markdown.
[[nodiscard]] std::string rate_table(const std::vector<RateComparison>& comparisons);

}  // namespace thalweg::workbench
