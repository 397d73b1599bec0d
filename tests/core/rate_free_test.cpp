// Rules that adapt their learning rate or need no schedule of it: first steps by hand, and what their papers
// claim. Their trajectories are in tests/golden.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/minimize.h>
#include <thalweg/problems.h>
#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/schedules/decay.h>

#include "arrays.h"
#include "descend.h"

namespace thalweg::rate_free_test {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;

double slope_of_abs(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

/// Steps down |x| or the like, noting a carried number after each step.
template <class Slope>
std::vector<double> carried_path(Optimizer& optimizer, const char* name, std::vector<double>& x,
                                 std::size_t steps, Slope slope) {
  std::vector<double> path;
  for (std::size_t t = 0; t < steps; ++t) {
    test::descend(optimizer, x, 1, slope);
    path.push_back(optimizer.carried(name));
  }
  return path;
}

TEST(RateFree, IsSaidOfTheRulesThatAre) {
  std::vector<std::string> rate_free, schedule_free;
  for (const auto* info : rules()) {
    if (info->rate_free) rate_free.emplace_back(info->card.name);
    if (info->schedule_free) schedule_free.emplace_back(info->card.name);
  }
  EXPECT_THAT(rate_free, ElementsAre("dadapt_sgd", "dadapt_adam", "prodigy", "dog"));
  EXPECT_THAT(schedule_free, ElementsAre("schedule_free_sgd", "schedule_free_adamw"));
  for (const std::string& name : rate_free) EXPECT_EQ(make_rule(name).get("lr"), Value(1.0)) << name;
}

// On |x| from 2 every gradient is 1: G = t, r is 0.25 (1 + 2) at first, which is also the first step.
TEST(DoGSteps, OnTheAbsoluteValue) {
  std::vector<double> x{2};
  Optimizer optimizer(DoG{.r_eps = 0.25});
  optimizer.add("x", x);
  const double second = 1.25 - 0.75 / std::sqrt(2.0), third = second - (2 - second) / std::sqrt(3.0);
  EXPECT_THAT(test::descend(optimizer, x, 3, slope_of_abs),
              ElementsAre(1.25, DoubleEq(second), DoubleEq(third)));
  EXPECT_DOUBLE_EQ(optimizer.carried("r"), 2 - second);
  EXPECT_EQ(optimizer.carried("G"), 3);
  EXPECT_DOUBLE_EQ(optimizer.rate(), (2 - second) / std::sqrt(3.0));
}

// On |x| from 1 with d = 1/8: s grows by d a step and r by d s, so that 2 r / s is d (t - 1): d doubles with
// the fourth step, where 2 r / s = 2 (3/64) / (3/8) = 1/4.
TEST(DAdaptSteps, OnTheAbsoluteValue) {
  std::vector<double> x{1};
  Optimizer optimizer(DAdaptSGD{.momentum = 0, .d0 = 0.125});
  optimizer.add("x", x);
  EXPECT_THAT(carried_path(optimizer, "d", x, 3, slope_of_abs), ElementsAre(0.125, 0.125, 0.125));
  EXPECT_EQ(x[0], 0.625);
  EXPECT_EQ(optimizer.carried("r"), 3.0 / 64);
  test::descend(optimizer, x, 1, slope_of_abs);
  EXPECT_EQ(optimizer.carried("d"), 0.25);
  EXPECT_EQ(optimizer.rate(), 0.25);
  EXPECT_EQ(x[0], 0.375);
}

// With momentum theta is an average of where it stood and of z.
TEST(DAdaptSteps, MomentumAverages) {
  std::vector<double> x{1};
  Optimizer optimizer(DAdaptSGD{.momentum = 0.5, .d0 = 0.125});
  optimizer.add("x", x);
  EXPECT_THAT(test::descend(optimizer, x, 2, slope_of_abs),
              ElementsAre(1 - 0.0625, (1 - 0.0625) / 2 + (1 - 0.25) / 2));
}

// While there is no gradient nothing moves and nothing is learned; then it is as if the start had been there.
TEST(DAdaptSteps, WaitForTheFirstGradient) {
  for (const char* name : {"dadapt_sgd", "dadapt_adam", "prodigy", "dog"}) {
    const AnyRule rule = make_rule(name);
    std::vector<double> late{2}, fresh{2};
    Optimizer waiting(rule), reference(rule);
    waiting.add("x", late);
    reference.add("x", fresh);
    EXPECT_THAT(test::descend(waiting, late, 3, [](double) { return 0; }), ElementsAre(2, 2, 2)) << name;
    EXPECT_EQ(test::descend(waiting, late, 20, test::parabola),
              test::descend(reference, fresh, 20, test::parabola))
        << name;
    EXPECT_LT(late[0], 2) << name;
  }
}

/// sum of w_i |x_i - 3 i|, convex and not smooth: its minimum is at a distance that is known.
struct Corner {
  static constexpr std::size_t dimension = 6;
  static std::vector<double> slope(const std::vector<double>& x) {
    std::vector<double> g(dimension);
    for (std::size_t i = 0; i < dimension; ++i)
      g[i] = slope_of_abs(x[i] - 3 * static_cast<double>(i)) * (1 + static_cast<double>(i % 3));
    return g;
  }
};

/// d after each of `steps` steps from 0.
std::vector<double> estimates(const AnyRule& rule, std::size_t steps) {
  std::vector<double> x(Corner::dimension), d;
  Optimizer optimizer(rule);
  optimizer.add("x", x);
  for (std::size_t t = 0; t < steps; ++t) {
    optimizer.step({Corner::slope(x)});
    d.push_back(optimizer.carried("d"));
  }
  return d;
}

// Convexity alone gives sum w_i <g_i, x_0 - x_i> <= <s, x_0 - x*>: Prodigy's d stays below the largest
// coordinate of the way, the d of SGD, which has a factor 2, below twice its length, and neither ever falls.
TEST(Estimates, NeverFallAndStayBelowTheDistance) {
  double length = 0;
  for (std::size_t i = 0; i < Corner::dimension; ++i) length += 9.0 * static_cast<double>(i * i);
  length = std::sqrt(length);
  const std::vector<double> prodigy = estimates(Prodigy{}, 2000);
  const std::vector<double> sgd = estimates(DAdaptSGD{.momentum = 0}, 2000);
  const std::vector<double> adam = estimates(DAdaptAdam{}, 2000);
  for (const auto& d : {prodigy, sgd, adam}) {
    EXPECT_EQ(d.front(), 1e-6);
    EXPECT_TRUE(std::is_sorted(d.begin(), d.end()));
  }
  EXPECT_LE(prodigy.back(), 15);
  EXPECT_LE(sgd.back(), 2 * length);
  // They come within an order of magnitude, from one seven orders too small.
  EXPECT_GE(prodigy.back(), 1.5);
  EXPECT_GE(sgd.back(), length / 10);
  EXPECT_GE(adam.back(), 0.01);
}

// What they are for: with no key given they minimize, from estimates that are far too small.
TEST(RateFree, MinimizesWithoutAnyKey) {
  for (const char* problem : {"parabola", "ravine", "booth", "matyas"}) {
    const Problem p = make_problem(problem);
    for (const char* rule : {"dadapt_sgd", "dadapt_adam", "prodigy", "dog"}) {
      const Result r = minimize(p, p.start, make_rule(rule), {.max_steps = 5000});
      EXPECT_EQ(r.reason, StopReason::gradient) << problem << ' ' << rule;
      EXPECT_NEAR(r.last.value, *p.minimum, 1e-12) << problem << ' ' << rule;
    }
  }
}

// The paths depend on the first estimate little: that is why nobody needs to tune it.
TEST(Prodigy, HardlyDependsOnItsFirstEstimate) {
  const auto steps = [](double d0) {
    const Problem p = make_problem("ravine");
    return minimize(p, p.start, Prodigy{.d0 = d0}, {.max_steps = 5000}).steps;
  };
  EXPECT_NEAR(static_cast<double>(steps(1e-8)), static_cast<double>(steps(1e-4)), 60);
}

// Eq. 3-5 of the paper: with equal weights theta is the mean of z, the start included; weighed by the squared
// rate, of z without the start. y is between the two.
TEST(ScheduleFree, ThetaIsTheMeanOfZ) {
  for (const bool equal : {true, false}) {
    std::vector<double> x{3};
    Optimizer optimizer(ScheduleFreeSGD{
        .lr = 0.3,
        .momentum = 0.75,
        .weights = equal ? ScheduleFreeSGD::Weights::equal : ScheduleFreeSGD::Weights::squared_rate});
    optimizer.add("x", x);
    double sum = equal ? 3 : 0, count = equal ? 1 : 0, z = 3;
    for (int t = 0; t < 25; ++t) {
      const double average = x[0];
      optimizer.look_ahead();
      EXPECT_NEAR(x[0], 0.25 * z + 0.75 * average, 1e-15);
      const double slope = std::sin(t) + x[0];
      optimizer.step({std::vector<double>{slope}});
      z -= 0.3 * slope;
      sum += z;
      ++count;
      EXPECT_NEAR(optimizer.slot<double>("x", "z")[0], z, 1e-14);
      EXPECT_NEAR(x[0], sum / count, 1e-14) << "step " << t + 1;
      EXPECT_DOUBLE_EQ(optimizer.carried("c"), 1 / count);
    }
  }
}

// Without the interpolation z is plain gradient descent, and theta its Polyak-Ruppert average.
TEST(ScheduleFree, WithoutMomentumAveragesGradientDescent) {
  std::vector<double> x{1}, plain{1};
  Optimizer averaged(ScheduleFreeSGD{.lr = 0.1, .momentum = 0}), sgd(SGD{.lr = 0.1});
  averaged.add("x", x);
  sgd.add("x", plain);
  for (int t = 0; t < 10; ++t) {
    test::descend(averaged, x, 1, test::parabola);
    test::descend(sgd, plain, 1, test::parabola);
    EXPECT_NEAR(averaged.slot<double>("x", "z")[0], plain[0], 1e-15);
  }
}

// A warm-up gives the early iterates their squared rates as weights: 1, 4, 9 and 16 sixteenths, then equal.
TEST(ScheduleFree, WarmUpWeighsByTheSquaredRate) {
  std::vector<double> x{1}, weights;
  Optimizer optimizer(ScheduleFreeSGD{.weights = ScheduleFreeSGD::Weights::squared_rate});
  optimizer.add("x", x);
  optimizer.schedule("lr", warmup(4));
  EXPECT_THAT(
      carried_path(optimizer, "c", x, 5, test::parabola),
      ElementsAre(1, DoubleEq(4.0 / 5), DoubleEq(9.0 / 14), DoubleEq(16.0 / 30), DoubleEq(16.0 / 46)));
}

// By hand on x^2 from 1: alpha grows by 0.01 * 2 * 1.6 before the second step.
TEST(Hypergradients, FirstSteps) {
  std::vector<double> x{1};
  Optimizer optimizer(Hypergradient{.lr = 0.1, .hyper_lr = 0.01});
  optimizer.add("x", x);
  EXPECT_EQ(optimizer.rate(), 0.1);
  EXPECT_THAT(test::descend(optimizer, x, 2, test::parabola),
              ElementsAre(DoubleEq(0.8), DoubleEq(0.8 - 0.132 * 1.6)));
  EXPECT_DOUBLE_EQ(optimizer.carried("alpha"), 0.132);
  // A schedule multiplies what has been learned.
  optimizer.schedule("lr", constant(0.5));
  const double before = x[0], slope = 2 * before, alpha = 0.132 + 0.01 * slope * 1.6;
  test::descend(optimizer, x, 1, test::parabola);
  EXPECT_DOUBLE_EQ(optimizer.carried("alpha"), alpha);
  EXPECT_DOUBLE_EQ(optimizer.rate(), alpha / 2);
  EXPECT_DOUBLE_EQ(x[0], before - alpha / 2 * slope);
}

// Without a learning rate for the learning rate they are what they adapt, bit for bit but for one division.
TEST(Hypergradients, WithoutLearningAreSgdAndAdam) {
  EXPECT_EQ(test::descend(Hypergradient{.lr = 0.1, .hyper_lr = 0}, 1, 20, test::parabola),
            test::descend(SGD{.lr = 0.1}, 1, 20, test::parabola));
  const auto hd = test::descend(AdamHD{.lr = 0.1, .hyper_lr = 0}, 1, 20, test::parabola),
             adam = test::descend(Adam{.lr = 0.1}, 1, 20, test::parabola);
  for (std::size_t t = 0; t < adam.size(); ++t) EXPECT_NEAR(hd[t], adam[t], 1e-15);
}

// The rate grows where gradients agree and falls where they turn: from both sides of the best one of x^2,
// 1/2.
TEST(Hypergradients, ApproachTheBestRate) {
  for (const double start : {0.01, 0.9}) {
    std::vector<double> x{1};
    Optimizer optimizer(Hypergradient{.lr = start, .hyper_lr = 0.05});
    optimizer.add("x", x);
    test::descend(optimizer, x, 200, test::parabola);
    EXPECT_NEAR(optimizer.rate(), 0.5, std::abs(start - 0.5) / 2) << start;
  }
}

}  // namespace
}  // namespace thalweg::rate_free_test
