#pragma once

// Numbers in bfloat16 with AVX-512, included where the library's kernels are compiled. Some processors have
// an instruction that rounds to bfloat16, which spares a rule that computes in Lanes what rounding by
// integers takes. It takes subnormal numbers for 0, as nobody else does here: where it gives a 0, integers
// round anew. (A root without the divider, as in lanes.h, does not pay here: all units are busy.)

#include <thalweg/detail/bfloat16_sweep.h>
#include <thalweg/detail/lanes.h>

#if defined(THALWEG_MIXES)

namespace thalweg::detail {

using Halves [[gnu::vector_size(64)]] = std::uint16_t;
using Bits [[gnu::vector_size(64)]] = std::uint32_t;

/// 32 numbers in bfloat16 as two vectors of 16 floats, in their order: one shuffle each, for which g++ takes
/// two and two shifts in a plain loop.
[[gnu::always_inline]] inline std::array<Bits, 2> widen_halves(Halves stored) {
  constexpr Halves first = {0, 32, 0, 33, 0, 34, 0, 35, 0, 36, 0, 37, 0, 38, 0, 39,
                            0, 40, 0, 41, 0, 42, 0, 43, 0, 44, 0, 45, 0, 46, 0, 47};
  constexpr Halves second = first + Halves{0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16,
                                           0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16};
  return {reinterpret_cast<Bits>(__builtin_shuffle(Halves{}, stored, first)),
          reinterpret_cast<Bits>(__builtin_shuffle(Halves{}, stored, second))};
}
/// The upper halves of two vectors, in their order.
[[gnu::always_inline]] inline Halves upper_halves(Bits a, Bits b) {
  constexpr Halves upper = {1,  3,  5,  7,  9,  11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31,
                            33, 35, 37, 39, 41, 43, 45, 47, 49, 51, 53, 55, 57, 59, 61, 63};
  return __builtin_shuffle(reinterpret_cast<Halves>(a), reinterpret_cast<Halves>(b), upper);
}

/// The upper halves of the results are x in bfloat16; NaN needs care, as in round_to_upper_half().
[[gnu::always_inline]] inline Bits round_to_upper(Floats x) {
  const auto u = reinterpret_cast<Bits>(x);
  return u - (((u >> 16U) & 1U) ^ 0xFFFF8001U);
}
[[gnu::always_inline]] inline Bits round_or_quieten(Floats x) {
  return x != x ? reinterpret_cast<Bits>(x) | 0x400000U : round_to_upper(x);
}

/// The sweep over float numbers with slots in bfloat16 for AVX-512, a tenth faster than the plain loop.
template <class Rule, int form>
[[gnu::always_inline]] inline void sweep_bfloat16_slots(const Sweep& s, std::size_t begin = 0) {
  constexpr std::size_t n = slot_count<Rule>(form), width = 16;
  const auto c = *static_cast<const typename Rule::template Coefficients<float>*>(s.coefficients);
  alignas(64) float state[n][2 * width];
  std::array<void*, n> slots;
  for (std::size_t k = 0; k < n; ++k) slots[k] = state[k];
  const Arrays<Rule, form, Layout<float>> whole(
      {s.theta, s.gradient, slots.data(), nullptr, 0, nullptr, s.from});
  std::size_t i = begin;
  for (; i + 2 * width <= s.count; i += 2 * width) {
    for (std::size_t k = 0; k < n; ++k) {
      Halves stored;
      std::memcpy(&stored, static_cast<const bfloat16*>(s.slots[k]) + i, sizeof stored);
      const std::array<Bits, 2> wide = widen_halves(stored);
      std::memcpy(state[k], &wide, sizeof wide);
    }
    auto arrays = whole;
    arrays.theta += i;
    arrays.source += i;
    arrays.gradient += i;
    sweep_part<Rule, form, Layout<float>, float>(arrays, 0, width, c);
    sweep_part<Rule, form, Layout<float>, float>(arrays, width, width, c);
    for (std::size_t k = 0; k < n; ++k) {
      Floats x[2];
      std::memcpy(x, state[k], sizeof x);
      const Halves stored = upper_halves(round_or_quieten(x[0]), round_or_quieten(x[1]));
      std::memcpy(static_cast<bfloat16*>(s.slots[k]) + i, &stored, sizeof stored);
    }
  }
  using Stored = Layout<float, float, bfloat16>;
  sweep_part<Rule, form, Stored, float>(Arrays<Rule, form, Stored>(s), i, s.count - i, c);
}

template <class Rule, int form, class Stored>
struct Bfloat16SlotsBody {
  [[gnu::always_inline]] static void run(const Sweep& s) { sweep_bfloat16_slots<Rule, form>(s); }
};

/// Two vectors in bfloat16, in their order; where a result is 0 the bit of `not_zero` is cleared.
[[gnu::always_inline]] inline Halves rounded_by_processor(Floats first, Floats second,
                                                          std::uint32_t& not_zero) {
  using Signed [[gnu::vector_size(64)]] = short;
  const auto rounded = reinterpret_cast<Halves>(__builtin_ia32_cvtne2ps2bf16_v32hi(second, first));
  const Halves magnitude = Halves{} + std::uint16_t{0x7FFF};
  not_zero = __builtin_ia32_ptestmw512(reinterpret_cast<Signed>(rounded), reinterpret_cast<Signed>(magnitude),
                                       not_zero);
  return rounded;
}

/// All numbers in bfloat16, for processors with the instruction.
template <class Rule, int form, class Stored>
struct NativeBfloat16Body {
  static constexpr std::size_t n = slot_count<Rule>(form), width = 2 * lanes;
  using Coefficients = typename Rule::template Coefficients<Lanes<true>>;

