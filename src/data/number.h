#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace thalweg::data {

/// Eight characters, the first in the lowest byte.
[[nodiscard]] inline std::uint64_t eight_characters(const char* p) {
  std::uint64_t chunk = 0;
  std::memcpy(&chunk, p, sizeof chunk);
  if constexpr (std::endian::native == std::endian::big) chunk = __builtin_bswap64(chunk);
  return chunk;
}

/// How many digits eight characters begin with, and the number that these are.
struct DigitRun {
  unsigned count;
  std::uint64_t value;
};

[[nodiscard]] inline DigitRun digit_run(std::uint64_t chunk) {
  const std::uint64_t digits = chunk ^ 0x3030303030303030U;  // 0 to 9 where there is a digit
  // A carry from a byte that is none reaches later bytes only.
  const std::uint64_t others = ((digits + 0x7676767676767676U) | digits) & 0x8080808080808080U;
  const unsigned count = others == 0 ? 8 : static_cast<unsigned>(std::countr_zero(others)) / 8;
  // What follows the digits moves out, zeros come in before them: shifted in two steps, as one of 64 is not
  // allowed.
  const unsigned half = 32 - 4 * count;
  std::uint64_t v = digits << half << half;
  v = v * 10 + (v >> 8);
  constexpr std::uint64_t pairs = 0x000000FF000000FFU;
  v = ((v & pairs) * 0x000F424000000064U + ((v >> 16) & pairs) * 0x0000271000000001U) >> 32;
  return {count, v};
}

/// Bytes that read_float() and read_index() may look at from where they start.
inline constexpr std::ptrdiff_t number_margin = 72;

/// 10^0 to 10^60, correctly rounded; exact up to 10^22.
inline constexpr std::array<double, 61> powers_of_ten{
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31,
    1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38, 1e39, 1e40, 1e41, 1e42, 1e43, 1e44, 1e45, 1e46, 1e47,
    1e48, 1e49, 1e50, 1e51, 1e52, 1e53, 1e54, 1e55, 1e56, 1e57, 1e58, 1e59, 1e60};

namespace detail {

inline constexpr std::array<std::uint64_t, 9> small_powers{1,      10,      100,      1000,     10000,
                                                           100000, 1000000, 10000000, 100000000};

/// Appends the digits at `p` to `number`, until there are more than 19, and returns where they end.
inline const char* take_digits(const char* p, std::uint64_t& number, unsigned& digits) {
  for (;;) {
    const DigitRun run = digit_run(eight_characters(p));
    number = number * small_powers[run.count] + run.value;  // too many wrap around, and are refused
    digits += run.count;
    p += run.count;
    if (run.count < 8 || digits > 19) return p;
  }
}

}  // namespace detail

/// Reads the float at `p` as std::from_chars does, to the same bits, in a fraction of its time, and returns
/// where it ends; or nullptr where the quick way cannot tell, and from_chars has to be asked: text that is no
/// number, more than 19 digits, a value outside of the normal floats, one too near to the middle of two.
/// `end - p` has to be number_margin or more, or the answer is nullptr.
///
/// Why it is exact: the digits as a 64-bit integer w become a double, are multiplied or divided by a power of
/// ten that is itself rounded once, and are rounded again. After these three roundings the double d lies
/// within 3 units of its last place from the number that was written (each is at most 2^-53 of it, and a unit
/// at least 2^-53 of d). Floats round to the other neighbour only beyond the middle between two, which is a
/// double whose last 29 bits are 100...0; if d is further than 8 units from every one of them, the number
/// lies on the same side as d, and rounding d gives its float.
[[nodiscard]] inline const char* read_float(const char* p, const char* end, float& value) {
  if (end - p < number_margin) return nullptr;
  const bool minus = *p == '-';
  p += minus;
  const DigitRun whole = digit_run(eight_characters(p));
  std::uint64_t w = whole.value;
  unsigned digits = whole.count, fraction = 0;
  p += whole.count;
  if (whole.count == 8) p = detail::take_digits(p, w, digits);
  if (*p == '.') {
    const DigitRun run = digit_run(eight_characters(p + 1));
    w = w * detail::small_powers[run.count] + run.value;
    p += 1 + run.count;
    fraction = run.count;
    if (run.count == 8) p = detail::take_digits(p, w, fraction);
    digits += fraction;
  }
  if (digits - 1 >= 19) return nullptr;  // none, or more than 64 bits hold
  int scale = -static_cast<int>(fraction);
  if (*p == 'e' || *p == 'E') {
    const bool down = p[1] == '-';
    p += down || p[1] == '+' ? 2 : 1;
    const DigitRun exponent = digit_run(eight_characters(p));
    if (exponent.count - 1 >= 4) return nullptr;
    p += exponent.count;
    scale += down ? -static_cast<int>(exponent.value) : static_cast<int>(exponent.value);
  }
  constexpr std::array<double, 2> sign{1, -1};
  if (w < 1U << 24U && scale == 0) {  // floats have these
    value = static_cast<float>(static_cast<double>(static_cast<std::int32_t>(w)) * sign[minus]);
    return p;
  }
  if (scale < -60 || scale > 60) return nullptr;
  double d = static_cast<double>(w) * sign[minus];
  d = scale < 0 ? d / powers_of_ten[static_cast<std::size_t>(-scale)]
                : d * powers_of_ten[static_cast<std::size_t>(scale)];
  constexpr std::uint64_t last = (1U << 29U) - 1, middle = 1U << 28U, near = 8;
  if ((std::bit_cast<std::uint64_t>(d) & last) - (middle - near) <= 2 * near) return nullptr;
  const double size = d < 0 ? -d : d;
  if (!(size > 1.2e-38 && size < 3.4e38) && w != 0) return nullptr;
  value = static_cast<float>(d);
  return p;
}

/// Reads the whole number at `p`, of 1 to 7 digits, and returns where it ends; nullptr as read_float().
[[nodiscard]] inline const char* read_index(const char* p, const char* end, std::uint64_t& value) {
  if (end - p < number_margin) return nullptr;
  const DigitRun run = digit_run(eight_characters(p));
  if (run.count == 0 || run.count == 8) return nullptr;
  value = run.value;
  return p + run.count;
}

}  // namespace thalweg::data
