#include <cmath>
#include <numeric>

#include <gmock/gmock.h>

#include "compare_samples.h"
#include "workbench/compare/bootstrap.h"
#include "workbench/compare/profile.h"
#include "workbench/compare/scores.h"

namespace thalweg::workbench::compare_scores_test {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A run whose validation accuracy after each epoch is given; an epoch takes a quarter of a second.
Run run_of(const std::vector<double>& accuracies) {
  Run run;
  for (const double accuracy : accuracies) {
    const std::size_t epoch = run.curve.size() + 1;
    run.curve.push_back({epoch, 0, {1 - accuracy, accuracy}, 0.25 * static_cast<double>(epoch)});
  }
  run.result = Run::Result{run.curve.back().validation, run.curve.back().validation};
  return run;
}

Participant named(const std::string& rule, const std::vector<Run>& runs) {
  Participant made = participant(rule, {});
  made.runs = runs;
  return made;
}

Comparison of(const std::vector<Participant>& participants) {
  Comparison made;
  made.options.epochs = 4;
  made.steps_per_epoch = 10;
  made.participants = participants;
  return made;
}

TEST(Quantile, InterpolatesAndKnowsInfinity) {
  EXPECT_EQ(quantile({3, 1, 2}, 0.5), 2);
  EXPECT_EQ(quantile({1, 2, 3, 4}, 0.5), 2.5);
  EXPECT_EQ(quantile({1, 2, 3, 4, 5}, 0.25), 2);
  EXPECT_EQ(quantile({1, infinity, 2}, 0.5), 2);
  EXPECT_EQ(quantile({1, infinity}, 0.5), infinity);
  EXPECT_EQ(quantile({infinity, infinity}, 0.5), infinity);
  EXPECT_EQ(quantile({7}, 0.9), 7);
}

TEST(ReachedBy, IsTheValueThatEnoughOfThemDoNotExceed) {
  EXPECT_EQ(reached_by({4, 1, 3, infinity}, 0.5), 3);
  EXPECT_EQ(reached_by({4, 1, infinity, infinity}, 0.5), 4) << "half of them is enough";
  EXPECT_EQ(reached_by({4, infinity, infinity, infinity}, 0.5), infinity);
  EXPECT_EQ(reached_by({1, 2, 3, 4, 5}, 0.5), 3);
  EXPECT_EQ(reached_by({1, 2, 3, 4}, 0.25), 1);
  EXPECT_EQ(reached_by({7}, 0.75), 7);
}

TEST(Target, OfAFunctionIsNotStricterThanMoreAndWild) {
  Comparison made = of({named("adamw", {run_of({-3, -12, -15, -16}), run_of({-3, -12, -16, -16})})});
  made.options.problem = "ravine";
  EXPECT_EQ(target_of(made)->value, -7);
  made.participants = {named("adamw", {run_of({-1, -2, -4, -5})})};
  EXPECT_EQ(target_of(made)->value, -4);
}

TEST(Target, IsTheMedianOfTheBestStandardAlgorithmAtThreeQuarters) {
  // Within 3 of 4 epochs: adamw 0.8, 0.85, 0.9 (the dip counts not, the best does); nesterov lower; sgd is no
  // standard.
  const auto adamw = named(
      "adamw", {run_of({0.5, 0.8, 0.7, 0.99}), run_of({0.5, 0.6, 0.85, 0.9}), run_of({0.9, 0.6, 0.6, 0.6})});
  const auto nesterov = named("nesterov", {run_of({0.1, 0.1, 0.2, 1}), run_of({0.1, 0.1, 0.2, 1})});
  const auto sgd = named("sgd", {run_of({0.95, 0.95, 0.95, 0.95})});
  const auto target = target_of(of({sgd, nesterov, adamw}));
  ASSERT_TRUE(target);
  EXPECT_DOUBLE_EQ(target->value, 0.85);
  EXPECT_EQ(target->from, "adamw");
  EXPECT_FALSE(target->given);
  EXPECT_DOUBLE_EQ(target_of(of({sgd}))->value, 0.95) << "where no standard algorithm takes part, all do";
  Comparison given = of({sgd});
  given.options.target = 0.7;
  EXPECT_TRUE(target_of(given)->given);
  EXPECT_EQ(target_of(of({named("sgd", {})})), std::nullopt);
}

TEST(ToTarget, CountsStepsAndSecondsAndWhoNeverGetsThere) {
  const auto p = named(
      "adam", {run_of({0.5, 0.9, 0.5, 0.9}), run_of({0.5, 0.6, 0.7, 0.9}), run_of({0.1, 0.1, 0.1, 0.1})});
  const ToTarget reached = to_target(p, 0.9, true, 10);
  EXPECT_EQ(reached.reached, 2U);
  EXPECT_EQ(reached.runs, 3U);
  EXPECT_EQ(reached.steps.median, 40);
  EXPECT_EQ(reached.steps.low, 20);
  EXPECT_EQ(reached.steps.high, infinity);
  EXPECT_EQ(reached.seconds.median, 1);
  Participant lost = p;
  lost.runs[0].result.reset();
  lost.runs[0].divergence = Divergence{30, "loss"};
  EXPECT_EQ(to_target(lost, 0.9, true, 10).reached, 1U) << "what diverged has not arrived";
  EXPECT_EQ(epoch_of_target(run_of({0.5, 0.2}), 0.3, false), 2U) << "an error falls";
}

TEST(Sensitivity, IsTheMeanExcessOverTwoDecades) {
  Participant p = participant("adam", {0.9});
  p.trials[0] = run_of({0.9});
  p.trials[0].start = models::Scores{2.3, 0.1};
  EXPECT_EQ(sensitivity(p, true), std::nullopt);
  for (const double accuracy : {0.5, 0.8, 0.85, 0.7}) p.off_best.push_back(run_of({accuracy}));
  // Trapezoid over half decades of the losses 0.4 0.1 0 0.05 0.2: (0.2 + 0.1 + 0 + 0.05 + 0.1) / 4.
  EXPECT_THAT(sensitivity(p, true).value(), DoubleNear(0.45 / 4, 1e-12));
  // Diverged counts as untrained: a loss of 0.8 in place of 0.2.
  p.off_best[3].result.reset();
  EXPECT_THAT(sensitivity(p, true).value(), DoubleNear((0.45 + 0.3) / 4, 1e-12));
  // Of errors the lower is better, and a better rate off the chosen one is the reference.
  Participant q = participant("sgd", {1.0});
  q.trials[0] = run_of({3});
  q.trials[0].start = models::Scores{9, 9};
  for (const double error : {20, 2, 4, 5}) q.off_best.push_back(run_of({static_cast<double>(error)}));
  EXPECT_THAT(sensitivity(q, false).value(), DoubleNear((3.5 + 0 + 1 + 2 + 1.5) / 4, 1e-12));
}

TEST(Bootstrap, SureWinnersAreSureAndEqualsShareTheFirstPlace) {
  const auto sure = bootstrap_ranks({{0.1, 0.2, 0.3}, {0.2, 0.3, 0.4}, {0.2, 0.3, 0.4}}, 0);
  EXPECT_EQ(sure[0].low, 1);
  EXPECT_EQ(sure[0].high, 1);
  EXPECT_DOUBLE_EQ(sure[0].first, 1);
  EXPECT_EQ(sure[1].low, 2);
  EXPECT_EQ(sure[1].high, 2);
  const auto equal = bootstrap_ranks({{1, 2}, {1, 2}}, 0);
  EXPECT_DOUBLE_EQ(equal[0].first, 0.5);
  EXPECT_EQ(equal[1].high, 1);
}

TEST(Bootstrap, PairsTheSeedsAndIsPure) {
  // b is ahead with each seed but one, by less than the seeds differ.
  const std::vector<std::vector<double>> errors{{1, 5, 9, 13}, {0.9, 4.9, 8.9, 13.6}};
  const auto one = bootstrap_ranks(errors, 3);
  // b wins a resample unless the last seed is drawn: of k draws of it, b trails by 0.6 k - 0.1 (4 - k) > 0
  // for k >= 1.
  EXPECT_NEAR(one[1].first, std::pow(0.75, 4), 0.02);
  EXPECT_NEAR(one[0].first + one[1].first, 1, 1e-12);
  EXPECT_EQ(bootstrap_ranks(errors, 3)[1].first, one[1].first);
  EXPECT_NE(bootstrap_ranks(errors, 4)[1].first, one[1].first);
}

TEST(Bootstrap, DrawsEveryIndexEquallyOften) {
  std::vector<int> counts(5);
  for (std::size_t r = 0; r < 20'000; ++r) ++counts[draw(1, r, 2, 5)];
  for (const int count : counts) EXPECT_NEAR(count, 4000, 200);
}

TEST(Places, EqualsShareAndNoNumberIsLast) {
  EXPECT_THAT(places({2, 1, 2, std::nan(""), 5}), ElementsAre(2, 1, 2, 5, 4));
}

TEST(Profile, IsTheStepFunctionOfDolanAndMore) {
  EXPECT_THAT(ratios({20, 10, infinity, 30}), ElementsAre(2, 1, infinity, 3));
  EXPECT_THAT(ratios({infinity, infinity}), ElementsAre(infinity, infinity));
  const Profile one = profile({2, 1, infinity, 2});
  EXPECT_THAT(one.ratio, ElementsAre(1, 2));
  EXPECT_THAT(one.share, ElementsAre(0.25, 0.75));
  const Profile slow = profile({3, 5});
  EXPECT_THAT(slow.ratio, ElementsAre(1, 3));
  EXPECT_THAT(slow.share, ElementsAre(0, 0.5));
}

TEST(Profile, TheAreaIsItsIntegral) {
  const std::vector<double> all{1, 1.7, 2.9, 8, infinity};
  double mean = 0;
  for (const double ratio : all) mean += area(ratio) / static_cast<double>(all.size());
  const Profile steps = profile(all);
  double integral = 0;
  for (std::size_t i = 0; i < steps.ratio.size(); ++i) {
    const double next = i + 1 < steps.ratio.size() ? steps.ratio[i + 1] : largest_ratio;
    integral += steps.share[i] * (next - steps.ratio[i]);
  }
  EXPECT_THAT(mean, DoubleEq(integral / (largest_ratio - 1)));
  EXPECT_EQ(area(1), 1);
  EXPECT_EQ(area(4), 0);
  EXPECT_EQ(area(infinity), 0);
}

}  // namespace
}  // namespace thalweg::workbench::compare_scores_test