  /// Steps the entries of a vector of words, of which the halves are widened in place.
  [[gnu::always_inline]] static void step(const Bfloat16Arrays<Rule, form>& arrays, std::size_t at,
                                          const Coefficients& c) {
    constexpr Halves one_of_each = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                    8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    std::array<Floats, n + 2> low, high;
    for (std::size_t k = 0; k < n + 2; ++k) {
      Bits words;
      std::memcpy(&words, arrays.read[k] + 2 * at, sizeof words);
      low[k] = reinterpret_cast<Floats>(words << 16U);
      high[k] = reinterpret_cast<Floats>(words & 0xFFFF0000U);
    }
    const auto a = step_lanes<Rule, form, Lanes<true>>(low, c);
    const auto b = step_lanes<Rule, form, Lanes<true>>(high, c);
    std::array<Bits, n + 1> rounded;
    std::uint32_t not_zero = 0xFFFFFFFFU;
    for (std::size_t k = 0; k <= n; ++k)
      rounded[k] =
          reinterpret_cast<Bits>(__builtin_shuffle(rounded_by_processor(a[k], b[k], not_zero), one_of_each));
    if (__builtin_expect(static_cast<long>(not_zero != 0xFFFFFFFFU), 0L) != 0) {
      for (std::size_t k = 0; k <= n; ++k)
        rounded[k] = round_to_upper(a[k]) >> 16U | (round_to_upper(b[k]) & 0xFFFF0000U);
    }
    for (std::size_t k = 0; k <= n; ++k)
      std::memcpy(arrays.stored[k] + 2 * at, &rounded[k], sizeof rounded[k]);
  }

  [[gnu::always_inline]] static void run(const Sweep& s) {
    std::size_t i = 0;
    if (s.count >= width) {
      const Bfloat16Arrays<Rule, form> arrays(s);
      const auto c = spread_all<Coefficients>(s.coefficients);
      for (; i + width <= s.count; i += width) step(arrays, i, c);
    }
    sweep_bfloat16<Rule, form>(s, i);
  }
};

/// The same for slots alone in bfloat16.
template <class Rule, int form, class Stored>
struct NativeBfloat16SlotsBody {
  static constexpr std::size_t n = slot_count<Rule>(form), width = 2 * lanes;
  using Coefficients = typename Rule::template Coefficients<Lanes<true>>;
  using Numbers = std::array<Floats, n + 2>;

  [[gnu::always_inline]] static void step(const Arrays<Rule, form, Stored>& arrays, std::size_t at,
                                          const Coefficients& c) {
    Numbers numbers[2];
    for (std::size_t k = 0; k < n; ++k) {
      Halves stored;
      std::memcpy(&stored, arrays.slots[k] + at, sizeof stored);
      const std::array<Bits, 2> wide = widen_halves(stored);
      for (std::size_t half = 0; half < 2; ++half) numbers[half][k] = reinterpret_cast<Floats>(wide[half]);
    }
    for (std::size_t half = 0; half < 2; ++half) {
      std::memcpy(&numbers[half][n], arrays.source + at + half * lanes, sizeof(Floats));
      std::memcpy(&numbers[half][n + 1], arrays.gradient + at + half * lanes, sizeof(Floats));
    }
    const auto a = step_lanes<Rule, form, Lanes<true>>(numbers[0], c);
    const auto b = step_lanes<Rule, form, Lanes<true>>(numbers[1], c);
    std::memcpy(arrays.theta + at, &a[n], sizeof(Floats));
    std::memcpy(arrays.theta + at + lanes, &b[n], sizeof(Floats));
    std::array<Halves, n> rounded;
    std::uint32_t not_zero = 0xFFFFFFFFU;
    for (std::size_t k = 0; k < n; ++k) rounded[k] = rounded_by_processor(a[k], b[k], not_zero);
    if (__builtin_expect(static_cast<long>(not_zero != 0xFFFFFFFFU), 0L) != 0) {
      for (std::size_t k = 0; k < n; ++k)
        rounded[k] = upper_halves(round_or_quieten(a[k]), round_or_quieten(b[k]));
    }
    for (std::size_t k = 0; k < n; ++k) std::memcpy(arrays.slots[k] + at, &rounded[k], sizeof(Halves));
  }

  [[gnu::always_inline]] static void run(const Sweep& s) {
    std::size_t i = 0;
    if (s.count >= width) {
      const Arrays<Rule, form, Stored> arrays(s);
      const auto c = spread_all<Coefficients>(s.coefficients);
      for (; i + width <= s.count; i += width) step(arrays, i, c);
    }
    sweep_bfloat16_slots<Rule, form>(s, i);
  }
};

}  // namespace thalweg::detail

#endif
