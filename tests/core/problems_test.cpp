#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thalweg/problems.h>
#include <thalweg/random.h>

#include "errors.h"

namespace thalweg::problems_test {
namespace {

using thalweg::make_problem;
using thalweg::Problem;
using thalweg::ProblemInfo;

/// Every problem in its own dimension, and those that have any in two more.
std::vector<Problem> all_problems() {
  std::vector<Problem> all;
  for (const ProblemInfo& info : thalweg::problems()) {
    all.push_back(make_problem(info.name));
    if (!info.any_dimension) continue;
    all.push_back(make_problem(info.name, info.smallest_dimension));
    all.push_back(make_problem(info.name, 7));
  }
  return all;
}

std::string label(const Problem& p) { return p.name + " in " + std::to_string(p.dimension) + " dimensions"; }

std::vector<double> random_point(const Problem& p, std::uint64_t k) {
  std::vector<double> x(p.dimension);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = p.view[i].low + (p.view[i].high - p.view[i].low) * thalweg::uniform(1, k, i);
  return x;
}

TEST(Problems, ListHasTheSixteenOfTheSeedsAndTheLiterature) {
  std::vector<std::string> names;
  for (const ProblemInfo& info : thalweg::problems()) names.push_back(info.name);
  EXPECT_THAT(names,
              testing::ElementsAre("parabola", "ravine", "scales", "saddle", "monkey_saddle", "plateau",
                                   "rosenbrock", "beale", "booth", "matyas", "himmelblau", "three_hump_camel",
                                   "styblinski_tang", "rastrigin", "ackley", "mccormick"));
}

TEST(Problems, EachIsCompleteAndConsistent) {
  for (const Problem& p : all_problems()) {
    SCOPED_TRACE(label(p));
    for (const std::string& text : {p.name, p.title, p.source, p.formula, p.latex})
      EXPECT_FALSE(text.empty());
    EXPECT_EQ(p.start.size(), p.dimension);
    EXPECT_EQ(p.view.size(), p.dimension);
    EXPECT_EQ(p.optima.empty(), !p.minimum.has_value());
    for (std::size_t i = 0; i < p.dimension; ++i) {
      EXPECT_LT(p.view[i].low, p.start[i]);
      EXPECT_GT(p.view[i].high, p.start[i]);
      for (const auto& optimum : p.optima) {
        EXPECT_LT(p.view[i].low, optimum[i]);
        EXPECT_GT(p.view[i].high, optimum[i]);
      }
    }
  }
}

TEST(Problems, GradientsEqualCentralDifferencesAtRandomPoints) {
  for (const Problem& p : all_problems()) {
    for (std::uint64_t k = 0; k < 50; ++k) {
      SCOPED_TRACE(label(p) + ", point " + std::to_string(k));
      std::vector<double> x = random_point(p, k), gradient(p.dimension);
      const double value = p(x, gradient);
      EXPECT_EQ(value, p(x)) << "with and without gradient";
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double at = x[i], h = 1e-4 * std::max(1.0, std::abs(at));
        const auto moved = [&](double by) {
          x[i] = at + by;
          return p(x);
        };
        const double far = (moved(2 * h) - moved(-2 * h)) / (4 * h), near = (moved(h) - moved(-h)) / (2 * h);
        x[i] = at;
        const double numeric = near + (near - far) / 3;
        EXPECT_NEAR(gradient[i], numeric, 1e-7 * std::max(1.0, std::abs(numeric))) << "coordinate " << i;
      }
    }
  }
}

TEST(Problems, OptimaHaveTheStatedMinimumAndNoGradient) {
  for (const Problem& p : all_problems()) {
    for (const auto& optimum : p.optima) {
      SCOPED_TRACE(label(p));
      std::vector<double> gradient(p.dimension, 99);
      EXPECT_NEAR(p(optimum, gradient), *p.minimum, 1e-14 * std::max(1.0, std::abs(*p.minimum)));
      for (const double g : gradient) EXPECT_NEAR(g, 0, 1e-12);
    }
  }
}

TEST(Problems, NothingIsLowerThanTheMinimum) {
  for (const Problem& p : all_problems()) {
    if (!p.minimum) continue;
    SCOPED_TRACE(label(p));
    const double allowance = 1e-13 * std::max(1.0, std::abs(*p.minimum));
    for (std::uint64_t k = 0; k < 2000; ++k) {
      EXPECT_GE(p(random_point(p, k)), *p.minimum);
      for (const auto& optimum : p.optima) {
        std::vector<double> near = optimum;
        for (std::size_t i = 0; i < near.size(); ++i)
          near[i] += std::pow(10, -static_cast<double>(k % 7)) * (thalweg::uniform(2, k, i) - 0.5);
        EXPECT_GE(p(near), *p.minimum - allowance);
      }
    }
  }
}

TEST(Problems, ValuesWorkedOutByHand) {
  const auto value = [](const char* name, std::vector<double> x) { return make_problem(name, x.size())(x); };
  EXPECT_EQ(value("parabola", {6}), 36);  // the seed's x^2
  EXPECT_EQ(value("parabola", {3, 4}), 25);
  EXPECT_DOUBLE_EQ(value("ravine", {10, 1}), 100);
  EXPECT_EQ(value("scales", {2, 3}), 2);
  EXPECT_EQ(value("scales", {0, 0}), (395. * 395 + 1 + 401. * 401 + 805. * 805) / 8);
  EXPECT_EQ(value("saddle", {3, 2, 5}), 9 + 4 - 25);
  EXPECT_EQ(value("monkey_saddle", {1, 2}), -11);
  EXPECT_DOUBLE_EQ(value("plateau", {1, 3}), 0.5 + 0.9);
  EXPECT_DOUBLE_EQ(value("rosenbrock", {-1.2, 1}), 24.2);
  EXPECT_DOUBLE_EQ(value("beale", {1, 1}), 14.203125);
  EXPECT_EQ(value("booth", {0, 0}), 74);
  EXPECT_DOUBLE_EQ(value("matyas", {10, 10}), 4);
  EXPECT_EQ(value("himmelblau", {0, 0}), 170);
  EXPECT_NEAR(value("three_hump_camel", {1.7475523458503, -0.87377617292516}), 0.29863844223686, 1e-13);
  EXPECT_EQ(value("styblinski_tang", {1, -1}), 0.5 * ((1 - 16 + 5) + (1 - 16 - 5)));
  EXPECT_NEAR(value("rastrigin", {0.5, 1}), 0.25 + 20 + 1, 1e-14);
  EXPECT_NEAR(value("ackley", {1, 1}), 20 - 20 * std::exp(-0.2), 1e-13);
  EXPECT_NEAR(value("mccormick", {0, 0}), 1, 0);
}

TEST(Problems, ScalesHasTheCurvaturesThatItsNoteStates) {
  const Problem p = make_problem("scales");
  std::vector<double> at(2), slope(2), intercept(2);
  p(std::vector<double>{0, 0}, at);
  p(std::vector<double>{1, 0}, slope);
  p(std::vector<double>{0, 1}, intercept);
  EXPECT_DOUBLE_EQ(slope[0] - at[0], 60000);
  EXPECT_DOUBLE_EQ(intercept[1] - at[1], 1);
  EXPECT_DOUBLE_EQ(slope[1] - at[1], 100);
}

TEST(Problems, HimmelblauHasFourOptimaAndTheSaddlesNone) {
  EXPECT_EQ(make_problem("himmelblau").optima.size(), 4U);
  for (const char* name : {"saddle", "monkey_saddle"}) {
    EXPECT_FALSE(make_problem(name).minimum.has_value());
    EXPECT_THAT(make_problem(name).note, testing::StartsWith("Unbounded below"));
  }
}

TEST(Problems, LargeArgumentsAndTinyOnesKeepTheirMeaning) {
  const Problem plateau = make_problem("plateau"), ackley = make_problem("ackley", 1);
  std::vector<double> gradient(2, 99);
  EXPECT_EQ(plateau(std::vector<double>{1e200, 0}, gradient), 1);
  EXPECT_EQ(gradient[0], 0);
  EXPECT_DOUBLE_EQ(plateau(std::vector<double>{1e-100, 0}), 1e-200);
  EXPECT_NEAR(ackley(std::vector<double>{1e-12}), 4e-12, 1e-20) << "no cancellation of 20 + e";
}

TEST(Problems, MistakesAreNamed) {
  EXPECT_USAGE_ERROR_WITH(
      make_problem("rosenbrok"),
      testing::StartsWith("unknown problem 'rosenbrok': did you mean 'rosenbrock'? (known: parabola, "));
  EXPECT_USAGE_ERROR(make_problem("beale", 3), "dimension = 3: must be 2 for beale");
  EXPECT_USAGE_ERROR(make_problem("rosenbrock", 1), "dimension = 1: must be at least 2 for rosenbrock");
  const Problem booth = make_problem("booth");
  const std::vector<double> two{1, 2}, three{1, 2, 3};
  std::vector<double> one(1);
  EXPECT_USAGE_ERROR(booth(three), "booth = 3 parameters: has 2");
  EXPECT_USAGE_ERROR(booth(two, one), "booth = 1 parameters: has 2");
}

}  // namespace
}  // namespace thalweg::problems_test
