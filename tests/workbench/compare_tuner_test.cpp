#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>

#include <thalweg/error.h>

#include "workbench/compare/tuner.h"

namespace thalweg::workbench::compare_tuner_test {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::SizeIs;

const std::vector<std::string> lr{"lr"}, three{"lr", "beta1", "weight_decay"};

/// Runs the tuner to its end against an error that each proposal has.
template <class ErrorOf>
std::vector<RateTrial> tune(const Contender& contender, const Budget& budget, const ErrorOf& error_of) {
  std::vector<RateTrial> tried;
  for (;;) {
    const auto proposals = propose(contender, budget, tried);
    if (proposals.empty()) return tried;
    for (const Proposal& p : proposals) {
      RateTrial trial{p.rate, {}, p.others, p.epochs};
      const double error = error_of(p);
      if (std::isfinite(error)) trial.judgement = RateTrial::Judgement{error, 0};
      tried.push_back(trial);
    }
  }
}

std::size_t epochs_of(const std::vector<RateTrial>& tried) {
  std::size_t sum = 0;
  for (const RateTrial& t : tried) sum += t.epochs;
  return sum;
}

TEST(Tuner, Names) {
  for (const Tuner tuner : {Tuner::search, Tuner::grid, Tuner::halving})
    EXPECT_EQ(parse_tuner(tuner_name(tuner)), tuner);
  try {
    (void)parse_tuner("halvin");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("unknown tuner 'halvin': did you mean 'halving'?"));
  }
}

TEST(Halving, RungsAreThoseOfThePaper) {
  // A budget of 12 runs of 27 epochs: n = 12 * 27 / 4 = 81 settings for 1 epoch, then a third for three times
  // as long.
  const auto all = rungs({Tuner::halving, 12, 27, 0});
  const auto rung = [](std::size_t settings, std::size_t epochs) {
    return testing::AllOf(Field(&Rung::settings, settings), Field(&Rung::epochs, epochs));
  };
  EXPECT_THAT(all, ElementsAre(rung(81, 1), rung(27, 3), rung(9, 9), rung(3, 27)));
  EXPECT_THAT(rungs({Tuner::halving, 12, 1, 0}), ElementsAre(rung(12, 1)));
  EXPECT_THAT(rungs({Tuner::halving, 1, 30, 0}), ElementsAre(rung(1, 30)));
  EXPECT_THAT(rungs({Tuner::halving, 2, 30, 0}), ElementsAre(rung(3, 10), rung(1, 30)));
}

TEST(Halving, NeverCostsMoreThanTheBudgetAndEndsWithWholeRuns) {
  for (std::size_t trials = 1; trials <= 40; ++trials) {
    for (const std::size_t epochs : {1U, 2U, 3U, 5U, 9U, 10U, 30U, 50U, 81U}) {
      const Budget budget{Tuner::halving, trials, epochs, 0};
      const auto all = rungs(budget);
      std::size_t cost = 0;
      for (std::size_t i = 0; i < all.size(); ++i) {
        cost += all[i].settings * all[i].epochs;
        if (i > 0) {
          EXPECT_LT(all[i - 1].epochs, all[i].epochs);
          EXPECT_GE(all[i - 1].settings, all[i].settings);
        }
      }
      EXPECT_LE(cost, budget.total_epochs()) << trials << " " << epochs;
      EXPECT_GE(2 * cost, budget.total_epochs()) << trials << " " << epochs << ": much is not used";
      EXPECT_EQ(all.back().epochs, epochs);
      EXPECT_EQ(plan(make_contender("adam"), budget).epochs, cost);
    }
  }
}

TEST(Halving, KeepsTheBestThirdAndFindsTheValley) {
  const Budget budget{Tuner::halving, 12, 27, 4};
  const auto valley = [](const Proposal& p) { return std::abs(std::log10(p.rate) + 2.3); };
  const auto tried = tune(make_contender("adam"), budget, valley);
  ASSERT_THAT(tried, SizeIs(81 + 27 + 9 + 3));
  // The settings of a round are those of the best of the round before, in the order of their errors.
  std::vector<double> first;
  for (std::size_t i = 0; i < 81; ++i) first.push_back(tried[i].rate);
  std::sort(first.begin(), first.end(),
            [](double a, double b) { return std::abs(std::log10(a) + 2.3) < std::abs(std::log10(b) + 2.3); });
  for (std::size_t i = 0; i < 27; ++i) EXPECT_EQ(tried[81 + i].rate, first[i]);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(tried[117 + i].rate, first[i]);
  const auto best = best_trial(tried);
  EXPECT_EQ(tried[best.value()].epochs, 27U);
  EXPECT_NEAR(std::log10(tried[*best].rate), -2.3, 0.05);
}

TEST(Halving, WhatStoppedEarlyIsNotChosenOverASurvivor) {
  // Short runs look better than they are.
  const auto tried = tune(make_contender("adam"), {Tuner::halving, 4, 9, 0},
                          [](const Proposal& p) { return static_cast<double>(p.epochs); });
  EXPECT_EQ(tried[best_trial(tried).value()].epochs, 9U);
  // Where no whole run survives, the longest that did counts.
  const auto lost = tune(make_contender("adam"), {Tuner::halving, 4, 9, 0},
                         [](const Proposal& p) { return p.epochs == 9 ? INFINITY : 1.0; });
  EXPECT_EQ(lost[best_trial(lost).value()].epochs, 3U);
}

