// The noise of one element, and of many at once with the same bits for each.

#include <algorithm>
#include <array>

#include <thalweg/random.h>
#include <thalweg/transforms/noise.h>

#include "engine/normal_pair.h"
#include "engine/wide_philox.h"

namespace thalweg {
namespace {

using detail::TransformSweep;

/// The normal numbers of eight counters, two of each half of their words: first all first ones of the pairs,
/// then all second ones. In this order vectors need no shuffling.
constexpr std::size_t block = 32, pairs = block / 2, counters = block / 4;
constexpr std::size_t blocks_at_once = 8, tile = block * blocks_at_once;

/// The normal numbers of some blocks from the `first`th on, at most a tile.
template <class T, int bytes>
[[gnu::always_inline]] inline void normals(const WidePhilox<bytes>& philox, const Element& e,
                                           std::uint64_t first, std::size_t blocks, T* z) {
  using Wide = typename Vectors<bytes>::Wide;
  constexpr std::size_t lanes = bytes / 8;
  const Wide zero{};
  const std::uint64_t low = 0xFFFFFFFFU;
  std::array<std::uint32_t, pairs * blocks_at_once> radii, directions;
  Wide counter;
  ascend(counter);
  counter += first * counters;
  // Where vectors are long this may make the words of a block more; there is room for them.
  for (std::size_t at = 0; at < blocks * pairs; at += 4 * lanes, counter += 2 * lanes) {
    Wide a0 = counter, a1 = counter >> 32U, b0 = counter + lanes, b1 = b0 >> 32U;
    Wide a2 = zero + (e.t & low), b2 = a2, a3 = zero + (e.t >> 32U), b3 = a3;
    philox(a0, a1, a2, a3, b0, b1, b2, b3);
    store_words((a0 & low) | a2 << 32U, radii.data() + at);
    store_words((a1 & low) | a3 << 32U, directions.data() + at);
    store_words((b0 & low) | b2 << 32U, radii.data() + at + 2 * lanes);
    store_words((b1 & low) | b3 << 32U, directions.data() + at + 2 * lanes);
  }
  for (std::size_t k = 0; k < blocks; ++k) {
    THALWEG_INDEPENDENT_ITERATIONS
    THALWEG_STAY_ROLLED
    for (std::size_t i = 0; i < pairs; ++i) {
      const T r = normal_pair::radius<T>(radii[k * pairs + i]);
      const std::array<T, 2> point = normal_pair::direction<T>(directions[k * pairs + i]);
      z[k * block + i] = r * point[0];
      z[k * block + pairs + i] = r * point[1];
    }
  }
}

template <class T, int bytes>
struct NoiseBody {
  [[gnu::always_inline]] static void run(const TransformSweep& s) {
    const auto c = *static_cast<const Noise::Coefficients<T>*>(s.coefficients);
    const T* const source = static_cast<const T*>(s.source);
    T* const gradient = static_cast<T*>(s.gradient);
    const WidePhilox<bytes> philox(s.first.seed);
    std::array<T, tile> z;
    for (std::size_t at = 0; at < s.count;) {
      const std::uint64_t index = s.first.index + at;
      const std::size_t skipped = index % block, count = std::min(tile - skipped, s.count - at);
      normals<T, bytes>(philox, s.first, index / block, (skipped + count + block - 1) / block, z.data());
      THALWEG_INDEPENDENT_ITERATIONS
      for (std::size_t i = 0; i < count; ++i) gradient[at + i] = source[at + i] + c.sigma * z[skipped + i];
      at += count;
    }
  }
};

template <class T>
constexpr detail::TransformKernels kernels_of() {
#if defined(__x86_64__)
  return {detail::run_baseline<NoiseBody<T, 16>, TransformSweep>,
          detail::run_v3<NoiseBody<T, 32>, TransformSweep>, detail::run_v4<NoiseBody<T, 64>, TransformSweep>};
#else
  return detail::for_each_isa<NoiseBody<T, 16>, TransformSweep>();
#endif
}

template <class T>
T number_of(const Element& e) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32U); };
  const std::uint64_t pair = e.index % pairs, counter = e.index / block * counters + pair / 2;
  const auto words = philox({low(counter), high(counter), low(e.t), high(e.t)}, {low(e.seed), high(e.seed)});
  const auto* const two = &words[pair % 2 * 2];
  return normal_pair::radius<T>(two[0]) * normal_pair::direction<T>(two[1])[e.index / pairs % 2];
}

}  // namespace

float Noise::number(const Element& e, float) { return number_of<float>(e); }
double Noise::number(const Element& e, double) { return number_of<double>(e); }

detail::TransformKernels Noise::kernels(float) { return kernels_of<float>(); }
detail::TransformKernels Noise::kernels(double) { return kernels_of<double>(); }

}  // namespace thalweg
