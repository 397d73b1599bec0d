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

/// The arrays of a sweep as bytes, in the order of step_words().
template <class Rule, int form>
struct Bfloat16Arrays {
  static constexpr std::size_t n = slot_count<Rule>(form);
  std::array<std::byte*, n + 1> stored;      ///< slots, then theta
  std::array<const std::byte*, n + 2> read;  ///< and the gradient

  explicit Bfloat16Arrays(const Sweep& s) {
    for (std::size_t k = 0; k < n; ++k) stored[k] = static_cast<std::byte*>(s.slots[k]);
    stored[n] = static_cast<std::byte*>(s.theta);
    for (std::size_t k = 0; k <= n; ++k) read[k] = stored[k];
    if constexpr (may_look_ahead<Rule>) {
      if (s.from != nullptr) read[n] = static_cast<const std::byte*>(s.from);
    }
    read[n + 1] = static_cast<const std::byte*>(s.gradient);
  }
};

/// Steps the entries from `begin` on, which is even.
template <class Rule, int form>
[[gnu::always_inline]] inline void sweep_bfloat16(const Sweep& s, std::size_t begin = 0) {
  constexpr std::size_t n = slot_count<Rule>(form);
  const auto c = *static_cast<const typename Rule::template Coefficients<float>*>(s.coefficients);
  Bfloat16Arrays<Rule, form> arrays(s);
  for (std::byte*& array : arrays.stored) array += 2 * begin;
  for (const std::byte*& array : arrays.read) array += 2 * begin;
  const auto& [stored, read] = arrays;
  const auto lower = [](std::uint32_t word) { return std::bit_cast<float>(word << 16U); };
  const auto upper = [](std::uint32_t word) { return std::bit_cast<float>(word & 0xFFFF0000U); };
  std::array<std::uint32_t, n + 2> words;

  const std::size_t pairs = (s.count - begin) / 2;
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

template <class Rule, int form, class Stored>
struct Bfloat16Body {
  [[gnu::always_inline]] static void run(const Sweep& s) { sweep_bfloat16<Rule, form>(s); }
};

}  // namespace thalweg::detail
