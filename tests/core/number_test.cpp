// The 16-bit types against their definition: a table of all values in double, and the nearest of it by
// search.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <thalweg/number.h>

namespace thalweg::number_test {
namespace {

static_assert(bfloat16(1).bits == 0x3F80 && bfloat16(-2.5F).bits == 0xC020 && float16(1.0).bits == 0x3C00);
static_assert(bfloat16(0.0F) == bfloat16(-0.0F) && !(float16(1) == float16(2)));
static_assert(static_cast<double>(float16::from_bits(0x0001)) == 0x1p-24);

template <class T>
struct Definition;
template <>
struct Definition<bfloat16> {
  static constexpr int fraction_bits = 7, bias = 127;
};
template <>
struct Definition<float16> {
  static constexpr int fraction_bits = 10, bias = 15;
};

/// Of all codes without a sign up to infinity's, which stands for the power of two where it would be: that is
/// where rounding to it begins to count from.
template <class T>
const std::vector<double>& values() {
  static const std::vector<double> made = [] {
    constexpr int fraction_bits = Definition<T>::fraction_bits, one = 1 << fraction_bits;
    std::vector<double> all;
    for (int code = 0; code <= (0x7FFF >> fraction_bits) * one; ++code) {
      const int exponent = code / one, fraction = code % one;
      all.push_back(exponent == 0
                        ? std::ldexp(fraction, 1 - Definition<T>::bias - fraction_bits)
                        : std::ldexp(one + fraction, exponent - Definition<T>::bias - fraction_bits));
    }
    return all;
  }();
  return made;
}

template <class T>
constexpr std::uint16_t infinity_code = static_cast<std::uint16_t>((0x7FFF >> Definition<T>::fraction_bits)
                                                                   << Definition<T>::fraction_bits);

/// The code of the largest value up to |x|; infinity's from the power of two on that stands for it.
template <class T>
std::uint16_t below(double x) {
  const auto& all = values<T>();
  return static_cast<std::uint16_t>(std::upper_bound(all.begin(), all.end(), std::abs(x)) - all.begin() - 1);
}

template <class T>
std::uint16_t nearest(double x) {
  const auto& all = values<T>();
  std::uint16_t code = below<T>(x);
  if (code < infinity_code<T>) {
    const double down = std::abs(x) - all[code], up = all[code + 1U] - std::abs(x);
    if (up < down || (up == down && code % 2 == 1)) ++code;
  }
  return static_cast<std::uint16_t>(code | (std::signbit(x) ? 0x8000U : 0U));
}

template <class T>
class Number : public testing::Test {};
using Types = testing::Types<bfloat16, float16>;
TYPED_TEST_SUITE(Number, Types);

TYPED_TEST(Number, MeansWhatTheDefinitionSaysAndComesBackForEveryPattern) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const auto number = TypeParam::from_bits(static_cast<std::uint16_t>(bits));
    const auto x = static_cast<float>(number);
    const std::uint32_t magnitude = bits & 0x7FFFU;
    ASSERT_EQ(std::signbit(x), bits > 0x7FFF) << bits;
    if (magnitude > infinity_code<TypeParam>) {
      ASSERT_TRUE(std::isnan(x)) << bits;
      ASSERT_FALSE(number == number);
      ASSERT_TRUE(std::isnan(static_cast<float>(TypeParam(x)))) << bits;
      ASSERT_EQ(std::signbit(static_cast<float>(TypeParam(x))), bits > 0x7FFF) << bits;
      continue;
    }
    if (magnitude == infinity_code<TypeParam>)
      ASSERT_TRUE(std::isinf(x)) << bits;
    else
      ASSERT_EQ(std::abs(x), values<TypeParam>()[magnitude]) << bits;
    ASSERT_EQ(TypeParam(x).bits, bits);
    ASSERT_EQ(TypeParam(static_cast<double>(x)).bits, bits);
    ASSERT_EQ(TypeParam::stochastic(x, 0).bits, bits);
    ASSERT_EQ(TypeParam::stochastic(x, 0xFFFF).bits, bits);
    ASSERT_TRUE(number == TypeParam(x));
  }
}

TYPED_TEST(Number, RoundsADenseSampleOfFloatsToTheNearest) {
  for (std::uint32_t upper = 0; upper < 65536; ++upper) {
    for (const std::uint32_t lower : {0x0000U, 0x0001U, 0x0FFFU, 0x1000U, 0x1001U, 0x3000U, 0x7FFFU, 0x8000U,
                                      0x8001U, 0xEFFFU, 0xF000U, 0xFFFFU}) {
      const auto x = std::bit_cast<float>(upper << 16U | lower);
      if (std::isnan(x)) {
        const auto made = static_cast<float>(TypeParam(x));
        ASSERT_TRUE(std::isnan(made) && std::signbit(made) == (upper > 0x7FFF)) << upper << ' ' << lower;
      } else {
        ASSERT_EQ(TypeParam(x).bits, nearest<TypeParam>(static_cast<double>(x))) << x;
      }
    }
  }
}

