#include <cmath>
#include <cstdint>

#include <thalweg/random.h>
#include <thalweg/rules/nadam.h>

#include "engine/normal_quantile.h"

namespace thalweg {
namespace {

/// A number as the exact sum of two doubles: Dekker's arithmetic, with fma for the exact error of a product.
struct Pair {
  double high, low;
};

Pair product(Pair a, Pair b) {
  const double high = a.high * b.high;
  const double low = std::fma(a.high, b.high, -high) + (a.high * b.low + a.low * b.high);
  return {high + low, low - ((high + low) - high)};
}

}  // namespace

double power(double base, double t) {
  Pair result{1, 0}, square{base, 0};
  for (auto n = static_cast<std::uint64_t>(t); n != 0; n >>= 1U) {
    if ((n & 1U) != 0) result = product(result, square);
    square = product(square, square);
  }
  return result.high + result.low;
}

double nadam_product(double psi, double t) {
  // ln prod (1 - q^i / 2) = -sum_k 2^-k / k sum_i q^(ik), a geometric series in i: a pure function of t in a
  // few terms.
  const double log_q = psi * std::log(0.96);
  double sum = 0, weight = 1;
  for (double k = 1; k <= 60; ++k) {
    weight *= 0.5;
    const double term =
        weight / k * std::exp(k * log_q) * (std::expm1(k * t * log_q) / std::expm1(k * log_q));
    sum += term;
    if (term < 1e-18 * sum) break;
  }
  return std::exp(-sum);
}

double normal_quantile(double p) {
  const double q = p - 0.5;
  if (std::abs(q) <= quantile::widest) return quantile::central(q);
  int exponent = 0;
  const double m = std::frexp(q < 0 ? p : 1 - p, &exponent);
  const double depth = quantile::depth(quantile::portable_log(m, exponent));
  const double size = depth <= quantile::far_from ? quantile::near(depth) : quantile::far(depth);
  return q < 0 ? -size : size;
}

}  // namespace thalweg
