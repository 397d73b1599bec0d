// The square root without the divider has every bit of the processor's, and the rules that divide by a root
// take it.

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/detail/lanes.h>
#include <thalweg/registry.h>
#include <thalweg/rules.h>

namespace thalweg::root_test {
namespace {

#if defined(THALWEG_MIXES)
using detail::Floats;

/// Sixteen numbers of consecutive patterns, and their roots from a reciprocal that is off by a factor; of 0,
/// as a kernel takes them.
struct Sixteen {
  std::uint32_t first;
  float factor;
  std::array<float, detail::lanes>* found;
};

[[gnu::target("arch=x86-64-v4")]] void find_roots(const Sixteen& s) {
  float x[detail::lanes], reciprocal[detail::lanes];
  for (std::uint32_t i = 0; i < detail::lanes; ++i) {
    const std::uint32_t pattern = s.first + i;
    std::memcpy(&x[i], &pattern, sizeof pattern);
    reciprocal[i] = s.factor / __builtin_sqrtf(x[i]);
  }
  Floats numbers, guess;
  std::memcpy(&numbers, x, sizeof x);
  std::memcpy(&guess, reciprocal, sizeof reciprocal);
  const Floats roots = s.factor == 0 ? detail::exact_root(numbers) : detail::newton_root(numbers, guess);
  std::memcpy(s.found->data(), &roots, sizeof roots);
}

/// How many of `count` patterns from `begin` on have another root than the processor's. What NaN the root of
/// a negative number is does not matter.
std::uint64_t differences(std::uint32_t begin, std::uint64_t count, float factor = 0) {
  std::array<float, detail::lanes> found{};
  std::uint64_t wrong = 0;
  for (std::uint64_t at = 0; at < count; at += found.size()) {
    const auto first = static_cast<std::uint32_t>(begin + at);
    find_roots({first, factor, &found});
    for (std::uint32_t i = 0; i < found.size(); ++i) {
      const float root = std::sqrt(std::bit_cast<float>(first + i));
      wrong += std::bit_cast<std::uint32_t>(found[i]) == std::bit_cast<std::uint32_t>(root) ||
                       (std::isnan(found[i]) && std::isnan(root))
                   ? 0U
                   : 1U;
    }
  }
  return wrong;
}

class Root : public ::testing::Test {
 protected:
  void SetUp() override {
    if (isa_names().back() != "x86-64-v4") GTEST_SKIP() << "this processor has no x86-64-v4";
  }
};

TEST_F(Root, OfEveryPattern) { EXPECT_EQ(differences(0, std::uint64_t{1} << 32U), 0U); }

TEST_F(Root, FromEveryReciprocalThatAProcessorMayGuess) {
  constexpr std::uint32_t one = 0x3F800000;  // all significands of an even and an odd exponent
  // Documented is a relative error below 2^-14; the guesses themselves differ between processors.
  for (const float off : {-0x1p-14F, -0x1.5p-15F, -0x1p-18F, 0.0F, 0x1p-18F, 0x1.5p-15F, 0x1p-14F})
    EXPECT_EQ(differences(one, std::uint64_t{1} << 24U, 1 + off), 0U) << off;
  EXPECT_GT(differences(one, std::uint64_t{1} << 24U, 1 + 0x1p-7F), 0U) << "else this test finds nothing";
}

TEST_F(Root, UnalignedWithTheEndsOfItsRange) {
  for (const float end : {0x1p-100F, 0x1p126F, 0.0F, std::numeric_limits<float>::infinity()}) {
    for (std::uint32_t i = 0; i < 32; ++i)
      EXPECT_EQ(differences(std::bit_cast<std::uint32_t>(end) - i, 16), 0U) << end << " - " << i;
  }
}
#endif

template <class Rule>
void name_if_mixed(std::vector<std::string>& names) {
  if (detail::in_library<Rule> && detail::takes_root<Rule>()) names.emplace_back(Rule::card.name);
}

TEST(MixedRoots, RulesThatTakeThem) {
  std::vector<std::string> names;
#define THALWEG_NAME(Rule) name_if_mixed<Rule>(names);
  THALWEG_RULES(THALWEG_NAME)
#undef THALWEG_NAME
  for (const char* name : {"adagrad", "adadelta", "rmsprop", "adam", "nadam", "amsgrad", "adamw", "qhadam",
                           "dadapt_adam", "prodigy", "schedule_free_adamw", "adam_hd", "ftrl"})
    EXPECT_THAT(names, testing::Contains(name));
  for (const char* name : {"sgd", "momentum", "nesterov", "adamax", "qhm", "aggmo", "hypergradient"})
    EXPECT_THAT(names, testing::Not(testing::Contains(name)));
}

}  // namespace
}  // namespace thalweg::root_test
