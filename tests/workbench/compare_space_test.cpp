#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>

#include "workbench/compare/space.h"

namespace thalweg::workbench::compare_space_test {
namespace {

using testing::HasSubstr;
using Scale = Axis::Scale;

Axis axis(const std::string& rule, const std::string& key) {
  const AnyRule made = make_rule(rule);
  return default_axis(rule, made.info().key(key), std::get<double>(made.get(key)));
}

TEST(Space, DecaysAreTunedByWhatTheyLackTo1) {
  const Axis beta1 = axis("adam", "beta1"), beta2 = axis("adam", "beta2");
  EXPECT_EQ(beta1.scale, Scale::log_complement);
  EXPECT_DOUBLE_EQ(beta1.low, 0);
  EXPECT_DOUBLE_EQ(beta1.high, 0.99);
  EXPECT_DOUBLE_EQ(beta2.low, 0.99);
  EXPECT_DOUBLE_EQ(beta2.high, 0.9999);
  EXPECT_DOUBLE_EQ(beta2.at(0.5), 0.999);
  EXPECT_DOUBLE_EQ(beta2.at(0.75), 0.999684) << "three digits of 1 - x";
  EXPECT_DOUBLE_EQ(beta1.at(0), 0);
  EXPECT_DOUBLE_EQ(beta1.at(1), 0.99);
}

TEST(Space, PenaltiesFractionsAndPositiveNumbers) {
  const Axis decay = axis("adamw", "weight_decay"), l2 = axis("sgd", "l2"), nu = axis("qhm", "nu");
  EXPECT_EQ(decay.scale, Scale::log);
  EXPECT_DOUBLE_EQ(decay.low, 1e-4);
  EXPECT_DOUBLE_EQ(decay.high, 1);
  EXPECT_DOUBLE_EQ(l2.low, 1e-6);
  EXPECT_DOUBLE_EQ(l2.high, 1e-2);
  EXPECT_EQ(nu.scale, Scale::linear);
  EXPECT_DOUBLE_EQ(nu.low, 0);
  EXPECT_DOUBLE_EQ(nu.high, 1);
  EXPECT_DOUBLE_EQ(nu.at(0.25), 0.25);
  EXPECT_DOUBLE_EQ(decay.at(0.5), 0.01);
}

TEST(Space, EveryNumberOfEveryRuleHasARangeThatItAccepts) {
  for (const auto* rule : rules()) {
    const AnyRule made = make_rule(rule->card.name);
    for (const KeyInfo& key : made.info().keys) {
      if (key.kind != KeyInfo::Kind::number) continue;
      const Axis one = default_axis(rule->card.name, key, std::get<double>(made.get(key.name)));
      EXPECT_LT(one.low, one.high) << rule->card.name << " " << key.name;
      for (const double share : {0.0, 0.1, 0.5, 0.9, 1.0}) {
        const double value = one.at(share);
        EXPECT_TRUE(key.range.contains(value)) << rule->card.name << " " << key.name << " = " << value;
        EXPECT_NEAR(one.share(value), share, 0.01) << rule->card.name << " " << key.name;
      }
    }
  }
}

TEST(Space, AGivenRangeIsChecked) {
  const AnyRule adam = make_rule("adam");
  const Axis one = given_axis("adam", adam.info().key("beta1"), 0.9, "0.5..0.95");
  EXPECT_DOUBLE_EQ(one.low, 0.5);
  EXPECT_DOUBLE_EQ(one.high, 0.95);
  const auto error_of = [&](const char* key, const char* text) -> std::string {
    try {
      (void)given_axis("adam", adam.info().key(key), 0.9, text);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(error_of("beta1", "0.9..0.5"), "adam: beta1 = 0.9..0.5: a range is LOW..HIGH with LOW < HIGH");
  EXPECT_THAT(error_of("beta1", "0.9..1"), HasSubstr("adam: beta1 = 1: must be in [0, 1)"));
  EXPECT_THAT(error_of("eps_placement", "a..b"), HasSubstr("must be a number of adam"));
  EXPECT_EQ(given_axis("adam", adam.info().key("l2"), 0, "0..0.1").scale, Scale::linear);
}

TEST(Space, SpreadPointsFillTheCubeEvenlyAndReproducibly) {
  // Of the first 8 (9) points each eighth of the first axis (ninth of the second) holds exactly one.
  const auto shares = [](std::uint64_t seed, std::size_t count, std::size_t d) {
    std::vector<int> cells;
    const double shift = spread_point(seed, 0, 2)[d];
    for (std::size_t i = 0; i < count; ++i) {
      double value = spread_point(seed, i, 2)[d] - shift + 2;
      value -= std::floor(value);
      cells.push_back(static_cast<int>(std::lround(value * static_cast<double>(count))) %
                      static_cast<int>(count));
    }
    std::sort(cells.begin(), cells.end());
    return cells;
  };
  for (const std::uint64_t seed : {0U, 1U, 77U}) {
    const std::vector<int> eighths = shares(seed, 8, 0), ninths = shares(seed, 9, 1);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(eighths[static_cast<std::size_t>(i)], i) << seed;
    for (int i = 0; i < 9; ++i) EXPECT_EQ(ninths[static_cast<std::size_t>(i)], i) << seed;
  }
  EXPECT_EQ(spread_point(3, 5, 4), spread_point(3, 5, 4));
  EXPECT_NE(spread_point(3, 5, 4), spread_point(4, 5, 4));
  for (const double x : spread_point(9, 1000, 16)) {
    EXPECT_GE(x, 0);
    EXPECT_LT(x, 1);
  }
}

}  // namespace
}  // namespace thalweg::workbench::compare_space_test
