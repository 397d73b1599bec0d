#include "workbench/compare/profile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace thalweg::workbench {

std::vector<double> ratios(const std::vector<double>& costs) {
  constexpr double tiny = std::numeric_limits<double>::min();
  double lowest = std::numeric_limits<double>::infinity();
  for (const double cost : costs) lowest = std::min(lowest, std::max(cost, tiny));
  std::vector<double> all;
  for (const double cost : costs)
    all.push_back(std::isinf(cost) ? cost
                                   : std::max(cost, tiny) / lowest);  // infinity / infinity is no number
  return all;
}

double area(double ratio) { return std::max(0.0, (largest_ratio - ratio) / (largest_ratio - 1)); }

Profile profile(std::vector<double> ratios) {
  std::sort(ratios.begin(), ratios.end());
  Profile steps{{1}, {0}};
  const auto total = static_cast<double>(ratios.size());
  for (std::size_t i = 0; i < ratios.size() && ratios[i] <= largest_ratio; ++i) {
    if (ratios[i] > steps.ratio.back()) {
      steps.ratio.push_back(ratios[i]);
      steps.share.push_back(0);
    }
    steps.share.back() = static_cast<double>(i + 1) / total;
  }
  return steps;
}

}  // namespace thalweg::workbench
