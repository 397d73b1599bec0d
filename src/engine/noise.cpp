// The noise of many elements at once, with the bits of thalweg::normal for each.

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include <thalweg/transforms/noise.h>

#include "engine/normal_quantile.h"
#include "engine/wide.h"

namespace thalweg {
namespace {

using detail::TransformSweep;

/// Large enough for the 15 in a hundred that are not in the middle to fill vectors.
constexpr std::size_t tile = 256;
using Numbers = std::array<double, tile>;

/// The 53 bits that thalweg::uniform has of elements `first` .. `first` + count - 1, rounded up to a vector.
template <int bytes>
[[gnu::always_inline]] inline void random_bits(const Element& first, std::size_t count,
                                               std::array<std::uint64_t, tile>& out) {
  using Wide = typename Vectors<bytes>::Wide;
  constexpr std::size_t lanes = bytes / 8;
  const Wide zero{};
  const Wide first_factor = zero + 0xD2511F53U, second_factor = zero + 0xCD9E8D57U;
  const std::uint64_t low = 0xFFFFFFFFU;
  Wide index = zero + first.index;
  for (std::size_t i = 0; i < lanes; ++i) index[i] += i;
  for (std::size_t k = 0; k < count; k += lanes, index += lanes) {
    // The upper halves of all four are rubbish after a round: products do not see them.
    Wide c0 = index, c1 = index >> 32U, c2 = zero + (first.t & low), c3 = zero + (first.t >> 32U);
    auto key0 = static_cast<std::uint32_t>(first.seed), key1 = static_cast<std::uint32_t>(first.seed >> 32U);
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
    const Wide word = ((c0 & low) << 21U) ^ ((c1 & low) >> 11U);
    for (std::size_t i = 0; i < lanes; ++i) out[k + i] = word[i];
  }
}

/// open_unit(bits) for bits below 2^53: the halves become doubles by the exponents 2^52 and 2^84.
[[gnu::always_inline]] inline double unit(std::uint64_t bits) {
  const double lower = std::bit_cast<double>((bits & 0xFFFFFFFFU) | 0x4330000000000000);
  const double upper = std::bit_cast<double>(bits >> 32U | 0x4530000000000000);
  const double number = (upper - (0x1p84 + 0x1p52)) + lower;
  const double p = (number + 0.5) * 0x1p-53;
  return p < 1 - 0x1p-53 ? p : 1 - 0x1p-53;
}

/// normal(seed, t, index) of `count` elements, at most a tile: all as if they were in the middle, then those
/// that are not, packed together, as if they were not far out, then the few that are.
template <int bytes>
[[gnu::always_inline]] inline void normals(const Element& first, std::size_t count, Numbers& z) {
  std::array<std::uint64_t, tile> bits;
  random_bits<bytes>(first, count, bits);
  Numbers p, outer, depths, sizes;
  THALWEG_INDEPENDENT_ITERATIONS
  for (std::size_t i = 0; i < count; ++i) {
    p[i] = unit(bits[i]);
    z[i] = quantile::central(p[i] - 0.5);
  }
  std::array<std::uint32_t, tile> where;
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    outer[found] = p[i];
    where[found] = static_cast<std::uint32_t>(i);
    found += std::abs(p[i] - 0.5) > quantile::widest ? 1U : 0U;
  }
  THALWEG_INDEPENDENT_ITERATIONS
  for (std::size_t k = 0; k < found; ++k) {
    const double tail = outer[k] < 0.5 ? outer[k] : 1 - outer[k];
    const double log = quantile::portable_log(quantile::fraction(tail), quantile::exponent(tail));
    depths[k] = quantile::depth(log);
    const double size = quantile::near(depths[k]);
    sizes[k] = outer[k] < 0.5 ? -size : size;
  }
  for (std::size_t k = 0; k < found; ++k)
    z[where[k]] = depths[k] <= quantile::far_from ? sizes[k] : normal_quantile(outer[k]);
}

template <class T, int bytes>
struct NoiseBody {
  [[gnu::always_inline]] static void run(const TransformSweep& s) {
    const auto c = *static_cast<const Noise::Coefficients<T>*>(s.coefficients);
    const T* const source = static_cast<const T*>(s.source);
    T* const gradient = static_cast<T*>(s.gradient);
    Numbers z;
    for (std::size_t at = 0; at < s.count; at += tile) {
      const std::size_t count = std::min(tile, s.count - at);
      normals<bytes>({s.first.index + at, s.first.t, s.first.seed}, count, z);
      THALWEG_INDEPENDENT_ITERATIONS
      for (std::size_t i = 0; i < count; ++i)
        gradient[at + i] = source[at + i] + c.sigma * static_cast<T>(z[i]);
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

}  // namespace

detail::TransformKernels Noise::kernels(float) { return kernels_of<float>(); }
detail::TransformKernels Noise::kernels(double) { return kernels_of<double>(); }

}  // namespace thalweg
