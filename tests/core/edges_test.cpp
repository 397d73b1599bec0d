// The edges of every rule: lengths and alignment, zeros, huge, tiny and subnormal numbers, NaN, lr = 0.

#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>

#include "arrays.h"
#include "variants.h"

namespace thalweg::edges_test {
namespace {

template <class T>
bool same_bits(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

void take_step(Optimizer& optimizer, const GradientView& gradient) {
  optimizer.look_ahead();
  optimizer.step({gradient});
}

class Edges : public ::testing::TestWithParam<AnyRule> {
 protected:
  /// The rule without epsilon, where it has one.
  [[nodiscard]] static AnyRule without_epsilon() {
    AnyRule rule = GetParam();
    if (test::has_key(rule, "eps")) rule.set("eps", 0.0);
    return rule;
  }
};

/// Steps `count` entries that start `offset` entries after an aligned one: each must become what it becomes
/// in a long array (for a rule that measures all of them: in an array as long, plainly stepped), and nothing
/// around them may be touched.
template <class T>
void expect_exact_remainders(const AnyRule& rule) {
  constexpr std::size_t longest = 70, room = longest + 8;
  constexpr T sentinel = static_cast<T>(-12345.75);
  const auto start = test::uniform_numbers<T>(longest, -2, 2, 1);
  const auto slope = test::uniform_numbers<T>(longest, -1, 1, 2);
  const auto stepped = [&](std::size_t count) {
    std::vector<T> theta(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(count));
    Optimizer reference(rule, {.threads = 1, .isa = "baseline", .chunk = 1});
    reference.add("x", theta);
    for (int t = 0; t < 2; ++t) take_step(reference, std::span(slope).first(count));
    return theta;
  };
  std::vector<std::vector<T>> expected;
  for (std::size_t count = 0; count <= longest; ++count)
    expected.push_back(stepped(test::measures(rule) ? count : longest));

  for (const std::string& isa : isa_names()) {
    for (std::size_t offset = 0; offset < 4; ++offset) {
      for (std::size_t count = 0; count <= longest; ++count) {
        alignas(64) T theta[room], gradient[room];
        std::fill_n(theta, room, sentinel);
        std::fill_n(gradient, room, sentinel);
        std::copy_n(start.begin(), count, theta + 4 + offset);
        std::copy_n(slope.begin(), count, gradient + 4 + offset);
        Optimizer optimizer(rule, {.threads = 1, .isa = isa, .chunk = 0});
        optimizer.add("x", std::span<T>(theta + 4 + offset, count));
        for (int t = 0; t < 2; ++t) take_step(optimizer, std::span<const T>(gradient + 4 + offset, count));
        for (std::size_t i = 0; i < room; ++i) {
          const bool inside = i >= 4 + offset && i < 4 + offset + count;
          const std::size_t k = i - 4 - offset;
          ASSERT_TRUE(same_bits(theta[i], inside ? expected[count][k] : sentinel))
              << isa << " offset " << offset << " count " << count << " entry " << i << ": " << theta[i];
          ASSERT_TRUE(same_bits(gradient[i], inside ? slope[k] : sentinel)) << "the gradient was written";
        }
      }
    }
  }
}

TEST_P(Edges, EveryCountAndAlignment) {
  expect_exact_remainders<float>(GetParam());
  expect_exact_remainders<double>(GetParam());
}

template <class T>
void expect_rest(const AnyRule& rule) {
  AnyRule still = rule;
  if (test::has_key(still, "weight_decay")) still.set("weight_decay", 0.0);
  const std::vector<T> start = test::uniform_numbers<T>(33, -2, 2, 3), zero(33, T(0));
  std::vector<T> theta = start;
  Optimizer optimizer(still);
  optimizer.add("x", theta);
  for (int t = 0; t < 5; ++t) take_step(optimizer, zero);
  EXPECT_EQ(theta, start) << still.text();
}

TEST_P(Edges, ZeroGradientsMoveNothing) {
  for (const AnyRule& rule : {GetParam(), without_epsilon()}) {
    expect_rest<float>(rule);
    expect_rest<double>(rule);
  }
}

TEST_P(Edges, ZeroLearningRateMovesNothing) {
  AnyRule rule = GetParam();
  rule.set("lr", 0.0);
  const auto start = test::uniform_numbers<double>(33, -2, 2, 3);
  std::vector<double> theta = start;
  Optimizer optimizer(rule);
  optimizer.add("x", theta);
  for (std::uint64_t t = 0; t < 5; ++t) take_step(optimizer, test::uniform_numbers<double>(33, -1, 1, 4, t));
  EXPECT_EQ(theta, start);
}

/// Steps of constant gradients of every power of two, from subnormal to huge, each entry of its own.
template <class T>
void expect_defined(const AnyRule& rule) {
  using Limits = std::numeric_limits<T>;
  const int lowest = Limits::min_exponent - Limits::digits, highest = Limits::max_exponent - 9;
  std::vector<T> gradient, theta;
  for (int e = lowest; e <= highest; ++e) {
    gradient.push_back(std::ldexp(T(1), e));
    gradient.push_back(std::ldexp(T(-1.5), e));
  }
  theta.assign(gradient.size(), T(1));
  Optimizer optimizer(rule);
  optimizer.add("x", theta);
  for (int t = 1; t <= 4; ++t) take_step(optimizer, gradient);
  const bool centered = test::has_key(rule, "centered") && std::get<bool>(rule.get("centered"));
  for (std::size_t i = 0; i < theta.size(); ++i) {
    if (rule.name() == "hypergradient") {  // its rate has the size of squared gradients: as far as it goes
      ASSERT_EQ(theta[i],
                gradient[i] > 0 ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity());
      continue;
    }
    if (centered && std::isinf(gradient[i] * gradient[i])) continue;  // inf - inf, see below
    ASSERT_TRUE(std::isfinite(theta[i])) << rule.text() << " gradient " << gradient[i];
    const T step = theta[i] - T(1);
    ASSERT_TRUE(step == 0 || (step < 0) == (gradient[i] > 0)) << "uphill: " << gradient[i] << ' ' << step;
  }
}

TEST_P(Edges, EverySizeOfGradientHasADefinedStep) {
  for (const AnyRule& rule : {GetParam(), without_epsilon()}) {
    AnyRule still = rule;
    if (test::has_key(still, "weight_decay")) still.set("weight_decay", 0.0);
    expect_defined<float>(still);
    expect_defined<double>(still);
  }
}

// Where the square of a gradient overflows, a rule that divides by the root of squares divides by infinity:
// the parameter stands still, then and later, and the slot shows why. Centered, the difference of the mean
// square and the squared mean is inf - inf, and the parameter becomes NaN.
TEST_P(Edges, OverflowingSquaresStopAParameter) {
  const AnyRule& rule = GetParam();
  const auto names = test::slot_names(rule);
  if (std::find(names.begin(), names.end(), "v") == names.end() || !test::has_key(rule, "eps"))
    return;                          // keeps no mean of squares
  if (test::measures(rule)) return;  // the large gradient is in the step of the other parameter too
  AnyRule still = rule;
  if (test::has_key(still, "weight_decay")) still.set("weight_decay", 0.0);
  std::vector<float> theta{1, 1};
  Optimizer optimizer(still);
  optimizer.add("x", theta);
  take_step(optimizer, std::vector<float>{1e25F, 1});
  EXPECT_LT(theta[1], 1);
  EXPECT_TRUE(std::isinf(optimizer.slot<float>("x", "v")[0]));
  if (test::has_key(rule, "centered") && std::get<bool>(rule.get("centered"))) {
    EXPECT_TRUE(std::isnan(theta[0]));
    return;
  }
  EXPECT_EQ(theta[0], 1);
  take_step(optimizer, std::vector<float>{1, 1});
  EXPECT_EQ(theta[0], 1);
}

// Where a rule measures all parameters, a NaN is in all of them from the next step on: it is not lost.
TEST_P(Edges, NaNStaysInItsEntry) {
  const AnyRule& rule = GetParam();
  std::vector<double> poisoned(40, 1.0), healthy = poisoned;
  Optimizer one(rule), other(rule);
  one.add("x", poisoned);
  other.add("x", healthy);
  for (std::uint64_t t = 0; t < 3; ++t) {
    auto gradient = test::uniform_numbers<double>(40, 0.5, 1, 6, t);
    take_step(other, gradient);
    if (t == 0) gradient[17] = std::numeric_limits<double>::quiet_NaN();
    take_step(one, gradient);
    for (std::size_t i = 0; i < 40; ++i) {
      if (i == 17 || (t > 0 && test::measures(rule))) {
        EXPECT_TRUE(std::isnan(poisoned[i])) << "the NaN was lost at step " << t + 1;
      } else if (!test::measures(rule)) {
        EXPECT_EQ(poisoned[i], healthy[i]) << i;
      }
    }
    if (rule.name() == "sgd") break;
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, Edges, ::testing::ValuesIn(test::all_variants()), test::rule_test_name);

/// Values just outside of what a key accepts.
std::vector<Value> refused_values(const KeyInfo& key) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  std::vector<double> numbers{nan, inf, -inf};
  if (std::isfinite(key.range.low))
    numbers.push_back(key.range.low_open ? key.range.low : std::nextafter(key.range.low, -inf));
  if (std::isfinite(key.range.high))
    numbers.push_back(key.range.high_open ? key.range.high : std::nextafter(key.range.high, inf));
  std::vector<Value> values;
  switch (key.kind) {
    case KeyInfo::Kind::count:
      numbers.push_back(key.range.low + 0.5);
      [[fallthrough]];
    case KeyInfo::Kind::number:
      for (const double x : numbers) values.emplace_back(x);
      values.emplace_back(std::string("large"));
      break;
    case KeyInfo::Kind::flag:
      values = {std::string("yes"), 1.0};
      break;
    case KeyInfo::Kind::choice:
      values = {std::string("neither"), std::string(), true};
      break;
    case KeyInfo::Kind::list:
      for (const double x : numbers) values.emplace_back(std::vector<double>{0.5, x});
      values.emplace_back(std::vector<double>(key.longest_list + 1, 0.5));
      values.emplace_back(std::vector<double>(key.shortest_list - 1, 0.5));
      break;
  }
  return values;
}

TEST(OutOfRange, EveryKeyOfEveryRuleSaysRuleKeyValueAndConstraint) {
  int refused = 0;
  for (const detail::RuleInfo* info : rules()) {
    for (const KeyInfo& key : info->keys) {
      for (const Value& value : refused_values(key)) {
        const std::string name = std::string(info->card.name) + ": " + key.name, text = value_text(value),
                          constraint = "must be " + key.accepted();
        // As a value, and as text on the command line.
        for (const bool as_text : {false, true}) {
          if (as_text && (text.empty() || (key.kind == KeyInfo::Kind::flag && text == "1"))) continue;
          try {
            if (as_text)
              static_cast<void>(make_rule(std::string(info->card.name) + ":" + key.name + "=" + text));
            else
              AnyRule(*info).set(key.name, value);
            ADD_FAILURE() << name << " accepts " << text;
          } catch (const Error& error) {
            ++refused;
            EXPECT_EQ(error.kind, Error::Kind::usage);
            EXPECT_EQ(error.name, name);
            EXPECT_EQ(error.value, text);
            EXPECT_THAT(error.constraint, ::testing::StartsWith(constraint));
            EXPECT_THAT(error.what(), ::testing::StartsWith(name + " = " + text + ": " + constraint));
          }
        }
      }
    }
  }
  EXPECT_GT(refused, 500);
}

TEST(OutOfRange, BoundsThatBelongAreAccepted) {
  for (const detail::RuleInfo* info : rules()) {
    for (const KeyInfo& key : info->keys) {
      AnyRule rule(*info);
      if (key.kind != KeyInfo::Kind::number) continue;
      const Range& range = key.range;
      if (std::isfinite(range.low) && !range.low_open) rule.set(key.name, range.low);
      if (std::isfinite(range.high) && !range.high_open) rule.set(key.name, range.high);
    }
  }
}

// A field set in C++ is checked when an Optimizer is made of it.
TEST(OutOfRange, FieldsAreCheckedToo) {
  const auto text = [](const AnyRule& rule) -> std::string {
    try {
      Optimizer optimizer(rule);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(text(Adam{.lr = -0.1}), "adam: lr = -0.1: must be at least 0");
  EXPECT_EQ(text(Adam{.beta2 = 1}), "adam: beta2 = 1: must be in [0, 1)");
  EXPECT_EQ(text(AggMo{.betas = {}}), "aggmo: betas = []: must be a list of 1 to 8 numbers, each in [0, 1)");
  EXPECT_EQ(text(Adam{.eps_placement = EpsPlacement::inside}),
            "adam: eps_placement = #1: must be one of outside, hat");
  EXPECT_EQ(text(Nadam{.momentum_decay = 0}), "nadam: momentum_decay = 0: must be greater than 0");
  EXPECT_EQ(text(SGD{.l2 = std::nan("")}), "sgd: l2 = nan: must be at least 0");
}

}  // namespace
}  // namespace thalweg::edges_test
