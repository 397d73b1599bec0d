// The square root without the divider has every bit of the processor's, and the rules that divide by a root
// take it.

#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>

namespace thalweg {
namespace {

/// The patterns of which the two roots differ: at most ten of `count` from `begin` on.
std::vector<std::uint32_t> differences(std::uint32_t begin, std::uint64_t count) {
  std::vector<std::uint32_t> found;
  for (std::uint64_t i = 0; i < count && found.size() < 10; ++i) {
    const auto bits = static_cast<std::uint32_t>(begin + i);
    const auto x = std::bit_cast<float>(bits);
    const float here = detail::exact_root(x), there = std::sqrt(x);
    // What NaN the root of a negative number is depends on the processor, and a compiler may know another.
    if (std::bit_cast<std::uint32_t>(here) != std::bit_cast<std::uint32_t>(there) &&
        !(std::isnan(here) && std::isnan(there)))
      found.push_back(bits);
  }
  return found;
}

TEST(Root, EverySignificandOfAnOddAndAnEvenExponent) {
  EXPECT_THAT(differences(std::bit_cast<std::uint32_t>(1.0F), std::uint64_t{1} << 24U), testing::IsEmpty());
}

TEST(Root, EveryExponentAndSign) {
  std::mt19937 random(1);
  for (std::uint32_t exponent = 0; exponent < 512; ++exponent) {  // with the sign as its highest bit
    const std::uint32_t begin = exponent << 23U;
    EXPECT_THAT(differences(begin, 64), testing::IsEmpty());
    EXPECT_THAT(differences(begin - 64, 64), testing::IsEmpty());
    for (int i = 0; i < 2000; ++i)
      ASSERT_THAT(differences(begin + (static_cast<std::uint32_t>(random()) >> 9U), 1), testing::IsEmpty());
  }
}

TEST(Root, OfWhatIsNoPositiveNumber) {
  const auto root_bits = [](std::uint32_t bits) {
    return std::bit_cast<std::uint32_t>(detail::exact_root(std::bit_cast<float>(bits)));
  };
  EXPECT_EQ(root_bits(0), 0U);
  EXPECT_EQ(root_bits(0x80000000U), 0x80000000U) << "of -0";
  EXPECT_EQ(root_bits(0x7F800000U), 0x7F800000U) << "of infinity";
  EXPECT_EQ(root_bits(0xFF800000U), 0xFFC00000U) << "of -infinity";
  EXPECT_EQ(root_bits(0x80000001U), 0xFFC00000U) << "of the largest negative number";
  EXPECT_EQ(root_bits(0xBF800000U), 0xFFC00000U) << "of -1";
  EXPECT_TRUE(std::isnan(detail::exact_root(std::bit_cast<float>(0x7FC00123U))));
}

// Three minutes: test_core --gtest_also_run_disabled_tests --gtest_filter='Root.*'
TEST(Root, DISABLED_EveryPattern) {
  EXPECT_THAT(differences(0, std::uint64_t{1} << 32U), testing::IsEmpty());
}

template <class Rule>
void name_if_mixed(std::vector<std::string>& names) {
  if (detail::in_library<Rule> && detail::takes_root<Rule>()) names.emplace_back(Rule::card.name);
}

TEST(Root, RulesThatTakeIt) {
  std::vector<std::string> names;
#define THALWEG_NAME(Rule) name_if_mixed<Rule>(names);
  THALWEG_RULES(THALWEG_NAME)
#undef THALWEG_NAME
  for (const char* name : {"adagrad", "adadelta", "rmsprop", "adam", "nadam", "amsgrad", "adamw", "qhadam",
                           "dadapt_adam", "prodigy", "schedule_free_adamw", "adam_hd"})
    EXPECT_THAT(names, testing::Contains(name));
  for (const char* name : {"sgd", "momentum", "nesterov", "adamax", "qhm", "aggmo", "hypergradient"})
    EXPECT_THAT(names, testing::Not(testing::Contains(name)));
}

}  // namespace
}  // namespace thalweg
