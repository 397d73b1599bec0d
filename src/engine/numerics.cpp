#include <cmath>
#include <cstdint>

#include <thalweg/portable.h>
#include <thalweg/random.h>
#include <thalweg/rules/nadam.h>

#include "engine/normal_quantile.h"
#include "engine/pair.h"

namespace thalweg {
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
  const double log_q = psi * portable::log(0.96);
  double sum = 0, weight = 1;
  for (double k = 1; k <= 60; ++k) {
    weight *= 0.5;
    const double term =
        weight / k * portable::exp(k * log_q) * (portable::expm1(k * t * log_q) / portable::expm1(k * log_q));
    sum += term;
    if (term < 1e-18 * sum) break;
  }
  return portable::exp(-sum);
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
