#include <bit>
#include <cmath>
#include <cstdint>

#include <thalweg/random.h>
#include <thalweg/rules/nadam.h>

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

/// ln x for finite x > 0, error below 2 units in the last place: x = 2^e m with m in [sqrt(1/2), sqrt(2)),
/// and ln m = 2 artanh((m - 1) / (m + 1)). The library's log differs in bits between processors.
double portable_log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  if (m < 0.70710678118654752440) {
    m *= 2;
    --exponent;
  }
  const double s = (m - 1) / (m + 1), s2 = s * s;
  double series = 0;
  for (int k = 23; k >= 3; k -= 2) series = (series + 1.0 / k) * s2;
  return exponent * 0.69314718055994530942 + 2 * (s + s * series);
}

template <std::size_t N>
double polynomial(const double (&coefficients)[N], double x) {
  double sum = 0;
  for (std::size_t i = N; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
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
  static constexpr double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                 1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                 3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr double b[] = {1.0,
                                 4.2313330701600911252e+1,
                                 6.8718700749205790830e+2,
                                 5.3941960214247511077e+3,
                                 2.1213794301586595867e+4,
                                 3.9307895800092710610e+4,
                                 2.8729085735721942674e+4,
                                 5.2264952788528545610e+3};
  static constexpr double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                 5.76949722146069140550e0,  3.64784832476320460504e0,
                                 1.27045825245236838258e0,  2.41780725177450611770e-1,
                                 2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double d[] = {1.0,
                                 2.05319162663775882187e0,
                                 1.67638483018380384940e0,
                                 6.89767334985100004550e-1,
                                 1.48103976427480074590e-1,
                                 1.51986665636164571966e-2,
                                 5.47593808499534494600e-4,
                                 1.05075007164441684324e-9};
  static constexpr double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                 1.78482653991729133580e0,  2.96560571828504891230e-1,
                                 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double f[] = {1.0,
                                 5.99832206555887937690e-1,
                                 1.36929880922735805310e-1,
                                 1.48753612908506148525e-2,
                                 7.86869131145613259100e-4,
                                 1.84631831751005468180e-5,
                                 1.42151175831644588870e-7,
                                 2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  double r = std::sqrt(-portable_log(q < 0 ? p : 1 - p));
  if (r <= 5) {
    r -= 1.6;
    r = polynomial(c, r) / polynomial(d, r);
  } else {
    r -= 5;
    r = polynomial(e, r) / polynomial(f, r);
  }
  return q < 0 ? -r : r;
}

}  // namespace thalweg
