#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "workbench/compare/comparison.h"

namespace thalweg::report {

/// The ranking as lines of at most `width` columns, without line ends: rank ("=" marks a tie), optimizer,
/// tuned setting, score, its interval as a bar on a common axis, time of a run. Where it is narrow, first the
/// time goes, then the bar. `width` under 40 counts as 40.
[[nodiscard]] std::vector<std::string> ranking_lines(const workbench::Comparison& comparison,
                                                     std::size_t width, bool color);

}  // namespace thalweg::report
