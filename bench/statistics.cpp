#include "bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace thalweg::bench {

Figure figure_of(std::vector<double> samples) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (samples.empty()) return {none, none, none, none};
  std::sort(samples.begin(), samples.end());
  const auto quantile = [&](double share) {
    const double at = share * static_cast<double>(samples.size() - 1);
    const auto i = static_cast<std::size_t>(at);
    if (i + 1 == samples.size()) return samples[i];
    return samples[i] + (at - static_cast<double>(i)) * (samples[i + 1] - samples[i]);
  };
  return {quantile(0.5), quantile(0.25), quantile(0.75), samples.front()};
}

std::vector<double> ratios(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> all(std::min(a.size(), b.size()));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = a[i] / b[i];
  return all;
}

}  // namespace thalweg::bench
