#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace thalweg {

/// Philox 4x32-10, Salmon, Moraes, Dror & Shaw 2011: four random words that are a pure function of counter
/// and key. No state, so any thread can make any number at any time, and a resumed run makes the same ones.
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                            std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0],
                        b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32U) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32U) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// The number in (0, 1) at the middle of the interval that 53 bits name; the last one's middle would round
/// to 1.
[[nodiscard]] constexpr double open_unit(std::uint64_t bits) {
  return std::min((static_cast<double>(bits) + 0.5) * 0x1p-53, 1 - 0x1p-53);
}

/// A number in (0, 1) with 53 random bits: a pure function of seed, stream (a step, an epoch) and index.
[[nodiscard]] constexpr double uniform(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32U); };
  const auto word = philox({low(index), high(index), low(stream), high(stream)}, {low(seed), high(seed)});
  const std::uint64_t bits = (std::uint64_t{word[0]} << 21U) ^ (word[1] >> 11U);
  return open_unit(bits);
}

/// The standard normal quantile of p in (0, 1): Wichura 1988, algorithm AS 241 (PPND16), relative error about
/// 1e-15. Only arithmetic and square roots, so the same bits on every machine.
[[nodiscard]] double normal_quantile(double p);

/// A standard normal number, a pure function of seed, stream and index.
[[nodiscard]] inline double normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  return normal_quantile(uniform(seed, stream, index));
}

}  // namespace thalweg
