// The numbers that stand in the texts the project comes from, corrected where the texts are wrong.

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/transforms/noise.h>

#include "descend.h"

namespace thalweg::seeds_test {
namespace {

using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::ElementsAre;

std::vector<double> parameters_after(const AnyRule& rule, std::vector<double> theta,
                                     const std::vector<std::vector<double>>& gradients) {
  Optimizer optimizer(rule);
  optimizer.add("theta", theta);
  for (const auto& g : gradients) optimizer.step({g});
  return theta;
}

// Seed 004: x^2 from 6 with rate 0.6.
TEST(Seed004, DescendsTheParabola) {
  EXPECT_THAT(test::descend(SGD{.lr = 0.6}, 6, 2, test::parabola),
              ElementsAre(DoubleEq(6 - 0.6 * 12), DoubleNear(0.24, 1e-15)));
}

// Seed 004: with rate 1 it jumps between 3 and -3 for ever, exactly.
TEST(Seed004, OscillatesForEver) {
  EXPECT_THAT(test::descend(SGD{.lr = 1}, 3, 6, test::parabola), ElementsAre(-3, 3, -3, 3, -3, 3));
}

// Seed 002, 4.1, with the arithmetic put right: G = [0.04, 0.01], rates 0.1 / 0.2 = 0.5 and 0.1 / 0.1 = 1
// (the text has 0.0632 and 0.1), so theta = [0.9, 0.9] (not [0.9874, 0.99]).
TEST(Seed002, AdagradExample) {
  const Adagrad rule{.lr = 0.1, .eps = 1e-8};
  const auto theta = parameters_after(rule, {1, 1}, {{0.2, 0.1}});
  EXPECT_DOUBLE_EQ(theta[0], 1 - 0.1 * 0.2 / std::sqrt(0.04 + 1e-8));
  EXPECT_DOUBLE_EQ(theta[1], 1 - 0.1 * 0.1 / std::sqrt(0.01 + 1e-8));
  EXPECT_NEAR(theta[0], 0.9, 2e-8);
  EXPECT_NEAR(theta[1], 0.9, 1e-7);
}

// Seed 002, 4.2: m = [0.02, 0.01], v = [4e-5, 1e-5], m_hat = g, v_hat = g^2 = [0.04, 0.01] (the text has a
// tenth of it), so the first step is lr for each parameter.
TEST(Seed002, AdamExample) {
  std::vector<double> theta{1, 1};
  Optimizer optimizer(Adam{.lr = 0.1});
  optimizer.add("theta", theta);
  optimizer.step({std::vector<double>{0.2, 0.1}});
  const auto m = optimizer.slot<double>("theta", "m"), v = optimizer.slot<double>("theta", "v");
  EXPECT_THAT(std::vector<double>(m.begin(), m.end()), ElementsAre(DoubleEq(0.02), DoubleEq(0.01)));
  EXPECT_THAT(std::vector<double>(v.begin(), v.end()),
              ElementsAre(DoubleNear(4e-5, 1e-19), DoubleNear(1e-5, 1e-19)));
  EXPECT_NEAR(theta[0], 1 - 0.1 * 0.2 / (0.2 + 1e-8), 1e-15);
  EXPECT_NEAR(theta[1], 1 - 0.1 * 0.1 / (0.1 + 1e-8), 1e-15);
}

// Seed 000: sigma_t is the root mean square of all gradients so far: |g0|, sqrt((g0^2 + g1^2) / 2), ...
TEST(Seed000, AdagradSigmas) {
  const std::vector<double> g{3, 4, -12};
  const Adagrad rule{.lr = 1, .eps = 0, .accumulator = Adagrad::Accumulator::mean};
  double expected = 10, squares = 0;
  std::vector<double> theta{10};
  Optimizer optimizer(rule);
  optimizer.add("theta", theta);
  for (std::size_t t = 0; t < g.size(); ++t) {
    squares += g[t] * g[t];
    expected -=
        g[t] / std::sqrt(squares / static_cast<double>(t + 1));  // 1, 4 / sqrt(12.5), -12 / sqrt(169 / 3)
    optimizer.step({std::vector<double>{g[t]}});
    EXPECT_NEAR(theta[0], expected, 1e-14) << t;
  }
  EXPECT_NEAR(expected, 10 - 1 - 4 / std::sqrt(12.5) + 12 / (13 / std::sqrt(3.0)), 1e-14);
}

// Seed 000: sigma_0 = |g0|, sigma_t = sqrt(alpha sigma_{t-1}^2 + (1 - alpha) g_t^2).
TEST(Seed000, RMSPropSigmas) {
  const std::vector<double> g{3, 4, -12};
  const RMSProp rule{.lr = 1, .rho = 0.75, .eps = 0, .initial_accumulator = RMSProp::Initial::first_gradient};
  // sigma: 3, sqrt(0.75 * 9 + 0.25 * 16) = sqrt(10.75), sqrt(0.75 * 10.75 + 36) = sqrt(44.0625)
  const double expected = 10 - 1 - 4 / std::sqrt(10.75) + 12 / std::sqrt(44.0625);
  EXPECT_NEAR(parameters_after(rule, {10}, {{g[0]}, {g[1]}, {g[2]}})[0], expected, 1e-14);
}

// Seed 001: Adagrad's mean form with the rate eta / sqrt(t) is its sum form. A segment of one's own makes the
// rate.
struct InverseSquareRoot {
  static constexpr Card card{"inverse_square_root", "1 / sqrt(t)", "", "for this test"};
  static constexpr std::array formula{Formula{"s = 1 / √(k + 1)", "s_k = 1 / \\sqrt{k + 1}"}};
  static std::vector<KeyInfo> keys() { return {}; }
  double factor(double k) const { return 1 / std::sqrt(k + 1); }
};

TEST(Seed001, AdagradMeanFormWithFallingRateIsTheSumForm) {
  std::vector<double> sum{1, -2}, scheduled = sum, scaled = sum;
  const AnyRule mean = make_rule("adagrad:lr=0.5,eps=0,accumulator=mean");
  Optimizer reference = make_optimizer("adagrad:lr=0.5,eps=0"), by_schedule(mean), by_hand(mean);
  reference.add("x", sum);
  by_schedule.add("x", scheduled);
  by_schedule.schedule("lr", InverseSquareRoot{});
  by_hand.add("x", scaled);
  for (int t = 1; t <= 50; ++t) {
    const std::vector<double> g{std::sin(t), 2 + std::cos(t)};
    reference.step({g});
    by_schedule.step({g});
    by_hand.scale("lr", 1 / std::sqrt(t));
    by_hand.step({g});
    for (std::size_t i = 0; i < 2; ++i) {
      ASSERT_NEAR(scheduled[i], sum[i], 1e-14) << t;
      ASSERT_EQ(scaled[i], scheduled[i]) << t;
    }
  }
}

// Seed 001 prints the corrections of Adam without the power: m / (1 - beta1). From the second step on that is
// another step, and a wrong one: 5.7657 instead of 5.8000.
TEST(Seed001, AdamHasThePowerThatThePrintLost) {
  EXPECT_THAT(test::descend(Adam{.lr = 0.1}, 6, 3, test::parabola),
              ElementsAre(DoubleNear(5.900000000083333, 1e-14), DoubleNear(5.800047337309977, 1e-14),
                          DoubleNear(5.700174570029994, 1e-14)));
}

// Seed 003, 3.1: v = gamma v + eta g; seed 003, 3.2: the gradient is taken at theta - gamma v. By hand on
// x^2:
TEST(Seed003, MomentumAndNesterovByHand) {
  EXPECT_THAT(test::descend(Momentum{.lr = 0.1}, 1, 2, test::parabola),
              ElementsAre(DoubleEq(0.8), DoubleNear(0.8 - (0.9 * 0.2 + 0.1 * 1.6), 1e-15)));
  EXPECT_THAT(test::descend(Nesterov{.lr = 0.1}, 1, 2, test::parabola),
              ElementsAre(DoubleEq(0.8), DoubleNear(0.8 - (0.9 * 0.2 + 0.1 * 2 * (0.8 - 0.18)), 1e-15)));
}

// Seed 003, 3.10: g + N(0, eta / (1 + t)^gamma), t from 0.
class GradientNoise : public ::testing::Test {
 protected:
  static constexpr std::size_t count = 100'000;