TEST(Grid, HasEveryCombinationAndTheSameTrialsForAll) {
  const auto one =
      tune(make_contender("adamw", three), {Tuner::grid, 12, 30, 0}, [](const Proposal&) { return 1.0; });
  ASSERT_THAT(one, SizeIs(12));
  std::set<double> rates, betas, decays;
  for (const RateTrial& t : one) {
    rates.insert(t.rate);
    betas.insert(t.others[0]);
    decays.insert(t.others[1]);
  }
  EXPECT_THAT(rates, SizeIs(3));
  EXPECT_THAT(betas, SizeIs(2));
  EXPECT_THAT(decays, SizeIs(2));
  // 13 is no product; what a grid of 12 leaves is spread.
  for (const char* name : {"adamw", "adam", "sgd"}) {
    const auto tried =
        tune(make_contender(name, three), {Tuner::grid, 13, 30, 0}, [](const Proposal&) { return 1.0; });
    EXPECT_THAT(tried, SizeIs(13)) << name;
    EXPECT_EQ(epochs_of(tried), 13U * 30U);
  }
  const auto rates_only =
      tune(make_contender("sgd", lr), {Tuner::grid, 5, 30, 0}, [](const Proposal&) { return 1.0; });
  std::vector<double> values;
  for (const RateTrial& t : rates_only) values.push_back(t.rate);
  EXPECT_THAT(values, ElementsAre(1e-4, 1e-3, 1e-2, 1e-1, 1));
}

TEST(Search, ComesCloserToTheBestInEveryKey) {
  const Contender contender = make_contender("adam", {"lr", "beta1"});
  const Budget budget{Tuner::search, 40, 30, 1};
  const auto valley = [](const Proposal& p) {
    return std::abs(std::log10(p.rate) + 2.5) + std::abs(std::log10(1 - p.others[0]) + 1.5);
  };
  const auto tried = tune(contender, budget, valley);
  ASSERT_THAT(tried, SizeIs(40));
  const std::size_t spread = spread_trials(40);
  double early = INFINITY, late = 0;
  for (std::size_t i = 0; i < tried.size(); ++i) {
    const double error = tried[i].judgement->error;
    if (i < spread)
      early = std::min(early, error);
    else
      late += error / static_cast<double>(tried.size() - spread);
  }
  EXPECT_LT(tried[best_trial(tried).value()].judgement->error, early);
  EXPECT_LT(late, 1) << "the later trials are near the best: a random one is off by 1.6 on average";
}

TEST(Tuners, GiveEveryOptimizerTheSameBudget) {
  for (const Tuner tuner : {Tuner::search, Tuner::grid, Tuner::halving}) {
    const Budget budget{tuner, 9, 10, 2};
    std::set<std::size_t> costs;
    for (const char* name : {"adamw", "adam", "sgd", "qhadam", "adam:beta1=0.5..0.9"}) {
      const auto tried = tune(make_contender(name, three), budget, [](const Proposal& p) { return p.rate; });
      costs.insert(epochs_of(tried));
    }
    EXPECT_THAT(costs, SizeIs(1)) << tuner_name(tuner);
  }
}

TEST(Contenders, SkipKeysThatTheyLackAndSayWhy) {
  const Contender sgd = make_contender("sgd", three);
  EXPECT_THAT(sgd.others, SizeIs(0));
  ASSERT_THAT(sgd.skipped, SizeIs(2));
  EXPECT_EQ(sgd.skipped[0].key, "beta1");
  EXPECT_EQ(sgd.skipped[0].why, "it has no such key");
  EXPECT_EQ(sgd.spec(0.1), "sgd:lr=0.1");

  const Contender given = make_contender("adamw:beta1=0.5", three);
  ASSERT_THAT(given.others, SizeIs(1));
  EXPECT_EQ(given.others[0].key, "weight_decay");
  EXPECT_EQ(given.skipped.at(0).why, "its value was given");
  EXPECT_EQ(given.spec(0.01, {0.1}), "adamw:beta1=0.5,lr=0.01,weight_decay=0.1");
}

TEST(Contenders, TuneOtherKeysAtTheirDefaultRate) {
  const Contender adam = make_contender("adam", {"beta1"});
  EXPECT_EQ(adam.rates.origin, RateRange::Origin::fixed);
  EXPECT_TRUE(adam.is_tuned());
  EXPECT_EQ(adam.spec(0.001, {0.5}), "adam:lr=0.001,beta1=0.5");
  const Contender own = make_contender("adam:lr=0.02,beta1=0.5..0.9");
  EXPECT_DOUBLE_EQ(own.rates.low, 0.02);
  ASSERT_THAT(own.others, SizeIs(1));
  EXPECT_DOUBLE_EQ(own.others[0].high, 0.9);
  EXPECT_EQ(own.spec(0.02, {0.75}), "adam:lr=0.02,beta1=0.75");
}

}  // namespace
}  // namespace thalweg::workbench::compare_tuner_test
