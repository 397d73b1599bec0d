#pragma once

#include <vector>

namespace thalweg::bench {

/// What rounds of a measurement come to: the median, the quartiles around it and the least.
struct Figure {
  double median = 0, low = 0, high = 0, least = 0;
};

/// Quartiles lie between the neighbours where the count asks for it (Hyndman & Fan 1996, definition 7). All
/// are NaN without a sample.
[[nodiscard]] Figure figure_of(std::vector<double> samples);

/// a[i] / b[i], for as many as both have. Rounds go in turn, so what slowed a whole round is in both.
[[nodiscard]] std::vector<double> ratios(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace thalweg::bench
