// Noise: what its numbers are, and that the kernels, many elements at once, give each the same bits.

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/random.h>
#include <thalweg/transforms/noise.h>

#include "engine/normal_pair.h"

namespace thalweg::noise_test {
namespace {

template <class T>
std::vector<T> by_definition(const std::vector<T>& gradient, const Element& first, T sigma) {
  std::vector<T> noisy = gradient;
  T theta = 1;
  for (std::size_t i = 0; i < noisy.size(); ++i)
    Noise::apply<T>(theta, noisy[i], {first.index + i, first.t, first.seed}, {sigma});
  return noisy;
}

template <class T>
void expect_the_same_bits(std::size_t count, const Element& first) {
  std::vector<T> gradient(count), theta(count, 1);
  for (std::size_t i = 0; i < count; ++i)
    gradient[i] = static_cast<T>(uniform(1, 2, i) - 0.5) * (i % 2 == 0 ? T(1e-3) : T(1));
  const Noise::Coefficients<T> c{static_cast<T>(0.3)};
  const std::vector<T> expected = by_definition(gradient, first, c.sigma);
  const auto& info = detail::transform_info<Noise>();
  for (const std::string& isa : isa_names()) {
    const auto i = static_cast<std::size_t>(find_isa(isa));
    const auto kernel = sizeof(T) == sizeof(float) ? info.float32[i] : info.float64[i];
    std::vector<T> apart(count), in_place = gradient;
    kernel({theta.data(), gradient.data(), apart.data(), &c, count, first});
    kernel({theta.data(), in_place.data(), in_place.data(), &c, count, first});
    for (std::size_t k = 0; k < count; ++k) {
      using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
      ASSERT_EQ(std::bit_cast<Word>(apart[k]), std::bit_cast<Word>(expected[k])) << isa << ' ' << k;
      ASSERT_EQ(std::bit_cast<Word>(in_place[k]), std::bit_cast<Word>(expected[k])) << isa << ' ' << k;
    }
    EXPECT_THAT(theta, ::testing::Each(T(1)));
  }
}

TEST(NoiseKernels, HaveTheBitsOfTheDefinition) {
  for (const std::size_t count : {0U, 1U, 2U, 7U, 255U, 256U, 257U, 1024U, 5000U}) {
    for (const Element& first : {Element{0, 1, 0}, Element{12345, 7, 99}}) {
      expect_the_same_bits<float>(count, first);
      expect_the_same_bits<double>(count, first);
    }
  }
}

// Index, step and seed of more than 32 bits, and an index whose lower half overflows within the sweep.
TEST(NoiseKernels, HaveThemForLargeNumbersToo) {
  const std::uint64_t large = 0x123456789ABCDEF0;
  for (const Element& first :
       {Element{0xFFFFFFF0, 1, 3}, Element{large, 1, 3}, Element{5, large, 3}, Element{5, 1, large}})
    expect_the_same_bits<double>(300, first);
}

// Both sides of the middle of a tile and of a block begin and end calls, and a call may lie within a block.
TEST(NoiseKernels, HaveThemWhereverACallBegins) {
  for (std::uint64_t begin = 0; begin < 70; ++begin) {
    for (const std::size_t count : {1U, 15U, 16U, 17U, 31U, 33U, 255U, 290U})
      expect_the_same_bits<float>(count, {begin, 2, 7});
  }
}

/// The two numbers that Box and Muller make of the two words, by their formula and the library's functions.
std::array<long double, 2> by_formula(std::uint32_t first, std::uint32_t second) {
  const long double pi = 3.141592653589793238462643L;
  const long double u = static_cast<long double>(first / 2 | 1U) / 0x1p31L;
  const long double angle = static_cast<long double>(second / 2 % 0x20000000 * 2 + 1) / 0x1p30L;  // 0 to 1
  // The upper of the 30 bits makes the angle negative, in two's complement.
  const bool negative = (second >> 30U & 1U) != 0;
  long double x = std::cos((angle - (negative ? 1 : 0)) * pi / 4),
              y = std::sin((angle - (negative ? 1 : 0)) * pi / 4);
  if (second >> 31U != 0) x = -x;
  if (second % 2 != 0) std::swap(x, y);
  const long double r = std::sqrt(-2 * std::log(u));
  return {r * x, r * y};
}

std::array<std::uint32_t, 4> words_of(std::uint64_t counter, std::uint64_t t, std::uint64_t seed) {
  const auto half = [](std::uint64_t x, int shift) { return static_cast<std::uint32_t>(x >> shift); };
  return philox({half(counter, 0), half(counter, 32), half(t, 0), half(t, 32)},
                {half(seed, 0), half(seed, 32)});
}

// 32 elements from eight counters: the first numbers of their sixteen pairs, then the second ones.
TEST(NoiseNumbers, AreThoseOfBoxAndMuller) {
  for (const std::uint64_t block : {0ULL, 1ULL, 77ULL, 0x123456789ABULL}) {
    for (std::uint64_t pair = 0; pair < 16; ++pair) {
      const auto words = words_of(block * 8 + pair / 2, 5, 11);
      const auto exact = by_formula(words[pair % 2 * 2], words[pair % 2 * 2 + 1]);
      for (std::uint64_t k = 0; k < 2; ++k) {
        const Element e{block * 32 + 16 * k + pair, 5, 11};
        EXPECT_NEAR(Noise::number(e, 0.0) / static_cast<double>(exact[k]), 1, 0x1p-50) << e.index;
        EXPECT_NEAR(Noise::number(e, 0.0F) / static_cast<double>(exact[k]), 1, 7 * 0x1p-24) << e.index;
      }
    }
  }
}

// The words at the ends, at the bound between the two ways to the logarithm, and about powers of two.
TEST(NoiseNumbers, AreRightAtTheirEdges) {
  std::vector<std::uint32_t> edges{
      0, 1, 2, 0xB504F333 - 3, 0xB504F333 - 1, 0xB504F333, 0xB504F333 + 1, 0xB504F333 + 3};
  for (int k = 1; k < 33; ++k) {
    for (const int off : {-3, -2, -1, 0, 1, 2})
      edges.push_back(
          static_cast<std::uint32_t>((1ULL << k) + 0x100000000 + static_cast<std::uint64_t>(off)));
  }
  for (const std::uint32_t first : edges) {
    for (const std::uint32_t second : edges) {
      const auto exact = by_formula(first, second);
      const auto wide = normal_pair::direction<double>(second);
      const auto narrow = normal_pair::direction<float>(second);
      for (std::size_t k = 0; k < 2; ++k) {
        const auto expected = static_cast<double>(exact[k]);
        ASSERT_NEAR(normal_pair::radius<double>(first) * wide[k] / expected, 1, 0x1p-50)
            << first << ' ' << second;
        ASSERT_NEAR(normal_pair::radius<float>(first) * narrow[k] / expected, 1, 7 * 0x1p-24)
            << first << ' ' << second;
      }
    }
  }
  EXPECT_DOUBLE_EQ(normal_pair::radius<double>(0), std::sqrt(62 * std::log(2.0)));  // 6.56, the largest
  EXPECT_NEAR(normal_pair::radius<double>(0xFFFFFFFF), 0x1p-15, 1e-14);             // the smallest
}

template <class T>
std::vector<double> numbers(std::size_t count, const Element& first) {
  const std::vector<T> zero(count);
  std::vector<T> made(count);
  const Noise::Coefficients<T> c{1};
  const auto kernel = Noise::kernels(T{})[static_cast<std::size_t>(find_isa("best"))];
  kernel({nullptr, zero.data(), made.data(), &c, count, first});
  return {made.begin(), made.end()};
}

// Of n numbers: the moments to the sixth within four standard deviations, and as many as there should be
// beyond so many sigma. E z^2k = (2 k - 1)!!.
TEST(NoiseNumbers, HaveTheMomentsAndTailsOfTheNormalDistribution) {
  constexpr std::size_t count = 2'000'000;
  const auto z = numbers<float>(count, {0, 1, 3});
  const double expected[] = {1, 0, 1, 0, 3, 0, 15}, of_squares[] = {1, 1, 3, 15, 105, 945, 10395};
  for (int k = 1; k <= 6; ++k) {
    double sum = 0;
    for (const double x : z)
      sum += (k % 2 == 0 ? 1 : x) * (k < 2 ? 1 : x * x) * (k < 4 ? 1 : x * x) * (k < 6 ? 1 : x * x);
    const double deviation = std::sqrt((of_squares[k] - expected[k] * expected[k]) / count);
    EXPECT_NEAR(sum / count, expected[k], 4 * deviation) << k;
  }
  for (const double bound : {1.0, 2.0, 3.0, 4.0, 5.0}) {
    for (const double sign : {1.0, -1.0}) {
      const double mean = count * std::erfc(bound / std::sqrt(2)) / 2;
      const auto beyond = std::count_if(z.begin(), z.end(), [&](double x) { return sign * x > bound; });
      EXPECT_NEAR(static_cast<double>(beyond), mean, 4 * std::sqrt(mean)) << sign * bound;
    }
  }
}

// The largest distance from the distribution, times sqrt(n), is above 1.95 in one case of a thousand.
TEST(NoiseNumbers, PassKolmogorovAndSmirnov) {
  constexpr std::size_t count = 1'000'000;
  for (const std::uint64_t seed : {0U, 1U, 2U}) {
    auto z = numbers<double>(count, {seed * 1000, 4, seed});
    std::sort(z.begin(), z.end());
    double distance = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double p = std::erfc(-z[i] / std::sqrt(2)) / 2;
      distance =
          std::max({distance, static_cast<double>(i + 1) / count - p, p - static_cast<double>(i) / count});
    }
    EXPECT_LT(distance * std::sqrt(static_cast<double>(count)), 1.95) << seed;
  }
}

// Neighbours, the two of a pair (16 apart), of a counter and of a block, and the next step and seed: neither
// the numbers nor their squares have to do with each other, as the mean of their products says.
TEST(NoiseNumbers, AreIndependent) {
  constexpr std::size_t count = 1'000'000;
  const auto z = numbers<double>(count, {0, 1, 5});
  const auto unrelated = [&](const std::vector<double>& other, std::size_t lag) {
    double products = 0, squares = 0;
    for (std::size_t i = 0; i + lag < count; ++i) {
      products += z[i] * other[i + lag];
      squares += (z[i] * z[i] - 1) * (other[i + lag] * other[i + lag] - 1);
    }
    EXPECT_NEAR(products / std::sqrt(count), 0, 4) << lag;
    EXPECT_NEAR(squares / std::sqrt(count), 0, 2 * 4) << lag;
  };
  for (const std::size_t lag : {1U, 2U, 15U, 16U, 17U, 18U, 31U, 32U, 64U, 256U}) unrelated(z, lag);
  unrelated(numbers<double>(count, {0, 2, 5}), 0);
  unrelated(numbers<double>(count, {0, 1, 6}), 0);
}

}  // namespace
}  // namespace thalweg::noise_test
