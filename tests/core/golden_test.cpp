// Every rule against trajectories recorded elsewhere (tests/golden), through its specification.

#include "golden.h"

#include <cmath>
#include <set>

#include <gmock/gmock.h>

#include <thalweg/registry.h>

#include "variants.h"

namespace thalweg::golden_test {
namespace {

using test::GoldenCase;
using test::Table;

/// Optimizers whose trajectories were recorded before the optimizers were written.
const std::set<std::string> may_wait{"radam", "rprop", "asgd"};

bool is_registered(const std::string& name) {
  for (const auto* info : rules()) {
    if (info->card.name == name) return true;
  }
  return false;
}

/// theta after each step of the recorded gradients, which for a rule that looks ahead are those at the
/// look-ahead points.
template <class T>
Table replay(const std::string& specification) {
  const auto folder = test::golden_folder();
  const std::vector<double> start = test::read_npy(folder / "theta0.npy").at(0);
  std::vector<T> theta(start.begin(), start.end());
  Optimizer optimizer = make_optimizer(specification);
  optimizer.add("theta", theta);
  Table path;
  for (const auto& row : test::read_npy(folder / "gradients.npy")) {
    const std::vector<T> gradient(row.begin(), row.end());
    optimizer.look_ahead();
    optimizer.step({gradient});
    path.emplace_back(theta.begin(), theta.end());
  }
  return path;
}

class Golden : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (is_registered(c.optimizer)) return;
    ASSERT_EQ(may_wait.count(c.optimizer), 1U) << "no optimizer " << c.optimizer;
    GTEST_SKIP() << c.optimizer << " is not implemented yet";
  }

  const GoldenCase c = test::golden_case(GetParam());
};

TEST_P(Golden, DoubleIsTheRecordedTrajectory) {
  const Table path = replay<double>(c.specification);
  ASSERT_EQ(path.size(), c.theta.size());
  for (std::size_t t = 0; t < path.size(); ++t) {
    ASSERT_EQ(path[t].size(), c.theta[t].size());
    for (std::size_t i = 0; i < path[t].size(); ++i) {
      ASSERT_NEAR(path[t][i], c.theta[t][i], 1e-12 * std::max(1.0, std::abs(c.theta[t][i])))
          << c.specification << " step " << t + 1 << " entry " << i;
    }
  }
}

// The gradients are recorded, so an error of theta does not feed back: it is the sum of those of the steps.
// Each step rounds theta itself, once, and has some 15 rounding errors relative to the terms of the step,
// each at most u = 2^-24; an error of a velocity goes on for 1 / (1 - mu) = 10 steps (AggMo's slowest longer
// than the run, but it has a third of the weight). So |theta32 - theta64| is at most about 15 u times the sum
// over the steps of |theta| + |step|. The signs of rounding errors are random, so that a fifth of it is
// enough. A rule that measures how far it has come from its start knows that, in float, only to u |theta|,
// which is much of the first steps, and all that follows is in proportion: five times as much.
TEST_P(Golden, FloatStaysNear) {
  const Table path = replay<float>(c.specification);
  const std::vector<double> start = test::read_npy(test::golden_folder() / "theta0.npy").at(0);
  double worst = 0;
  for (std::size_t i = 0; i < start.size(); ++i) {
    double scale = 0, before = start[i];
    for (std::size_t t = 0; t < path.size(); ++t) {
      const double theta = c.theta[t][i];
      scale += 0x1p-24 * (std::abs(theta) + std::abs(theta - before));
      before = theta;
      worst = std::max(worst, std::abs(path[t][i] - theta) / scale);
    }
  }
  RecordProperty("units", std::to_string(worst));
  EXPECT_LE(worst, test::measures(make_rule(c.specification)) ? 15 : 3) << c.specification;
}

INSTANTIATE_TEST_SUITE_P(Cases, Golden, ::testing::ValuesIn(test::golden_names()),
                         [](const auto& c) { return c.param; });

TEST(GoldenCases, EveryRuleHasOne) {
  std::set<std::string> recorded;
  for (const GoldenCase& c : test::golden_cases()) recorded.insert(c.optimizer);
  for (const auto* info : rules()) EXPECT_EQ(recorded.count(info->card.name), 1U) << info->card.name;
}

// Nesterov's own form has no recorded trajectory, for its gradients depend on the path. As a function of the
// look-ahead point phi = theta - mu v it is the reformulation (Sutskever et al. 2013), step by step, for a
// constant rate and momentum.
TEST(GoldenCases, LookAheadIsTheReformulationAtTheLookAheadPoint) {
  const auto folder = test::golden_folder();
  std::vector<double> theta = test::read_npy(folder / "theta0.npy").at(0), other = theta;
  Optimizer optimizer = make_optimizer("nesterov:lr=0.05"),
            reformulated = make_optimizer("nesterov:lr=0.05,form=classic");
  optimizer.add("theta", theta);
  reformulated.add("theta", other);
  for (const auto& gradient : test::read_npy(folder / "gradients.npy")) {
    optimizer.look_ahead();
    for (std::size_t i = 0; i < theta.size(); ++i)
      ASSERT_NEAR(theta[i], other[i], 1e-14 * std::max(1.0, std::abs(other[i])));
    optimizer.step({gradient});
    reformulated.step({gradient});
  }
}

}  // namespace
}  // namespace thalweg::golden_test
