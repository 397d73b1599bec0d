#pragma once

#include <array>
#include <optional>
#include <vector>

#include "workbench/compare/comparison.h"

namespace thalweg::workbench {

/// The rates at which the sensitivity is measured, as factors of the chosen one: half decades around it.
inline constexpr std::array off_best_factors{0.1, 0.31622776601683794, 3.1622776601683795, 10.0};

/// The quantile of values, some of which may be infinite, by linear interpolation between neighbours (Hyndman
/// & Fan 1996, type 7); infinite where an infinite neighbour has weight. Needs a value.
[[nodiscard]] double quantile(std::vector<double> values, double probability);

/// The smallest of the values that at least this share of them does not exceed: when so many runs have
/// reached a target.
[[nodiscard]] double reached_by(std::vector<double> values, double share);

/// The target that is asked for, or one that is derived as AlgoPerf does (Dahl et al. 2023,
/// arXiv:2306.07179, "Defining target performance"): of the standard algorithms AdamW, NAdam, Nesterov and
/// heavy ball momentum, those that take part (or else all that do), the best median over the seeds of the
/// best validation score; within the first three quarters of the epochs, because there the limit is a third
/// longer than the time of those that set the target. A function is done at 1e-7 of its way at the latest,
/// the strictest tolerance of More & Wild 2009 (equation 2.4). Nothing if none of them finished its runs.
[[nodiscard]] std::optional<Target> target_of(const Comparison& comparison);

/// The epoch, from 1, at whose end a run has reached the target; nothing if it has not, or diverged.
[[nodiscard]] std::optional<std::size_t> epoch_of_target(const Run& run, double target,
                                                         bool higher_is_better);

/// When the runs reached the target. Steps count whole epochs, because that is where scores are known.
[[nodiscard]] ToTarget to_target(const Participant& participant, double target, bool higher_is_better,
                                 std::size_t steps_per_epoch);

/// The learning-rate sensitivity of Wortsman et al. 2023 (arXiv:2309.14322, section 2): how much worse the
/// score is, on average over the learning rates from a tenth to ten times the chosen one (evenly in log lr,
/// by the trapezoid rule over half decades), than the best among them; no rate counts worse than the
/// untrained start, and that is what a diverged run counts. In units of the score on the validation part:
/// 0.02 is two points of accuracy. Nothing without runs at the other rates.
[[nodiscard]] std::optional<double> sensitivity(const Participant& participant, bool higher_is_better);

/// Fills in what follows from the runs: ranking with its bootstrap, target, and each participant's way to it
/// and sensitivity. `resolution` as for rank().
void score(Comparison& comparison, double resolution);

}  // namespace thalweg::workbench
