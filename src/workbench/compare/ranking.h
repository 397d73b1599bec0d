#pragma once

#include <vector>

#include "workbench/compare/comparison.h"

namespace thalweg::workbench {

/// The probability with which what is said of differences may be wrong.
inline constexpr double significance = 0.05;

/// Ranks participants by their mean test score, best first. The rank is 1 plus the number of others that are
/// told apart as better, so that those of rank 1 are all that may be the best. A is told apart from B if the
/// mean of the differences seed by seed is over `resolution`, and a Student t interval of it excludes 0; its
/// confidence, 1 - 0.05 / (number of others), makes it improbable (at most 5 %) that one which is as good as
/// any loses its rank by chance. Pairing the seeds is right, because runs of the same seed begin with the
/// same parameters and see the rows in the same order, and sharp, because good starts are good for all. Those
/// of which a run diverged come last, without a score.
[[nodiscard]] std::vector<Standing> rank(const std::vector<Participant>& participants, Measure measure,
                                         double resolution);

}  // namespace thalweg::workbench
