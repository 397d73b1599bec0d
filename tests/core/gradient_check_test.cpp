#include <cmath>
#include <limits>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thalweg/gradient_check.h>
#include <thalweg/random.h>

#include "errors.h"

namespace thalweg::gradient_check_test {
namespace {

namespace tw = thalweg;
using testing::HasSubstr;
using tw::check_gradient;
using tw::GradientReport;
using tw::Objective;
using Point = std::span<const double>;
using Gradient = std::span<double>;
using Numbers = std::vector<double>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A problem seen through other scales, with one number of its gradient made wrong by a factor.
struct Disguise {
  double offset = 0, value_scale = 1, parameter_scale = 1;
  std::size_t wrong = 0;
  double factor = 1;

  [[nodiscard]] Objective of(const tw::Problem& p) const {
    return [*this, &p](Point x, Gradient g) {
      Numbers inside(x.begin(), x.end());
      for (double& u : inside) u /= parameter_scale;
      const double value = p(inside, g);
      for (double& u : g) u *= value_scale / parameter_scale;
      g[wrong] *= factor;
      return value_scale * (value + offset);
    };
  }
};

Numbers point(const tw::Problem& p, std::uint64_t k) {
  Numbers x(p.dimension);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = p.view[i].low + (p.view[i].high - p.view[i].low) * tw::uniform(3, k, i);
  return x;
}

std::string print(const GradientReport& r) {
  std::ostringstream out;
  out << r;
  return out.str();
}

const std::vector<Disguise> disguises{{},
                                      {.offset = 1e8},
                                      {.value_scale = 1e-20},
                                      {.value_scale = 1e20},
                                      {.parameter_scale = 1e-10},
                                      {.parameter_scale = 1e6},
                                      {.offset = 1e8, .parameter_scale = 1e-10}};

TEST(GradientCheck, RaisesNoFalseAlarm) {
  for (const auto& info : tw::problems()) {
    const tw::Problem p = tw::make_problem(info.name, info.any_dimension ? 4 : 0);
    for (const Disguise& disguise : disguises) {
      for (std::uint64_t k = 0; k < 12; ++k) {
        Numbers x = k == 0 ? p.start : point(p, k);
        for (double& u : x) u *= disguise.parameter_scale;
        const GradientReport r = check_gradient(disguise.of(p), x, {.seed = k});
        EXPECT_TRUE(r.passes()) << info.name << ", offset " << disguise.offset << ", scales "
                                << disguise.value_scale << ' ' << disguise.parameter_scale << '\n'
                                << r;
        EXPECT_EQ(r.checked, p.dimension);
      }
    }
  }
}

TEST(GradientCheck, PassesAtEveryOptimum) {
  for (const auto& info : tw::problems()) {
    if (info.name == "ackley") continue;  // has no derivative there
    const tw::Problem p = tw::make_problem(info.name);
    for (const auto& optimum : p.optima) EXPECT_TRUE(check_gradient(p, optimum).passes()) << info.name;
  }
}

TEST(GradientCheck, FindsTheWrongCoordinate) {
  int tried = 0, below_noise = 0;
  for (const auto& info : tw::problems()) {
    const tw::Problem p = tw::make_problem(info.name, info.any_dimension ? 4 : 0);
    for (const double factor : {1.001, 0.0, -1.0, 2.0}) {
      for (const auto& scales : disguises) {
        for (std::uint64_t k = 1; k < 8; ++k) {
          Disguise disguise = scales;
          disguise.wrong = static_cast<std::size_t>(k) % p.dimension;
          disguise.factor = factor;
          Numbers x = point(p, k);
          for (double& u : x) u *= disguise.parameter_scale;
          const GradientReport r = check_gradient(disguise.of(p), x, {.seed = k});
          ++tried;
          if (!r.at_worst.resolved() || (disguise.offset > 0 && factor == 1.001)) {
            ++below_noise;
            continue;
          }
          EXPECT_FALSE(r.passes()) << info.name << ' ' << factor << '\n' << r;
          EXPECT_EQ(r.failed, 1U);
          EXPECT_EQ(r.worst, disguise.wrong);
          EXPECT_NEAR(r.at_worst.analytic, factor * r.at_worst.numeric, r.at_worst.allowed);
        }
      }
    }
  }
  EXPECT_LT(below_noise, tried / 10);
}

TEST(GradientCheck, StatesBothDerivativesTheErrorAndTheTolerance) {
  const tw::Problem p = tw::make_problem("rosenbrock", 4);
  const GradientReport r = check_gradient(Disguise{.wrong = 2, .factor = 1.01}.of(p), p.start);
  EXPECT_EQ(r.worst, 2U);
  EXPECT_NEAR(r.at_worst.numeric, -655.6, 1e-9);
  EXPECT_NEAR(r.at_worst.analytic, -662.156, 1e-9);
  EXPECT_NEAR(r.at_worst.relative_error(), 0.01 / 1.01, 1e-9);
  EXPECT_NEAR(r.at_worst.allowed, 662.156e-6, 1e-6);
  EXPECT_LT(r.at_worst.uncertainty, 1e-8);
  EXPECT_FALSE(r.directional.agrees());
  const std::string text = print(r);
  EXPECT_THAT(text, HasSubstr("Gradient      fails: 1 of 4 coordinates disagree, tolerance 1e-06\n"));
  EXPECT_THAT(text, HasSubstr("Worst         coordinate 2\n              analytic  -662.15"));
  EXPECT_THAT(text, HasSubstr("              numeric   -655."));
  EXPECT_THAT(text, HasSubstr("              relative  0.00990099"));
  EXPECT_THAT(text, HasSubstr("falls as h^1\n"));
}

TEST(GradientCheck, TaylorsRemainderFallsWithTheSquareOfTheStep) {
  for (const char* name :
       {"rosenbrock", "himmelblau", "ackley", "plateau", "scales", "mccormick", "monkey_saddle"}) {
    const tw::Problem p = tw::make_problem(name);
    for (std::uint64_t k = 0; k < 20; ++k) {
      const GradientReport right = check_gradient(p, point(p, k), {.seed = k});
      EXPECT_NEAR(right.order, 2, 0.15) << name << '\n' << right;
      ASSERT_GE(right.remainders.size(), 2U);
      for (std::size_t i = 1; i < right.remainders.size(); ++i)
        EXPECT_LT(right.remainders[i].h, right.remainders[i - 1].h);
      const GradientReport wrong = check_gradient(Disguise{.factor = -1}.of(p), point(p, k), {.seed = k});
      EXPECT_NEAR(wrong.order, 1, 0.05) << name << '\n' << wrong;
    }
  }
}

TEST(GradientCheck, TheRemainderOfAQuadraticIsExactly) {
  // f(x + h u) - f(x) - h u'g = h^2 u'u for the parabola.
  const Numbers u{0.6, 0.8};
  const GradientReport r = check_gradient(tw::make_problem("parabola", 2), Numbers{3, -4}, {.direction = u});
  EXPECT_DOUBLE_EQ(r.directional.analytic, 2 * (3 * 0.6 - 4 * 0.8));
  EXPECT_NEAR(r.order, 2, 1e-2);
  for (const auto& [h, remainder] : r.remainders) EXPECT_NEAR(remainder, h * h, 0.02 * h * h);
}

TEST(GradientCheck, ALinearFunctionLeavesNoRemainder) {
  const auto linear = [](Point x, Gradient g) {
    g[0] = 3;
    g[1] = -2;
    return 3 * x[0] - 2 * x[1] + 5;
  };
  const GradientReport r = check_gradient(linear, Numbers{0.3, 0.7});
  EXPECT_TRUE(r.passes());
  EXPECT_TRUE(r.linear);
  EXPECT_THAT(print(r), HasSubstr("f is linear along u"));
}

TEST(GradientCheck, SeesNoiseThatTheValueDoesNotShow) {
  // The large number cancels, so f is small but its noise is not.
  const auto f = [](Point x, Gradient g) {
    const volatile double large = 1e8 + x[0] * x[0];
    g[0] = 2 * x[0];
    return large - 1e8;
  };
  const GradientReport r = check_gradient(f, Numbers{1.3});
  EXPECT_TRUE(r.passes()) << r;
  EXPECT_GT(r.at_worst.uncertainty, 1e-9);
  EXPECT_NEAR(r.at_worst.numeric, 2.6, 1e-5);
}

TEST(GradientCheck, FunctionsInSinglePrecisionPassWithTheirOwnTolerance) {
  const auto f = [](double factor) {
    return [factor](Point x, Gradient g) {
      const auto a = static_cast<float>(x[0]), b = static_cast<float>(x[1]);
      g[0] = static_cast<double>(std::cos(a) * b);
      g[1] = factor * static_cast<double>(std::sin(a));
      return static_cast<double>(3.0F + std::sin(a) * b);
    };
  };
  for (const double x : {0.3, 1.1, -2.0}) {
    const GradientReport right = check_gradient(f(1), Numbers{x, 1.7}),
                         wrong = check_gradient(f(1.1), Numbers{x, 1.7});
    EXPECT_TRUE(right.passes()) << right;
    EXPECT_GT(right.at_worst.uncertainty, 1e-9);
    EXPECT_FALSE(wrong.passes()) << wrong;
    EXPECT_EQ(wrong.worst, 1U);
  }
}

TEST(GradientCheck, ADerivativeBelowTheNoiseIsCountedAsUnresolved) {
  const auto f = [](Point x, Gradient g) {
    g[0] = 1;
    g[1] = 1e-12;
    return 1e4 + x[0] + 1e-12 * x[1];
  };
  const GradientReport r = check_gradient(f, Numbers{1, 1});
  EXPECT_TRUE(r.passes());
  EXPECT_EQ(r.unresolved, 1U);
  EXPECT_THAT(print(r), HasSubstr("(1 are too small beside the noise of f to tell)"));
}

TEST(GradientCheck, StaysWithinTheDomainWhereItCan) {
  const auto f = [](Point x, Gradient g) {
    g[0] = 1 / x[0];
    return std::log(x[0]);
  };
  EXPECT_TRUE(check_gradient(f, Numbers{1e-3}).passes());
}

TEST(GradientCheck, AGradientThatIsNotFiniteFails) {
  for (const double bad : {nan, std::numeric_limits<double>::infinity()}) {
    const auto f = [bad](Point x, Gradient g) {
      g[0] = 2 * x[0];
      g[1] = bad;
      return x[0] * x[0];
    };
    const GradientReport r = check_gradient(f, Numbers{1, 2});
    EXPECT_FALSE(r.passes());
    EXPECT_EQ(r.worst, 1U);
    EXPECT_THAT(print(r), HasSubstr("coordinate 1"));
  }
}

TEST(GradientCheck, SomeCoordinatesOfManyAreDrawnBySeed) {
  const tw::Problem p = tw::make_problem("rosenbrock", 500);
  const GradientReport r = check_gradient(p, p.start, {.coordinates = 20});
  EXPECT_TRUE(r.passes());
  EXPECT_EQ(r.checked, 20U);
  EXPECT_LT(r.evaluations.values, 20 * 30 + 200U);
  EXPECT_THAT(print(r), HasSubstr("(20 of all 500 were checked)"));
  // The direction sees the coordinates that were not drawn.
  std::size_t found_by_coordinate = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const GradientReport wrong =
        check_gradient(Disguise{.wrong = 123, .factor = 2}.of(p), p.start, {.coordinates = 20, .seed = seed});
    EXPECT_FALSE(wrong.passes());
    found_by_coordinate += wrong.failed;
  }
  EXPECT_LT(found_by_coordinate, 5U);
}

TEST(GradientCheck, ReportIsTidy) {
  const tw::Problem p = tw::make_problem("ackley", 40);
  for (const double factor : {1.0, 3.0}) {
    const std::string text =
        print(check_gradient(Disguise{.value_scale = 1.234567e-200, .factor = factor}.of(p), point(p, 0)));
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      EXPECT_LE(line.size(), 80U) << line;
      EXPECT_NE(line.back(), ' ') << line;
      for (const char c : line) EXPECT_TRUE(c >= ' ' && c <= '~') << line;
    }
  }
}

