// Every schedule by its formula, and what holds for all of them.

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/schedules/cosine.h>
#include <thalweg/schedules/decay.h>

#include "errors.h"
#include "variants.h"

namespace thalweg::schedules_test {
namespace {

using ::testing::HasSubstr;

/// The value at the step that has `k` steps before it.
double at(const Schedule& schedule, double k, double base = 1) { return schedule.at(k + 1, base); }

double half_cosine(double x) { return (1 + std::cos(std::numbers::pi * x)) / 2; }

TEST(Segments, FollowTheirFormulas) {
  for (const double k : {0.0, 1.0, 2.0, 3.0, 9.0, 10.0, 11.0, 37.0, 99.0, 100.0, 101.0, 5000.0}) {
    SCOPED_TRACE(k);
    const double x = std::min(k, 100.0) / 100;
    EXPECT_EQ(at(constant(0.3), k), 0.3);
    EXPECT_NEAR(at(step_decay(10, 0.5), k), std::pow(0.5, std::floor(k / 10)), 1e-16);
    EXPECT_EQ(at(multistep({10, 100}, 0.5), k), k < 10 ? 1 : k < 100 ? 0.5 : 0.25);
    EXPECT_NEAR(at(exponential(0.9), k), std::pow(0.9, k), 1e-15);
    EXPECT_NEAR(at(exponential(0.9, 10), k), std::pow(0.9, k / 10), 1e-15);
    EXPECT_NEAR(at(inverse_time(0.1), k), 1 / (1 + 0.1 * k), 1e-16);
    EXPECT_NEAR(at(inverse_time(0.5, 10), k), 1 / (1 + 0.05 * k), 1e-15);
    EXPECT_NEAR(at(polynomial(100, 3, 0.1), k), 0.1 + 0.9 * std::pow(1 - x, 3), 1e-15);
    EXPECT_NEAR(at(linear(100, 2, 0.5), k), 2 - 1.5 * x, 1e-15);
    EXPECT_NEAR(at(cosine(100, 0.2), k), 0.2 + 0.8 * half_cosine(x), 1e-15);
    EXPECT_NEAR(at(warmup(100, 0.25), k), 0.25 + 0.75 * std::min(k + 1, 100.0) / 100, 1e-15);
    EXPECT_NEAR(at(cosine_restarts(10, 1, 0.2), k), 0.2 + 0.8 * half_cosine(std::fmod(k, 10) / 10), 1e-15);
  }
}

TEST(Segments, OneCycle) {
  const Schedule schedule = OneCycle{.steps = 100, .rise = 0.2, .start = 0.1, .final = 0.01};
  EXPECT_NEAR(at(schedule, 0), 0.1, 1e-15);
  EXPECT_NEAR(at(schedule, 10), 0.55, 1e-15);
  EXPECT_NEAR(at(schedule, 20), 1, 1e-15);
  EXPECT_NEAR(at(schedule, 60), (1 + 0.01) / 2, 1e-15);
  EXPECT_NEAR(at(schedule, 100), 0.01, 1e-15);
  EXPECT_NEAR(at(schedule, 1000), 0.01, 1e-15);
  EXPECT_NEAR(at(one_cycle(10), 0), 0.04, 1e-15);  // PyTorch: 1/25
  EXPECT_NEAR(at(one_cycle(10), 10), 4e-6, 1e-15);
}

TEST(Segments, RestartsGrow) {
  // Periods of 3, 6, 12, ... start at 0, 3, 9, 21, 45, ...
  const Schedule schedule = cosine_restarts(3, 2);
  double start = 0, length = 3;
  for (int j = 0; j < 40; ++j) {
    EXPECT_EQ(at(schedule, start), 1) << start;
    EXPECT_NEAR(at(schedule, start + length - 1), half_cosine((length - 1) / length), 1e-12) << start;
    EXPECT_NEAR(at(schedule, start + std::floor(length / 3)), half_cosine(1 / 3.0), 1e-12);
    start += length;
    length *= 2;
  }
  // Periods that are no whole numbers, and steps beyond any training.
  for (const double grow : {1.0, 1.1, 1.5, 3.0, 1e6}) {
    for (const double k : {1e3, 1e6, 1e9, 1e12, 1e15}) {
      const double value = at(cosine_restarts(7, grow), k);
      EXPECT_GE(value, 0) << grow << ' ' << k;
      EXPECT_LE(value, 1) << grow << ' ' << k;
    }
  }
  EXPECT_NEAR(at(cosine_restarts(10), 1e15 + 5), 0.5, 1e-15);
}

TEST(Segments, LongStepCountsStayFinite) {
  for (const detail::SegmentInfo* info : segments()) {
    const Schedule schedule = Segment(*info);
    for (const double k : {0.0, 1.0, 1e6, 1e9, 0x1p53}) {
      const double value = at(schedule, k);
      EXPECT_TRUE(std::isfinite(value)) << info->card.name << ' ' << k;
      EXPECT_GE(value, 0) << info->card.name << ' ' << k;
      EXPECT_LE(value, 1) << info->card.name << ' ' << k;
    }
  }
}

TEST(Schedules, ThenStartsTheNextSegmentAfterTheLastStep) {
  const Schedule schedule = warmup(2) | constant(3, 2) | linear(4, 1, 0);
  const double expected[] = {0.5, 1, 3, 3, 1, 0.75, 0.5, 0.25, 0, 0, 0};
  for (std::size_t k = 0; k < std::size(expected); ++k)
    EXPECT_EQ(at(schedule, static_cast<double>(k)), expected[k]) << k;
  EXPECT_EQ(at(schedule, 1e9), 0);
  EXPECT_EQ(at(schedule, 2, 0.1), 3 * 0.1);
  EXPECT_EQ(schedule.segments().size(), 3U);
}

TEST(Schedules, AbsoluteIsTheValueItself) {
  const Schedule schedule = linear(4, 1, 0).absolute();
  EXPECT_TRUE(schedule.is_absolute());
  EXPECT_EQ(at(schedule, 2, 1000), 0.5);
  EXPECT_EQ(at(linear(4, 1, 0), 2, 1000), 500);
}

TEST(Schedules, NothingFollowsWhatNeverEnds) {
  EXPECT_USAGE_ERROR(constant(1) | warmup(3),
                     "schedule = constant: never ends, so nothing can follow it; give it steps");
  EXPECT_USAGE_ERROR(make_schedule("exponential:gamma=0.9 | cosine"),
                     "schedule = exponential:gamma=0.9: never ends, so nothing can follow it; give it steps");
  EXPECT_USAGE_ERROR(
      warmup(3) | constant(0.5).absolute(),
      "schedule = absolute | constant:value=0.5: factors and absolute values cannot follow each other");
  EXPECT_EQ(make_schedule("exponential:gamma=0.5,steps=2 | constant").at(3, 1), 1);
}

TEST(Schedules, TextReadsBack) {
  for (const char* text :
       {"warmup:steps=5 | cosine:steps=9500", "constant:value=0.25", "absolute | linear:final=0.5",
        "multistep:at=[3,5,10],gamma=0.5", "one_cycle:steps=50,rise=0.5 | step:every=7",
        "cosine_restarts:period=10,grow=1.5,steps=100 | inverse_time"}) {
    const Schedule schedule = make_schedule(text);
    EXPECT_EQ(schedule.text(), text);
    const Schedule again = make_schedule(schedule.text());
    for (double k = 0; k < 200; ++k) ASSERT_EQ(at(again, k, 0.3), at(schedule, k, 0.3)) << text;
  }
  EXPECT_EQ((warmup(500) | cosine(9'500)).text(), "warmup | cosine:steps=9500");
  for (const detail::SegmentInfo* info : segments())
    EXPECT_EQ(make_schedule(info->card.name).text(), info->card.name);
}

TEST(Schedules, ArePureFunctionsOfTheStep) {
  for (const detail::SegmentInfo* info : segments()) {
    const Schedule schedule = Segment(*info);
    std::vector<double> forward;
    for (double k = 0; k < 3000; ++k) forward.push_back(at(schedule, k));
    for (std::size_t k = forward.size(); k-- > 0;)
      ASSERT_EQ(at(schedule, static_cast<double>(k)), forward[k]) << info->card.name;
  }
}

TEST(Schedules, ErrorsNameSegmentKeyAndConstraint) {
  EXPECT_USAGE_ERROR(make_schedule("warmup:steps=0"), "warmup: steps = 0: must be a whole number at least 1");
  EXPECT_USAGE_ERROR(make_schedule("warmup:steps=2.5"),
                     "warmup: steps = 2.5: must be a whole number at least 1");
  EXPECT_USAGE_ERROR_WITH(make_schedule("cosin"),
                          HasSubstr("unknown schedule 'cosin': did you mean 'cosine'?"));
  EXPECT_USAGE_ERROR_WITH(make_schedule("cosine:stops=3"),
                          HasSubstr("unknown key of cosine 'stops': did you mean 'steps'?"));
  EXPECT_USAGE_ERROR_WITH(make_schedule("warmup | plateau"),
                          HasSubstr("plateau follows a metric, not the step"));
  EXPECT_USAGE_ERROR_WITH(make_schedule(""), HasSubstr("must be NAME"));
  EXPECT_USAGE_ERROR(make_schedule("absolute"), "schedule = 'absolute': must name a segment");
  EXPECT_USAGE_ERROR(Schedule(Warmup{.steps = 0}), "warmup: steps = 0: must be a whole number at least 1");
  EXPECT_USAGE_ERROR(step_decay(10, 0), "step: gamma = 0: must be greater than 0");
  EXPECT_USAGE_ERROR(multistep({}, 0.5),
                     "multistep: at = []: must be a list of 1 to 1000 numbers, each at least 1");
}

/// The factor after each of these metrics.
std::vector<double> factors(const Plateau& settings, const std::vector<double>& metrics) {
  PlateauTracker tracker(settings);
  std::vector<double> all;
  for (const double metric : metrics) {
    const double before = tracker.factor();
    const bool reduced = tracker.observe(metric);
    EXPECT_EQ(reduced, tracker.factor() < before);
    all.push_back(tracker.factor());
  }
  return all;
}

using ::testing::ElementsAre;

TEST(PlateauTest, WaitsLongerThanItsPatience) {
  const Plateau settings{.gamma = 0.5, .patience = 2};
  EXPECT_THAT(factors(settings, {5, 5, 5, 5, 5, 5, 5}), ElementsAre(1, 1, 1, 0.5, 0.5, 0.5, 0.25));
  EXPECT_THAT(factors(settings, {5, 6, 6, 4, 6, 6, 6}), ElementsAre(1, 1, 1, 1, 1, 1, 0.5));
  EXPECT_THAT(factors({.gamma = 0.5, .patience = 0}, {5, 5, 4, 4}), ElementsAre(1, 0.5, 0.5, 0.25));
}

TEST(PlateauTest, BothDirections) {
  EXPECT_THAT(factors({.gamma = 0.5, .patience = 0, .mode = Plateau::Mode::max}, {1, 2, 1.5, 3, 2}),
              ElementsAre(1, 1, 0.5, 0.5, 0.25));
  EXPECT_THAT(factors({.gamma = 0.5, .patience = 0}, {1, 2, 1.5, 0.5, 0.25}),
              ElementsAre(1, 0.5, 0.25, 0.25, 0.25));
}

TEST(PlateauTest, ThresholdIsAShareOfTheBestOrInItsUnit) {
  const auto relative = Plateau::Threshold::relative, absolute = Plateau::Threshold::absolute;
  // From 10, better by more than a tenth of it, or by more than 0.1.
  const Plateau by_share{.gamma = 0.5, .patience = 0, .threshold = 0.1, .threshold_mode = relative};
  const Plateau by_unit{.gamma = 0.5, .patience = 0, .threshold = 0.1, .threshold_mode = absolute};
  EXPECT_THAT(factors(by_share, {10, 9.5}), ElementsAre(1, 0.5));
  EXPECT_THAT(factors(by_share, {10, 8.9}), ElementsAre(1, 1));
  EXPECT_THAT(factors(by_unit, {10, 9.95}), ElementsAre(1, 0.5));
  EXPECT_THAT(factors(by_unit, {10, 9.8}), ElementsAre(1, 1));
  // Negative metrics: a share of the size, on the right side.
  EXPECT_THAT(factors(by_share, {-10, -10.5}), ElementsAre(1, 0.5));
  EXPECT_THAT(factors(by_share, {-10, -11.5}), ElementsAre(1, 1));
  Plateau rising = by_share;
  rising.mode = Plateau::Mode::max;
  EXPECT_THAT(factors(rising, {-10, -9.5}), ElementsAre(1, 0.5));
  EXPECT_THAT(factors(rising, {-10, -8.5}), ElementsAre(1, 1));
  // Through zero, where a share is nothing.
  EXPECT_THAT(factors(by_share, {0, 0, -1e-9}), ElementsAre(1, 0.5, 0.5));
}

TEST(PlateauTest, CooldownIsNotCounted) {
  const Plateau settings{.gamma = 0.5, .patience = 1, .cooldown = 2};
  EXPECT_THAT(factors(settings, {1, 1, 1, 1, 1, 1, 1, 1}), ElementsAre(1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25));
}

TEST(PlateauTest, StopsAtItsFloor) {
  EXPECT_THAT(factors({.gamma = 0.1, .patience = 0, .final = 0.05}, {1, 1, 1, 1}),
              ElementsAre(1, 0.1, 0.05, 0.05));
}

TEST(PlateauTest, NaNNeverImprovesAndInfinityIsImprovedUpon) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  EXPECT_THAT(factors({.gamma = 0.5, .patience = 1}, {nan, nan, nan}), ElementsAre(1, 0.5, 0.5));
  EXPECT_THAT(factors({.gamma = 0.5, .patience = 1}, {1, nan, nan, 0.5, 0.5}),
              ElementsAre(1, 1, 0.5, 0.5, 0.5));
  EXPECT_THAT(factors({.gamma = 0.5, .patience = 0}, {nan, 3, 2, 1}), ElementsAre(0.5, 0.5, 0.5, 0.5));
  EXPECT_THAT(factors({.gamma = 0.5, .patience = 0}, {inf, 3, 2}), ElementsAre(1, 1, 1));
  EXPECT_THAT(factors({.gamma = 0.5, .patience = 0, .mode = Plateau::Mode::max}, {-inf, -3, -2}),
              ElementsAre(1, 1, 1));
  PlateauTracker fresh((Plateau()));
  EXPECT_TRUE(std::isnan(fresh.best()));
}

TEST(PlateauTest, ByName) {
  const Plateau plateau = make_plateau("plateau:gamma=0.5,patience=3,mode=max,threshold_mode=absolute");
  EXPECT_EQ(plateau.gamma, 0.5);
  EXPECT_EQ(plateau.patience, 3U);
  EXPECT_EQ(plateau.mode, Plateau::Mode::max);
  EXPECT_EQ(plateau.threshold_mode, Plateau::Threshold::absolute);
  EXPECT_USAGE_ERROR(make_plateau("plateau:gamma=1"), "plateau: gamma = 1: must be in (0, 1)");
  EXPECT_USAGE_ERROR_WITH(make_plateau("cosine"), HasSubstr("unknown schedule 'cosine'"));
}

}  // namespace
}  // namespace thalweg::schedules_test
