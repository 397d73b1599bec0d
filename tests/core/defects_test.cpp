// Known defects of other libraries (end of SEMANTICS.md), as far as they could be made here.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/schedules/cosine.h>
#include <thalweg/schedules/decay.h>
#include <thalweg/transforms/clip.h>

#include "descend.h"
#include "errors.h"
#include "variants.h"

namespace thalweg::defects_test {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// ensmallen's Demon shrinks the parameters instead of the velocity: (x - 3)^2 ends near 0.06.
TEST(Defects, MomentumActsOnTheVelocityNotOnTheParameters) {
  for (const char* rule : {"momentum", "momentum:form=torch", "nesterov", "nesterov:form=classic",
                           "nesterov:form=torch", "qhm:momentum=0.9", "aggmo"}) {
    const auto path = test::descend(make_rule(rule), 0, 3000, [](double x) { return 2 * (x - 3); });
    EXPECT_NEAR(path.back(), 3, 1e-9) << rule;
  }
}

// pytorch_optimizer's QHAdam (a misplaced bracket) gives NaN at step 2 on x^2. By hand, from 1 with lr 0.1:
// g = 2: m_hat = 2, v_hat = 4, the step is 0.1 * 2 / (2 + 1e-8);
// g = 1.8: m = 0.36, v = 0.007236, m_hat = 0.36 / 0.19, v_hat = 0.007236 / 0.001999,
// the step is 0.1 (0.3 * 1.8 + 0.7 m_hat) / (sqrt(v_hat) + 1e-8).
TEST(Defects, QHAdamHasAFiniteSecondStep) {
  const double m_hat = 0.36 / 0.19, v_hat = 0.007236 / 0.001999;
  const auto path = test::descend(QHAdam{.lr = 0.1}, 1, 2, test::parabola);
  EXPECT_THAT(path, ElementsAre(DoubleNear(0.9000000005, 1e-15), DoubleNear(0.801906045261031, 1e-15)));
  EXPECT_NEAR(path[1], 0.9 - 0.1 * (0.3 * 1.8 + 0.7 * m_hat) / std::sqrt(v_hat), 2e-9);
}

// PyTorch 1.10 to 1.13 multiplied the momentum product once too often and lands on 0.9204690870.
TEST(Defects, NadamHasTheRightProductOfMomenta) {
  const auto path = test::descend(Nadam{.lr = 0.01}, 1, 10, test::parabola);
  EXPECT_NEAR(path.back(), 0.9202914033, 5e-11);
}

// libtorch starts its best value at the smallest positive number, so that a negative metric never is one;
// PyTorch and optax compare best * (1 +- threshold), which is the wrong side for negative values.
TEST(Defects, PlateauIsRightForNegativeMetrics) {
  PlateauTracker rising(Plateau{.patience = 1, .mode = Plateau::Mode::max});
  for (const double metric : {-10.0, -9.0, -8.0, -7.0, -6.0}) EXPECT_FALSE(rising.observe(metric)) << metric;
  EXPECT_EQ(rising.best(), -6);
  EXPECT_EQ(rising.factor(), 1);
  PlateauTracker falling(Plateau{.patience = 1});
  for (const double metric : {-1.0, -2.0, -3.0, -4.0}) EXPECT_FALSE(falling.observe(metric)) << metric;
  EXPECT_EQ(falling.best(), -4);
  // Worse by a hair is not better: with best * (1 - threshold) it would be, for ever.
  PlateauTracker stuck(Plateau{.patience = 1, .threshold = 0.1});
  EXPECT_FALSE(stuck.observe(-10));
  EXPECT_FALSE(stuck.observe(-9.5));
  EXPECT_TRUE(stuck.observe(-9.5));
}

// DeepSpeed's Adagrad puts the penalty into the accumulator alone. Here g = 0.2 + 0.1 * 1, and the first step
// is lr g / |g|.
TEST(Defects, PenaltyEntersNumeratorAndAccumulator) {
  std::vector<double> theta{1};
  Optimizer optimizer(Adagrad{.lr = 0.05, .eps = 0, .l2 = 0.1});
  optimizer.add("x", theta);
  optimizer.step({std::vector<double>{0.2}});
  EXPECT_DOUBLE_EQ(theta[0], 0.95);
  EXPECT_NEAR(optimizer.slot<double>("x", "s")[0], 0.09, 1e-16);
}

// OptimLib clips neither the first gradient nor that of Nesterov's look-ahead.
TEST(Defects, FirstAndLookAheadGradientsAreClipped) {
  std::vector<double> theta{0, 0};
  Optimizer plain(SGD{.lr = 1});
  plain.add("x", theta);
  plain.transform(clip_norm(1));
  plain.step({std::vector<double>{30, -40}});
  EXPECT_THAT(theta, ElementsAre(DoubleNear(-0.6, 1e-15), DoubleNear(0.8, 1e-15)));
  EXPECT_EQ(plain.last_norm(), 50);

  std::vector<double> x{1};
  Optimizer nesterov(Nesterov{.lr = 0.1, .momentum = 0.5});
  nesterov.add("x", x);
  nesterov.transform(clip_value(1));
  // v = 0.1, x = 0.9; v = 0.05 + 0.1, x = 0.75: each time the gradient is 1 instead of 100 x.
  EXPECT_THAT(test::descend(nesterov, x, 2, [](double at) { return 100 * at; }),
              ElementsAre(DoubleNear(0.9, 1e-15), DoubleNear(0.75, 1e-15)));
}

// bitsandbytes takes nesterov, dampening and amsgrad and ignores them.
TEST(Defects, OptionsThatDoNotExistAreRefused) {
  EXPECT_USAGE_ERROR(make_rule("sgd:momentum=0.9"), "unknown key of sgd 'momentum' (known: lr, l2)");
  EXPECT_USAGE_ERROR_WITH(make_rule("adam:nesterov=true"), HasSubstr("unknown key of adam 'nesterov'"));
  EXPECT_USAGE_ERROR_WITH(make_rule("adam:amsgrad=true"), HasSubstr("unknown key of adam 'amsgrad'"));
  EXPECT_USAGE_ERROR_WITH(make_rule("nesterov:dampening=0.1"),
                          HasSubstr("unknown key of nesterov 'dampening'"));
  EXPECT_USAGE_ERROR_WITH(make_rule("adam:weight_decay=0.1"),
                          HasSubstr("unknown key of adam 'weight_decay'"));
  // Options that a form gives no meaning are no better.
  EXPECT_USAGE_ERROR_WITH(make_rule("nadam:form=simple,momentum_decay=1"),
                          HasSubstr("momentum_decay has a meaning with form=schedule only"));
  EXPECT_USAGE_ERROR_WITH(make_rule("amsgrad:maximum_of=v_hat"), HasSubstr("need bias_correction=true"));
  std::vector<double> theta{1};
  Optimizer optimizer(SGD{});
  EXPECT_USAGE_ERROR_WITH(optimizer.add("x", theta, {.momentum = 0.9}), HasSubstr("'momentum'"));
  EXPECT_USAGE_ERROR_WITH(optimizer.schedule("momentum", warmup(10)), HasSubstr("'momentum'"));
  Optimizer simple = make_optimizer("nadam:form=simple");
  simple.add("x", theta);
  simple.scale("momentum_decay", 2);
  EXPECT_USAGE_ERROR_WITH(simple.step({std::vector<double>{1}}),
                          HasSubstr("momentum_decay has a meaning with form=schedule only"));
}

// optinum evaluates its schedule after the first update: step 1 has the full rate, and all later ones lag.
TEST(Defects, TheFirstStepIsWarmedUp) {
  std::vector<double> theta{0};
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add("x", theta);
  optimizer.schedule("lr", warmup(4) | linear(2, 0.5, 0));
  const std::vector<double> gradient{-1};
  std::vector<double> steps;
  for (int i = 0; i < 8; ++i) {
    const double before = theta[0];
    optimizer.step({gradient});
    steps.push_back(theta[0] - before);
  }
  EXPECT_THAT(steps, ElementsAre(0.25, 0.5, 0.75, 1, 0.5, 0.25, 0, 0));
}

// ensmallen's schedules change the optimizer's own rate: a second run begins where the first one ended.
TEST(Defects, ASecondRunStartsFromTheRateThatWasGiven) {
  const AnyRule rule = SGD{.lr = 0.5};
  const auto run = [&rule] {
    std::vector<double> x{1};
    Optimizer optimizer(rule);
    optimizer.schedule("lr", cosine(5));
    optimizer.add("x", x);
    return test::descend(optimizer, x, 5, test::parabola);
  };
  const auto first = run();
  EXPECT_EQ(first, run());
  EXPECT_EQ(rule.get("lr"), Value(0.5));
  EXPECT_EQ(first[0], 0);  // 1 - 0.5 * 2
}

// ensmallen's Nadam has other defaults by class than by rule, and no way to set psi.
TEST(Defects, CppAndCommandLineHaveTheSameDefaults) {
  const auto expect_same = [](const AnyRule& in_cpp) {
    const AnyRule by_name = make_rule(in_cpp.name());
    for (const KeyInfo& key : in_cpp.info().keys)
      EXPECT_EQ(in_cpp.get(key.name), by_name.get(key.name)) << in_cpp.name() << ' ' << key.name;
  };
#define THALWEG_EXPECT_SAME(type) expect_same(type{});
  THALWEG_RULES(THALWEG_EXPECT_SAME)
#undef THALWEG_EXPECT_SAME
  EXPECT_EQ(make_rule("nadam:momentum_decay=0.25").get("momentum_decay"), Value(0.25));
  EXPECT_EQ(Nadam{}.momentum_decay, 0.004);
  EXPECT_EQ(Nadam{}.beta2, 0.999);
}

// A mutated copy is no problem of a second optimizer either: rules are values.
TEST(Defects, OptimizersDoNotShareState) {
  AnyRule rule = Adam{.lr = 0.1};
  std::vector<double> a{1}, b{1};
  Optimizer first(rule);
  first.add("x", a);
  rule.set("lr", 0.2);
  Optimizer second(rule);
  second.add("x", b);
  EXPECT_EQ(first.value("lr"), 0.1);
  EXPECT_EQ(second.value("lr"), 0.2);
  test::descend(first, a, 5, test::parabola);
  EXPECT_EQ(second.slot<double>("x", "m")[0], 0);
}

// Nesterov's gradient is that of the look-ahead point; libraries that take it at theta have plain momentum's
// path.
TEST(Defects, LookAheadDiffersFromMomentum) {
  const auto momentum = test::descend(Momentum{.lr = 0.1}, 1, 30, test::parabola);
  const auto nesterov = test::descend(Nesterov{.lr = 0.1}, 1, 30, test::parabola);
  EXPECT_DOUBLE_EQ(momentum[0], nesterov[0]);
  EXPECT_NEAR(momentum[1], 0.46, 1e-15);
  EXPECT_NEAR(nesterov[1], 0.496, 1e-15);
  // Each step shrinks Nesterov's oscillation to sqrt(0.9 (1 - 0.2)) of it, momentum's to sqrt(0.9).
  const auto largest = [](const std::vector<double>& path) {
    double x = 0;
    for (std::size_t i = 15; i < path.size(); ++i) x = std::max(x, std::abs(path[i]));
    return x;
  };
  EXPECT_LT(largest(nesterov), 0.3 * largest(momentum));
}

// Under a constant gradient v - mean^2 goes to 0, and rounding can take it below: its root is NaN in PyTorch,
// which clamps nothing.
TEST(Defects, CenteredSecondMomentIsNeverNegative) {
  constexpr std::size_t count = 64;
  std::vector<double> theta(count), gradient(count), v(count), mean(count);
  for (std::size_t i = 0; i < count; ++i) gradient[i] = 1 + 0.1 * static_cast<double>(i);
  Optimizer optimizer = make_optimizer("rmsprop:rho=0.9,centered=true,eps_placement=outside");
  optimizer.add("x", theta);
  bool below_zero = false;
  for (int t = 0; t < 1000; ++t) {
    optimizer.step({gradient});
    for (std::size_t i = 0; i < count; ++i) {
      v[i] = 0.9 * v[i] + (1 - 0.9) * gradient[i] * gradient[i];
      mean[i] = 0.9 * mean[i] + (1 - 0.9) * gradient[i];
      below_zero = below_zero || v[i] - mean[i] * mean[i] < 0;
      ASSERT_TRUE(std::isfinite(theta[i])) << i << " step " << t + 1;
    }
  }
  EXPECT_TRUE(below_zero) << "this test should meet the case that it is about";
}

// A gradient that stays zero must not become 0 / 0 (RAdam for each in PyTorch 1.13), also without epsilon.
TEST(Defects, ZeroGradientsGiveNoNaN) {
  for (const AnyRule& variant : test::all_variants()) {
    AnyRule rule = variant;
    if (test::has_key(rule, "eps")) rule.set("eps", 0.0);
    for (const double x : test::descend(rule, 1, 5, [](double) { return 0; }))
      EXPECT_GT(x, 0.99) << rule.text();
  }
}

}  // namespace
}  // namespace thalweg::defects_test
