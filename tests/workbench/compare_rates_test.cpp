#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>

#include "workbench/compare/rate_search.h"

namespace thalweg::workbench::compare_rates_test {
namespace {

using testing::AllOf;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using Origin = RateRange::Origin;

RateTrial trial(double rate, double loss) { return {rate, RateTrial::Judgement{loss, 0}}; }
RateTrial diverged(double rate) { return {rate, {}}; }

std::string error_of(const std::string& specification) {
  try {
    (void)make_contender(specification);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, Error::Kind::usage);
    return error.what();
  }
  return "no error";
}

TEST(Rates, EveryRuleHasARangeAroundItsOwnDefault) {
  for (const auto* rule : rules()) {
    const Contender contender = make_contender(rule->card.name);
    const double standard = std::get<double>(make_rule(rule->card.name).get("lr"));
    if (rule->rate_free) {
      EXPECT_EQ(contender.rates.origin, Origin::fixed) << contender.optimizer;
      EXPECT_EQ(contender.rates.low, standard);
      EXPECT_FALSE(contender.is_tuned());
      EXPECT_EQ(contender.skipped.at(0).why, rate_free_reason);
      EXPECT_EQ(contender.spec(standard), contender.optimizer);
      continue;
    }
    EXPECT_EQ(contender.rates.origin, Origin::around_default);
    EXPECT_NEAR(contender.rates.low, standard / 100, standard * 1e-12) << contender.optimizer;
    EXPECT_NEAR(contender.rates.high, standard * 100, standard * 1e-9) << contender.optimizer;
    const auto rates = spread_rates(contender.rates, 9);
    EXPECT_DOUBLE_EQ(rates[4], standard) << contender.optimizer;
  }
}

TEST(Rates, ThePresetsDefaultCounts) {
  EXPECT_DOUBLE_EQ(spread_rates(make_contender("adadelta:like=keras").rates, 3)[1], 1e-3);
  EXPECT_DOUBLE_EQ(spread_rates(make_contender("adadelta").rates, 3)[1], 1);
}

TEST(Rates, AGivenRateIsNotTunedAndAGivenRangeIsKept) {
  const Contender fixed = make_contender("adam:lr=0.02,beta2=0.9");
  EXPECT_EQ(fixed.rates.origin, Origin::fixed);
  EXPECT_DOUBLE_EQ(fixed.rates.low, 0.02);
  EXPECT_EQ(fixed.spec(0.5), "adam:lr=0.02,beta2=0.9");

  const Contender ranged = make_contender("adam:beta2=0.9,lr=1e-4..1e-1");
  EXPECT_EQ(ranged.rates.origin, Origin::given);
  EXPECT_DOUBLE_EQ(ranged.rates.low, 1e-4);
  EXPECT_DOUBLE_EQ(ranged.rates.high, 0.1);
  EXPECT_EQ(ranged.base, "adam:beta2=0.9");
  EXPECT_EQ(ranged.spec(0.001), "adam:beta2=0.9,lr=0.001");
  EXPECT_EQ(make_contender("aggmo:betas=[0,0.9]").spec(0.01), "aggmo:betas=[0,0.9],lr=0.01");
  EXPECT_EQ(make_contender("sgd").spec(1e-8), "sgd:lr=1e-08");
}

TEST(Rates, MistakesAreNamed) {
  EXPECT_THAT(error_of("adma"), HasSubstr("did you mean 'adam'"));
  EXPECT_THAT(error_of("adam:beta3=1"), HasSubstr("beta3"));
  EXPECT_THAT(error_of("adam:lr=-1"), AllOf(HasSubstr("lr"), HasSubstr("-1")));
  EXPECT_THAT(error_of("adam:lr=1..1e-3"), AllOf(HasSubstr("1..1e-3"), HasSubstr("LOW < HIGH")));
  EXPECT_THAT(error_of("adam:lr=0..1"), HasSubstr("0 < LOW"));
  EXPECT_THAT(error_of("adam:lr=x..1"), HasSubstr("LOW..HIGH"));
  EXPECT_THAT(error_of("adam:lr=1,lr=2"), HasSubstr("twice"));
}

TEST(Rates, SpreadIsLogarithmicAndCanBeWrittenDown) {
  const RateRange range{1e-4, 1, Origin::given, {}};
  EXPECT_THAT(spread_rates(range, 5),
              ElementsAre(DoubleEq(1e-4), DoubleEq(1e-3), DoubleEq(0.01), DoubleEq(0.1), DoubleEq(1)));
  EXPECT_THAT(spread_rates(range, 9), testing::Contains(DoubleEq(0.00316)));
  EXPECT_THAT(spread_rates(range, 1), ElementsAre(DoubleEq(0.01)));
  EXPECT_THAT(spread_rates(range, 2), ElementsAre(DoubleEq(0.001), DoubleEq(0.1)));
}

TEST(Rates, SpreadLeavesAQuarterForALook) {
  EXPECT_EQ(spread_trials(1), 1U);
  EXPECT_EQ(spread_trials(3), 3U);
  EXPECT_EQ(spread_trials(9), 7U);
  EXPECT_EQ(spread_trials(12), 9U);
}

TEST(Rates, TheNextRateHalvesTheWiderGapBesideTheBest) {
  const RateRange range{1e-4, 1, Origin::around_default, {}};
  // Equal gaps: towards the better neighbour, whatever the order of the trials.
  EXPECT_DOUBLE_EQ(*next_rate(range, {trial(1, 9), trial(1e-2, 1), trial(1e-4, 3)}), 1e-3);
  EXPECT_DOUBLE_EQ(*next_rate(range, {trial(1e-4, 9), trial(1e-2, 1), trial(1, 3)}), 0.1);
  // Then the other side, which is wider now.
  EXPECT_DOUBLE_EQ(*next_rate(range, {trial(1e-4, 9), trial(1e-2, 1), trial(0.1, 2), trial(1, 3)}), 1e-3);
  // A neighbour that diverged is worse than any other.
  EXPECT_DOUBLE_EQ(*next_rate(range, {trial(1e-4, 9), trial(1e-2, 1), diverged(1)}), 1e-3);
}

TEST(Rates, TheSearchGoesBeyondTheEdgeUnlessTheRangeWasGiven) {
  RateRange range{1e-4, 1, Origin::around_default, {}};
  const std::vector<RateTrial> best_above{trial(1e-4, 3), trial(1e-2, 2), trial(1, 1)};
  const std::vector<RateTrial> best_below{trial(1e-4, 1), trial(1e-2, 2), trial(1, 3)};
  EXPECT_DOUBLE_EQ(*next_rate(range, best_above), 100);
  EXPECT_DOUBLE_EQ(*next_rate(range, best_below), 1e-6);
  EXPECT_TRUE(best_at_edge(best_above));
  EXPECT_FALSE(best_at_edge({trial(1e-4, 3), trial(1e-2, 1), diverged(1)}));
  range.accepted = in_closed(0, 10);
  EXPECT_DOUBLE_EQ(*next_rate(range, best_above), 0.1);
  range = {1e-4, 1, Origin::given, {}};
  EXPECT_DOUBLE_EQ(*next_rate(range, best_above), 0.1);
  EXPECT_DOUBLE_EQ(*next_rate(range, best_below), 1e-3);
}

TEST(Rates, WhereAllDivergedTheSearchGoesDown) {
  const RateRange range{1e-2, 1, Origin::around_default, {}};
  const std::vector<RateTrial> tried{diverged(1e-2), diverged(0.1), diverged(1)};
  EXPECT_DOUBLE_EQ(*next_rate(range, tried), 1e-3);
  EXPECT_EQ(best_trial(tried), std::nullopt);
  EXPECT_FALSE(best_at_edge(tried));
}

TEST(Rates, AnExhaustedGapEndsTheSearch) {
  const RateRange range{1, 1.02, Origin::given, {}};
  EXPECT_DOUBLE_EQ(*next_rate(range, {trial(1, 1), trial(1.02, 2)}), 1.01);
  EXPECT_EQ(next_rate(range, {trial(1, 1), trial(1.01, 2), trial(1.02, 3)}), std::nullopt);
}

TEST(Rates, TheLossDecidesBetweenEqualErrors) {
  const auto judged = [](double error, double loss) {
    return RateTrial{1, RateTrial::Judgement{error, loss}};
  };
  EXPECT_EQ(best_trial({judged(0.1, 3), judged(0.1, 2), judged(0.2, 1), judged(0.1, 2)}), 1U);
}

}  // namespace
}  // namespace thalweg::workbench::compare_rates_test
