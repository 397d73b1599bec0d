#pragma once

#include <cstddef>
#include <cstdint>

#include <thalweg/execution.h>
#include <thalweg/random.h>

namespace thalweg {

/// What numbers the random words of one array in one step.
struct WordStream {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::uint32_t array = 0;  ///< up to 254: a slot of the rule, or what else is rounded
};

/// The 16 random bits of element `index` (below 2^58), counted over all that the stream numbers: a quarter of
/// half of the Philox words of a counter. 16 counters make 128 elements in an order in which vectors need no
/// shuffling. The array's number stands where thalweg::uniform has bits of an index that never gets there.
[[nodiscard]] constexpr std::uint16_t random_word(const WordStream& stream, std::uint64_t index) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32U); };
  const std::uint64_t counter = index / 128 * 16 + index % 64 / 4;
  const auto words =
      philox({low(counter), high(counter) | (stream.array + 1) << 24U, low(stream.step), high(stream.step)},
             {low(stream.seed), high(stream.seed)});
  const std::uint64_t lane = index % 4 + index / 64 % 2 * 4;
  return static_cast<std::uint16_t>(words[lane / 2] >> (lane % 2 * 16));
}

/// out[i] = random_word(stream, first + i), with vectors.
void random_words(const WordStream& stream, std::uint64_t first, std::uint16_t* out, std::size_t count,
                  Isa isa);

}  // namespace thalweg
