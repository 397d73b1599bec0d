#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/wide.h"

namespace thalweg {

/// Sets the lanes to 0, 1, 2, ...
template <class Wide>
[[gnu::always_inline]] inline void ascend(Wide& lanes) {
  static constexpr std::uint64_t numbers[] = {0, 1, 2, 3, 4, 5, 6, 7};
  std::memcpy(&lanes, numbers, sizeof lanes);
}

/// thalweg::philox of many counters at once. The results are in the lower halves; the upper ones of c1 and c3
/// are rubbish before and after, those of c0 and c2 after (products do not see them).
template <int bytes>
class WidePhilox {
 public:
  using Wide = typename Vectors<bytes>::Wide;

  [[gnu::always_inline]] explicit WidePhilox(std::uint64_t seed) {
    auto key0 = static_cast<std::uint32_t>(seed), key1 = static_cast<std::uint32_t>(seed >> 32U);
    for (Wide(&key)[2] : keys_) {
      key[0] = Wide{} + key0;
      key[1] = Wide{} + key1;
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
    asm("" : "+m"(keys_));  // else compilers make them anew for each counter, a fifth of the time
  }

  /// Of the counters a and b, word by word: one alone waits for its products.
  [[gnu::always_inline]] void operator()(Wide& a0, Wide& a1, Wide& a2, Wide& a3, Wide& b0, Wide& b1, Wide& b2,
                                         Wide& b3) const {
    const Wide first_factor = Wide{} + 0xD2511F53U, second_factor = Wide{} + 0xCD9E8D57U;
    for (const Wide(&key)[2] : keys_) {
      Wide ax, ay, bx, by;
      multiply<bytes>(ax, first_factor, a0);
      multiply<bytes>(ay, second_factor, a2);
      multiply<bytes>(bx, first_factor, b0);
      multiply<bytes>(by, second_factor, b2);
      a0 = (ay >> 32U) ^ a1 ^ key[0];
      b0 = (by >> 32U) ^ b1 ^ key[0];
      a1 = ay;
      b1 = by;
      a2 = (ax >> 32U) ^ a3 ^ key[1];
      b2 = (bx >> 32U) ^ b3 ^ key[1];
      a3 = ax;
      b3 = bx;
    }
  }

 private:
  static constexpr std::size_t rounds = 10;
  Wide keys_[rounds][2];
};

/// Stores the words of 16 or 32 bits that 64 are made of, the lowest first.
template <class Wide, class Word>
[[gnu::always_inline]] inline void store_words(const Wide& words, Word* out) {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(out, &words, sizeof words);
  } else {
    constexpr std::size_t each = 8 / sizeof(Word);
    for (std::size_t i = 0; i < sizeof words / 8; ++i) {
      for (std::size_t lane = 0; lane < each; ++lane)
        out[each * i + lane] = static_cast<Word>(words[i] >> (8 * sizeof(Word) * lane));
    }
  }
}

}  // namespace thalweg
