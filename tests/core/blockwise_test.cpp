// Numbers of one byte: the error that the header promises, what must survive, and the same bytes everywhere.

#include "engine/blockwise.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <thalweg/random.h>

#include "arrays.h"

namespace thalweg::blockwise_test {
namespace {

struct Encoded {
  std::vector<std::uint8_t> codes;
  std::vector<float> scales;
};

template <class T>
Encoded encoded(const std::vector<T>& x, const std::uint16_t* random = nullptr, Isa isa = Isa::baseline) {
  Encoded made{std::vector<std::uint8_t>(x.size() + 1, 0xA5),
               std::vector<float>(block_count(x.size()) + 1, -7)};
  encode_blocks(x.data(), x.size(), made.codes.data(), made.scales.data(), random, isa);
  EXPECT_EQ(made.codes.back(), 0xA5) << "wrote behind the codes";
  EXPECT_EQ(made.scales.back(), -7) << "wrote behind the scales";
  return made;
}

template <class T>
std::vector<T> decoded(const Encoded& e, Isa isa = Isa::baseline) {
  std::vector<T> x(e.codes.size());
  x.back() = 77;
  decode_blocks(e.codes.data(), e.scales.data(), x.data(), x.size() - 1, isa);
  EXPECT_EQ(x.back(), 77) << "wrote behind the numbers";
  x.pop_back();
  return x;
}

/// Over `octaves` below `largest`, which is the first, with a zero last; all positive or of both signs.
template <class T>
std::vector<T> spread(std::size_t count, double largest, double octaves, bool both_signs,
                      std::uint64_t stream = 0) {
  std::vector<T> x(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double size = largest * std::exp2(-octaves * uniform(1, stream, 2 * i));
    x[i] = static_cast<T>(both_signs && uniform(1, stream, 2 * i + 1) < 0.5 ? -size : size);
  }
  x[0] = static_cast<T>(largest);
  x[count - 1] = 0;
  return x;
}

/// |error| <= promised(|x|) for every number of every block.
template <class T>
void expect_the_promised_errors(const std::vector<T>& x, const std::vector<T>& back, bool both_signs,
                                int factor) {
  for (std::size_t begin = 0; begin < x.size(); begin += codes_per_block) {
    const std::size_t end = std::min(x.size(), begin + codes_per_block);
    double largest = 0;
    for (std::size_t i = begin; i < end; ++i)
      largest = std::max(largest, std::abs(static_cast<double>(x[i])));
    for (std::size_t i = begin; i < end; ++i) {
      const double size = std::abs(static_cast<double>(x[i]));
      const bool relative = size >= std::ldexp(largest, both_signs ? -13 : -29);
      const double promised = relative ? size / 16 : std::ldexp(largest, both_signs ? -17 : -32);
      ASSERT_LE(std::abs(static_cast<double>(back[i]) - static_cast<double>(x[i])), factor * promised)
          << x[i];
      if (x[i] == 0) {
        ASSERT_EQ(back[i], 0);
      }
      if (x[i] != 0 && !both_signs) {
        ASSERT_GT(back[i], 0) << x[i];
      }
    }
  }
}

template <class T>
class Blockwise : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Blockwise, Types);

TYPED_TEST(Blockwise, KeepsTheErrorsThatTheHeaderPromises) {
  const std::vector<std::uint16_t> zeros(700, 0), ones(700, 0xFFFF);
  for (const bool both_signs : {false, true}) {
    for (const double largest : {1.0, 0.937, 1.874, 1.876, 1.999, 3e-7, 1e-20, 1e20, 3.4e38}) {
      for (const double octaves : {2.0, 20.0, 45.0}) {
        const auto x = spread<TypeParam>(700, largest, octaves, both_signs);
        const Encoded e = encoded(x);
        for (std::size_t b = 0; b < block_count(x.size()); ++b) {
          ASSERT_EQ(e.scales[b] < 0, both_signs);
          int exponent = 0;
          if (b == 0 && largest < 3e38) {
            ASSERT_LE(static_cast<float>(x[0]), 1.875F * std::abs(e.scales[0]));
            ASSERT_GT(static_cast<float>(x[0]), 0.9375F * std::abs(e.scales[0]));
          }
          ASSERT_EQ(std::frexp(std::abs(e.scales[b]), &exponent), 0.5F) << "a power of two";
        }
        expect_the_promised_errors(x, decoded<TypeParam>(e), both_signs, 1);
        expect_the_promised_errors(x, decoded<TypeParam>(encoded(x, zeros.data())), both_signs, 2);
        expect_the_promised_errors(x, decoded<TypeParam>(encoded(x, ones.data())), both_signs, 2);
      }
    }
  }
}

TYPED_TEST(Blockwise, KeepsEveryCodeThatItDecodes) {
  for (const float scale : {1.0F, -1.0F, 0x1p-93F, -0x1p-93F, 0x1p127F, -0x1p127F, 0x1p-40F}) {
    Encoded e{std::vector<std::uint8_t>(257, 0xA5), {scale, -7}};
    // Every code, but the second zero that a signed block has.
    for (std::size_t c = 0; c < 256; ++c)
      e.codes[c] = static_cast<std::uint8_t>(scale < 0 && c == 0x80 ? 0 : c);
    const auto x = decoded<TypeParam>(e);
    for (std::size_t c = 1; c < 128; ++c) {
      ASSERT_LT(x[c - 1], x[c]) << "in order, at " << c;
      if (scale < 0) {
        ASSERT_EQ(x[128 + c], -x[c]);
      }
    }
    ASSERT_EQ(std::abs(x[scale < 0 ? 127 : 255]), static_cast<TypeParam>(std::abs(scale) * 1.875F));
    const Encoded again = encoded(x);
    ASSERT_EQ(again.codes, e.codes) << scale;
    ASSERT_EQ(again.scales, e.scales);
  }
}

/// Of a block's numbers each with all 65536 random values: the mean is x but where the header says otherwise.
TYPED_TEST(Blockwise, RoundsStochasticallyWithMeanX) {
  for (const double sign : {1.0, -1.0}) {
    // 16 random bits say these exactly.
    std::vector<TypeParam> x = {1,
                                static_cast<TypeParam>(sign * 0.7001953125),
                                static_cast<TypeParam>(0x1.9p-3),
                                static_cast<TypeParam>(sign * 0x1.234p-11),
                                static_cast<TypeParam>(0x1.01p-17),
                                static_cast<TypeParam>(sign * 1.8125)};
    std::vector<double> sum(x.size(), 0.0);
    const std::vector<TypeParam> nearest = decoded<TypeParam>(encoded(x));
    for (std::uint32_t r = 0; r < 65536; ++r) {
      const std::vector<std::uint16_t> random(x.size(), static_cast<std::uint16_t>(r));
      const auto back = decoded<TypeParam>(encoded(x, random.data()));
      for (std::size_t i = 0; i < x.size(); ++i) sum[i] += static_cast<double>(back[i]);
      ASSERT_EQ(back[0], 1) << "a code's own value stays";
    }
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(sum[i] / 65536, x[i]) << i;
    if (sign > 0) {
      EXPECT_NE(nearest[1], x[1]) << "there was something to round";
    }
  }
}

TYPED_TEST(Blockwise, KeepsNonzeroSecondMomentsNonzero) {
  std::vector<TypeParam> x(300, static_cast<TypeParam>(1e-30));
  x[0] = static_cast<TypeParam>(1e38);
  x[1] = std::numeric_limits<TypeParam>::denorm_min();
  x[2] = 0;
  x[299] = std::numeric_limits<TypeParam>::denorm_min();
  const std::vector<std::uint16_t> zeros(x.size(), 0);
  for (const std::uint16_t* random : {static_cast<const std::uint16_t*>(nullptr), zeros.data()}) {
    const auto back = decoded<TypeParam>(encoded(x, random));
    for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(back[i] > 0, i != 2) << i;
    for (const TypeParam v : back) ASSERT_TRUE(v == 0 || v >= static_cast<TypeParam>(0x1p-126F));
  }
}

TYPED_TEST(Blockwise, TurnsABlockWithNanOrInfinityIntoNanAndNoOther) {
  using Limits = std::numeric_limits<TypeParam>;
  for (const TypeParam bad :
       {Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()}) {
    for (const std::size_t place : {256U, 300U, 511U}) {
      auto x = spread<TypeParam>(700, 1.0, 5, place == 300);
      x[place] = bad;
      const Encoded e = encoded(x);
      const auto back = decoded<TypeParam>(e);
      EXPECT_TRUE(std::isnan(e.scales[1]));
      for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(std::isnan(back[i]), i / 256 == 1) << i;
    }
  }
}

TYPED_TEST(Blockwise, GivesTheSameBytesForEveryInstructionSet) {
  const std::vector<std::uint16_t> random = [] {
    std::vector<std::uint16_t> words(1500);
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = static_cast<std::uint16_t>(i * 40503);
    return words;
  }();
  for (const std::size_t count : {1U, 5U, 255U, 256U, 257U, 1024U, 1301U}) {
    std::vector<std::vector<TypeParam>> inputs = {
        test::wild_numbers<TypeParam>(count, 3), spread<TypeParam>(count, 1e-3, 40, false),
        spread<TypeParam>(count, 2e-36, 30, true), spread<TypeParam>(count, 3.4e38, 300, false)};
    inputs[0][count / 2] = std::numeric_limits<TypeParam>::infinity();
    for (const auto& x : inputs) {
      for (const std::uint16_t* bits : {static_cast<const std::uint16_t*>(nullptr), random.data() + 1}) {
        const Encoded reference = encoded(x, bits);
        const auto back = decoded<TypeParam>(reference);
        for (const std::string& name : isa_names()) {
          const Encoded e = encoded(x, bits, find_isa(name));
          ASSERT_EQ(e.codes, reference.codes) << name << ' ' << count;
          ASSERT_EQ(std::memcmp(e.scales.data(), reference.scales.data(), e.scales.size() * sizeof(float)),
                    0);
          const auto other = decoded<TypeParam>(e, find_isa(name));
          ASSERT_EQ(std::memcmp(other.data(), back.data(), count * sizeof(TypeParam)), 0)
              << name << ' ' << count;
        }
      }
    }
  }
}

TEST(BlockwiseDouble, IsAnInfinityAboveWhatAFloatHolds) {
  EXPECT_TRUE(std::isnan(decoded<double>(encoded(std::vector<double>{1, 1e39}))[0]));
  EXPECT_EQ(decoded<double>(encoded(std::vector<double>{1, 1e-60}))[1], 0x1p-33) << "the smallest code";
}

}  // namespace
}  // namespace thalweg::blockwise_test