/// Halfway between neighbours, also below the smallest and up to infinity; a double beside it must not become
/// the float that lies halfway first.
TYPED_TEST(Number, RoundsHalvesToEvenAndWhatIsBesideThemByItsSide) {
  const auto& all = values<TypeParam>();
  for (std::uint16_t code = 0; code < infinity_code<TypeParam>; ++code) {
    const double half = (all[code] + all[code + 1U]) / 2;
    const auto as_float = static_cast<float>(half);
    ASSERT_EQ(as_float, half);
    const auto next = static_cast<std::uint16_t>(code + 1), even = code % 2 == 0 ? code : next;
    const auto negative = [](std::uint16_t bits) { return static_cast<std::uint16_t>(bits | 0x8000U); };
    ASSERT_EQ(TypeParam(as_float).bits, even);
    ASSERT_EQ(TypeParam(half).bits, even);
    ASSERT_EQ(TypeParam(-half).bits, negative(even));
    ASSERT_EQ(TypeParam(std::nextafter(as_float, HUGE_VALF)).bits, next);
    ASSERT_EQ(TypeParam(std::nextafter(as_float, 0.0F)).bits, code);
    ASSERT_EQ(TypeParam(std::nextafter(half, HUGE_VAL)).bits, next);
    ASSERT_EQ(TypeParam(std::nextafter(half, 0.0)).bits, code);
    ASSERT_EQ(TypeParam(-std::nextafter(half, 0.0)).bits, negative(code));
  }
}

TYPED_TEST(Number, TakesDoublesThatNoFloatCanHold) {
  EXPECT_EQ(TypeParam(1e300).bits, infinity_code<TypeParam>);
  EXPECT_EQ(TypeParam(-1e300).bits, infinity_code<TypeParam> | 0x8000U);
  EXPECT_EQ(TypeParam(1e-300).bits, 0);
  EXPECT_EQ(TypeParam(-1e-300).bits, 0x8000);
  EXPECT_TRUE(std::isnan(static_cast<float>(TypeParam(std::numeric_limits<double>::quiet_NaN()))));
}

/// Every one of the 65536 random values is equally likely, so their mean is the expectation: it is x.
TYPED_TEST(Number, RoundsStochasticallyToItsNeighboursWithMeanX) {
  const auto& all = values<TypeParam>();
  for (const float x : {1.0F, 1.00390625F, 1.001F, -1.001F, 3.14159F, 1e-3F, -65000.3F, 6.2e-5F, 65503.99F,
                        0x1.8p-14F, 0x1.fffffep-15F, 0x1.01p-20F, -0x1.abp-22F, 0x1p-25F, 0x1.8p-25F}) {
    const std::uint16_t down = below<TypeParam>(static_cast<double>(x));
    double sum = 0;
    for (std::uint32_t random = 0; random < 65536; ++random) {
      const auto made = TypeParam::stochastic(x, static_cast<std::uint16_t>(random));
      ASSERT_EQ(made.bits > 0x7FFF, x < 0);
      const std::uint32_t code = made.bits & 0x7FFFU;
      ASSERT_TRUE(code == down || (code == down + 1U && all[down] != std::abs(x))) << x << ' ' << random;
      sum += static_cast<double>(made);
    }
    ASSERT_EQ(sum / 65536, x);
  }
}

TYPED_TEST(Number, NeverRoundsAFiniteNumberBelowThePowerOfTwoOfInfinityStochasticallyToIt) {
  const double limit = values<TypeParam>().back();
  const auto largest = static_cast<std::uint16_t>(infinity_code<TypeParam> - 1);
  const auto x = static_cast<float>(std::nextafter(static_cast<float>(limit / 2), 0.0F) * 2);
  ASSERT_TRUE(std::isfinite(x));
  EXPECT_EQ(TypeParam(x).bits, infinity_code<TypeParam>) << "to nearest it does";
  for (const std::uint16_t random : std::initializer_list<std::uint16_t>{0x0000, 0x8000, 0xFFFF}) {
    EXPECT_EQ(TypeParam::stochastic(x, random).bits, largest);
    EXPECT_EQ(TypeParam::stochastic(-x, random).bits, largest | 0x8000U);
    EXPECT_EQ(TypeParam::stochastic(static_cast<float>(limit), random).bits, infinity_code<TypeParam>);
    EXPECT_EQ(TypeParam::stochastic(-HUGE_VALF, random).bits, infinity_code<TypeParam> | 0x8000U);
    for (const std::uint32_t pattern : {0x7F800001U, 0x7FC00000U, 0x7FFFFFFFU, 0xFF800001U, 0xFFFFFFFFU}) {
      const auto nan = static_cast<float>(TypeParam::stochastic(std::bit_cast<float>(pattern), random));
      EXPECT_TRUE(std::isnan(nan) && std::signbit(nan) == (pattern > 0x7FFFFFFF)) << pattern;
    }
  }
}

/// 2^-26 and less have nothing but the smallest subnormal above them; a 16-bit random number cannot say less
/// than 2^-16 of it.
TEST(StochasticFloat16, TruncatesBelowTheSixteenBitsThatDecide) {
  int up = 0;
  for (std::uint32_t random = 0; random < 65536; ++random)
    up += float16::stochastic(0x1.8p-40F, static_cast<std::uint16_t>(random)).bits;
  EXPECT_EQ(up, 1);
  EXPECT_EQ(float16::stochastic(0x1.fp-41F, 0xFFFF).bits, 0);
}

}  // namespace
}  // namespace thalweg::number_test
