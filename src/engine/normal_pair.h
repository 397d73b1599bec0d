#pragma once

// Two independent normal numbers of two random words: Box & Muller 1958, A Note on the Generation of Random
// Normal Deviates. r = sqrt(-2 ln u) by the first word, a point of the unit circle by the second. Arithmetic
// and roots only, without a branch: the same bits from a loop over it in every instruction set, and on every
// machine.

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace thalweg::normal_pair {

/// Polynomials in the square of their variable, near the best for their degree (Chebyshev interpolation):
/// artanh s = s + s^3 logarithm(s^2) for |s| <= (sqrt(2) - 1)^2, sin(pi/4 x) = x sine(x^2) and
/// cos(pi/4 x) = 1 + x^2 cosine(x^2) for |x| <= 1.
template <class T>
struct Series;
template <>
struct Series<float> {
  using Word = std::uint32_t;
  static constexpr int fraction_bits = 23;
  static constexpr float logarithm[] = {0x1.55555cp-2F, 0x1.997c3p-3F, 0x1.2ee61p-3F};
  static constexpr float sine[] = {0x1.921fb6p-1F, -0x1.4abbbap-4F, 0x1.465ec4p-9F, -0x1.2d9b4p-15F};
  static constexpr float cosine[] = {-0x1.3bd3ccp-2F, 0x1.03c1eap-6F, -0x1.55cb98p-12F, 0x1.db6492p-19F};
};
template <>
struct Series<double> {
  using Word = std::uint64_t;
  static constexpr int fraction_bits = 52;
  static constexpr double logarithm[] = {0x1.5555555555558p-2, 0x1.99999999952e2p-3, 0x1.2492492df148dp-3,
                                         0x1.c71c62e5800a1p-4, 0x1.7462b4ab2ef6bp-4, 0x1.39fe606542ddep-4,
                                         0x1.2b584aae78a57p-4};
  static constexpr double sine[] = {0x1.921fb54442d18p-1,   -0x1.4abbce625be41p-4, 0x1.466bc677587f8p-9,
                                    -0x1.32d2cce2e5b19p-15, 0x1.50782fda12d96p-22, -0x1.e30071afc3e59p-30,
                                    0x1.e3f38399551bfp-38};
  static constexpr double cosine[] = {-0x1.3bd3cc9be45dep-2, 0x1.03c1f081b5ac0p-6,   -0x1.55d3c7e3cb241p-12,
                                      0x1.e1f5068688d5bp-19, -0x1.a6d1eef479be1p-26, 0x1.f9ce245cada0bp-34,
                                      -0x1.b2f3eb054afcdp-42};
};

template <class T, std::size_t N>
[[gnu::always_inline]] inline T polynomial(const T (&coefficients)[N], T x) {
  T sum = coefficients[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

/// sqrt(-2 ln u) for u = n / 2^31, n the odd number of 31 bits that the upper 30 of the word name: from 3e-5
/// to 6.56. Near 1 what u lacks to it is a whole number too, so that no digits are lost in float.
template <class T>
[[gnu::always_inline]] inline T radius(std::uint32_t word) {
  using Word = typename Series<T>::Word;
  constexpr int shift = Series<T>::fraction_bits;
  constexpr Word root_half = std::bit_cast<Word>(static_cast<T>(0.70710678118654752440)),
                 fraction = (Word{1} << shift) - 1;
  const auto n = static_cast<std::int32_t>(word >> 1U | 1U);
  const bool near = n > 0x5A827999;  // 2^31 sqrt(1/2)
  const auto x = static_cast<T>(near ? n - 0x7FFFFFFF - 1 : n);
  const Word bits = std::bit_cast<Word>(x) - root_half;
  const T m = std::bit_cast<T>((bits & fraction) + root_half);  // u = m 2^-power, m about 1
  constexpr T large = static_cast<T>(Word{1} << shift);         // a whole number has its bits as they are
  const T exponent = std::bit_cast<T>(bits >> shift | std::bit_cast<Word>(large)) - large;
  const T power = near ? T(0) : T(31) - exponent;
  const T f = near ? x * T(0x1p-31) : m - T(1);
  const T s = f / (T(2) + f), s2 = s * s;  // ln (1 + f) = 2 artanh s
  const T artanh = s + s * (s2 * polynomial(Series<T>::logarithm, s2));
  return std::sqrt(power * static_cast<T>(0x1.62e42fefa39efp+0) - T(4) * artanh);
}

/// A point of the unit circle: the lowest bit exchanges its coordinates, the highest is the sign of what then
/// is the cosine of an angle between -pi/4 and pi/4, which the others name.
template <class T>
[[gnu::always_inline]] inline std::array<T, 2> direction(std::uint32_t word) {
  using Word = typename Series<T>::Word;
  const T x = static_cast<T>(static_cast<std::int32_t>(word << 1U | 2U)) * T(0x1p-31), x2 = x * x;
  const T sine = x * polynomial(Series<T>::sine, x2);
  const T size = T(1) + x2 * polynomial(Series<T>::cosine, x2);
  const Word sign = static_cast<Word>(word >> 31U) << (8 * sizeof(T) - 1);
  const T cosine = std::bit_cast<T>(std::bit_cast<Word>(size) ^ sign);
  const bool exchanged = (word & 1U) != 0;
  return {exchanged ? sine : cosine, exchanged ? cosine : sine};
}

}  // namespace thalweg::normal_pair
