#pragma once

#include <cstddef>
#include <vector>

namespace thalweg::workbench {

/// Up to this ratio the profile counts, as in AlgoPerf.
inline constexpr double largest_ratio = 4;

/// The steps of a performance profile: from ratio[i] on, `share[i]` of the workloads are done within that
/// many times the cost of the fastest.
struct Profile {
  std::vector<double> ratio, share;
};

/// The ratio of each cost to the lowest one, at least 1; infinite where the cost is, or where all are (Dolan
/// & More 2002, equation 2.1). A cost of 0 counts as the smallest number.
[[nodiscard]] std::vector<double> ratios(const std::vector<double>& costs);

/// What one workload adds to the area under a profile from 1 to `largest_ratio`, divided by its width: 1 for
/// the fastest, 0 for what takes `largest_ratio` times as long or never gets there. The mean over workloads
/// is AlgoPerf's benchmark score (Dahl et al. 2023, "Integrating performance profiles").
[[nodiscard]] double area(double ratio);

/// The profile rho(tau) of one participant from its ratio on each workload, from 1 to `largest_ratio`.
[[nodiscard]] Profile profile(std::vector<double> ratios);

}  // namespace thalweg::workbench
