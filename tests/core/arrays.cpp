#include "arrays.h"

#include <cmath>

#include <thalweg/random.h>

namespace thalweg::test {

template <class T>
std::vector<T> wild_numbers(std::size_t count, std::uint64_t seed, std::uint64_t stream) {
  std::vector<T> x(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double u = uniform(seed, stream, 2 * i), w = uniform(seed, stream, 2 * i + 1);
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
    x[i] = static_cast<T>(static_cast<float>(low + (high - low) * uniform(seed, stream, i)));
  return x;
}

template std::vector<float> wild_numbers(std::size_t, std::uint64_t, std::uint64_t);
template std::vector<double> wild_numbers(std::size_t, std::uint64_t, std::uint64_t);
template std::vector<float> uniform_numbers(std::size_t, double, double, std::uint64_t, std::uint64_t);
template std::vector<double> uniform_numbers(std::size_t, double, double, std::uint64_t, std::uint64_t);

}  // namespace thalweg::test
