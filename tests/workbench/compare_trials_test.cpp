#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>

#include <gmock/gmock.h>

#include <thalweg/registry.h>

#include "workbench/compare/trials.h"

namespace thalweg::workbench::compare_trials_test {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Gt;
using testing::Le;
using testing::SizeIs;

/// A comparison of these optimizers that has not run yet.
Comparison comparison_of(const std::vector<std::string>& specifications, std::uint64_t trials) {
  Comparison comparison;
  comparison.options.trials = trials;
  comparison.options.epochs = 4;
  comparison.seeds = {1, 2, 3};
  for (const auto& spec : specifications) {
    Participant participant;
    participant.contender = make_contender(spec);
    participant.label = spec;
    comparison.participants.push_back(participant);
  }
  return comparison;
}

/// Pretends to train: the validation error is the distance of log10(lr) from `best`; rates over 1 diverge at
/// step 17.
TrainFunction valley(double best) {
  return [best](const RunRequest& request, const std::function<void()>& epoch_done) {
    const double rate = std::get<double>(make_rule(request.spec).get("lr"));
    workbench::Run run;
    if (rate > 1) {
      run.divergence = Divergence{17, "loss is not finite"};
      return run;
    }
    for (std::size_t epoch = 0; epoch < request.epochs; ++epoch) epoch_done();
    const double loss = std::abs(std::log10(rate) - best);
    run.result = Run::Result{{loss, 1 - loss / 10}, models::Scores{loss, static_cast<double>(request.seed)}};
    return run;
  };
}

Comparison ran(const std::vector<std::string>& specifications, std::uint64_t trials, double best,
               std::size_t threads = 1) {
  Comparison comparison = comparison_of(specifications, trials);
  ThreadPool pool(threads);
  run_trials(comparison, valley(best), pool, {});
  return comparison;
}

double chosen_rate(const Participant& p) { return p.trials[p.chosen.value()].rate; }

TEST(Trials, EveryOptimizerHasTheSameBudget) {
  std::vector<std::string> all;
  for (const auto* rule : rules()) {
    if (!rule->rate_free) all.emplace_back(rule->card.name);
  }
  for (const std::uint64_t trials : {1U, 2U, 3U, 7U, 12U}) {
    const Comparison comparison = ran(all, trials, -1.3);
    for (const Participant& p : comparison.participants) {
      EXPECT_THAT(p.trials, SizeIs(trials)) << p.label;
      EXPECT_THAT(p.runs, SizeIs(3)) << p.label;
      std::vector<double> rates;
      for (const auto& run : p.trials) rates.push_back(run.rate);
      std::sort(rates.begin(), rates.end());
      EXPECT_EQ(std::unique(rates.begin(), rates.end()), rates.end()) << p.label << " tried a rate twice";
    }
  }
}

TEST(Trials, TheSearchFindsTheValleyOfEach) {
  const Comparison comparison = ran({"sgd", "adam", "adadelta"}, 12, -1.3);
  for (const Participant& p : comparison.participants) {
    EXPECT_NEAR(std::log10(chosen_rate(p)), -1.3, 0.25) << p.label;
    EXPECT_FALSE(p.at_edge) << p.label;
  }
}

TEST(Trials, TheSearchFollowsTheValleyBeyondItsRange) {
  // Adam's range ends at 1e-5; the valley lies at 1e-6.
  const Comparison followed = ran({"adam"}, 12, -6);
  EXPECT_LT(chosen_rate(followed.participants[0]), 3e-6);
  const Comparison kept = ran({"adam:lr=1e-5..1e-1"}, 12, -6);
  EXPECT_DOUBLE_EQ(chosen_rate(kept.participants[0]), 1e-5);
  EXPECT_TRUE(kept.participants[0].at_edge);
}

TEST(Trials, AGivenRateIsTriedOnce) {
  const Comparison comparison = ran({"adam:lr=0.5", "sgd"}, 9, -1.3);
  ASSERT_THAT(comparison.participants[0].trials, SizeIs(1));
  EXPECT_EQ(comparison.participants[0].trials[0].spec, "adam:lr=0.5");
  EXPECT_THAT(comparison.participants[1].trials, SizeIs(9));
}

TEST(Trials, ChoosesByAccuracyAndThenByLoss) {
  Comparison comparison = comparison_of({"sgd"}, 3);  // rates 1e-4, 0.01, 1
  ThreadPool pool(1);
  const TrainFunction train = [](const RunRequest& request, const std::function<void()>&) {
    const double rate = std::get<double>(make_rule(request.spec).get("lr"));
    workbench::Run run;
    run.result = rate < 1e-3  ? Run::Result{{0.1, 0.90}, {}}
                 : rate < 0.1 ? Run::Result{{0.5, 0.95}, {}}
                              : Run::Result{{0.4, 0.95}, {}};
    return run;
  };
  run_trials(comparison, train, pool, {});
  EXPECT_DOUBLE_EQ(chosen_rate(comparison.participants[0]), 1);
}

TEST(Trials, OnlyTheJudgedRunsHaveTestScoresAndOtherSeeds) {
  const Comparison comparison = ran({"adam"}, 4, -3);
  const Participant& p = comparison.participants[0];
  for (const auto& run : p.trials) {
    EXPECT_EQ(run.seed, comparison.options.seed);
    EXPECT_EQ(run.result->test, std::nullopt);
  }
  std::vector<std::uint64_t> seeds;
  for (const auto& run : p.runs) {
    seeds.push_back(run.seed);
    EXPECT_EQ(run.spec, p.trials[*p.chosen].spec);
    EXPECT_EQ(run.result->test->metric, static_cast<double>(run.seed));
  }
  EXPECT_THAT(seeds, ElementsAre(1, 2, 3));
}

TEST(Trials, WhatDivergesInEveryTrialIsNotJudged) {
  const Comparison comparison = ran({"adam:lr=2..8", "adam"}, 6, -3);
  const Participant& lost = comparison.participants[0];
  EXPECT_EQ(lost.chosen, std::nullopt);
  EXPECT_FALSE(lost.at_edge);
  EXPECT_THAT(lost.runs, SizeIs(0));
  EXPECT_THAT(lost.trials, SizeIs(6));
  for (const auto& run : lost.trials) {
    EXPECT_EQ(run.result, std::nullopt);
    EXPECT_EQ(run.divergence->step, 17U);
  }
  EXPECT_THAT(comparison.participants[1].runs, SizeIs(3));
}

TEST(Trials, ThreadsChangeNothing) {
  const std::vector<std::string> some{"sgd", "adam", "adadelta", "aggmo"};
  const Comparison one = ran(some, 9, -2.1), three = ran(some, 9, -2.1, 3);
  for (std::size_t i = 0; i < some.size(); ++i) {
    ASSERT_EQ(one.participants[i].trials.size(), three.participants[i].trials.size());
    for (std::size_t t = 0; t < one.participants[i].trials.size(); ++t)
      EXPECT_EQ(one.participants[i].trials[t].spec, three.participants[i].trials[t].spec);
    EXPECT_EQ(one.participants[i].chosen, three.participants[i].chosen);
  }
}

TEST(Trials, ProgressRisesToOneWhateverDiverges) {
  Comparison comparison = comparison_of({"adam:lr=2..8", "adam", "sgd:lr=0.1"}, 6);
  ThreadPool pool(3);
  std::vector<double> fractions;
  std::vector<std::size_t> done;
  std::size_t runs = 0;
  run_trials(comparison, valley(-3), pool, [&](const CompareProgress& progress) {
    fractions.push_back(progress.fraction);
    done.push_back(progress.runs_done);
    runs = progress.runs;
    EXPECT_NE(progress.running.find("lr="), std::string::npos);
  });
  EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  EXPECT_THAT(fractions, Each(AllOf(testing::Ge(0), Le(1))));
  EXPECT_DOUBLE_EQ(fractions.back(), 1);
  EXPECT_EQ(runs, 6U + 6U + 7U + 1U + 7U);  // nothing is judged of the first; 3 seeds and 4 other rates
  EXPECT_EQ(done.back(), runs);
}

}  // namespace
}  // namespace thalweg::workbench::compare_trials_test
