// The policy for gradients that are not finite: what is found, what is said, and that nothing is poisoned.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/schedules/decay.h>
#include <thalweg/transforms/clip.h>

#include "arrays.h"
#include "errors.h"
#include "variants.h"

namespace thalweg::non_finite_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

/// Two tensors, one of several blocks, with a group, a schedule and transforms, and all that can be seen.
struct Stepped {
  explicit Stepped(const AnyRule& rule, NonFinite policy, std::size_t threads = 1)
      : large(test::uniform_numbers<float>(9'000, -1, 1, 1)),
        small(test::uniform_numbers<float>(5, -1, 1, 2)),
        optimizer(rule, Execution{.threads = threads}) {
    optimizer.add("large", large);
    optimizer.add("small", small, {.lr = 0.01});
    optimizer.schedule("lr", warmup(3) | constant(0.5));
    optimizer.non_finite(policy);
  }
  void step(std::uint64_t t, const std::vector<std::pair<std::size_t, float>>& wrong = {}) {
    auto g = test::uniform_numbers<float>(9'000, -0.5, 0.5, 3, t);
    const auto h = test::uniform_numbers<float>(5, -0.5, 0.5, 4, t);
    for (const auto& [i, value] : wrong) g[i] = value;
    optimizer.look_ahead();
    optimizer.step({g, h});
  }
  [[nodiscard]] std::vector<std::vector<double>> everything() const {
    std::vector<std::vector<double>> all{{large.begin(), large.end()}, {small.begin(), small.end()}};
    for (const char* tensor : {"large", "small"}) {
      for (const std::string& slot : test::slot_names(optimizer.rule()))
        all.push_back(optimizer.slot_values(tensor, slot));
      for (const Slot& number : optimizer.rule().info().carried)
        all.push_back({optimizer.carried(number.name, tensor)});
      all.push_back({optimizer.value("lr", tensor), static_cast<double>(optimizer.steps())});
    }
    for (auto& numbers : all) numbers = test::comparable(numbers);
    return all;
  }
  std::vector<float> large, small;
  Optimizer optimizer;
};

class NonFinitePolicy : public ::testing::TestWithParam<AnyRule> {};

// A step that is skipped, or stopped, is as one that was never asked for: before the first one, later, and
// with transforms of whose coefficients some depend on the step.
TEST_P(NonFinitePolicy, LeavesNoTraceOfAStepThatIsNotTaken) {
  for (const NonFinite policy : {NonFinite::skip, NonFinite::stop}) {
    for (const char* transform : {"", "noise:eta=0.1", "clip_norm:max=1"}) {
      Stepped tried(GetParam(), policy), never(GetParam(), NonFinite::pass);
      if (*transform != '\0') {
        tried.optimizer.transform(make_transform(transform));
        never.optimizer.transform(make_transform(transform));
      }
      const auto bad_step = [&](std::uint64_t t, float value) {
        const auto before = tried.everything();
        try {
          tried.step(t, {{8191, value}, {8192, value}});
          EXPECT_EQ(policy, NonFinite::skip);
        } catch (const NonFiniteGradient& error) {
          EXPECT_EQ(policy, NonFinite::stop);
          EXPECT_EQ(error.entry.index, 8191U);
        }
        EXPECT_EQ(tried.everything(), before) << transform << " step " << t;
      };
      bad_step(9, nan);
      for (std::uint64_t t = 0; t < 3; ++t) {
        tried.step(t);
        never.step(t);
        bad_step(t + 10, t == 1 ? infinity : nan);
      }
      EXPECT_EQ(tried.everything(), never.everything()) << transform;
      EXPECT_EQ(tried.optimizer.skipped(), policy == NonFinite::skip ? 4U : 0U);
    }
  }
}

// The step is the one that a gradient gives that clip_non_finite() has changed before.
TEST_P(NonFinitePolicy, ClipsAsTheFunctionDoes) {
  Stepped clipped(GetParam(), NonFinite::clip), by_hand(GetParam(), NonFinite::pass);
  for (std::uint64_t t = 0; t < 3; ++t) {
    auto g = test::uniform_numbers<float>(9'000, -0.5, 0.5, 3, t);
    const auto h = test::uniform_numbers<float>(5, -0.5, 0.5, 4, t);
    if (t == 1) {
      g[3] = nan;
      g[8'999] = -infinity;
    }
    clipped.optimizer.look_ahead();
    clipped.optimizer.step({g, h});
    EXPECT_EQ(clip_non_finite(std::span(g)), t == 1 ? 2U : 0U);
    by_hand.optimizer.look_ahead();
    by_hand.optimizer.step({g, h});
  }
  EXPECT_EQ(clipped.everything(), by_hand.everything());
  EXPECT_EQ(clipped.optimizer.clipped(), 2U);
  for (const float x : clipped.large) ASSERT_TRUE(std::isfinite(x));
}

INSTANTIATE_TEST_SUITE_P(Rules, NonFinitePolicy, ::testing::ValuesIn(test::all_defaults()),
                         test::rule_test_name);

TEST(NonFinite, SaysWhereAndWhatTheGradientWasLikeBefore) {
  std::vector<float> x{1, 1, 1}, y{1};
  Optimizer optimizer(SGD{.lr = 0.1});
  optimizer.add("x", x);
  optimizer.add("y", y);
  optimizer.non_finite(NonFinite::stop);
  const auto text = [&](std::vector<float> gx, std::vector<float> gy) -> std::string {
    try {
      optimizer.step({gx, gy});
    } catch (const NonFiniteGradient& error) {
      EXPECT_EQ(error.kind, Error::Kind::input);
      EXPECT_EQ(error.name,
                "gradient of " + error.entry.tensor + "[" + std::to_string(error.entry.index) + "]");
      return error.what();
    }
    return "taken";
  };
  EXPECT_EQ(text({1, 1, 1}, {nan}), "gradient of y[0] = nan: must be finite at step 1");
  EXPECT_EQ(text({1, -4, 2}, {1}), "taken");
  EXPECT_EQ(text({1, -infinity, nan}, {infinity}),
            "gradient of x[1] = -inf: must be finite at step 2; at step 1 its largest magnitude was 4");
  EXPECT_THAT(x, ElementsAre(0.9F, 1.4F, 0.8F));
  optimizer.non_finite(NonFinite::skip);
  EXPECT_EQ(text({1, 1, nan}, {1}), "taken");  // or so it seems
  EXPECT_EQ(optimizer.skipped(), 1U);
  EXPECT_EQ(optimizer.last_skipped()->tensor, "x");
  EXPECT_EQ(optimizer.last_skipped()->index, 2U);
  EXPECT_EQ(optimizer.last_skipped()->step, 2U);
  EXPECT_EQ(optimizer.steps(), 1U);
  optimizer.non_finite(NonFinite::pass);
  EXPECT_EQ(text({1, 1, nan}, {1}), "taken");
  EXPECT_TRUE(std::isnan(x[2]));
}

// The sum of squares that a clip_norm needs anyway tells whether there is something to look for.
TEST(NonFinite, IsToldByANormThatIsTakenAnyway) {
  for (const double scale : {1.0, 0.25}) {
    std::vector<double> x{1, 1};
    Optimizer optimizer(SGD{.lr = 1});
    optimizer.add("x", x);
    optimizer.loss_scale(scale);
    optimizer.transform(clip_norm(10));
    optimizer.non_finite(NonFinite::stop);
    optimizer.step({std::vector<double>{3 * scale, 4 * scale}});
    try {
      optimizer.step({std::vector<double>{1, nan}});
      ADD_FAILURE() << "not found";
    } catch (const NonFiniteGradient& error) {
      EXPECT_STREQ(
          error.what(),
          "gradient of x[1] = nan: must be finite at step 2; at step 1 the norm of all gradients was 5");
    }
    EXPECT_EQ(optimizer.last_norm(), 5);
    EXPECT_THAT(x, ElementsAre(-2, -3));
    // A norm beyond the largest number is no entry beyond it.
    const double most = std::numeric_limits<double>::max();
    optimizer.step({std::vector<double>{0.75 * scale * most, 0.75 * scale * most}});
    EXPECT_EQ(optimizer.steps(), 2U);
  }
}

// What the rule's type cannot hold is infinite as soon as it arrives there.
TEST(NonFinite, IsJudgedInTheTypeOfTheRule) {
  std::vector<float> x{1};
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add("x", x);
  optimizer.non_finite(NonFinite::stop);
  EXPECT_THROW(optimizer.step({std::vector<double>{1e39}}), NonFiniteGradient);
  optimizer.loss_scale(0.125);
  EXPECT_THROW(optimizer.step({std::vector<float>{1e38F}}), NonFiniteGradient);
  EXPECT_THAT(x, ElementsAre(1));
  optimizer.step({std::vector<float>{1e37F}});
  EXPECT_THAT(x, ElementsAre(-8e37F));
}

TEST(NonFinite, IsFoundInEveryTypeAtEveryPlace) {
  const auto check = [](auto zero) {
    using T = decltype(zero);
    for (const std::string& isa : isa_names()) {
      for (std::size_t bad = 0; bad < 70; ++bad) {
        std::vector<float> x(70, 1);
        Optimizer optimizer(SGD{.lr = 1}, Execution{.threads = 1, .isa = isa});
        optimizer.add("x", x);
        optimizer.non_finite(NonFinite::skip);
        std::vector<T> g(70, T(-0.5F));
        optimizer.step({g});
        g[bad] = T(bad % 3 == 0 ? nan : bad % 3 == 1 ? infinity : -infinity);
        optimizer.step({g});
        ASSERT_EQ(optimizer.skipped(), 1U) << isa << ' ' << bad;
        ASSERT_EQ(optimizer.last_skipped()->index, bad);
        ASSERT_EQ(optimizer.last_skipped()->last_largest, 0.5);
        ASSERT_EQ(x[bad], 1.5F);
      }
    }
  };
  check(0.0F);
  check(0.0);
  check(bfloat16(0.0F));
  check(float16(0.0F));
}

TEST(NonFinite, ClippedEntriesAreZeroOrAsLargeAsTheOthers) {
  std::vector<double> g{nan, -infinity, 2, -3, infinity};
  EXPECT_EQ(clip_non_finite(std::span(g)), 3U);
  EXPECT_THAT(g, ElementsAre(0, -3, 2, -3, 3));
  std::vector<bfloat16> only{bfloat16(infinity), bfloat16(nan)};
  EXPECT_EQ(clip_non_finite(std::span(only)), 2U);
  EXPECT_THAT(only, ElementsAre(bfloat16(0.0F), bfloat16(0.0F)));
  std::vector<double> beyond{1e39, 1};
  EXPECT_EQ(clip_non_finite(std::span(beyond), 3e38), 1U);
  EXPECT_THAT(beyond, ElementsAre(1, 1));
}

// begin_step(): what has moved has moved, so that nothing can be skipped; to stop leaves the tensor alone.
TEST(NonFinite, TensorByTensor) {
  std::vector<double> x{1}, y{1};
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add("x", x);
  optimizer.add("y", y);
  optimizer.non_finite(NonFinite::skip);
  EXPECT_USAGE_ERROR(
      optimizer.begin_step(),
      "NonFinite::skip = begin_step(): needs the gradients of all tensors before one moves: use "
      "step()");
  optimizer.non_finite(NonFinite::stop);
  optimizer.begin_step();
  EXPECT_USAGE_ERROR_WITH(optimizer.non_finite(NonFinite::clip), HasSubstr("a step has begun"));
  optimizer.step_tensor(0, std::vector<double>{0.5});
  EXPECT_THROW(optimizer.step_tensor(1, std::vector<double>{nan}), NonFiniteGradient);
  EXPECT_THAT(y, ElementsAre(1));
  optimizer.step_tensor(1, std::vector<double>{0.25});
  optimizer.end_step();
  optimizer.non_finite(NonFinite::clip);
  optimizer.begin_step();
  optimizer.step_tensor(1, std::vector<double>{nan});
  optimizer.step_tensor(0, std::vector<double>{0.5});
  optimizer.end_step();
  EXPECT_THAT(x, ElementsAre(0));
  EXPECT_THAT(y, ElementsAre(0.75));
  EXPECT_EQ(optimizer.clipped(), 1U);
}

TEST(NonFinite, OfSparseTensors) {
  std::vector<float> x(12, 1);
  Optimizer optimizer(Adagrad{.lr = 1});
  optimizer.add_sparse("x", x, {.block = 2});
  optimizer.non_finite(NonFinite::stop);
  const std::vector<std::uint32_t> indices{5, 3};
  const auto step = [&](const std::vector<float>& values) {
    optimizer.begin_step();
    try {
      optimizer.step_tensor(0, SparseGradient{indices, values});
    } catch (...) {
      optimizer.cancel_step();
      throw;
    }
    optimizer.end_step();
  };
  step({1, -2, 0.5F, 1});
  const auto before = optimizer.slot_values("x", "s");
  try {
    step({1, -2, 0.5F, -infinity});
    ADD_FAILURE() << "not found";
  } catch (const NonFiniteGradient& error) {
    EXPECT_STREQ(error.what(),
                 "gradient of x[7] = -inf: must be finite at step 2; at step 1 its largest magnitude was 2");
  }
  EXPECT_EQ(optimizer.slot_values("x", "s"), before);
  optimizer.non_finite(NonFinite::clip);
  step({1, -2, 0.5F, -infinity});
  EXPECT_EQ(optimizer.slot_values("x", "s")[7], 1 + 4);
  EXPECT_EQ(optimizer.clipped(), 1U);
}

// A loss scale that falls when a step is skipped, as it is used with gradients in float16: the same bits as
// with the scale that fits from the beginning.
TEST(NonFinite, ALossScaleThatFallsByItself) {
  const auto gradient = [](std::uint64_t t, double scale) {
    std::vector<float16> narrow;
    for (const float g : test::uniform_numbers<float>(50, -8, 8, 7, t))
      narrow.emplace_back(static_cast<float>(g * scale));
    return narrow;
  };
  std::vector<float> x(50, 1), fitting(50, 1);
  Optimizer optimizer(Adam{}), reference(Adam{});
  optimizer.add("x", x);
  reference.add("x", fitting);
  optimizer.non_finite(NonFinite::skip);
  double scale = 65536;
  optimizer.loss_scale(scale);
  reference.loss_scale(8192);
  for (std::uint64_t t = 0; t < 4; ++t) {
    for (std::uint64_t skipped = optimizer.skipped();; skipped = optimizer.skipped()) {
      optimizer.step({gradient(t, scale)});
      if (optimizer.skipped() == skipped) break;
      optimizer.loss_scale(scale /= 2);
    }
    reference.step({gradient(t, 8192)});
  }
  EXPECT_EQ(scale, 8192);
  EXPECT_EQ(optimizer.skipped(), 3U);
  EXPECT_EQ(x, fitting);
}

// Which entry is found first, and what was last seen, do not depend on threads.
TEST(NonFinite, SameForEveryNumberOfThreads) {
  Stepped one(Adam{}, NonFinite::clip), three(Adam{}, NonFinite::clip, 3);
  for (std::uint64_t t = 0; t < 4; ++t) {
    const std::vector<std::pair<std::size_t, float>> wrong{{t * 2500, t % 2 == 0 ? nan : infinity}};
    one.step(t, wrong);
    three.step(t, wrong);
  }
  EXPECT_EQ(one.everything(), three.everything());
  three.optimizer.non_finite(NonFinite::skip);
  three.step(9, {{8'700, nan}, {8'600, infinity}, {200, infinity}});
  EXPECT_EQ(three.optimizer.last_skipped()->index, 200U);
}

}  // namespace
}  // namespace thalweg::non_finite_test
