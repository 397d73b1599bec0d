// Forms that neither a recorded trajectory nor a library covers, against their formulas written out.

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>

namespace thalweg::forms_test {
namespace {

/// The gradients of 30 steps.
std::vector<double> gradients() {
  std::vector<double> g;
  for (int t = 1; t <= 30; ++t) g.push_back(std::sin(1.3 * t) + 0.3);
  return g;
}

std::vector<double> path_of(const AnyRule& rule) {
  std::vector<double> theta{0.7}, path;
  Optimizer optimizer(rule);
  optimizer.add("x", theta);
  for (const double g : gradients()) {
    optimizer.step({std::vector<double>{g}});
    path.push_back(theta[0]);
  }
  return path;
}

/// The path of the steps (what is subtracted from theta) that `next` gives for a gradient at t = 1, 2, ...
std::vector<double> path_of(const std::function<double(double g, double t)>& next) {
  double theta = 0.7, t = 0;
  std::vector<double> path;
  for (const double g : gradients()) {
    theta -= next(g, ++t);
    path.push_back(theta);
  }
  return path;
}

void expect_same_path(const std::vector<double>& path, const std::vector<double>& expected,
                      const std::string& what) {
  for (std::size_t t = 0; t < path.size(); ++t)
    ASSERT_NEAR(path[t], expected[t], 1e-13) << what << " step " << t + 1;
}

// Lucas et al. 2019, eq. 3, for every number of velocities; equal decays are velocities of their own.
TEST(Forms, AggMoOfEveryLength) {
  for (const std::vector<double>& betas : {std::vector<double>{0.9},
                                           {0, 0.9},
                                           {0.5, 0.5, 0.5},
                                           {0, 0.9, 0.99, 0.999},
                                           {0.1, 0.2, 0.3, 0.4, 0.5},
                                           {0, 0, 0, 0, 0, 0.9},
                                           {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6},
                                           {0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99}}) {
    std::vector<double> v(betas.size());
    const auto expected = path_of([&](double g, double) {
      double sum = 0;
      for (std::size_t i = 0; i < v.size(); ++i) sum += v[i] = betas[i] * v[i] - g;
      return -0.05 / static_cast<double>(v.size()) * sum;
    });
    expect_same_path(path_of(AggMo{.lr = 0.05, .betas = betas}), expected, std::to_string(betas.size()));
  }
}

// Ma & Yarats 2019, table 1: nu = 0 is sgd, nu = 1 momentum with rate (1 - mu) lr, nu = mu Nesterov likewise.
TEST(Forms, QHMContainsSgdMomentumAndNesterov) {
  expect_same_path(path_of(QHM{.lr = 0.1, .momentum = 0.8, .nu = 0}), path_of(SGD{.lr = 0.1}), "sgd");
  expect_same_path(path_of(QHM{.lr = 0.1, .momentum = 0.8, .nu = 1}),
                   path_of(Momentum{.lr = 0.02, .momentum = 0.8}), "momentum");
  expect_same_path(path_of(QHM{.lr = 0.1, .momentum = 0.8, .nu = 0.8}),
                   path_of(Nesterov{.lr = 0.02, .momentum = 0.8, .form = Nesterov::Form::classic}),
                   "nesterov");
}

// Eq. 18-20 with both weights, and nu1 = nu2 = 1, which is Adam.
TEST(Forms, QHAdamOfBothWeights) {
  expect_same_path(path_of(QHAdam{.lr = 0.01, .nu1 = 1, .nu2 = 1}), path_of(Adam{.lr = 0.01}), "adam");
  double m = 0, v = 0;
  const auto expected = path_of([&](double g, double t) {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    const double m_hat = m / (1 - std::pow(0.9, t)), v_hat = v / (1 - std::pow(0.999, t));
    return 0.01 * (0.4 * g + 0.6 * m_hat) / (std::sqrt(0.7 * g * g + 0.3 * v_hat) + 1e-3);
  });
  expect_same_path(path_of(QHAdam{.lr = 0.01, .nu1 = 0.6, .nu2 = 0.3, .eps = 1e-3}), expected,
                   "both weights");
}

TEST(Forms, AdagradMeanWithEpsilonInsideAndOutside) {
  for (const bool inside : {true, false}) {
    double s = 0.5;
    const auto expected = path_of([&](double g, double t) {
      s += g * g;
      return 0.1 / (1 + 0.2 * (t - 1)) * g / (inside ? std::sqrt(s / t + 0.01) : std::sqrt(s / t) + 0.01);
    });
    expect_same_path(path_of(Adagrad{.lr = 0.1,
                                     .eps = 0.01,
                                     .initial_accumulator = 0.5,
                                     .lr_decay = 0.2,
                                     .eps_placement = inside ? EpsPlacement::inside : EpsPlacement::outside,
                                     .accumulator = Adagrad::Accumulator::mean}),
                     expected, inside ? "inside" : "outside");
  }
}

TEST(Forms, RMSPropFromTheFirstGradientWithMomentumAndCentering) {
  for (const bool torch : {true, false}) {
    double v = 0, mean = 0, u = 0;
    const auto expected = path_of([&](double g, double t) {
      v = t == 1 ? g * g : 0.8 * v + 0.2 * g * g;
      mean = 0.8 * mean + 0.2 * g;
      const double step = g / std::sqrt(v - mean * mean + 0.01);
      u = 0.7 * u + (torch ? step : 0.1 * step);
      return torch ? 0.1 * u : u;
    });
    expect_same_path(path_of(RMSProp{.lr = 0.1,
                                     .rho = 0.8,
                                     .eps = 0.01,
                                     .momentum = 0.7,
                                     .centered = true,
                                     .initial_accumulator = RMSProp::Initial::first_gradient,
                                     .form = torch ? RMSProp::Form::torch : RMSProp::Form::classic}),
                     expected, torch ? "torch" : "classic");
  }
}

// Dampening holds back the same share of every gradient in the classic form, the first one included.
TEST(Forms, ClassicMomentumWithDampening) {
  double v = 0;
  const auto expected = path_of([&](double g, double) { return v = 0.9 * v + 0.75 * 0.1 * g; });
  expect_same_path(path_of(Momentum{.lr = 0.1, .dampening = 0.25}), expected, "classic");
}

TEST(Forms, SimpleNadamWithEpsilonHat) {
  double m = 0, v = 0;
  const auto expected = path_of([&](double g, double t) {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    const double numerator = (0.9 * m + 0.1 * g) / (1 - std::pow(0.9, t));
    return 0.01 * std::sqrt(1 - std::pow(0.999, t)) * numerator / (std::sqrt(v) + 1e-3);
  });
  expect_same_path(path_of(make_rule("nadam:lr=0.01,eps=1e-3,form=simple,eps_placement=hat")), expected,
                   "hat");
}

// Without correction (the paper) the maximum keeps a large early v for ever.
TEST(Forms, AMSGradOfThePaper) {
  double m = 0, v = 0, largest = 0;
  const auto expected = path_of([&](double g, double) {
    m = 0.5 * m + 0.5 * g;
    v = 0.5 * v + 0.5 * g * g;
    largest = std::max(largest, v);
    return 0.1 * m / (std::sqrt(largest) + 1e-8);
  });
  expect_same_path(path_of(AMSGrad{.lr = 0.1, .beta1 = 0.5, .beta2 = 0.5}), expected, "paper");
}

}  // namespace
}  // namespace thalweg::forms_test
