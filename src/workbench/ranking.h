#pragma once

#include <vector>

#include "workbench/comparison.h"

namespace thalweg::workbench {

/// Ranks participants by their mean test score. The best takes rank 1; further down the list, each that
/// Welch's t test cannot tell apart from it (at 5 %, Holm's correction for all that are compared with it)
/// shares its rank. The first that is told apart takes its place's number as its rank, and the rest are
/// compared with it in the same way. Those of which a run diverged come last, without a score.
[[nodiscard]] std::vector<Standing> rank(const std::vector<Participant>& participants, bool higher_is_better);

}  // namespace thalweg::workbench
