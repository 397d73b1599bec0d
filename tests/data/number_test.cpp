#include "data/number.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace thalweg::data::number_test {
namespace {

/// What read_float() makes of a text, and whether it was quick.
struct Read {
  bool quick = false;
  std::size_t length = 0;
  float value = 0;
};

Read read(const std::string& text, const std::string& behind = " ") {
  const std::string all = text + behind + std::string(number_margin, 'x');
  Read r;
  const char* stop = read_float(all.data(), all.data() + all.size(), r.value);
  r.quick = stop != nullptr;
  if (r.quick) r.length = static_cast<std::size_t>(stop - all.data());
  return r;
}

/// Same end and same bits as std::from_chars, or not quick. Returns whether it was.
bool agrees(const std::string& text, const std::string& behind = " ") {
  const Read r = read(text, behind);
  if (!r.quick) return false;
  const std::string all = text + behind;
  float expected = 0;
  const auto [stop, error] = std::from_chars(all.data(), all.data() + all.size(), expected);
  EXPECT_EQ(static_cast<int>(error), 0) << text;
  EXPECT_EQ(r.length, static_cast<std::size_t>(stop - all.data())) << text;
  EXPECT_EQ(std::bit_cast<std::uint32_t>(r.value), std::bit_cast<std::uint32_t>(expected)) << text;
  return true;
}

std::string with_format(const char* format, double value) {
  std::string text(128, '\0');
  text.resize(static_cast<std::size_t>(std::snprintf(text.data(), text.size(), format, value)));
  return text;
}

TEST(Number, IsQuickForWhatFilesHold) {
  for (const char* text : {"0",
                           "1",
                           "-1",
                           "0.0123",
                           "-0.5",
                           "123456789",
                           "1e-5",
                           "1E+3",
                           "2.5e7",
                           ".5",
                           "5.",
                           "-0",
                           "0.000",
                           "16777216",
                           "1e10",
                           "0.12345678",
                           "3.14159265358979312",
                           "1.000e-30",
                           "12345678.9",
                           "1234567890123456789",
                           "1.234500000000000000e-01",
                           "-.25e-3"}) {
    EXPECT_TRUE(agrees(text)) << text;
    for (const char* behind : {":", ",", "\n", "x", "..", "-1", "#", "\x80", "/", ";"})
      EXPECT_TRUE(agrees(text, behind)) << text << behind;
  }
}

TEST(Number, LeavesToOthersWhatItCannotTell) {
  for (const char* text : {"",
                           "-",
                           "+1",
                           "--1",
                           "x",
                           "nan",
                           "inf",
                           "-inf",
                           ".",
                           "-.",
                           "e5",
                           ".e5",
                           "1e",
                           "1e+",
                           "12345678901234567890",
                           "0.00000000000000000001",
                           "1e39",
                           "1e-39",
                           "1e-60",
                           "1e99999",
                           "0e99",
                           "16777217",
                           "1.000000059604644775",
                           "1.00000005960464478",
                           "9e-46"}) {
    EXPECT_FALSE(read(text).quick) << text;
  }
}

TEST(Number, LooksNoFurtherThanItsMargin) {
  const std::string text = "1.5 " + std::string(number_margin, ' ');
  float value = 0;
  EXPECT_EQ(read_float(text.data(), text.data() + number_margin - 1, value), nullptr);
  EXPECT_EQ(read_float(text.data(), text.data() + number_margin, value), text.data() + 3);
  std::uint64_t index = 0;
  EXPECT_EQ(read_index(text.data(), text.data() + number_margin - 1, index), nullptr);
  EXPECT_EQ(read_index(text.data(), text.data() + number_margin, index), text.data() + 1);
  // The longest that is looked at: more than 19 digits twice, and an exponent.
  const std::string longest = "-" + std::string(24, '1') + "." + std::string(24, '1') + "e+1111111";
  EXPECT_LE(static_cast<std::ptrdiff_t>(longest.size()) + 8, number_margin);
}

TEST(Number, GivesTheBitsOfFromCharsForRandomNumbers) {
  std::mt19937_64 random(1);
  std::size_t all = 0, quick = 0;
  const char* const formats[] = {"%.17g", "%.9g",  "%.8g", "%.7g",  "%.6g",  "%g",    "%.18e",
                                 "%.4f",  "%.10f", "%.2e", "%.15g", "%.16g", "%.12f", "%.3f"};
  for (int i = 0; i < 300'000; ++i) {
    const std::uint64_t bits = random();
    const double wide = std::bit_cast<double>(bits);
    const float narrow = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    const double usual = (static_cast<double>(bits >> 11U) / 9007199254740992.0 - 0.5) *
                         std::pow(10.0, static_cast<double>(bits % 13) - 6);
    const char* format = formats[random() % std::size(formats)];
    for (const double value : {wide, static_cast<double>(narrow), usual}) {
      if (!std::isfinite(value) || std::abs(value) > 1e60) continue;
      (void)agrees(with_format(format, value));
    }
    ++all;
    quick += agrees(with_format(format, usual));
  }
  EXPECT_GT(static_cast<double>(quick), 0.95 * static_cast<double>(all));  // or the quick way is none
}

// Numbers at the middle between two floats, and as near to it as their digits allow.
TEST(Number, GivesTheBitsOfFromCharsAroundTheMiddleOfTwoFloats) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 300'000; ++i) {
    const auto bits = static_cast<std::uint32_t>(random());
    const float a = std::bit_cast<float>(bits & 0x7fffffffU);
    const float b = std::nextafter(a, std::numeric_limits<float>::infinity());
    if (!std::isfinite(b)) continue;
    const double middle = (static_cast<double>(a) + static_cast<double>(b)) / 2;
    double near = middle;
    const std::uint64_t steps = random() % 24;
    for (std::uint64_t k = 0; k < steps; ++k) near = std::nextafter(near, i % 2 == 0 ? 0 : 1e300);
    for (const char* format : {"%.16g", "%.17g", "%.17e", "%.18e", "%.8g", "%.9g"}) {
      (void)agrees(with_format(format, middle));
      (void)agrees(with_format(format, near));
    }
  }
}

// Short texts with all kinds of characters: where a number ends, and what is none.
TEST(Number, EndsWhereFromCharsEnds) {
  std::mt19937_64 random(3);
  const std::string letters = "0123456789012345678900000999.eE+--x:, ";
  for (int i = 0; i < 300'000; ++i) {
    std::string text;
    const std::size_t length = random() % 30;
    for (std::size_t k = 0; k < length; ++k) text += letters[random() % letters.size()];
    (void)agrees(text);
  }
}

TEST(Number, ReadsIndices) {
  const auto index = [](const std::string& text) {
    const std::string all = text + std::string(number_margin, ':');
    std::uint64_t value = 0;
    const char* stop = read_index(all.data(), all.data() + all.size(), value);
    return stop == nullptr ? std::string("-")
                           : std::to_string(value) + "/" + std::to_string(stop - all.data());
  };
  EXPECT_EQ(index("1:"), "1/1");
  EXPECT_EQ(index("0"), "0/1");
  EXPECT_EQ(index("0042x"), "42/4");
  EXPECT_EQ(index("1234567"), "1234567/7");
  for (const char* none : {"", ":", "-1", "+1", "x", "12345678", "\xb1"}) EXPECT_EQ(index(none), "-") << none;
}

}  // namespace
}  // namespace thalweg::data::number_test
