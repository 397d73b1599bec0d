#pragma once

// The pieces of AS 241 (Wichura 1988, PPND16), branch by branch: the scalar quantile and the one over arrays
// are put together of the same operations, so that they give the same bits.

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace thalweg::quantile {

inline constexpr double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                               1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                               3.3430575583588128105e+4, 2.5090809287301226727e+3};
inline constexpr double b[] = {1.0,
                               4.2313330701600911252e+1,
                               6.8718700749205790830e+2,
                               5.3941960214247511077e+3,
                               2.1213794301586595867e+4,
                               3.9307895800092710610e+4,
                               2.8729085735721942674e+4,
                               5.2264952788528545610e+3};
inline constexpr double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                               3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
inline constexpr double d[] = {1.0,
                               2.05319162663775882187e0,
                               1.67638483018380384940e0,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
inline constexpr double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                               1.78482653991729133580e0,  2.96560571828504891230e-1,
                               2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
inline constexpr double f[] = {1.0,
                               5.99832206555887937690e-1,
                               1.36929880922735805310e-1,
                               1.48753612908506148525e-2,
                               7.86869131145613259100e-4,
                               1.84631831751005468180e-5,
                               1.42151175831644588870e-7,
                               2.04426310338993978564e-15};

template <std::size_t N>
[[gnu::always_inline]] inline double polynomial(const double (&coefficients)[N], double x) {
  double sum = 0;
  for (std::size_t i = N; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

/// Of p = q + 1/2 in the middle, |q| <= widest.
inline constexpr double widest = 0.425;
[[gnu::always_inline]] inline double central(double q) {
  const double r = 0.180625 - q * q;
  return q * polynomial(a, r) / polynomial(b, r);
}

/// ln (2^exponent m) for m in [1/2, 1), error below 2 units in the last place: with m in [sqrt(1/2),
/// sqrt(2)), ln m = 2 artanh((m - 1) / (m + 1)). The library's log differs in bits between processors.
[[gnu::always_inline]] inline double portable_log(double m, double exponent) {
  const bool small = m < 0.70710678118654752440;
  m = small ? m * 2 : m;
  exponent = small ? exponent - 1 : exponent;
  const double s = (m - 1) / (m + 1), s2 = s * s;
  double series = 0;
  for (int k = 23; k >= 3; k -= 2) series = (series + 1.0 / k) * s2;
  return exponent * 0.69314718055994530942 + 2 * (s + s * series);
}

/// How far out p is, from the logarithm of the smaller of p and 1 - p. The size of the quantile is
/// near(depth), or far(depth) from far_from on.
[[gnu::always_inline]] inline double depth(double log) { return std::sqrt(-log); }
inline constexpr double far_from = 5;
[[gnu::always_inline]] inline double near(double depth) {
  const double r = depth - 1.6;
  return polynomial(c, r) / polynomial(d, r);
}
[[gnu::always_inline]] inline double far(double depth) {
  const double r = depth - 5;
  return polynomial(e, r) / polynomial(f, r);
}

}  // namespace thalweg::quantile
