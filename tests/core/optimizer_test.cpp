// The Optimizer as a user meets it: tensors, groups, schedules, look-ahead, state, and what it refuses.

#include <array>
#include <cmath>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/schedules/cosine.h>
#include <thalweg/schedules/decay.h>
#include <thalweg/transforms/clip.h>
#include <thalweg/transforms/decay.h>

#include "descend.h"
#include "errors.h"
#include "variants.h"

namespace thalweg::optimizer_test {
namespace {

using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;

// "Three ways in", the first: the page's example, with numbers. Gradients are (0.3, 0.4) and 0; the norm is
// clipped to 0.25, which Adam's first steps do not see (they are lr, whatever the size), the decay is lr *
// 0.01, and the warm-up makes the first rate 3e-4 / 500.
TEST(ThreeWaysIn, StepYourOwnTrainingLoop) {
  namespace tw = thalweg;
  std::vector<double> weights{1, -1}, bias{2};
  tw::Optimizer opt(tw::AdamW{.lr = 3e-4, .weight_decay = 0.01});
  opt.add("weights", weights);
  opt.add("bias", bias, {.weight_decay = 0});
  opt.schedule("lr", tw::warmup(500) | tw::cosine(9'500));
  opt.transform(tw::clip_norm(0.25));
  const std::vector<double> grad_weights{0.3, 0.4}, grad_bias{0};
  opt.step({grad_weights, grad_bias});
  const double lr = 3e-4 / 500, keep = 1 - lr * 0.01;
  EXPECT_NEAR(weights[0], keep - lr * 0.15 / (0.15 + 1e-8), 1e-15);
  EXPECT_NEAR(weights[1], -keep - lr * 0.2 / (0.2 + 1e-8), 1e-15);
  EXPECT_EQ(bias[0], 2);
  EXPECT_DOUBLE_EQ(opt.last_norm(), 0.5);
  EXPECT_EQ(opt.steps(), 1U);
  EXPECT_EQ(opt.size(), 3U);
  EXPECT_NEAR(opt.value("lr"), 2 * lr, 1e-19);
}

TEST(ThreeWaysIn, ByName) {
  auto opt = make_optimizer("nadam:lr=2e-3,like=torch");
  EXPECT_EQ(opt.rule().text(), "nadam");
  EXPECT_EQ(opt.value("lr"), 2e-3);
}

TEST(Groups, HaveTheirOwnOptions) {
  std::vector<double> a{1}, b{1}, c{1}, d{1};
  Optimizer optimizer(Momentum{.lr = 0.1});
  optimizer.add("a", a);
  optimizer.add("b", b, {.lr = 0.2});
  optimizer.add("c", c, {.momentum = 0});
  optimizer.add("d", d, {.others = {{"form", std::string("torch")}, {"dampening", 0.5}}});
  for (int t = 0; t < 2; ++t)
    optimizer.step(
        {std::vector<double>{1}, std::vector<double>{1}, std::vector<double>{1}, std::vector<double>{1}});
  EXPECT_NEAR(a[0], 1 - 0.1 - 0.19, 1e-15);
  EXPECT_NEAR(b[0], 1 - 0.2 - 0.38, 1e-15);
  EXPECT_NEAR(c[0], 1 - 0.1 - 0.1, 1e-15);
  EXPECT_NEAR(d[0], 1 - 0.1 * 1 - 0.1 * (0.9 + 0.5), 1e-15);
  EXPECT_EQ(optimizer.value("lr"), 0.1);
  EXPECT_EQ(optimizer.value("lr", "b"), 0.2);
  EXPECT_EQ(optimizer.value("momentum", "c"), 0);
  EXPECT_EQ(optimizer.rule().text(), "momentum:lr=0.1");
}

TEST(Groups, SchedulesAndFactorsKeepTheirProportions) {
  std::vector<double> a{0}, b{0};
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add("a", a);
  optimizer.add("b", b, {.lr = 10});
  optimizer.schedule("lr", constant(0.5, 1) | constant(0.25));
  const std::vector<double> g{-1};
  optimizer.step({g, g});
  EXPECT_THAT((std::array{a[0], b[0]}), ElementsAre(0.5, 5));
  optimizer.scale("lr", 0.1);
  EXPECT_DOUBLE_EQ(optimizer.value("lr", "b"), 0.25);
  optimizer.step({g, g});
  EXPECT_THAT((std::array{a[0], b[0]}), ElementsAre(DoubleEq(0.525), DoubleEq(5.25)));
  optimizer.scale("lr", 1);
  optimizer.schedule("lr", constant(3).absolute());
  optimizer.step({g, g});
  EXPECT_THAT((std::array{a[0], b[0]}), ElementsAre(DoubleEq(3.525), DoubleEq(8.25)));
}

// A rule's own t counts from a tensor's first step: Adam's corrections would be wrong otherwise.
TEST(Groups, TensorsAddedLaterCountTheirOwnSteps) {
  std::vector<double> early{0}, late{0}, reference{0};
  Optimizer optimizer(Adam{.lr = 0.1}), fresh(Adam{.lr = 0.1});
  optimizer.add("early", early);
  for (int t = 0; t < 10; ++t) optimizer.step({std::vector<double>{1}});
  optimizer.add("late", late);
  fresh.add("x", reference);
  for (int t = 0; t < 3; ++t) {
    const std::vector<double> g{std::cos(t)};
    optimizer.step({std::vector<double>{1}, g});
    fresh.step({g});
    EXPECT_EQ(late[0], reference[0]) << t;
  }
  EXPECT_NEAR(early[0], -1.3, 1e-7);
  EXPECT_EQ(optimizer.slot<double>("late", "v")[0], fresh.slot<double>("x", "v")[0]);
}

// Tensors that are added between steps leave the state of the others alone.
TEST(Groups, StateSurvivesLaterTensors) {
  std::vector<std::vector<float>> theta(40, std::vector<float>(33, 1.0F));
  std::vector<std::vector<float>> gradient;
  Optimizer optimizer(Momentum{.lr = 1, .momentum = 0.5});
  for (std::size_t i = 0; i < theta.size(); ++i) {
    gradient.emplace_back(33, static_cast<float>(i + 1));
    optimizer.add("t" + std::to_string(i), theta[i]);
    if (i % 10 == 3) optimizer.step(Gradients(std::vector<GradientView>(gradient.begin(), gradient.end())));
  }
  // The first four had gradients at each of the four steps: v = (1 + 1/2 + 1/4 + 1/8) g.
  const auto first = optimizer.slot<float>("t2", "v"), last = optimizer.slot<float>("t33", "v");
  EXPECT_THAT(std::vector<float>(first.begin(), first.end()), Each(3 * 1.875F));
  EXPECT_THAT(std::vector<float>(last.begin(), last.end()), Each(34.0F));
  EXPECT_THAT(optimizer.slot<float>("t39", "v"), Each(0.0F));
}

TEST(Tensors, OfBothPrecisionsInOneOptimizer) {
  std::vector<float> narrow{1, 2};
  std::vector<double> wide{1, 2};
  Optimizer optimizer(Adam{.lr = 0.1});
  optimizer.add("narrow", narrow);
  optimizer.add("wide", wide);
  for (int t = 0; t < 3; ++t) optimizer.step({std::vector<float>{1, -1}, std::vector<double>{1, -1}});
  EXPECT_THAT(wide, ElementsAre(DoubleNear(0.7, 1e-8), DoubleNear(2.3, 1e-8)));
  EXPECT_THAT(narrow,
              ElementsAre(FloatEq(static_cast<float>(wide[0])), FloatEq(static_cast<float>(wide[1]))));
  EXPECT_EQ(optimizer.slot<float>("narrow", "m").size(), 2U);
  EXPECT_USAGE_ERROR(optimizer.slot<float>("wide", "m"),
                     "slot m of wide = float32: it is stored in float64; slot_values() converts");
}

/// As Armadillo spells it.
struct ColumnVector {
  std::vector<double> numbers;
  double* memptr() { return numbers.data(); }
  [[nodiscard]] const double* memptr() const { return numbers.data(); }
  [[nodiscard]] std::size_t size() const { return numbers.size(); }
};

TEST(Tensors, AreViewsOfAnyContiguousArray) {
  std::vector<double> vector{1, 2, 3};
  std::array<double, 2> array{1, 2};
  double plain[2] = {1, 2};
  ColumnVector column{{1, 2, 3}};
  std::vector<float> empty;
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add("span", std::span<double>(vector).subspan(1));
  optimizer.add("array", array);
  optimizer.add("plain", plain);
  optimizer.add("column", column);
  optimizer.add("empty", empty);
  const std::array<double, 2> g{1, 1};
  const ColumnVector h{{1, 1, 1}};
  optimizer.step({std::span<const double>(g), g, g, h, empty});
  EXPECT_THAT(vector, ElementsAre(1, 1, 2));
  EXPECT_THAT(array, ElementsAre(0, 1));
  EXPECT_THAT(plain, ElementsAre(0, 1));
  EXPECT_THAT(column.numbers, ElementsAre(0, 1, 2));
  EXPECT_EQ(optimizer.size(), 9U);
  static_assert(!std::is_constructible_v<ParameterView, const std::vector<double>&>);
  static_assert(!std::is_constructible_v<ParameterView, std::vector<int>&>);
  static_assert(!std::is_constructible_v<GradientView, std::vector<long double>&>);
}

TEST(Tensors, NoneIsFine) {
  Optimizer optimizer(Adam{});
  optimizer.step({});
  EXPECT_EQ(optimizer.steps(), 1U);
  EXPECT_EQ(optimizer.size(), 0U);
}

TEST(Tensors, SlotsStartWhereTheRuleSays) {
  std::vector<double> x{1, 1};
  Optimizer optimizer = make_optimizer("adagrad:like=keras");
  optimizer.add("x", x);
  EXPECT_THAT(optimizer.slot<double>("x", "s"), ElementsAre(0.1, 0.1));
  EXPECT_USAGE_ERROR(optimizer.slot<double>("x", "v"), "unknown slot 'v': did you mean 's'? (known: s)");
  EXPECT_USAGE_ERROR(optimizer.slot<double>("weight", "s"), "unknown tensor 'weight' (known: x)");
  Optimizer plain = make_optimizer("rmsprop");
  plain.add("x", x);
  EXPECT_USAGE_ERROR(plain.slot<double>("x", "mean"), "unknown slot 'mean' (known: v)");
}

TEST(Errors, OfAdd) {
  std::vector<double> a(10), b(10);
  Optimizer optimizer(Adam{});
  optimizer.add("a", a);
  EXPECT_USAGE_ERROR(optimizer.add("a", b), "tensor = a: another tensor has this name");
  for (const auto& overlapping :
       {std::span(a), std::span(a).subspan(9), std::span(a).first(1), std::span(a).subspan(3, 2)})
    EXPECT_USAGE_ERROR(optimizer.add("b", overlapping),
                       "tensor = b: must not overlap the memory of tensor a");
  EXPECT_USAGE_ERROR(optimizer.add("b", std::span<double>(static_cast<double*>(nullptr), 3)),
                     "tensor b = null: must point to 3 elements");
  EXPECT_USAGE_ERROR(optimizer.add("b", b, {.beta1 = 1}), "adam: beta1 = 1: must be in [0, 1)");
  EXPECT_USAGE_ERROR(optimizer.add("b", b, {.weight_decay = 0.1}),
                     "unknown key of adam 'weight_decay' (known: lr, beta1, beta2, eps, l2, eps_placement)");
  EXPECT_USAGE_ERROR(optimizer.add("b", b, {.others = {{"eps_placement", std::string("inside")}}}),
                     "adam: eps_placement = inside: must be one of outside, hat");
  optimizer.add("b", std::span(b).first(5));
  optimizer.add("rest of b", std::span(b).subspan(5));
  optimizer.step({std::vector<double>(10), std::vector<double>(5), std::vector<double>(5)});
}

TEST(Errors, OfStep) {
  std::vector<double> x{1, 2}, y{3};
  const std::vector<double> start = x;
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add("x", x);
  optimizer.add("y", y);
  const std::vector<double> gx{1, 1}, gy{1};
  EXPECT_USAGE_ERROR(optimizer.step({gx}), "gradients = 1: must be one per tensor: 2");
  EXPECT_USAGE_ERROR(optimizer.step({gy, gx}), "gradient of x = 1 elements: must have 2");
  EXPECT_USAGE_ERROR(optimizer.step({std::span<const double>(static_cast<const double*>(nullptr), 2), gy}),
                     "gradient of x = null: must point to 2 elements");
  EXPECT_USAGE_ERROR(optimizer.step({x, gy}), "gradient of x = memory of parameters: must not overlap them");
  EXPECT_USAGE_ERROR(optimizer.step({gx, std::span<const double>(x).subspan(1)}),
                     "gradient of y = memory of parameters: must not overlap them");
  EXPECT_EQ(x, start);
  EXPECT_EQ(optimizer.steps(), 0U);
  optimizer.step({gx, gy});
  EXPECT_THAT(x, ElementsAre(0, 1));
}

// A gradient's memory can become a tensor later; the check of the step before must not be trusted then.
TEST(Errors, GradientsThatBecameParameters) {
  std::vector<double> x{1}, gradient{1};
  Optimizer optimizer(SGD{});
  optimizer.add("x", x);
  optimizer.step({gradient});
  optimizer.add("y", gradient);
  EXPECT_USAGE_ERROR(optimizer.step({gradient, std::vector<double>{1}}),
                     "gradient of x = memory of parameters: must not overlap them");
}

TEST(Errors, OfExecution) {
  EXPECT_USAGE_ERROR_WITH(Optimizer(SGD{}, {.isa = "avx9"}), HasSubstr("unknown instruction set 'avx9'"));
  Optimizer plain(SGD{}, {.isa = "baseline"});
  EXPECT_EQ(plain.isa(), "baseline");
  EXPECT_EQ(Optimizer(SGD{}, {.isa = isa_names().back()}).isa(), isa_names().back());
}

TEST(Errors, OfTheEnvironment) {
  ASSERT_EQ(setenv("THALWEG_ISA", "baseline", 1), 0);
  EXPECT_EQ(Optimizer(SGD{}).isa(), "baseline");
  EXPECT_EQ(Optimizer(SGD{}, {.isa = isa_names().back()}).isa(), isa_names().back()) << "asked for by name";
  ASSERT_EQ(setenv("THALWEG_ISA", "fast", 1), 0);
  EXPECT_USAGE_ERROR_WITH(Optimizer(SGD{}), HasSubstr("unknown instruction set 'fast'"));
  ASSERT_EQ(unsetenv("THALWEG_ISA"), 0);
  EXPECT_EQ(Optimizer(SGD{}).isa(), isa_names().back());
}

TEST(Errors, OfSchedules) {
  std::vector<double> x{1};
  Optimizer optimizer(Adam{});
  optimizer.add("x", x);
  const std::vector<double> g{1};
  EXPECT_USAGE_ERROR_WITH(optimizer.schedule("rate", warmup(3)), HasSubstr("unknown key of adam 'rate'"));
  EXPECT_USAGE_ERROR(optimizer.schedule("eps_placement", warmup(3)),
                     "adam: eps_placement = outside: only numbers can follow a schedule");
  EXPECT_USAGE_ERROR_WITH(optimizer.scale("betas", 2), HasSubstr("unknown key of adam 'betas'"));
  optimizer.schedule("beta1", constant(1, 1) | constant(2));
  optimizer.step({g});
  const double after_one = x[0];
  EXPECT_USAGE_ERROR(optimizer.step({g}), "adam: beta1 (scheduled, step 2) = 1.8: must be in [0, 1)");
  EXPECT_EQ(x[0], after_one);
  EXPECT_EQ(optimizer.steps(), 1U);
  optimizer.schedule("beta1", constant(1));
  optimizer.scale("lr", std::nan(""));
  EXPECT_USAGE_ERROR(optimizer.step({g}), "adam: lr (scheduled, step 2) = nan: must be at least 0");
  EXPECT_USAGE_ERROR_WITH(optimizer.value("lr"), HasSubstr("must be at least 0"));
  optimizer.scale("lr", 1);
  EXPECT_USAGE_ERROR(optimizer.value("eps_placement"), "adam: eps_placement = outside: is not a number");

  Optimizer rmsprop(RMSProp{});
  rmsprop.add("x", x);
  rmsprop.schedule("momentum", constant(0.5).absolute());
  EXPECT_USAGE_ERROR_WITH(rmsprop.step({g}),
                          HasSubstr("the schedule would change which state the rule keeps"));
}

TEST(Schedules, AnyNumberCanFollowOne) {
  std::vector<double> x{0};
  Optimizer optimizer(Momentum{.lr = 1, .momentum = 0.5});
  optimizer.add("x", x);
  optimizer.schedule("momentum", (constant(0, 1) | constant(0.25)).absolute());
  const std::vector<double> g{-1};
  std::vector<double> path;
  for (int t = 0; t < 3; ++t) {
    optimizer.step({g});
    path.push_back(x[0]);
  }
  EXPECT_THAT(path, ElementsAre(1, 1 + 1.25, 1 + 1.25 + 1.3125));
}

// A penalty that starts at 0 and is scheduled to a value is honoured: it is not dropped with its transform.
TEST(Schedules, PenaltyAndDecayFromZero) {
  std::vector<double> x{1}, y{1};
  Optimizer penalized(SGD{.lr = 1}), decayed(AdamW{.lr = 0.5, .weight_decay = 0});
  penalized.add("x", x);
  penalized.schedule("l2", (constant(0, 1) | constant(0.25)).absolute());
  decayed.add("y", y);
  decayed.schedule("weight_decay", constant(0.5).absolute());
  const std::vector<double> zero{0};
  penalized.step({zero});
  EXPECT_EQ(x[0], 1);
  penalized.step({zero});
  EXPECT_EQ(x[0], 0.75);
  decayed.step({zero});
  EXPECT_EQ(y[0], 0.75);
}

// AdamW decays theta first, by lr times weight_decay, and then takes Adam's step.
TEST(Decay, IsBeforeTheStepAndPerGroup) {
  std::vector<double> weights{2}, bias{2};
  Optimizer optimizer(AdamW{.lr = 0.1, .eps = 0, .weight_decay = 0.5});
  optimizer.add("weights", weights);
  optimizer.add("bias", bias, {.weight_decay = 0});
  optimizer.step({std::vector<double>{3}, std::vector<double>{3}});
  EXPECT_DOUBLE_EQ(weights[0], 2 * (1 - 0.1 * 0.5) - 0.1);
  EXPECT_DOUBLE_EQ(bias[0], 2 - 0.1);
  EXPECT_EQ(optimizer.value("weight_decay", "bias"), 0);
}

TEST(Moving, KeepsEverything) {
  std::vector<double> x{1};
  Optimizer first(Momentum{.lr = 1, .momentum = 0.5});
  first.add("x", x);
  first.step({std::vector<double>{1}});
  Optimizer second = std::move(first);
  second.step({std::vector<double>{1}});
  EXPECT_EQ(x[0], 1 - 1 - 1.5);
}

}  // namespace
}  // namespace thalweg::optimizer_test
