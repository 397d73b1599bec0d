#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "workbench/compare/suite.h"

namespace thalweg::report {

/// The ranking as lines of at most `width` columns, without line ends: rank ("=" marks a tie), optimizer,
/// tuned setting, score, its interval as a bar on a common axis, time of a run. Where it is narrow, first the
/// time goes, then the bar. `width` under 40 counts as 40.
[[nodiscard]] std::vector<std::string> ranking_lines(const workbench::Comparison& comparison,
                                                     std::size_t width, bool color);

/// How the best of them got there, up to `most` of the ranking: the validation error by epoch (the median
/// over the seeds, on a logarithmic scale that all share) as a curve, the steps to the target, and what a
/// wrong learning rate costs. Nothing where there is neither a curve of two epochs nor a target.
[[nodiscard]] std::vector<std::string> way_lines(const workbench::Comparison& comparison, std::size_t width,
                                                 bool color, std::size_t most = 8);

/// The overall ranking of a suite: rank, optimizer, area under the profile with its interval as a bar, the
/// profile as a curve from 1 to 4 times the fastest, targets reached, mean place.
[[nodiscard]] std::vector<std::string> overall_lines(const workbench::SuiteComparison& suite,
                                                     std::size_t width, bool color);
/// Who is best on each workload, by score, and who gets to its target first.
[[nodiscard]] std::vector<std::string> workload_lines(const workbench::SuiteComparison& suite,
                                                      std::size_t width, bool color);

}  // namespace thalweg::report
