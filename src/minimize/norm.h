#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>

namespace thalweg {

/// The Euclidean norm, also where the squares would leave the range of double. The numbers must be finite.
inline double norm(std::span<const double> x) {
  double largest = 0, sum = 0;
  for (const double u : x) largest = std::max(largest, std::abs(u));
  if (largest == 0) return 0;
  int exponent = 0;
  std::frexp(largest, &exponent);  // scaling by a power of two rounds nothing
  for (const double u : x) {
    const double scaled = std::ldexp(u, -exponent);
    sum += scaled * scaled;
  }
  return std::ldexp(std::sqrt(sum), exponent);
}

/// The index of the first number that is not finite.
inline std::optional<std::size_t> first_not_finite(std::span<const double> x) {
  const auto found = std::find_if(x.begin(), x.end(), [](double u) { return !std::isfinite(u); });
  if (found == x.end()) return std::nullopt;
  return static_cast<std::size_t>(found - x.begin());
}

}  // namespace thalweg
