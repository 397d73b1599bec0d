#pragma once

// What goals are made of.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "bench/record.h"

namespace thalweg::bench {

inline std::string threads_text(std::size_t threads) {
  return threads == 1 ? "1 thread" : fmt::format("{} threads", threads);
}

inline std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

/// What was asked to be at least (or at most) `wanted` and is `found`.
inline double shortfall(double found, double wanted, bool at_least) {
  if (!std::isfinite(found)) return 1;
  const double missing = at_least ? (wanted - found) / wanted : (found - wanted) / wanted;
  return std::max(0.0, missing);
}

inline double median_of(const Entry* e) {
  return e == nullptr ? std::numeric_limits<double>::quiet_NaN() : figure_of(e->rounds).median;
}

}  // namespace thalweg::bench