TEST(GradientCheck, MistakesAreNamed) {
  const tw::Problem booth = tw::make_problem("booth");
  const Numbers two{1, 2}, three{1, 2, 3}, zero{0, 0}, bad{nan, 1};
  EXPECT_USAGE_ERROR(check_gradient([](Point x) { return x[0]; }, two),
                     "f = a function without a gradient: must have a gradient to check");
  EXPECT_USAGE_ERROR(check_gradient(booth, Numbers{}), "x = empty: must have at least one parameter");
  EXPECT_USAGE_ERROR(check_gradient(booth, three), "x = 3 parameters: booth has 2");
  EXPECT_USAGE_ERROR(check_gradient(booth, bad), "x[0] = nan: must be finite");
  EXPECT_USAGE_ERROR(check_gradient([](Point, Gradient) { return nan; }, two), "f(x) = nan: must be finite");
  EXPECT_USAGE_ERROR(check_gradient(booth, two, {.tolerance = 0}), "tolerance = 0: must be in (0, 1)");
  EXPECT_USAGE_ERROR(check_gradient(booth, two, {.direction = three}), "direction = 3 numbers: must have 2");
  EXPECT_USAGE_ERROR(check_gradient(booth, two, {.direction = zero}),
                     "direction = zero or not finite: must be finite and not zero");
}

}  // namespace
}  // namespace thalweg::gradient_check_test
