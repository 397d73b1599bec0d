#include <cmath>
#include <limits>

#include <thalweg/portable.h>

#include "engine/normal_quantile.h"
#include "engine/pair.h"

namespace thalweg::portable {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Pair pi{0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53};
/// ln 2 in three parts; the first has few digits, so that a whole number times it is exact.
constexpr double ln2[] = {0x1.62e42fefa38p-1, 0x1.ef35793c7673p-45, 0x1.f97b57a079a19p-103};

/// e^x = 2^exponent (1 + rest), |rest| < 0.42, for |x| < 800.
struct Power {
  double exponent;
  Pair rest;
};

Power power_of_e(Pair x) {
  constexpr int halvings = 8;
  const double n = std::nearbyint(x.high * 0x1.71547652b82fep+0);
  Pair r = sum(sum(x, {-n * ln2[0]}), sum(product({n}, {-ln2[1]}), {-n * ln2[2]}));
  r = {std::ldexp(r.high, -halvings), std::ldexp(r.low, -halvings)};
  // e^r - 1 by its series, then (e^r)^2 - 1 = (e^r - 1)^2 + 2 (e^r - 1), which keeps the digits of a small
  // one.
  Pair series = r;
  for (int k = 10; k >= 2; --k) series = k == 10 ? quotient(r, k) : quotient(product(r, sum({1}, series)), k);
  Pair rest = product(r, sum({1}, series));
  for (int i = 0; i < halvings; ++i) rest = sum(product(rest, rest), {2 * rest.high, 2 * rest.low});
  return {n, rest};
}

double rounded(const Power& power) {
  const Pair value = sum({1}, power.rest);
  return std::ldexp(value.high + value.low, static_cast<int>(power.exponent));
}

/// ln x for finite x > 0: the logarithm in double, corrected by how far its exponential is from x.
Pair log_pair(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  if (m < 0.70710678118654752440) {
    m *= 2;
    --exponent;
  }
  const double near = quantile::portable_log(m / 2, 1);
  const Power back = power_of_e({-near});  // |near| < ln 2, so that its exponent is -1, 0 or 1
  const double scaled = std::ldexp(m, static_cast<int>(back.exponent));
  const Pair off = sum(sum({scaled}, {-1}), product({scaled}, back.rest));  // m e^-near - 1, about 1e-16
  const Pair log = sum({near}, sum(off, {-off.high * off.high / 2}));
  const double n = exponent;
  return sum(sum({n * ln2[0]}, product({n}, {ln2[1]})), log);
}

double exp_of(Pair x) {
  if (x.high > 710) return infinity;
  if (x.high < -746) return 0;
  return rounded(power_of_e(x));
}

}  // namespace

double exp(double x) { return std::isnan(x) ? x : exp_of({x}); }

double expm1(double x) {
  if (std::isnan(x) || x == 0 || x > 710) return x > 710 ? infinity : x;
  if (x < -746) return -1;
  const Power power = power_of_e({x});
  if (power.exponent == 0) return power.rest.high + power.rest.low;
  const Pair value = sum({1}, power.rest);
  if (power.exponent > 100) return rounded(power);
  const int n = static_cast<int>(power.exponent);
  const Pair less = sum({std::ldexp(value.high, n), std::ldexp(value.low, n)}, {-1});
  return less.high + less.low;
}

double log(double x) {
  if (x == 0) return -infinity;
  if (!(x > 0)) return std::numeric_limits<double>::quiet_NaN();
  if (x == infinity) return x;
  const Pair log = log_pair(x);
  return log.high + log.low;
}

double pow(double x, double y) {
  // What no logarithm is needed for is exact in every library.
  if (y == 0 || x == 1) return 1;
  if (!(x > 0) || !std::isfinite(x) || !std::isfinite(y)) return std::pow(x, y);
  const Pair log = log_pair(x);
  if (std::abs(log.high * y) > 800) return log.high * y > 0 ? infinity : 0;
  return exp_of(product(log, {y}));
}

double cos_pi(double x) {
  if (x > 0.5) return -cos_pi(1 - x);
  const bool sine = x > 0.25;  // of the rest to 1/2
  const Pair t = product(pi, {sine ? 0.5 - x : x}), t2 = product(t, t);
  Pair series{0};
  for (int k = 26; k >= 2; k -= 2) {
    const double divisor = sine ? k * (k + 1) : k * (k - 1);
    series = quotient(product({-t2.high, -t2.low}, sum({1}, series)), divisor);
  }
  const Pair value = sum({1}, series), result = sine ? product(t, value) : value;
  return result.high + result.low;
}

}  // namespace thalweg::portable
