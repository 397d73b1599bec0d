#pragma once

// The two floating-point types of 16 bits, as storage: they convert, and arithmetic is done in float or
// double. All conversions are branch-free integer arithmetic and selects, so that a loop over them vectorizes
// on every machine and gives the same bits everywhere; the processors' own instructions do not (one flushes
// subnormals).

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace thalweg {
namespace detail {

// Vectorizers want one select, not a branch, in each of these.

// The last select and shift of bfloat16 are of signed numbers: g++ narrows unsigned ones before it selects,
// which costs a third more.

/// u + 0x7FFF and one more where the last place that is kept is odd, of which the upper half is the number to
/// nearest, ties to even; a NaN needs care before. As AVX-512 likes it: a shift, one operation of three
/// operands, a subtraction.
constexpr std::uint32_t round_to_upper_half(std::uint32_t u) { return u - (((u >> 16U) & 1U) ^ 0xFFFF8001U); }

constexpr std::uint16_t pack_bfloat16(float x) {
  const auto u = std::bit_cast<std::uint32_t>(x);
  const auto rounded = static_cast<std::int32_t>(round_to_upper_half(u));  // may carry to infinity
  const std::int32_t code = x != x ? static_cast<std::int32_t>(u | 0x400000U) : rounded;
  return static_cast<std::uint16_t>(code >> 16);
}

constexpr std::uint16_t pack_bfloat16(float x, std::uint16_t random) {
  const auto u = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t added = u + random;
  // What would carry to infinity, and infinity itself, is truncated.
  const auto kept = static_cast<std::int32_t>((added & 0x7F800000U) == 0x7F800000U ? u : added);
  const std::int32_t code = x != x ? static_cast<std::int32_t>(u | 0x400000U) : kept;
  return static_cast<std::uint16_t>(code >> 16);
}

constexpr float unpack_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

constexpr std::uint16_t pack_float16(float x) {
  const auto u = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = (u >> 16U) & 0x8000U;
  const auto magnitude = static_cast<std::int32_t>(u & 0x7FFFFFFFU);
  const std::int32_t clamped =
      magnitude < 0x47800000 ? magnitude : 0x47800000;  // 2^16 is written as infinity
  // Adding 2^13 times the power of two below it, at least 2^-14, makes the floating-point unit round to the
  // place of the last bit that is kept. The sum has the significand in its lowest bits, the power above.
  const std::int32_t power = clamped & 0x7F800000;
  const std::int32_t shifter = (power > 0x38800000 ? power : 0x38800000) + (13 << 23);
  const auto sum =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(clamped) + std::bit_cast<float>(shifter));
  const std::uint32_t code = (sum & 0xFFFU) + (sum >> 13U) - (126U << 10U);
  return static_cast<std::uint16_t>(sign | code | (x != x ? 0x200U : 0U));
}

constexpr std::uint16_t pack_float16(float x, std::uint16_t random) {
  const auto u = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = (u >> 16U) & 0x8000U;
  const auto magnitude = static_cast<std::int32_t>(u & 0x7FFFFFFFU);
  const std::int32_t clamped = magnitude < 0x47800000 ? magnitude : 0x47800000;
  const std::int32_t added = ((clamped - (112 << 23)) + (random >> 3U)) >> 13;
  const std::int32_t normal = clamped < 0x47800000 && added > 0x7BFF ? 0x7BFF : added;  // finite below 2^16
  // Below 2^-14 in units of 2^-40, of which 2^16 make the last bit that is kept.
  const std::int32_t small = clamped < 0x38800000 ? clamped : 0;
  const std::int32_t subnormal =
      (static_cast<std::int32_t>(std::bit_cast<float>(small) * 0x1p40F) + random) >> 16;
  const std::int32_t code = clamped < 0x38800000 ? subnormal : normal;
  return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(code) | (x != x ? 0x200U : 0U));
}

