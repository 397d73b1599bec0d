#pragma once

// Random arrays for tests: pure functions of a seed, and of float precision even when they are doubles.

#include <cmath>
#include <cstdint>
#include <vector>

namespace thalweg::test {

/// Numbers of both signs over twelve orders of magnitude, with zeros of both signs in between.
template <class T>
std::vector<T> wild_numbers(std::size_t count, std::uint64_t seed, std::uint64_t stream = 0);

/// Numbers in (low, high).
template <class T>
std::vector<T> uniform_numbers(std::size_t count, double low, double high, std::uint64_t seed,
                               std::uint64_t stream = 0);

/// For comparisons by EXPECT_EQ: NaN, which equals nothing, as a number that no test makes.
inline std::vector<double> comparable(std::vector<double> numbers) {
  for (double& x : numbers) x = std::isnan(x) ? 0x1.badbadp1000 : x;
  return numbers;
}

}  // namespace thalweg::test
