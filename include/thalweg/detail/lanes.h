#pragma once

// Sixteen floats at once as a number that rules compute with, and their square root without the divider: a
// rule that divides by a root is bound by that unit, and the multipliers idle beside it. A kernel takes this
// root for some of its vectors and the processor's for the others, and both give the same bits. For g++ on
// x86-64-v4; included where the library's kernels are compiled. Vectors go through functions that are always
// inlined only: others would pass them otherwise than their callers, who have another instruction set.

#include <thalweg/detail/kernel.h>

#if defined(THALWEG_MIXES)

#include <array>
#include <cstdint>
#include <cstring>

#include <immintrin.h>  // declares the builtins for all instruction sets

namespace thalweg::detail {

using Floats [[gnu::vector_size(64)]] = float;
using Words [[gnu::vector_size(64)]] = std::int32_t;
inline constexpr std::size_t lanes = 16;
inline constexpr auto every_lane = static_cast<short>(-1);  ///< of the lanes, as the builtins' mask

/// x in every lane: of sixteen initializers g++ 12 makes as many instructions.
[[gnu::always_inline]] inline Floats spread(float x) {
  Floats all;
  asm("vbroadcastss %1, %0" : "=v"(all) : "v"(x));
  return all;
}
[[gnu::always_inline]] inline Floats fused(Floats a, Floats b, Floats c) {
  return __builtin_ia32_vfmaddps512_mask(a, b, c, every_lane, 4);
}
[[gnu::always_inline]] inline Floats hardware_root(Floats x) {
  return __builtin_ia32_sqrtps512_mask(x, Floats{}, every_lane, 4);
}

/// The square root of x in [2^-100, 2^126), correctly rounded, from 1/sqrt(x) within a relative error of
/// 2^-14: a coupled Newton step of root and half its reciprocal (Muller et al. 2018, Handbook of
/// Floating-Point Arithmetic, 4.9), and one with the exact residual x - g^2.
[[gnu::always_inline]] inline Floats newton_root(Floats x, Floats reciprocal) {
  Floats g = x * reciprocal;
  // Half of it by the exponent: multiplications are what the other vectors wait for.
  auto h = reinterpret_cast<Floats>(reinterpret_cast<Words>(reciprocal) - 0x800000);
  const Floats e = fused(-g, h, spread(0.5F));
  g = fused(g, e, g);
  h = fused(h, e, h);
  return fused(fused(-g, g, x), h, g);
}

/// The square root of x, every bit as std::sqrt; without the divider where all are in [2^-100, 2^126).
[[gnu::always_inline]] inline Floats exact_root(Floats x) {
  constexpr std::int32_t least = 0x0D800000, end = 0x7E800000;
  constexpr int below = 1;  // predicate of the comparison without sign
  const Words from_least = reinterpret_cast<Words>(x) - least;
  const Floats guess = __builtin_ia32_rsqrt14ps512_mask(x, Floats{}, every_lane);
  const auto inside = static_cast<short>(
      __builtin_ia32_ucmpd512_mask(from_least, Words{} + (end - least), below, every_lane));
  if (__builtin_expect(inside != every_lane, 0)) return hardware_root(x);
  return newton_root(x, guess);
}

/// Sixteen numbers that compute as a float does in a rule: `divides` says which square root they take.
template <bool divides>
struct Lanes {
  Floats value;

  Lanes() = default;
  [[gnu::always_inline]] explicit Lanes(Floats x) : value(x) {}
  [[gnu::always_inline]] explicit Lanes(float x) : value(spread(x)) {}