// Masks instead of selects, of which g++ makes three, each of three operations with AVX2.
constexpr float unpack_float16(std::uint16_t bits) {
  const std::uint32_t wide = bits;
  const auto magnitude = static_cast<std::int32_t>((wide & 0x7FFFU) << 13U);
  const std::int32_t special = -static_cast<std::int32_t>(magnitude >= 31 << 23);
  const std::int32_t subnormal = -static_cast<std::int32_t>(magnitude < 1 << 23);
  // A subnormal number lies as far above 2^-14, with the exponent of that, as it should above 0.
  const std::int32_t above = magnitude + (112 << 23) + (special & 112 << 23) + (subnormal & 1 << 23);
  const float value = std::bit_cast<float>(above) - std::bit_cast<float>(subnormal & 113 << 23);
  return std::bit_cast<float>((wide & 0x8000U) << 16U | std::bit_cast<std::uint32_t>(value));
}

/// x as a float that is odd where it is not exact: rounding that to 16 bits gives what rounding x once would.
constexpr float round_to_odd(double x) {
  const auto nearest = static_cast<float>(x);
  const auto back = static_cast<double>(nearest);
  const std::uint32_t toward_zero =
      std::bit_cast<std::uint32_t>(nearest) - (__builtin_fabs(back) > __builtin_fabs(x) ? 1U : 0U);
  return std::bit_cast<float>(toward_zero | (back != x ? 1U : 0U));
}

/// What a conversion to 16 bits starts from: a float as it is, other numbers as a double that is rounded to
/// odd.
template <class T>
constexpr float before_packing(T x) {
  if constexpr (std::is_same_v<T, float>)
    return x;
  else
    return round_to_odd(static_cast<double>(x));
}

}  // namespace detail

/// A number with float's 8 exponent bits and 8 significand bits (Google's bfloat16). Made from a number by
/// rounding once, to nearest, ties to even, with subnormals; what rounds above the largest, 3.39e38, is
/// infinite; NaN stays a quiet NaN of its sign. To float it is exact.
struct bfloat16 {
  std::uint16_t bits;

  bfloat16() = default;
  template <class T>
  requires std::is_arithmetic_v<T>
  explicit constexpr bfloat16(T x) : bits(detail::pack_bfloat16(detail::before_packing(x))) {}
  constexpr operator float() const {  // NOLINT(google-explicit-constructor): exact
    return detail::unpack_bfloat16(bits);
  }

  [[nodiscard]] static constexpr bfloat16 from_bits(std::uint16_t bits) {
    bfloat16 made{};
    made.bits = bits;
    return made;
  }
  /// x rounded to one of its two neighbours, up in magnitude in as many of the 65536 values of `random` as
  /// make the expectation x exactly. A representable x, an infinity and NaN stay; a finite x beyond the
  /// largest becomes the largest, never infinity.
  [[nodiscard]] static constexpr bfloat16 stochastic(float x, std::uint16_t random) {
    return from_bits(detail::pack_bfloat16(x, random));
  }
  /// NaN equals nothing, and the zeros each other.
  friend constexpr bool operator==(bfloat16 a, bfloat16 b) {
    return static_cast<float>(a) == static_cast<float>(b);
  }
};

/// A number with 5 exponent bits and 11 significand bits, from 2^-24 to 65504 (IEEE 754 binary16). Made and
/// converted as a bfloat16.
struct float16 {
  std::uint16_t bits;

  float16() = default;
  template <class T>
  requires std::is_arithmetic_v<T>
  explicit constexpr float16(T x) : bits(detail::pack_float16(detail::before_packing(x))) {}
  constexpr operator float() const {  // NOLINT(google-explicit-constructor): exact
    return detail::unpack_float16(bits);
  }

  [[nodiscard]] static constexpr float16 from_bits(std::uint16_t bits) {
    float16 made{};
    made.bits = bits;
    return made;
  }
  /// As bfloat16::stochastic; only the upper 13 bits of `random` count from 2^-14 on, and all below it, where
  /// the expectation is off by less than 2^-40. From 2^16 on a number is infinite, between 65504 and 2^16 it
  /// is 65504.
  [[nodiscard]] static constexpr float16 stochastic(float x, std::uint16_t random) {
    return from_bits(detail::pack_float16(x, random));
  }
  friend constexpr bool operator==(float16 a, float16 b) {
    return static_cast<float>(a) == static_cast<float>(b);
  }
};

static_assert(sizeof(bfloat16) == 2 && std::is_trivially_copyable_v<bfloat16>);
static_assert(sizeof(float16) == 2 && std::is_trivially_copyable_v<float16>);

}  // namespace thalweg
