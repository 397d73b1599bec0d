// The kernels of noise: many elements at once, with the bits that its definition gives each of them.

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/transforms/noise.h>

namespace thalweg {
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

// Both sides of the bounds between the three branches of the quantile are met above and here: in the first
// 100,000 elements 15 % are not in the middle, and element `far` is far out.
TEST(NoiseKernels, HaveThemInEachBranch) {
  expect_the_same_bits<double>(100'000, {0, 3, 7});
  constexpr std::uint64_t far = 11'750'071'157;
  EXPECT_GT(std::abs(normal(7, 3, far)), 6.6);
  for (const std::uint64_t before : {0U, 3U, 200U}) expect_the_same_bits<double>(300, {far - before, 3, 7});
}

}  // namespace
}  // namespace thalweg
