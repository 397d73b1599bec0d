#pragma once

// A correctly rounded square root of float without the divider, so without the divider's wait: a rule that
// divides by a root is bound by that unit, and the multipliers idle beside it. A kernel takes this root for
// some of its vectors and the processor's for the others, and both give the same bits.

#include <bit>
#include <cstdint>
#include <limits>

namespace thalweg::detail {

/// The square root of x, correctly rounded: every bit as std::sqrt, for all 2^32 patterns (subnormals, both
/// zeros, infinities; NaN as x86-64 has it). Branch-free, so that a loop over it vectorizes; for processors
/// with FMA (elsewhere right but slow).
/// A guess from the exponent's half (3 %), a Taylor step of third order (13 bits), a coupled Newton step of
/// root and half its reciprocal (23 bits; Muller et al. 2018, Handbook of Floating-Point Arithmetic, 4.9),
/// and a last one with the exact residual x - g^2, which rounds correctly.
[[gnu::always_inline]] inline float exact_root(float x) {
  const bool small =
      std::bit_cast<std::int32_t>(x) < 0x20000000;  // below 2^-63, where the residual might vanish
  const float scaled = x * (small ? 0x1p64F : 1.0F);
  const std::uint32_t half = std::bit_cast<std::uint32_t>(scaled) >> 1U;
  const auto reciprocal = std::bit_cast<float>(0x5F3504F3U - half);
  const auto half_reciprocal = std::bit_cast<float>(0x5EB504F3U - half);
  const float t = scaled * reciprocal, w = t * reciprocal;
  const float correction = __builtin_fmaf(__builtin_fmaf(0.375F, w, -1.25F), w, 1.875F);  // w^(-1/2) about 1
  float h = half_reciprocal * correction, g = t * correction;
  const float e = __builtin_fmaf(-g, h, 0.5F);
  g = __builtin_fmaf(g, e, g);
  h = __builtin_fmaf(h, e, h);
  const float residual = __builtin_fmaf(-g, g, scaled);
  const float root = __builtin_fmaf(residual, h, g) * (small ? 0x1p-32F : 1.0F);
  const float real = x < 0 ? std::bit_cast<float>(0xFFC00000U) : root;  // the NaN that x86-64 makes
  return x == std::numeric_limits<float>::infinity() ? x : real;
}

/// A float whose square root, sqrt(x) in a rule, is exact_root(x).
struct Rooted {
  float value;

  Rooted() = default;
  explicit constexpr Rooted(float x) : value(x) {}
  explicit constexpr operator float() const { return value; }

  constexpr Rooted operator-() const { return Rooted(-value); }
  friend constexpr Rooted operator+(Rooted a, Rooted b) { return Rooted(a.value + b.value); }
  friend constexpr Rooted operator-(Rooted a, Rooted b) { return Rooted(a.value - b.value); }
  friend constexpr Rooted operator*(Rooted a, Rooted b) { return Rooted(a.value * b.value); }
  friend constexpr Rooted operator/(Rooted a, Rooted b) { return Rooted(a.value / b.value); }
  constexpr Rooted& operator+=(Rooted b) { return *this = *this + b; }
  constexpr Rooted& operator-=(Rooted b) { return *this = *this - b; }
  constexpr Rooted& operator*=(Rooted b) { return *this = *this * b; }
  constexpr Rooted& operator/=(Rooted b) { return *this = *this / b; }
  friend constexpr bool operator==(Rooted a, Rooted b) { return a.value == b.value; }
  friend constexpr bool operator<(Rooted a, Rooted b) { return a.value < b.value; }
  friend constexpr bool operator>(Rooted a, Rooted b) { return a.value > b.value; }
  [[gnu::always_inline]] friend inline Rooted sqrt(Rooted x) { return Rooted(exact_root(x.value)); }
};

}  // namespace thalweg::detail
