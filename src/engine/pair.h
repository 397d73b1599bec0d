#pragma once

#include <cmath>

namespace thalweg {

/// A number as the exact sum of two doubles: Dekker's arithmetic, with fma for the exact error of a product.
struct Pair {
  double high, low = 0;
};

[[nodiscard]] inline Pair product(Pair a, Pair b) {
  const double high = a.high * b.high;
  const double low = std::fma(a.high, b.high, -high) + (a.high * b.low + a.low * b.high);
  return {high + low, low - ((high + low) - high)};
}

/// Knuth's exact sum of the high parts, the low ones added to its error.
[[nodiscard]] inline Pair sum(Pair a, Pair b) {
  const double high = a.high + b.high, of_b = high - a.high;
  const double low = ((a.high - (high - of_b)) + (b.high - of_b)) + (a.low + b.low);
  return {high + low, low - ((high + low) - high)};
}

/// a / d for a small whole number d.
[[nodiscard]] inline Pair quotient(Pair a, double d) {
  const double high = a.high / d, low = (std::fma(-high, d, a.high) + a.low) / d;
  return {high + low, low - ((high + low) - high)};
}

}  // namespace thalweg
