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

DozatSchedule dozat_schedule(double psi, double t) {
  // ln prod (1 - q^i / 2) = -sum_k 2^-k / k sum_i q^(ik), a geometric series in i: a pure function of t in a
  // few terms. Of q^k and q^(kt) what they lack to 1 is kept, which goes from k to k + 1 without loss.
  constexpr double log_base = -0x1.4e69ed6d80eaep-5;  // ln 0.96
  const double lack = portable::expm1(psi * log_base), lack_t = portable::expm1(t * (psi * log_base));
  double sum = 0, weight = 1, of_k = lack, of_kt = lack_t;
  for (double k = 1; k <= 60; ++k) {
    weight *= 0.5;
    const double term = weight / k * (1 + of_k) * (of_kt / of_k);
    sum += term;
    if (term < 1e-18 * sum) break;
    of_k += lack + of_k * lack;
    of_kt += lack_t + of_kt * lack_t;
  }
  return {portable::exp(-sum), 1 + lack_t, (1 + lack_t) * (1 + lack)};
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
