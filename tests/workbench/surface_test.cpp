#include "workbench/surface.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <gmock/gmock.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>

#include "workbench/formula.h"

namespace thalweg::workbench::surface_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

SurfaceOptions with(std::vector<std::string> optimizers, std::uint64_t steps = 100) {
  SurfaceOptions options;
  options.optimizers = std::move(optimizers);
  options.steps = steps;
  options.grid = 11;
  return options;
}

Surface drawn(const char* problem, const SurfaceOptions& options) {
  return draw_surface(make_problem(problem), options);
}
PathEnd end_of(const char* problem, const SurfaceOptions& options) {
  return drawn(problem, options).paths.at(0).end;
}

std::string message(const Problem& problem, const SurfaceOptions& options) {
  try {
    (void)draw_surface(problem, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Surface, SamplesTheFunctionRowByRow) {
  SurfaceOptions options = with({"sgd:lr=0.1"}, 1);
  options.x = Problem::Interval{-1, 3};
  options.y = Problem::Interval{0, 2};
  options.grid = 3;
  const Surface surface = draw_surface(make_formula("x + 10*y", 2), options);
  EXPECT_EQ(surface.columns, 3U);
  EXPECT_THAT(surface.values, ElementsAre(-1, 1, 3, 9, 11, 13, 19, 21, 23));
  EXPECT_EQ(surface.x.low, -1);
  EXPECT_EQ(surface.y.high, 2);
}

TEST(Surface, WhatIsNotFiniteIsNaN) {
  SurfaceOptions options = with({"sgd:lr=1e-3"}, 1);
  options.x = Problem::Interval{-1, 1};
  options.y = Problem::Interval{-1, 1};
  options.grid = 3;
  const Surface surface = draw_surface(make_formula("1/x + sqrt(x)", 2), options);
  for (const std::size_t i : {0U, 1U}) EXPECT_TRUE(std::isnan(surface.values[i])) << i;
  EXPECT_EQ(surface.values[2], 2);
}

TEST(Surface, PathsAreThoseOfTheRule) {
  // From (10, 1), sgd multiplies the coordinates by 1 - 0.01 and 1 - 0.01 * 100.
  const Surface surface = drawn("ravine", with({"sgd:lr=0.01"}, 3));
  const SurfacePath& path = surface.paths.at(0);
  EXPECT_THAT(path.step, ElementsAre(0, 1, 2, 3));
  EXPECT_NEAR(path.x[3], 10 * 0.99 * 0.99 * 0.99, 1e-12);
  EXPECT_NEAR(path.y[1], 0, 1e-15);
  EXPECT_EQ(path.value[0], 100);
  EXPECT_EQ(path.steps, 3U);
  EXPECT_TRUE(path.ahead_x.empty());
  EXPECT_EQ(path.spec, "sgd:lr=0.01");
  EXPECT_FALSE(path.tuned);
}

TEST(Surface, KnowsWhereTheGradientWasTaken) {
  // Nesterov's method looks ahead to theta + momentum * v; with lr 0.001 and v_1 = -lr * g.
  const Surface surface = drawn("ravine", with({"nesterov:lr=0.001,momentum=0.5"}, 3));
  const SurfacePath& path = surface.paths.at(0);
  ASSERT_EQ(path.ahead_x.size(), 4U);
  EXPECT_EQ(path.ahead_x[0], path.x[0]);  // no velocity yet
  for (std::size_t t = 1; t < 3; ++t) {
    EXPECT_NEAR(path.ahead_x[t], path.x[t] + 0.5 * (path.x[t] - path.x[t - 1]), 1e-12) << t;
    EXPECT_NEAR(path.ahead_y[t], path.y[t] + 0.5 * (path.y[t] - path.y[t - 1]), 1e-12) << t;
  }
  EXPECT_TRUE(std::isnan(path.ahead_x[3]));  // no step comes after the last
}

TEST(Surface, KeepsFewPointsOfALongPathAndTheLastOne) {
  SurfaceOptions options = with({"sgd:lr=1e-5"}, 1003);
  options.points = 100;
  const SurfacePath path = drawn("ravine", options).paths.at(0);
  EXPECT_EQ(path.step.size(), 102U);
  EXPECT_THAT((std::array{path.step[0], path.step[1], path.step[100], path.step[101]}),
              ElementsAre(0, 10, 1000, 1003));
  EXPECT_EQ(path.x.size(), 102U);
}

TEST(Surface, SaysHowEachPathEnded) {
  EXPECT_EQ(end_of("ravine", with({"momentum:lr=0.005"}, 400)), PathEnd::reached);
  EXPECT_EQ(end_of("ravine", with({"sgd:lr=0.001"}, 100)), PathEnd::under_way);
  EXPECT_EQ(end_of("ravine", with({"sgd:lr=0.03"}, 100)), PathEnd::diverged);
  EXPECT_EQ(end_of("rastrigin", with({"sgd:lr=0.001"}, 100)), PathEnd::local_minimum);
  EXPECT_EQ(end_of("saddle", with({"sgd:lr=0.1"}, 20)), PathEnd::saddle);
  EXPECT_EQ(end_of("saddle", with({"sgd:lr=0.1"}, 200)), PathEnd::left);
  SurfaceOptions far = with({"sgd:lr=0.01"}, 100);
  far.start = {60, 60};
  EXPECT_EQ(end_of("plateau", far), PathEnd::flat);
  EXPECT_EQ(end_of("rosenbrock", with({"sgd:lr=0.001"}, 500)), PathEnd::under_way);  // creeping is not stuck
}

TEST(Surface, ADivergedPathSaysWhyAndDoesNotStretchThePicture) {
  const Surface surface = drawn("ravine", with({"sgd:lr=0.05", "adam:lr=0.1"}, 2000));
  const SurfacePath& path = surface.paths.at(0);
  EXPECT_EQ(path.end, PathEnd::diverged);
  EXPECT_LT(path.steps, 2000U);
  EXPECT_LE(surface.x.high - surface.x.low, 2 * 24 * 1.07);
  EXPECT_LE(surface.y.high - surface.y.low, 2 * 6 * 1.07);
  EXPECT_LT(path.shown, path.x.size());
  const double y = path.y[path.shown - 1];
  EXPECT_GT(std::abs(y), surface.y.high);           // the first point outside is drawn,
  EXPECT_LT(std::abs(path.y[path.shown - 2]), 12);  // none after it
  EXPECT_EQ(surface.paths.at(1).shown, surface.paths.at(1).x.size());
}

TEST(Surface, MeasuresTheWayToTheNearestOptimum) {
  const Surface surface = drawn("himmelblau", with({"adam:lr=0.1"}, 2000));
  EXPECT_EQ(surface.optima.size(), 4U);
  EXPECT_TRUE(surface.optima_known);
  ASSERT_TRUE(surface.paths.at(0).distance.has_value());
  EXPECT_LT(*surface.paths.at(0).distance, 1e-4);
  EXPECT_FALSE(drawn("saddle", with({"sgd:lr=0.1"}, 5)).paths.at(0).distance.has_value());
}

TEST(Surface, FindsTheMinimumOfAFormula) {
  SurfaceOptions options = with({"sgd:lr=0.01"}, 10);
  options.start = {8, 1};
  const Surface surface = draw_surface(make_formula("(x - 1)^2 + 20*(y + 2)^2 + 3", 2), options);
  ASSERT_EQ(surface.optima.size(), 1U);
  EXPECT_NEAR(surface.optima[0].x, 1, 1e-6);
  EXPECT_NEAR(surface.optima[0].y, -2, 1e-6);
  EXPECT_NEAR(*surface.minimum, 3, 1e-12);
  EXPECT_FALSE(surface.optima_known);
  EXPECT_LT(surface.x.low, -7);
  EXPECT_GT(surface.x.high, 8);
  EXPECT_FALSE(draw_surface(make_formula("x - y", 2), with({"sgd:lr=0.01"}, 3)).minimum.has_value());
}

TEST(Surface, ShowsWhatIsAskedFor) {
  SurfaceOptions options = with({"adam:lr=1"}, 100);
  options.x = Problem::Interval{0.5, 0.75};
  const Surface surface = drawn("rosenbrock", options);
  EXPECT_EQ(surface.x.low, 0.5);
  EXPECT_EQ(surface.x.high, 0.75);
}

TEST(Surface, FindsARateForEachOptimizerThatSaysNone) {
  const Surface surface = drawn("ravine", with({"sgd", "adam:beta1=0.8", "adadelta", "sgd:lr=0.001"}, 300));
  const auto& paths = surface.paths;
  EXPECT_TRUE(paths[0].tuned);
  EXPECT_TRUE(paths[1].tuned);
  EXPECT_FALSE(paths[2].tuned);  // its rate is 1 by design
  EXPECT_FALSE(paths[3].tuned);
  const double rate = std::get<double>(make_rule(paths[0].spec).get("lr"));
  EXPECT_GT(rate, 0.005);
  EXPECT_LT(rate, 0.02);  // where gradient descent begins to diverge
  EXPECT_THAT(paths[1].spec, AllOf(HasSubstr("lr="), HasSubstr("beta1=0.8")));
  EXPECT_EQ(paths[2].spec, "adadelta:lr=1");
  EXPECT_EQ(paths[3].spec, "sgd:lr=0.001");
  EXPECT_LT(paths[0].value.back(), paths[3].value.back());
}

TEST(Surface, TheRateSuitsTheSurface) {
  for (const char* problem : {"rosenbrock", "ravine", "scales", "matyas", "beale", "himmelblau"}) {
    SurfaceOptions options = with({});
    options.steps = 300;
    const Surface surface = drawn(problem, options);
    EXPECT_EQ(surface.paths.size(), default_surface_optimizers().size());
    const double width = surface.x.high - surface.x.low, height = surface.y.high - surface.y.low;
    for (const SurfacePath& path : surface.paths) {
      EXPECT_TRUE(path.end == PathEnd::reached || path.end == PathEnd::under_way)
          << problem << " " << path.spec;
      EXPECT_LT(path.value.back(), path.value.front()) << problem << " " << path.spec;
      for (std::size_t i = 1; i < path.x.size(); ++i)
        EXPECT_LT(std::hypot((path.x[i] - path.x[i - 1]) / width, (path.y[i] - path.y[i - 1]) / height), 0.21)
            << problem << " " << path.spec << " step " << i;
    }
  }
}

TEST(Surface, FollowsSchedulesTransformsAndThePlateau) {
  SurfaceOptions options = with({"sgd:lr=0.5"}, 2);
  options.schedules = {{"lr", make_schedule("step:every=1,gamma=0.5")}};
  options.transforms = {make_transform("clip_norm:max=2")};
  options.start = {6, 0};
  const Surface surface = draw_surface(make_formula("x^2", 2), options);
  EXPECT_EQ(surface.paths[0].x[2], 4.5);  // 6 - 0.5 * 2 - 0.25 * 2
}

TEST(Surface, NoiseMakesItFluctuateAndGoesOnAtTheMinimum) {
  SurfaceOptions options = with({"sgd:lr=0.1"}, 50);
  options.transforms = {make_transform("noise:eta=1,gamma=0,seed=3")};
  options.start = {0, 0};
  const Surface first = drawn("matyas", options), again = drawn("matyas", options);
  EXPECT_EQ(first.paths[0].steps, 50U);
  EXPECT_NE(first.paths[0].x.back(), 0);
  EXPECT_EQ(first.paths[0].x, again.paths[0].x);
}

TEST(Surface, LabelsTellPathsApart) {
  EXPECT_THAT(path_labels({"adam:lr=0.1", "sgd", "sgd:lr=1", "momentum:lr=1"}),
              ElementsAre("adam", "sgd", "sgd:lr=1", "momentum"));
  EXPECT_THAT(path_labels({"sgd", "sgd"}), ElementsAre("sgd", "sgd #2"));
}

TEST(Surface, TheRateIsAlwaysSaid) {
  EXPECT_EQ(spec_with_rate(make_rule("sgd:lr=0.01")), "sgd:lr=0.01");  // its default
  EXPECT_EQ(spec_with_rate(make_rule("adam:beta1=0.5")), "adam:lr=0.001,beta1=0.5");
  EXPECT_EQ(make_rule(spec_with_rate(make_rule("adam:beta1=0.5"))).text(), "adam:beta1=0.5");
}

TEST(Surface, RefusesWhatCannotBeDrawn) {
  EXPECT_THAT(message(make_problem("ravine", 3), with({"sgd"})), HasSubstr("3 dimensions"));
  EXPECT_THAT(message(make_problem("ravine"), with({"sgdd"})), HasSubstr("did you mean 'sgd'?"));
  SurfaceOptions options = with({"sgd"});
  options.start = {1};
  EXPECT_THAT(message(make_problem("ravine"), options), HasSubstr("must be two"));
  options = with({"sgd"});
  options.y = Problem::Interval{2, 1};
  EXPECT_THAT(message(make_problem("ravine"), options), AllOf(HasSubstr("y-range"), HasSubstr("2..1")));
  options = with({"sgd:lr=0.1"});
  options.start = {-1, 0};
  EXPECT_THAT(message(make_formula("sqrt(x)", 2), options), HasSubstr("must be finite"));
}

TEST(SurfacePoints, CurvaturesAreTheEigenvaluesOfTheHessian) {
  const auto [low, high] = curvatures(make_formula("x^2 + 3*x*y - y^2", 2), 0.3, -0.2, 1);
  EXPECT_NEAR(low, -std::sqrt(13.0), 1e-6);
  EXPECT_NEAR(high, std::sqrt(13.0), 1e-6);
}

TEST(SurfacePoints, TheNearestMinimumIsOneAndNoSaddle) {
  const auto found = nearest_minimum(make_problem("rosenbrock"), -1.2, 1, 4);
  ASSERT_TRUE(found.has_value());
  EXPECT_NEAR(found->x, 1, 1e-6);
  EXPECT_NEAR(found->y, 1, 1e-6);
  EXPECT_FALSE(nearest_minimum(make_problem("saddle"), 0.5, 0.1, 4).has_value());
  EXPECT_FALSE(nearest_minimum(make_formula("x + y", 2), 0, 0, 4).has_value());
  EXPECT_FALSE(nearest_minimum(make_formula("0*x", 2), 0, 0, 4).has_value());
}

}  // namespace
}  // namespace thalweg::workbench::surface_test