  /// The noise of some steps: a zero gradient, and a rate of 1.
  template <class T = double>
  static std::vector<std::vector<T>> noise_of(const Noise& noise, std::size_t steps,
                                              const std::vector<std::size_t>& sizes,
                                              const Execution& execution = {}) {
    Optimizer optimizer(SGD{.lr = 1}, execution);
    optimizer.transform(noise);
    std::vector<std::vector<T>> theta, zero;
    for (const std::size_t size : sizes) {
      theta.emplace_back(size);
      zero.emplace_back(size);
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) optimizer.add(std::to_string(i), theta[i]);
    std::vector<std::vector<T>> drawn;
    for (std::size_t t = 0; t < steps; ++t) {
      for (auto& x : theta) std::fill(x.begin(), x.end(), T(0));
      optimizer.step(Gradients(std::vector<GradientView>(zero.begin(), zero.end())));
      drawn.emplace_back();
      for (const auto& x : theta) drawn.back().insert(drawn.back().end(), x.begin(), x.end());
    }
    return drawn;
  }

  static double mean_product(const std::vector<double>& a, const std::vector<double>& b,
                             std::size_t lag = 0) {
    double sum = 0;
    for (std::size_t i = 0; i + lag < a.size(); ++i) sum += a[i] * b[i + lag];
    return sum / static_cast<double>(a.size() - lag);
  }
};

// The mean of n squares of normal numbers has a relative standard deviation of sqrt(2 / n) = 0.0045, their
// mean one of 1 / sqrt(n) = 0.0032; the bounds are five of them.
TEST_F(GradientNoise, HasTheScheduledVarianceAndNoMean) {
  const auto drawn = noise_of({.eta = 0.3, .gamma = 0.55, .seed = 42}, 5, {count});
  const std::vector<double> ones(count, 1);
  for (std::size_t t = 0; t < drawn.size(); ++t) {
    const double variance = 0.3 / std::pow(1 + static_cast<double>(t), 0.55);
    EXPECT_NEAR(mean_product(drawn[t], drawn[t]) / variance, 1, 5 * 0.0045) << t;
    EXPECT_NEAR(mean_product(drawn[t], ones) / std::sqrt(variance), 0, 5 * 0.0032) << t;
    double fourth = 0, beyond = 0;
    for (const double x : drawn[t]) {
      fourth += std::pow(x * x / variance, 2) / count;
      beyond += x * x > 4 * variance ? 1.0 / count : 0;
    }
    EXPECT_NEAR(fourth, 3, 5 * std::sqrt(96.0 / count)) << t;         // normal: kurtosis 3
    EXPECT_NEAR(beyond, 0.0455, 5 * std::sqrt(0.0455 / count)) << t;  // and 4.55 % beyond two sigma
  }
}

TEST_F(GradientNoise, IsIndependentAcrossStepsIndicesAndSeeds) {
  const auto drawn = noise_of({.eta = 1, .gamma = 0, .seed = 1}, 3, {count});
  const auto other = noise_of({.eta = 1, .gamma = 0, .seed = 2}, 1, {count});
  const double bound = 5 * 0.0032;
  EXPECT_NEAR(mean_product(drawn[0], drawn[1]), 0, bound);
  EXPECT_NEAR(mean_product(drawn[1], drawn[2]), 0, bound);
  EXPECT_NEAR(mean_product(drawn[0], other[0]), 0, bound);
  for (const std::size_t lag : {1U, 2U, 4U, 8U, 16U, 32U, 1024U})
    EXPECT_NEAR(mean_product(drawn[0], drawn[0], lag), 0, bound) << lag;
  EXPECT_EQ(drawn, noise_of({.eta = 1, .gamma = 0, .seed = 1}, 3, {count}));
}

TEST_F(GradientNoise, DependsOnNothingButSeedStepAndIndex) {
  const Noise noise{.eta = 0.5, .gamma = 1, .seed = 9};
  const auto whole = noise_of(noise, 2, {5000});
  EXPECT_EQ(whole, noise_of(noise, 2, {1, 0, 2999, 7, 1993}));
  EXPECT_EQ(whole, noise_of(noise, 2, {5000}, {.threads = 1, .isa = "baseline", .chunk = 1}));
  EXPECT_EQ(whole, noise_of(noise, 2, {5000}, {.threads = 3, .isa = "best", .chunk = 7}));
  const auto narrow = noise_of<float>(noise, 2, {5000});
  for (std::size_t i = 0; i < 5000; ++i) ASSERT_NEAR(narrow[0][i], whole[0][i], 1e-6) << i;
}

}  // namespace
}  // namespace thalweg::seeds_test
