#include "cli/text.h"

#include "program.h"

namespace thalweg::cli::text_test {
namespace {

using ::testing::ElementsAre;

TEST(Text, HasTheWidthThatTheCLibrarySays) {
  for (const char* text : {"", "adam", "θ ← θ − η·m̂ / (√v̂ + ε)", "m̂ = m / (1 − β₁ᵗ)", "½ Σ κᵢ·xᵢ²", "▁▂█░…┤",
                           "勾配", "e\u0301a\u0308", "∇f(θ − μ·v)", "‖g‖"})
    EXPECT_EQ(display_width(text), static_cast<std::size_t>(test::columns_of(text))) << text;
  EXPECT_EQ(display_width("\x1b[1mbold\x1b[0m"), 4U);
  EXPECT_EQ(display_width("\xff\xc3"), 2U);  // not UTF-8: a column for each byte
}

TEST(Text, IsPaddedAndCutByColumns) {
  EXPECT_EQ(pad_right("m̂", 3) + "|", "m̂  |");
  EXPECT_EQ(pad_left("勾配", 5), " 勾配");
  EXPECT_EQ(pad_left("long", 2), "long");
  EXPECT_EQ(shortened("m̂ = m", 5), "m̂ = m");
  EXPECT_EQ(shortened("one, two", 6), "one…");
  EXPECT_EQ(shortened("勾配勾配", 4), "勾…");
}

TEST(Text, IsWrappedAtSpacesThenCommasThenAnywhere) {
  EXPECT_THAT(wrapped("a bc def", 4), ElementsAre("a bc", "def"));
  EXPECT_THAT(wrapped("abcd ef", 4), ElementsAre("abcd", "ef"));
  EXPECT_THAT(wrapped("[1,22,333]", 7), ElementsAre("[1,22,", "333]"));
  EXPECT_THAT(wrapped("abcdefg", 3), ElementsAre("abc", "def", "g"));
  EXPECT_THAT(wrapped("x̂ŷẑ", 2), ElementsAre("x̂ŷ", "ẑ"));
  EXPECT_THAT(wrapped("one\n\ntwo,  three", 6), ElementsAre("one", "", "two,", "three"));
  EXPECT_THAT(wrapped("", 5), ElementsAre(""));
}

TEST(Text, OfACommandCanBePasted) {
  EXPECT_EQ(command_lines("list data", 80, 2), "  thalweg list data\n");
  EXPECT_EQ(command_lines("list optimizers --json", 26, 2), "  thalweg list \\\n      optimizers --json\n");
}

TEST(Numbers, AreShortAndTheSameEverywhere) {
  EXPECT_EQ(short_number(0.1 + 0.2), "0.3");
  EXPECT_EQ(short_number(-0.0), "0");
  EXPECT_EQ(short_number(1e-8), "1e-08");
  EXPECT_EQ(short_number(2.0 / 3, 3), "0.667");
  EXPECT_EQ(duration(0.42), "0.4 s");
  EXPECT_EQ(duration(12.3), "12 s");
  EXPECT_EQ(duration(200), "3 min 20 s");
  EXPECT_EQ(duration(7500), "2 h 5 min");
  EXPECT_EQ(duration(INFINITY), "?");
}

}  // namespace
}  // namespace thalweg::cli::text_test
