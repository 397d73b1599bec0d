#pragma once

// The sweep over numbers that are all in bfloat16. Two at a time, as the halves of a word of 32 bits: so
// every vector has lanes of 32 bits, and nothing is shuffled to widen or to pack, which would take longer
// than all else.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <thalweg/detail/kernel.h>
#include <thalweg/number.h>

namespace thalweg::detail {

/// Steps one entry: of the words of the slots, theta and the gradient, those of the slots and theta to store.
/// `widen` makes of a word what one of its halves means; the upper halves of the results are what to store.
/// A NaN needs no care: it comes from a bfloat16 or from the processor, and ends in zeros, which round to
/// nothing. (One that is signalling stays so where the rule does not compute with it.)
template <class Rule, int form, class Widen, std::size_t n>
[[gnu::always_inline]] inline std::array<std::uint32_t, n - 1> step_words(
    const std::array<std::uint32_t, n>& words, const typename Rule::template Coefficients<float>& c,
    const Widen& widen) {
  std::array<float, n - 2> state;
  for (std::size_t k = 0; k < n - 2; ++k) state[k] = widen(words[k]);
  float parameter = widen(words[n - 2]);
  const float g = widen(words[n - 1]);
  if constexpr (form_count<Rule>() > 1)
    Rule::template update<float, form>(parameter, g, state, c);
  else
    Rule::update(parameter, g, state, c);
  std::array<std::uint32_t, n - 1> rounded;
  for (std::size_t k = 0; k < n - 2; ++k)
    rounded[k] = round_to_upper_half(std::bit_cast<std::uint32_t>(state[k]));
  rounded[n - 2] = round_to_upper_half(std::bit_cast<std::uint32_t>(parameter));
  return rounded;
}

template <class Rule, int form>
[[gnu::always_inline]] inline void sweep_bfloat16(const Sweep& s) {
  constexpr std::size_t n = slot_count<Rule>(form);
  const auto c = *static_cast<const typename Rule::template Coefficients<float>*>(s.coefficients);
  std::array<std::byte*, n + 1> stored;  // slots, then theta
  for (std::size_t k = 0; k < n; ++k) stored[k] = static_cast<std::byte*>(s.slots[k]);
  stored[n] = static_cast<std::byte*>(s.theta);
  std::array<const std::byte*, n + 2> read;  // and the gradient
  for (std::size_t k = 0; k <= n; ++k) read[k] = stored[k];
  if constexpr (may_look_ahead<Rule>) {
    if (s.from != nullptr) read[n] = static_cast<const std::byte*>(s.from);
  }
  read[n + 1] = static_cast<const std::byte*>(s.gradient);
  const auto lower = [](std::uint32_t word) { return std::bit_cast<float>(word << 16U); };
  const auto upper = [](std::uint32_t word) { return std::bit_cast<float>(word & 0xFFFF0000U); };
  std::array<std::uint32_t, n + 2> words;

  const std::size_t pairs = s.count / 2;
  THALWEG_INDEPENDENT_ITERATIONS
  THALWEG_STAY_ROLLED
  for (std::size_t i = 0; i < pairs; ++i) {
    for (std::size_t k = 0; k < n + 2; ++k) std::memcpy(&words[k], read[k] + 4 * i, 4);
    const auto low = step_words<Rule, form>(words, c, lower);
    const auto high = step_words<Rule, form>(words, c, upper);
    for (std::size_t k = 0; k <= n; ++k) {
      const std::uint32_t word = low[k] >> 16U | (high[k] & 0xFFFF0000U);
      std::memcpy(stored[k] + 4 * i, &word, 4);
    }
  }
  if (s.count % 2 == 0) return;
  for (std::size_t k = 0; k < n + 2; ++k) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, read[k] + 4 * pairs, 2);
    words[k] = bits;
  }
  const auto last = step_words<Rule, form>(words, c, lower);
  for (std::size_t k = 0; k <= n; ++k) {
    const auto bits = static_cast<std::uint16_t>(last[k] >> 16U);
    std::memcpy(stored[k] + 4 * pairs, &bits, 2);
  }
}

#if defined(THALWEG_MIXES)
/// The sweep over float numbers with slots in bfloat16 for AVX-512: one shuffle does what g++ takes two and
/// two shifts for in the plain loop, a tenth of its time.
template <class Rule, int form>
[[gnu::always_inline]] inline void sweep_bfloat16_slots(const Sweep& s) {
  using Halves [[gnu::vector_size(64)]] = std::uint16_t;
  using Bits [[gnu::vector_size(64)]] = std::uint32_t;
  using Singles [[gnu::vector_size(64)]] = float;
  constexpr std::size_t n = slot_count<Rule>(form), width = 16;
  constexpr Halves zero{};
  Halves first, second, upper;  // where the halves of a vector of words come from
  for (std::uint16_t i = 0; i < width; ++i) {
    first[2 * i] = second[2 * i] = 0;
    first[2 * i + 1] = static_cast<std::uint16_t>(2 * width + i);
    second[2 * i + 1] = static_cast<std::uint16_t>(3 * width + i);
    upper[i] = static_cast<std::uint16_t>(2 * i + 1);
    upper[width + i] = static_cast<std::uint16_t>(2 * width + 2 * i + 1);
  }
  const auto c = *static_cast<const typename Rule::template Coefficients<float>*>(s.coefficients);
  alignas(64) float state[n][2 * width];
  std::array<void*, n> slots;
  for (std::size_t k = 0; k < n; ++k) slots[k] = state[k];
  const Arrays<Rule, form, Layout<float>> whole(
      {s.theta, s.gradient, slots.data(), nullptr, 0, nullptr, s.from});
  std::size_t i = 0;
  for (; i + 2 * width <= s.count; i += 2 * width) {
    for (std::size_t k = 0; k < n; ++k) {
      Halves stored;
      std::memcpy(&stored, static_cast<const bfloat16*>(s.slots[k]) + i, sizeof stored);
      const Halves wide[] = {__builtin_shuffle(zero, stored, first), __builtin_shuffle(zero, stored, second)};
      std::memcpy(state[k], wide, sizeof wide);
    }
    auto arrays = whole;
    arrays.theta += i;
    arrays.source += i;
    arrays.gradient += i;
    sweep_part<Rule, form, Layout<float>, float>(arrays, 0, width, c);
    sweep_part<Rule, form, Layout<float>, float>(arrays, width, width, c);
    for (std::size_t k = 0; k < n; ++k) {
      Singles x[2];
      std::memcpy(x, state[k], sizeof x);
      Halves packed[2];
      for (std::size_t half = 0; half < 2; ++half) {
        Bits u;
        std::memcpy(&u, &x[half], sizeof u);
        const Bits rounded = u - (((u >> 16U) & 1U) ^ 0xFFFF8001U);
        const Bits code = x[half] != x[half] ? u | 0x400000U : rounded;
        std::memcpy(&packed[half], &code, sizeof code);
      }
      const Halves stored = __builtin_shuffle(packed[0], packed[1], upper);
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
#else
template <class Rule, int form, class Stored>
using Bfloat16SlotsBody = SweepBody<Rule, form, Stored>;
#endif

template <class Rule, int form, class Stored>
struct Bfloat16Body {
  [[gnu::always_inline]] static void run(const Sweep& s) { sweep_bfloat16<Rule, form>(s); }
};

}  // namespace thalweg::detail
