#include "arrays.h"

#include <cmath>

namespace thalweg::test {
namespace {

std::uint64_t mixed(std::uint64_t x) {  // SplitMix64 (Steele, Lea and Flood 2014)
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

/// In (0, 1). The library's own generator takes ten times as long where nothing is optimized, as a sanitizer
/// has it.
double unit(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  return (static_cast<double>(mixed(mixed(mixed(seed) + stream) + index) >> 12U) + 0.5) * 0x1p-52;
}

}  // namespace

template <class T>
std::vector<T> wild_numbers(std::size_t count, std::uint64_t seed, std::uint64_t stream) {
  std::vector<T> x(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double u = unit(seed, stream, 2 * i), w = unit(seed, stream, 2 * i + 1);
    const double size = u < 0.1 ? 0 : std::exp2(40 * (u - 0.6));
    x[i] = static_cast<T>(static_cast<float>(std::copysign(size * (1 + w), w - 0.5)));
  }
  return x;
}

template <class T>
std::vector<T> uniform_numbers(std::size_t count, double low, double high, std::uint64_t seed,
                               std::uint64_t stream) {
  std::vector<T> x(count);
  for (std::size_t i = 0; i < count; ++i)
    x[i] = static_cast<T>(static_cast<float>(low + (high - low) * unit(seed, stream, i)));
  return x;
}

template std::vector<float> wild_numbers(std::size_t, std::uint64_t, std::uint64_t);
template std::vector<double> wild_numbers(std::size_t, std::uint64_t, std::uint64_t);
template std::vector<float> uniform_numbers(std::size_t, double, double, std::uint64_t, std::uint64_t);
template std::vector<double> uniform_numbers(std::size_t, double, double, std::uint64_t, std::uint64_t);

}  // namespace thalweg::test
