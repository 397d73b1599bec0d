#include "engine/random_words.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include <thalweg/detail/kernel.h>

#include "engine/wide.h"

namespace thalweg {
namespace {

constexpr std::size_t block = 128;

/// Whole blocks of words from a multiple of a block on.
struct Blocks {
  WordStream stream;
  std::uint64_t first;
  std::size_t count;
  std::uint16_t* out;
};

template <class Wide>
[[gnu::always_inline]] inline void store(const Wide& words, std::uint16_t* out) {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(out, &words, sizeof words);
  } else {
    for (std::size_t i = 0; i < sizeof words / 8; ++i) {
      for (std::size_t lane = 0; lane < 4; ++lane)
        out[4 * i + lane] = static_cast<std::uint16_t>(words[i] >> (16 * lane));
    }
  }
}

template <int bytes>
struct Philox {
  [[gnu::always_inline]] static void run(const Blocks& b) {
    using Wide = typename Vectors<bytes>::Wide;
    constexpr std::size_t lanes = bytes / 8;
    const Wide zero{};
    const Wide first_factor = zero + 0xD2511F53U, second_factor = zero + 0xCD9E8D57U;
    const std::uint64_t low = 0xFFFFFFFFU;
    Wide places = zero;
    for (std::size_t i = 0; i < lanes; ++i) places[i] = i;
    for (std::size_t k = 0; k < b.count; ++k) {
      for (std::size_t place = 0; place < 16; place += lanes) {
        const std::uint64_t counter =
            (b.first / block + k) * 16 + place;  // the 16 differ in the lowest bits only
        Wide c0 = places + (counter & low);
        Wide c1 = zero + (counter >> 32U | (std::uint64_t{b.stream.array} + 1) << 24U);
        Wide c2 = zero + (b.stream.step & low), c3 = zero + (b.stream.step >> 32U);
        auto key0 = static_cast<std::uint32_t>(b.stream.seed);
        auto key1 = static_cast<std::uint32_t>(b.stream.seed >> 32U);
        // The upper halves of c1 and c3 are rubbish, and so then those of c0 and c2: products do not see
        // them.
        for (int round = 0; round < 10; ++round) {
          Wide x, y;
          multiply<bytes>(x, first_factor, c0);
          multiply<bytes>(y, second_factor, c2);
          c0 = (y >> 32U) ^ c1 ^ key0;
          c1 = y;
          c2 = (x >> 32U) ^ c3 ^ key1;
          c3 = x;
          key0 += 0x9E3779B9;
          key1 += 0xBB67AE85;
        }
        std::uint16_t* const out = b.out + k * block + place * 4;
        store((c0 & low) | c1 << 32U, out);
        store((c2 & low) | c3 << 32U, out + block / 2);
      }
    }
  }
};

}  // namespace

void random_words(const WordStream& stream, std::uint64_t first, std::uint16_t* out, std::size_t count,
                  Isa isa) {
#if defined(__x86_64__)
  static constexpr std::array<void (*)(const Blocks&), isa_count> kernels = {
      detail::run_baseline<Philox<16>, Blocks>, detail::run_v3<Philox<32>, Blocks>,
      detail::run_v4<Philox<64>, Blocks>};
#else
  static constexpr auto kernels = detail::for_each_isa<Philox<16>, Blocks>();
#endif
  const auto fill = kernels[static_cast<std::size_t>(isa)];
  // A block that is begun or ended elsewhere goes through a copy.
  while (count > 0) {
    const std::size_t skipped = first % block;
    const bool whole = skipped == 0 && count >= block;
    const std::size_t here = whole ? count / block * block : std::min(count, block - skipped);
    if (whole) {
      fill({stream, first, here / block, out});
    } else {
      std::array<std::uint16_t, block> words;
      fill({stream, first - skipped, 1, words.data()});
      std::memcpy(out, words.data() + skipped, here * sizeof(std::uint16_t));
    }
    first += here;
    out += here;
    count -= here;
  }
}

}  // namespace thalweg