  [[gnu::always_inline]] Lanes operator-() const { return Lanes(-value); }
  [[gnu::always_inline]] friend inline Lanes operator+(Lanes a, Lanes b) { return Lanes(a.value + b.value); }
  [[gnu::always_inline]] friend inline Lanes operator-(Lanes a, Lanes b) { return Lanes(a.value - b.value); }
  [[gnu::always_inline]] friend inline Lanes operator*(Lanes a, Lanes b) { return Lanes(a.value * b.value); }
  [[gnu::always_inline]] friend inline Lanes operator/(Lanes a, Lanes b) { return Lanes(a.value / b.value); }
  [[gnu::always_inline]] Lanes& operator+=(Lanes b) { return *this = *this + b; }
  [[gnu::always_inline]] Lanes& operator-=(Lanes b) { return *this = *this - b; }
  [[gnu::always_inline]] Lanes& operator*=(Lanes b) { return *this = *this * b; }
  [[gnu::always_inline]] friend inline Lanes sqrt(Lanes x) {
    return Lanes(divides ? hardware_root(x.value) : exact_root(x.value));
  }
  [[gnu::always_inline]] friend inline Words operator==(Lanes a, Lanes b) { return a.value == b.value; }
  [[gnu::always_inline]] friend inline Words operator<(Lanes a, Lanes b) { return a.value < b.value; }
  [[gnu::always_inline]] friend inline Words operator>(Lanes a, Lanes b) { return a.value > b.value; }
  // As the functions of these names in rule.h and the standard library.
  [[gnu::always_inline]] friend inline Lanes choose(Words condition, Lanes yes, Lanes no) {
    return Lanes(condition ? yes.value : no.value);
  }
  [[gnu::always_inline]] friend inline Lanes max(Lanes a, Lanes b) {
    return Lanes(a.value < b.value ? b.value : a.value);
  }
  [[gnu::always_inline]] friend inline Lanes ratio(Lanes a, Lanes b) {
    return Lanes(b.value == 0 ? Floats{} : a.value / b.value);
  }
};

/// Coefficients in every lane of vectors.
template <class Coefficients>
[[gnu::always_inline]] inline Coefficients spread_all(const void* coefficients) {
  constexpr std::size_t numbers = sizeof(Coefficients) / sizeof(Floats);
  float each[numbers];
  std::memcpy(each, coefficients, sizeof each);
  Floats wide[numbers];
  for (std::size_t k = 0; k < numbers; ++k) wide[k] = spread(each[k]);
  Coefficients all;
  std::memcpy(&all, wide, sizeof all);
  return all;
}

/// Steps sixteen entries: their slots, theta and gradient; returns the slots and theta.
template <class Rule, int form, class T, std::size_t n>
[[gnu::always_inline]] inline std::array<Floats, n - 1> step_lanes(
    const std::array<Floats, n>& numbers, const typename Rule::template Coefficients<T>& c) {
  std::array<T, n - 2> state;
  for (std::size_t k = 0; k < n - 2; ++k) state[k] = T(numbers[k]);
  T parameter(numbers[n - 2]);
  const T g(numbers[n - 1]);
  if constexpr (form_count<Rule>() > 1)
    Rule::template update<T, form>(parameter, g, state, c);
  else
    Rule::update(parameter, g, state, c);
  std::array<Floats, n - 1> stepped;
  for (std::size_t k = 0; k < n - 2; ++k) stepped[k] = state[k].value;
  stepped[n - 2] = parameter.value;
  return stepped;
}

/// Steps sixteen entries from `begin` on.
template <class Rule, int form, class T>
[[gnu::always_inline]] inline void sweep_lanes(const Arrays<Rule, form, Layout<float>>& arrays,
                                               std::size_t begin,
                                               const typename Rule::template Coefficients<T>& c) {
  constexpr std::size_t n = slot_count<Rule>(form);
  std::array<Floats, n + 2> numbers;
  for (std::size_t k = 0; k < n; ++k) std::memcpy(&numbers[k], arrays.slots[k] + begin, sizeof(Floats));
  std::memcpy(&numbers[n], arrays.source + begin, sizeof(Floats));
  std::memcpy(&numbers[n + 1], arrays.gradient + begin, sizeof(Floats));
  const auto stepped = step_lanes<Rule, form, T>(numbers, c);
  std::memcpy(arrays.theta + begin, &stepped[n], sizeof(Floats));
  for (std::size_t k = 0; k < n; ++k) std::memcpy(arrays.slots[k] + begin, &stepped[k], sizeof(Floats));
}

/// The same bits from a rule with a square root, sooner: the divider is what it waits for, so one vector in
/// four takes its root by multiplications beside it (docs/design/divider.md).
template <class Rule, int form>
struct MixedBody {
  [[gnu::always_inline]] static void run(const Sweep& s) {
    constexpr std::size_t block = 4 * lanes;
    const auto c = *static_cast<const typename Rule::template Coefficients<float>*>(s.coefficients);
    const Arrays<Rule, form, Layout<float>> arrays(s);
    std::size_t i = 0;
    if (s.count >= block) {
      const auto rooted = spread_all<typename Rule::template Coefficients<Lanes<false>>>(s.coefficients);
      const auto divided = spread_all<typename Rule::template Coefficients<Lanes<true>>>(s.coefficients);
      for (; i + block <= s.count; i += block) {
        sweep_lanes<Rule, form>(arrays, i, rooted);
        for (std::size_t j = lanes; j < block; j += lanes) sweep_lanes<Rule, form>(arrays, i + j, divided);
      }
    }
    sweep_part<Rule, form, Layout<float>, float>(arrays, i, s.count - i, c);
  }
};

}  // namespace thalweg::detail

#endif
