#include <cmath>
#include <limits>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thalweg/thalweg.h>

#include "errors.h"

namespace thalweg::minimize_test {
namespace {

namespace tw = thalweg;
using testing::ElementsAre;
using tw::MinimizeOptions;
using tw::Result;
using tw::StopReason;
using Point = std::span<const double>;
using Gradient = std::span<double>;
using Numbers = std::vector<double>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

double square(Point x, Gradient g) {
  g[0] = 2 * x[0];
  return x[0] * x[0];
}

std::vector<double> first_coordinates(const Result& r) {
  std::vector<double> all;
  for (const auto& point : r.trace) all.push_back(point.x[0]);
  return all;
}

TEST(Minimize, DesignsExample) {
  const auto rosenbrock = [](Point x, Gradient g) {
    const double bend = x[1] - x[0] * x[0], rest = 1 - x[0];
    g[0] = -400 * bend * x[0] - 2 * rest;
    g[1] = 200 * bend;
    return 100 * bend * bend + rest * rest;
  };
  const Numbers x0{-1.2, 1};
  tw::Result r =
      tw::minimize(rosenbrock, x0, tw::Adam{.lr = 0.02}, {.max_steps = 20'000, .gradient_tolerance = 1e-8});
  EXPECT_EQ(r.reason, StopReason::gradient);
  EXPECT_TRUE(r.converged());
  EXPECT_NEAR(r.best.x[0], 1, 1e-7);
  EXPECT_NEAR(r.best.x[1], 1, 1e-7);
  EXPECT_DOUBLE_EQ(r.start.value, 24.2);
  EXPECT_EQ(r.start.x, x0);
  EXPECT_EQ(r.evaluations.values, r.steps + 1);
  EXPECT_EQ(r.evaluations.gradients, r.steps + 1);
  EXPECT_LE(r.last.gradient_norm, 1e-8);
}

TEST(Minimize, TheSeedsParabola) {
  const Result r =
      tw::minimize(tw::make_problem("parabola"), {6}, tw::SGD{.lr = 0.6}, {.max_steps = 2, .record = 1});
  ASSERT_EQ(r.trace.size(), 3U);
  EXPECT_EQ(r.trace[0].x[0], 6);
  EXPECT_NEAR(r.trace[1].x[0], -1.2, 1e-15);
  EXPECT_NEAR(r.trace[2].x[0], 0.24, 1e-15);
  EXPECT_EQ(r.trace[0].value, 36);
  EXPECT_EQ(r.trace[0].gradient_norm, 12);
  EXPECT_NEAR(r.last.value, 0.24 * 0.24, 1e-15);
}

TEST(Minimize, ARateOfOneGoesToAndFroForEver) {
  const Result r =
      tw::minimize(tw::make_problem("parabola"), {3}, tw::SGD{.lr = 1}, {.max_steps = 101, .record = 1});
  for (const auto& point : r.trace) EXPECT_EQ(point.x[0], point.step % 2 == 0 ? 3 : -3);
  EXPECT_EQ(r.reason, StopReason::steps);
  EXPECT_FALSE(r.converged());
  EXPECT_EQ(text(r.reason), "step limit reached");
  EXPECT_EQ(r.why, "all 101 steps are done");
  EXPECT_EQ(r.best.step, 0U) << "the earliest of equals";
  EXPECT_EQ(r.last.x[0], -3);
}

TEST(Minimize, NoRateFitsBothParametersOfScalesButAdagradFitsEach) {
  const tw::Problem scales = tw::make_problem("scales");
  const auto run = [&](const tw::AnyRule& rule) { return tw::minimize(scales, scales.start, rule); };

  const Result large = run(tw::SGD{.lr = 1e-2});
  EXPECT_EQ(large.reason, StopReason::diverged);
  EXPECT_LT(large.steps, 100U);
  EXPECT_EQ(large.best.step, 0U);

  const Result small = run(tw::SGD{.lr = 1e-7});
  EXPECT_EQ(small.reason, StopReason::steps);
  EXPECT_NEAR(small.last.x[0], 2, 0.01) << "the slope has arrived";
  EXPECT_LT(std::abs(small.last.x[1]), 0.01) << "the intercept is 3 away, where it started";
  EXPECT_GT(small.last.gradient_norm, 2) << "stuck, but not for a small gradient";

  const Result adagrad = run(tw::Adagrad{.lr = 1});
  EXPECT_EQ(adagrad.reason, StopReason::gradient);
  EXPECT_NEAR(adagrad.last.x[0], 2, 1e-6);
  EXPECT_NEAR(adagrad.last.x[1], 3, 1e-6);
}

// Each reason to stop.

TEST(MinimizeStops, AtTheTarget) {
  const Result r = tw::minimize(square, {8}, tw::SGD{.lr = 0.25}, {.target = 4});
  EXPECT_EQ(r.reason, StopReason::target);
  EXPECT_TRUE(r.converged());
  EXPECT_EQ(r.steps, 2U);  // 8, 4, 2
  EXPECT_EQ(text(r.reason), "target value reached");
  EXPECT_EQ(r.why, "at step 2 the value is 4, the target 4");
}

TEST(MinimizeStops, AtAStartThatIsGoodEnough) {
  const Result r = tw::minimize(square, {0}, tw::SGD{});
  EXPECT_EQ(r.reason, StopReason::gradient);
  EXPECT_EQ(r.steps, 0U);
  EXPECT_EQ(r.evaluations.values, 1U);
}

TEST(MinimizeStops, AtTheGradientTolerance) {
  const Result r = tw::minimize(square, {8}, tw::SGD{.lr = 0.25}, {.gradient_tolerance = 0.5});
  EXPECT_EQ(r.reason, StopReason::gradient);
  EXPECT_EQ(r.steps, 5U);  // 8 / 32 = 0.25, of gradient 0.5
  EXPECT_EQ(text(r.reason), "gradient tolerance reached");
  EXPECT_EQ(r.why, "at step 5 the gradient's norm is 0.5, at most 0.5");
}

TEST(MinimizeStops, WhenTheValueNoLongerChangesOverAllOfTheStatedSteps) {
  // 1 + x^2 with x halved each step: the values fall by 3/4 of x^2 in all from now on.
  const auto raised = [](Point x, Gradient g) { return 1 + square(x, g); };
  const Result r = tw::minimize(raised, {1}, tw::SGD{.lr = 0.25},
                                {.gradient_tolerance = 0, .change_tolerance = 1e-3, .change_steps = 3});
  EXPECT_EQ(r.reason, StopReason::change);
  EXPECT_TRUE(r.converged());
  EXPECT_EQ(r.steps, 8U);  // 4^-5 - 4^-8 is the first difference over three steps that is at most 0.001
  EXPECT_EQ(text(r.reason), "value stopped changing");
  EXPECT_EQ(r.why,
            "at step 8 the values of the last 3 steps differ by 0.0009613037, at most 0.001 of the value");
}

TEST(MinimizeStops, NotAtOneFlatStep) {
  // The method jumps over the minimum to the same value on the other side, once.
  int calls = 0;
  const auto f = [&](Point x, Gradient g) {
    ++calls;
    g[0] = calls == 1 ? 2 * x[0] : x[0];
    return x[0] * x[0];
  };
  const MinimizeOptions options{
      .max_steps = 30, .gradient_tolerance = 0, .change_tolerance = 1e-6, .change_steps = 2};
  const Result r = tw::minimize(f, {3}, tw::SGD{.lr = 1}, options);
  ASSERT_GT(r.steps, 1U);
  EXPECT_EQ(r.best.value, 0);
}

TEST(MinimizeStops, WhenTheCallbackSaysSo) {
  std::vector<std::uint64_t> steps;
  const auto callback = [&](const tw::Progress& p) {
    EXPECT_EQ(p.value, p.x[0] * p.x[0]);
    EXPECT_EQ(p.gradient[0], 2 * p.x[0]);
    EXPECT_EQ(p.gradient_norm, std::abs(p.gradient[0]));
    steps.push_back(p.step);
    return p.step < 3;
  };
  const Result r = tw::minimize(square, {8}, tw::SGD{.lr = 0.25}, {.callback = callback});
  EXPECT_EQ(r.reason, StopReason::callback);
  EXPECT_FALSE(r.converged());
  EXPECT_THAT(steps, ElementsAre(0U, 1U, 2U, 3U));
  EXPECT_EQ(text(r.reason), "stopped by the callback");
  EXPECT_EQ(r.why, "at step 3 the callback returned false");
}

TEST(MinimizeStops, BeforeTheEvaluationsRunOut) {
  const Result r = tw::minimize(square, {8}, tw::SGD{.lr = 0.01}, {.max_evaluations = 10});
  EXPECT_EQ(r.reason, StopReason::evaluations);
  EXPECT_EQ(r.evaluations.values, 10U);
  EXPECT_EQ(r.steps, 9U);
  EXPECT_EQ(text(r.reason), "evaluation limit reached");
  EXPECT_EQ(r.why, "at step 9 10 of 10 evaluations are used, and a step takes 1");

  const Result ahead = tw::minimize(square, {8}, tw::Nesterov{.lr = 0.01}, {.max_evaluations = 10});
  EXPECT_EQ(ahead.evaluations.values, 9U);
  EXPECT_EQ(ahead.steps, 4U);

  const auto value = [](Point x) { return x[0] * x[0] + x[1] * x[1]; };
  const Result differences = tw::minimize(value, {8, 1}, tw::SGD{.lr = 0.01}, {.max_evaluations = 24});
  EXPECT_EQ(differences.evaluations.values, 20U);  // five each
  EXPECT_EQ(differences.steps, 3U);
}

TEST(MinimizeStops, WhenTheTimeIsUp) {
  const auto slow = [](Point x, Gradient g) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return square(x, g);
  };
  const Result r = tw::minimize(slow, {8}, tw::SGD{.lr = 1e-6}, {.max_seconds = 0.02});
  EXPECT_EQ(r.reason, StopReason::time);
  EXPECT_GE(r.seconds.total, 0.02);
  EXPECT_LE(r.steps, 10U);
  EXPECT_GE(r.seconds.objective, 0.002 * static_cast<double>(r.steps + 1));
  EXPECT_GE(r.seconds.total, r.seconds.objective + r.seconds.optimizer);
  EXPECT_EQ(text(r.reason), "time limit reached");
  EXPECT_THAT(r.why, testing::MatchesRegex("at step [0-9]+ 0.0[0-9]+ s have passed, the limit is 0.02 s"));
}

TEST(MinimizeStops, InTheOrderOfTheReasons) {
  const MinimizeOptions all{.max_steps = 1, .max_evaluations = 1, .gradient_tolerance = 100, .target = 1000};
  EXPECT_EQ(tw::minimize(square, {8}, tw::SGD{}, all).reason, StopReason::target);
}

// Divergence.

TEST(MinimizeDiverges, WhenTheValueIsNotANumberAndKeepsTheBestPoint) {
  const auto log_barrier = [](Point x, Gradient g) {
    g[0] = 2 * x[0];
    return x[0] < 1 ? nan : x[0] * x[0];
  };
  const Result r = tw::minimize(log_barrier, {4}, tw::SGD{.lr = 0.25}, {.record = 1});  // 4, 2, 1, 0.5
  EXPECT_EQ(r.reason, StopReason::diverged);
  EXPECT_FALSE(r.converged());
  EXPECT_EQ(text(r.reason), "diverged");
  EXPECT_EQ(r.why, "in step 3 the value is nan");
  EXPECT_EQ(r.coordinate, std::nullopt);
  EXPECT_EQ(r.best.step, 2U);
  EXPECT_EQ(r.best.value, 1);
  EXPECT_THAT(r.best.x, ElementsAre(1));
  EXPECT_EQ(r.last.step, 3U);
  EXPECT_THAT(r.last.x, ElementsAre(0.5));
  EXPECT_TRUE(std::isnan(r.last.value));
  EXPECT_THAT(first_coordinates(r), ElementsAre(4, 2, 1, 0.5));
}

TEST(MinimizeDiverges, WhenAGradientIsNotFinite) {
  const auto f = [](Point x, Gradient g) {
    g[0] = 1;
    g[1] = x[0] < 0 ? -infinity : 0;
    return x[0];
  };
  const Result r = tw::minimize(f, {1.5, 7}, tw::SGD{.lr = 1});
  EXPECT_EQ(r.reason, StopReason::diverged);
  EXPECT_EQ(r.why, "in step 2 the gradient[1] is -inf");
  EXPECT_EQ(r.coordinate, 1U);
  EXPECT_EQ(r.last.value, -0.5);
  EXPECT_EQ(r.best.step, 1U) << "a point without a gradient is not the best, though its value is lower";
}

TEST(MinimizeDiverges, WhenAParameterOverflowsAndAsksNoValueThere) {
  int calls = 0;
  const auto f = [&](Point, Gradient g) {
    ++calls;
    g[0] = 0;
    g[1] = 1e308;
    return 1.0;
  };
  const Result r = tw::minimize(f, {1, 1}, tw::SGD{.lr = 10});
  EXPECT_EQ(r.why, "in step 1 x[1] is -inf");
  EXPECT_EQ(r.coordinate, 1U);
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(std::isnan(r.last.value));
  EXPECT_EQ(r.best.value, 1);
}

TEST(MinimizeDiverges, WhereTheRuleLooksAhead) {
  // 5 -> 4 with velocity 1; the look-ahead point 4 - 0.9 is beyond the edge, though the iterates are not.
  const auto f = [](Point x, Gradient g) {
    g[0] = x[0] < 3.5 ? nan : 1;
    return x[0];
  };
  const Result r = tw::minimize(f, {5}, tw::Nesterov{.lr = 1});
  EXPECT_EQ(r.why, "in step 2 the gradient[0] is nan where the rule looks ahead");
  EXPECT_EQ(r.coordinate, 0U);
  EXPECT_EQ(r.steps, 1U);
  EXPECT_THAT(r.last.x, ElementsAre(4));
  EXPECT_EQ(r.best.value, 4);
}

TEST(MinimizeDiverges, OnASaddleThatHasNoMinimum) {
  const tw::Problem saddle = tw::make_problem("saddle");
  const Result r = tw::minimize(saddle, saddle.start, tw::SGD{.lr = 0.1});
  EXPECT_EQ(r.reason, StopReason::diverged);
  EXPECT_EQ(r.why, "in step " + std::to_string(r.last.step) + " the value is -inf");
}

// Nesterov's method.

TEST(MinimizeNesterov, EqualsTheLoopByHandToTheLastBit) {
  const tw::Problem f = tw::make_problem("rosenbrock", 4);
  const double lr = 2e-4, mu = 0.95;
  const Result r =
      tw::minimize(f, f.start, tw::Nesterov{.lr = lr, .momentum = mu}, {.max_steps = 300, .record = 1});

  Numbers x = f.start, v(4), ahead(4), g(4);
  for (std::size_t step = 1; step <= 300; ++step) {
    for (std::size_t i = 0; i < 4; ++i) ahead[i] = x[i] - mu * v[i];
    f(ahead, g);
    for (std::size_t i = 0; i < 4; ++i) {
      v[i] = mu * v[i] + lr * g[i];
      x[i] -= v[i];
    }
    ASSERT_EQ(r.trace[step].x, x) << "step " << step;
    ASSERT_EQ(r.trace[step].value, f(x)) << "the value is that of the point, not of the look-ahead point";
    f(x, g);
    ASSERT_DOUBLE_EQ(r.trace[step].gradient_norm, std::hypot(std::hypot(g[0], g[1]), std::hypot(g[2], g[3])));
  }
  EXPECT_EQ(r.evaluations.values, 601U);
  EXPECT_EQ(r.evaluations.gradients, 601U);
  EXPECT_TRUE(r.look_ahead);
}

TEST(MinimizeNesterov, TheReformulationTakesOneEvaluationAStepAndAnotherPath) {
  const tw::Nesterov lookahead{.lr = 0.1}, classic{.lr = 0.1, .form = tw::Nesterov::Form::classic};
  const Result a = tw::minimize(square, {8}, lookahead, {.max_steps = 3});
  const Result b = tw::minimize(square, {8}, classic, {.max_steps = 3});
  EXPECT_EQ(a.evaluations.values, 7U);
  EXPECT_EQ(b.evaluations.values, 4U);
  EXPECT_FALSE(b.look_ahead);
  EXPECT_NE(a.last.x, b.last.x);
}

// Where values and gradients come from.

TEST(MinimizeObjective, CentralDifferencesAreGoodAndCounted) {
  const auto value = [](Point x) {
    return (x[0] - 1) * (x[0] - 1) + 10 * (x[1] + 2) * (x[1] + 2) + std::exp(x[2]) - x[2];
  };
  const Result r =
      tw::minimize(value, {0, 0, 1}, tw::SGD{.lr = 0.05}, {.max_steps = 500, .gradient_tolerance = 1e-7});
  EXPECT_EQ(r.reason, StopReason::gradient);
  EXPECT_FALSE(r.analytic);
  EXPECT_EQ(r.evaluations.values, 7 * (r.steps + 1));
  EXPECT_EQ(r.evaluations.gradients, 0U);
  EXPECT_NEAR(r.last.x[0], 1, 1e-7);
  EXPECT_NEAR(r.last.x[1], -2, 1e-7);
  EXPECT_NEAR(r.last.x[2], 0, 1e-6);

  const Result ahead = tw::minimize(value, {0, 0, 1}, tw::Nesterov{.lr = 0.01}, {.max_steps = 10});
  EXPECT_EQ(ahead.evaluations.values, 7U * 21);
}

TEST(MinimizeObjective, TheDifferenceStepGrowsWithTheParameter) {
  std::vector<double> seen;
  const tw::Objective f = [&](Point x) {
    seen.push_back(x[0]);
    return x[0] * x[0];
  };
  Numbers g(1);
  tw::Evaluations count;
  for (const double x : {0.5, -1e6}) {
    seen.clear();
    f.evaluate(Numbers{x}, g, count);
    const double h = std::cbrt(std::numeric_limits<double>::epsilon()) * std::max(1.0, std::abs(x));
    EXPECT_THAT(seen, ElementsAre(x, x + h, x - h));
    EXPECT_NEAR(g[0], 2 * x, 1e-9 * std::max(1.0, std::abs(x)));
  }
  EXPECT_EQ(count.values, 6U);
}

TEST(MinimizeObjective, DifferencesMoveOneParameterAtATime) {
  const tw::Objective f = [](Point x) { return 1e3 * x[0] * x[0] * x[1] + x[2]; };
  Numbers g(3);
  tw::Evaluations count;
  f.evaluate(Numbers{2, 3, 5}, g, count);
  EXPECT_NEAR(g[0], 12e3, 1e-5);
  EXPECT_NEAR(g[1], 4e3, 1e-6);
  EXPECT_NEAR(g[2], 1, 1e-6);
}

TEST(MinimizeObjective, ValueAndGradientApart) {
  int values = 0, gradients = 0;
  const tw::Objective f([&](Point x) { return ++values, x[0] * x[0]; },
                        [&](Point x, Gradient g) { ++gradients, g[0] = 2 * x[0]; });
  const Result r = tw::minimize(f, {8}, tw::SGD{.lr = 0.25}, {.max_steps = 5});
  EXPECT_EQ(r.last.x[0], 0.25);
  EXPECT_EQ(values, 6);
  EXPECT_EQ(gradients, 6);
  EXPECT_EQ(r.evaluations.values, 6U);
  EXPECT_EQ(r.evaluations.gradients, 6U);
  EXPECT_TRUE(r.analytic);
}

TEST(MinimizeObjective, WhatItThrowsPassesThrough) {
  const auto f = [](Point x, Gradient g) {
    if (x[0] < 3) throw std::runtime_error("no model below 3");
    return square(x, g);
  };
  EXPECT_THROW((void)tw::minimize(f, {8}, tw::SGD{.lr = 0.25}), std::runtime_error);
}

// What is done on the way.

TEST(MinimizeOptions, ScheduleTransformAndPlateauAreApplied) {
  const Result scheduled =
      tw::minimize(square, {8}, tw::SGD{.lr = 0.25},
                   {.max_steps = 2, .schedules = {{"lr", tw::multistep({1}, 2)}}, .record = 1});
  EXPECT_THAT(first_coordinates(scheduled), ElementsAre(8, 4, 0));

  const Result clipped = tw::minimize(square, {8}, tw::SGD{.lr = 1},
                                      {.max_steps = 2, .transforms = {tw::clip_value(1)}, .record = 1});
  EXPECT_THAT(first_coordinates(clipped), ElementsAre(8, 7, 6));

  // 3, -3, 3 with a rate of 1: the second step without improvement halves the rate, and the next step
  // arrives.
  const Result reduced = tw::minimize(square, {3}, tw::SGD{.lr = 1},
                                      {.plateau = tw::Plateau{.gamma = 0.5, .patience = 1}, .record = 1});
  EXPECT_EQ(reduced.reason, StopReason::gradient);
  EXPECT_EQ(reduced.last.x[0], 0);
  EXPECT_GT(reduced.steps, 1U);
}

TEST(MinimizeOptions, RecordKeepsTheStartEveryKthPointAndTheLast) {
  const auto steps = [](std::uint64_t record, std::uint64_t max_steps) {
    std::vector<std::uint64_t> all;
    const Result r = tw::minimize(square, {8}, tw::SGD{}, {.max_steps = max_steps, .record = record});
    for (const auto& point : r.trace) all.push_back(point.step);
    return all;
  };
  EXPECT_THAT(steps(3, 7), ElementsAre(0U, 3U, 6U, 7U));
  EXPECT_THAT(steps(3, 6), ElementsAre(0U, 3U, 6U));
  EXPECT_THAT(steps(0, 6), ElementsAre());
}

TEST(MinimizeOptions, AnyExecutionGivesTheSameBits) {
  const tw::Problem f = tw::make_problem("rosenbrock", 50);
  const auto run = [&](tw::Execution execution) {
    return tw::minimize(f, f.start, tw::Adam{.lr = 0.01},
                        {.max_steps = 200, .execution = std::move(execution)});
  };
  const Result plain = run({.threads = 1, .isa = "baseline"});
  EXPECT_EQ(plain.isa, "baseline");
  for (const std::string& isa : tw::isa_names()) {
    const Result other = run({.threads = 3, .isa = isa, .chunk = 7});
    EXPECT_EQ(other.isa, isa);
    EXPECT_EQ(other.last.x, plain.last.x);
  }
}

TEST(MinimizeOptions, MistakesAreNamed) {
  const auto run = [](const tw::Objective& f, Numbers x0, const MinimizeOptions& options = {}) {
    return tw::minimize(f, std::move(x0), tw::SGD{}, options);
  };
  const tw::Problem booth = tw::make_problem("booth");
  EXPECT_USAGE_ERROR(run(square, {}), "x0 = empty: must have at least one parameter");
  EXPECT_USAGE_ERROR(run(booth, {1, 2, 3}), "x0 = 3 parameters: booth has 2");
  EXPECT_USAGE_ERROR(run(booth, {1, nan}), "x0[1] = nan: must be finite");
  EXPECT_USAGE_ERROR(run([](Point) { return infinity; }, {1}), "f(x0) = inf: must be finite");
  EXPECT_USAGE_ERROR(run([](Point, Gradient g) { return g[0] = 0, g[1] = nan, 1.0; }, {1, 2}),
                     "gradient[1] at x0 = nan: must be finite");
  EXPECT_USAGE_ERROR(run(square, {1}, {.max_seconds = -1}), "max_seconds = -1: must be at least 0");
  EXPECT_USAGE_ERROR(run(square, {1}, {.gradient_tolerance = nan}),
                     "gradient_tolerance = nan: must be at least 0");
  EXPECT_USAGE_ERROR(run(square, {1}, {.change_tolerance = -1}), "change_tolerance = -1: must be at least 0");
  EXPECT_USAGE_ERROR(run(square, {1}, {.change_steps = 0}), "change_steps = 0: must be at least 1");
  EXPECT_USAGE_ERROR_WITH(run(square, {1}, {.target = nan}), testing::StartsWith("target = nan: must be "));
  EXPECT_USAGE_ERROR_WITH(run(square, {1}, {.plateau = tw::Plateau{.gamma = 2}}),
                          testing::HasSubstr("gamma = 2"));
  EXPECT_USAGE_ERROR_WITH(run(square, {1}, {.schedules = {{"momentum", tw::constant(1)}}}),
                          testing::HasSubstr("momentum"));
  EXPECT_USAGE_ERROR_WITH(run(square, {1}, {.execution = {.isa = "mmx"}}), testing::HasSubstr("mmx"));
}

}  // namespace
}  // namespace thalweg::minimize_test
