#include "engine/random_words.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <thalweg/detail/kernel.h>

#include "engine/wide_philox.h"

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

template <int bytes>
struct Philox {
  [[gnu::always_inline]] static void run(const Blocks& b) {
    using Wide = typename Vectors<bytes>::Wide;
    constexpr std::size_t lanes = bytes / 8;
    const Wide zero{};
    const std::uint64_t low = 0xFFFFFFFFU;
    const WidePhilox<bytes> philox(b.stream.seed);
    Wide places;
    ascend(places);
    for (std::size_t k = 0; k < b.count; ++k) {
      for (std::size_t place = 0; place < 16; place += 2 * lanes) {
        const std::uint64_t counter =
            (b.first / block + k) * 16 + place;  // the 16 differ in the lowest bits only
        Wide a0 = places + (counter & low), b0 = a0 + lanes;
        Wide a1 = zero + (counter >> 32U | (std::uint64_t{b.stream.array} + 1) << 24U), b1 = a1;
        Wide a2 = zero + (b.stream.step & low), b2 = a2, a3 = zero + (b.stream.step >> 32U), b3 = a3;
        philox(a0, a1, a2, a3, b0, b1, b2, b3);
        std::uint16_t* const out = b.out + k * block + place * 4;
        store_words((a0 & low) | a1 << 32U, out);
        store_words((b0 & low) | b1 << 32U, out + 4 * lanes);
        store_words((a2 & low) | a3 << 32U, out + block / 2);
        store_words((b2 & low) | b3 << 32U, out + block / 2 + 4 * lanes);
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
