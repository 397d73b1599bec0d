// Conversions of arrays: what the numbers' own conversions say, for every instruction set, length and offset,
// and no byte beside them.

#include "engine/convert.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <thalweg/number.h>
#include <thalweg/random.h>

#include "arrays.h"
#include "engine/random_words.h"

namespace thalweg::convert_test {
namespace {

constexpr std::uint64_t seed = 0x0123456789ABCDEF;

/// Numbers of both signs over the ranges of all types, their limits, subnormals, infinities and NaN.
template <class T>
std::vector<T> numbers(std::size_t count) {
  std::vector<T> x = test::wild_numbers<T>(count, 5);
  for (std::size_t i = 0; i < count; ++i) {
    const float special[] = {65504,
                             -65519.9F,
                             65520,
                             3.4e38F,
                             0x1p-149F,
                             -0x1.234p-130F,
                             0x1.8p-25F,
                             0x1.23p-16F,
                             HUGE_VALF,
                             -HUGE_VALF,
                             std::bit_cast<float>(0x7FFFFFFF),
                             std::nanf(""),
                             -0.0F};
    if (i % 5 == 3) x[i] = static_cast<T>(special[i / 5 % std::size(special)]);
    if (std::is_same_v<T, double> && i % 7 == 2) x[i] = x[i] * static_cast<T>(1 + 0x1p-40);
  }
  return x;
}
template <class T>
requires(sizeof(T) == 2) std::vector<T> numbers(std::size_t count) {
  std::vector<T> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = T::from_bits(static_cast<std::uint16_t>(i * 40503 + 7));
  return x;
}

template <class T>
constexpr Precision precision_of = std::is_same_v<T, float>      ? Precision::float32
                                   : std::is_same_v<T, double>   ? Precision::float64
                                   : std::is_same_v<T, bfloat16> ? Precision::bfloat16
                                                                 : Precision::float16;

/// Calls `convert(in, out, count, random, isa)` at offsets of elements from what is aligned, and compares
/// with `expected(x, random)`.
template <class From, class To, class Convert, class Expected>
void check(const Convert& convert, const Expected& expected) {
  constexpr std::size_t room = 1100, margin = 9;
  const std::vector<From> in = numbers<From>(room);
  std::vector<std::uint16_t> random(room);
  random_words({seed, 3, 1}, 0, random.data(), room, Isa::baseline);
  for (const std::string& name : isa_names()) {
    const Isa isa = find_isa(name);
    for (const std::size_t count : {0U, 1U, 3U, 7U, 8U, 15U, 16U, 17U, 31U, 33U, 64U, 100U, 1024U, 1031U}) {
      for (const std::size_t offset : {0U, 1U, 3U}) {
        std::vector<To> out(room + 2 * margin);
        std::memset(out.data(), 0xA5, out.size() * sizeof(To));
        std::vector<To> wanted = out;
        convert(in.data() + offset, out.data() + margin + offset, count, random.data() + offset, isa);
        for (std::size_t i = 0; i < count; ++i)
          wanted[margin + offset + i] = expected(in[offset + i], random[offset + i]);
        ASSERT_EQ(std::memcmp(out.data(), wanted.data(), out.size() * sizeof(To)), 0)
            << name << ", " << count << " at " << offset << ", " << precision_name(precision_of<From>)
            << " to " << precision_name(precision_of<To>);
      }
    }
  }
}

template <class Compute, class Stored>
void check_pair() {
  constexpr Precision stored = precision_of<Stored>;
  check<Stored, Compute>([](const Stored* in, Compute* out, std::size_t count, const std::uint16_t*,
                            Isa isa) { widen(stored, in, out, count, isa); },
                         [](Stored x, std::uint16_t) { return static_cast<Compute>(x); });
  check<Compute, Stored>([](const Compute* in, Stored* out, std::size_t count, const std::uint16_t*,
                            Isa isa) { narrow(in, stored, out, count, isa); },
                         [](Compute x, std::uint16_t) { return static_cast<Stored>(x); });
  check<Compute, Stored>([](const Compute* in, Stored* out, std::size_t count, const std::uint16_t* random,
                            Isa isa) { narrow_stochastic(in, stored, out, count, random, isa); },
                         [](Compute x, std::uint16_t random) {
                           if constexpr (sizeof(Stored) == 2)
                             return Stored::stochastic(static_cast<float>(x), random);
                           else
                             return static_cast<Stored>(x);
                         });
}

TEST(Convert, GivesTheBytesOfTheScalarConversionsForEveryInstructionSetLengthAndOffset) {
  check_pair<float, float>();
  check_pair<float, double>();
  check_pair<float, bfloat16>();
  check_pair<float, float16>();
  check_pair<double, float>();
  check_pair<double, double>();
  check_pair<double, bfloat16>();
  check_pair<double, float16>();
}

TEST(RandomWords, AreHalvesOfPhiloxWordsByIndexAlone) {
  const WordStream stream{seed, 0x700000005, 2};
  const auto quoted = [&](std::uint32_t counter, std::uint32_t upper) {
    return philox({counter, upper | 3U << 24U, 5, 7}, {0x89ABCDEF, 0x01234567});
  };
  EXPECT_EQ(random_word(stream, 0), quoted(0, 0)[0] & 0xFFFFU);
  EXPECT_EQ(random_word(stream, 1), quoted(0, 0)[0] >> 16U);
  EXPECT_EQ(random_word(stream, 63), quoted(15, 0)[1] >> 16U);
  EXPECT_EQ(random_word(stream, 64), quoted(0, 0)[2] & 0xFFFFU);
  EXPECT_EQ(random_word(stream, 127), quoted(15, 0)[3] >> 16U);
  EXPECT_EQ(random_word(stream, 128), quoted(16, 0)[0] & 0xFFFFU);
  EXPECT_EQ(random_word(stream, (std::uint64_t{1} << 35U) + 5), quoted(1, 1)[0] >> 16U);
}

TEST(RandomWords, AreTheSameInWhateverTilesTheyAreMade) {
  const WordStream stream{seed, 0x700000005, 2};
  for (const std::string& name : isa_names()) {
    for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{77}, (std::uint64_t{1} << 35U) - 300}) {
      for (const std::size_t count : {0U, 1U, 50U, 51U, 128U, 129U, 700U}) {
        std::vector<std::uint16_t> words(count + 8, 0xA5A5);
        random_words(stream, first, words.data() + 1, count, find_isa(name));
        ASSERT_EQ(words[0], 0xA5A5);
        for (std::size_t i = 0; i < count; ++i)
          ASSERT_EQ(words[i + 1], random_word(stream, first + i)) << name << i;
        for (std::size_t i = count + 1; i < words.size(); ++i) ASSERT_EQ(words[i], 0xA5A5);
      }
    }
  }
}

TEST(RandomWords, DifferByArrayStepAndSeed) {
  const auto some = [](const WordStream& stream) {
    std::vector<std::uint16_t> words(64);
    random_words(stream, 1000, words.data(), words.size(), Isa::baseline);
    return words;
  };
  EXPECT_NE(some({1, 2, 3}), some({1, 2, 4}));
  EXPECT_NE(some({1, 2, 3}), some({1, 3, 3}));
  EXPECT_NE(some({1, 2, 3}), some({2, 2, 3}));
}

}  // namespace
}  // namespace thalweg::convert_test
