#include "workbench/lr_find.h"

#include <cmath>

#include <gmock/gmock.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>
#include <thalweg/schedules/cosine.h>

#include "data/load.h"
#include "workbench/trainer.h"

namespace thalweg::workbench::lr_find_test {
namespace {

using testing::HasSubstr;

data::Split split_of(const std::string& name) {
  data::LoadOptions options;
  options.standardize = options.standardize_target = true;
  return data::load_split(name, options);
}

TrainOptions options_of(const std::string& optimizer) {
  TrainOptions options;
  options.optimizer = make_rule(optimizer);
  options.epochs = 10;
  return options;
}

std::string error_of(const std::string& optimizer, const RateTestOptions& test,
                     const std::function<void(TrainOptions&)>& change = {}) {
  static const data::Split iris = split_of("iris");
  TrainOptions options = options_of(optimizer);
  if (change) change(options);
  try {
    (void)find_rate(iris, models::make_model("softmax"), options, test);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, Error::Kind::usage);
    return error.what();
  }
  return "";
}

/// A loss of 1 that falls to 0.1 along a logistic curve around `middle` and explodes from `edge` on.
RateStep falling(double middle, double edge) {
  return [=](double rate) -> std::optional<double> {
    if (rate > 10 * edge) return std::nullopt;
    const double fall = 0.9 / (1 + std::pow(middle / rate, 3));
    return 1 - fall + (rate > edge ? rate / edge : 0);
  };
}

TEST(RateRun, GrowsByTheSameFactorFromLowToHigh) {
  const RateRun run = run_rate_test({.low = 1e-3, .high = 10, .steps_per_decade = 10},
                                    [](double) { return std::optional(1.0); });
  ASSERT_EQ(run.points.size(), 41U);
  EXPECT_DOUBLE_EQ(run.points.front().rate, 1e-3);
  EXPECT_NEAR(run.points.back().rate, 10, 1e-12);
  for (std::size_t i = 1; i < run.points.size(); ++i)
    EXPECT_NEAR(run.points[i].rate / run.points[i - 1].rate, std::pow(10, 0.1), 1e-12);
  EXPECT_EQ(run.end, RateRun::End::range_done);
  EXPECT_FALSE(run.suggestion);  // nothing fell
}

TEST(RateRun, SmoothsWithAMeanThatIsCorrectedForItsStart) {
  int step = 0;
  const RateRun run = run_rate_test({.low = 1e-3, .high = 10, .steps_per_decade = 10},
                                    [&](double) { return std::optional(step++ == 0 ? 2.0 : 1.0); });
  // A memory of a tenth of 41 steps: weights 1 and 1 - 1 / 4.1.
  const double keep = 1 - 1 / 4.1;
  EXPECT_DOUBLE_EQ(run.points[0].smoothed, 2);
  EXPECT_NEAR(run.points[1].smoothed, (2 * keep + 1) / (keep + 1), 1e-12);
}

TEST(RateRun, SuggestsWhereMostOfTheFallIsMade) {
  const RateTestOptions options{.low = 1e-6, .high = 100, .steps_per_decade = 25};
  const RateRun run = run_rate_test(options, falling(0.01, 1));
  ASSERT_TRUE(run.suggestion);
  // The curve itself has fallen by 85 % at 0.0178; smoothing over 20 steps is 0.4 decades late on average.
  EXPECT_GT(*run.suggestion, 0.0178);
  EXPECT_LT(*run.suggestion, 0.0178 * std::pow(10, 1.2));
  EXPECT_EQ(run.end, RateRun::End::loss_rose);
  EXPECT_GT(run.points.back().rate, 1);
  EXPECT_LT(run.points.back().rate, 10);
  EXPECT_NEAR(run.start, 1, 1e-6);
  // All of it moves with the curve.
  const RateRun shifted = run_rate_test(options, falling(0.1, 10));
  EXPECT_NEAR(*shifted.suggestion / *run.suggestion, 10, 1e-6);
  EXPECT_NEAR(*shifted.steepest / *run.steepest, 10, 1e-6);
  // A momentum of 0.9 remembers gradients of 9 steps on average; half of it is taken off.
  const RateRun late = run_rate_test(options, falling(0.01, 1), 0.9);
  EXPECT_NEAR(*late.suggestion / *run.suggestion, std::pow(10, -4.5 * 8 / 200), 1e-9);
}

TEST(RateRun, EndsWhereNumbersAreNotFinite) {
  const RateRun run = run_rate_test({.low = 1e-3, .high = 10, .steps_per_decade = 10},
                                    [](double rate) { return rate > 1 ? std::nullopt : std::optional(1.0); });
  EXPECT_EQ(run.end, RateRun::End::diverged);
  EXPECT_LE(run.points.back().rate, 1);
  const RateRun nan = run_rate_test({.low = 1e-3, .high = 10, .steps_per_decade = 10},
                                    [](double rate) { return std::optional(rate > 1 ? NAN : 1.0); });
  EXPECT_EQ(nan.points.size(), run.points.size());
}

TEST(RateRun, SuggestsNothingOutOfNoise) {
  std::uint32_t state = 1;
  const auto noise = [&](double) {
    state = state * 1664525U + 1013904223U;
    return std::optional(1 + 0.3 * (static_cast<double>(state) / 4294967296.0 - 0.5));
  };
  int suggested = 0;
  for (int i = 0; i < 50; ++i)
    suggested += run_rate_test({.low = 1e-6, .high = 100, .steps_per_decade = 25}, noise).suggestion ? 1 : 0;
  EXPECT_LE(suggested, 5);
}

TEST(FindRate, IsTheSameForEveryNumberOfThreads) {
  const data::Split iris = split_of("iris");
  std::vector<double> first;
  for (const std::size_t threads : {1U, 3U}) {
    TrainOptions options = options_of("momentum");
    options.threads = threads;
    const RateTest test = find_rate(iris, models::make_model("mlp:16"), options);
    std::vector<double> losses;
    for (const RateRun& run : test.runs)
      for (const RatePoint& point : run.points) losses.push_back(point.loss);
    if (first.empty()) first = losses;
    EXPECT_EQ(losses, first);
    ASSERT_EQ(test.runs.size(), 5U);
    EXPECT_EQ(test.runs[3].seed, 3U);
    EXPECT_LE(test.low, *test.mean.suggestion * 1.5);
    EXPECT_GE(test.high, *test.mean.suggestion / 1.5);
  }
}

TEST(FindRate, LeavesATrainingAsItWas) {
  const data::Split iris = split_of("iris");
  const models::ModelSpec model = models::make_model("mlp:8");
  const TrainOptions options = options_of("adam");
  Trainer alone(iris, model, options), interrupted(iris, model, options);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(alone.step());
    if (i == 7) (void)find_rate(iris, model, options);
    ASSERT_TRUE(interrupted.step());
  }
  for (std::size_t k = 0; k < alone.parameters().size(); ++k)
    EXPECT_EQ(alone.parameters()[k].values, interrupted.parameters()[k].values);
  EXPECT_EQ(std::get<double>(options.optimizer.get("lr")), 1e-3);
}

TEST(FindRate, DoesNotDependOnTheRateThatIsGiven) {
  const data::Split iris = split_of("iris");
  const auto suggestion = [&](const char* optimizer) {
    return find_rate(iris, models::make_model("softmax"), options_of(optimizer), {.repeats = 1}).suggestion;
  };
  ASSERT_TRUE(suggestion("sgd"));
  EXPECT_EQ(suggestion("sgd:lr=0.25"), suggestion("sgd:lr=4"));
  EXPECT_EQ(suggestion("sgd:lr=0"), suggestion("sgd:lr=1"));
}

TEST(FindRate, IsAsLongAsTheTrainingWithinLimits) {
  const data::Split iris = split_of("iris");
  const auto per_decade = [&](std::size_t epochs) {
    TrainOptions options = options_of("sgd");
    options.epochs = epochs;
    return *find_rate(iris, models::make_model("softmax"), options, {.repeats = 1}).options.steps_per_decade;
  };
  const std::size_t steps = (iris.train.rows() + 31) / 32;
  EXPECT_EQ(per_decade(1), 10U);
  EXPECT_EQ(per_decade(40), 40 * steps / 8);  // eight decades
  EXPECT_EQ(per_decade(1000), 25U);
}

TEST(FindRate, RefusesWhatItCannotDo) {
  EXPECT_EQ(error_of("sgd", {.low = 0}), "low = 0: must be a rate over 0");
  EXPECT_EQ(error_of("sgd", {.low = 1, .high = 0.1}), "high = 0.1: must be over low, 1");
  EXPECT_EQ(error_of("sgd", {.steps_per_decade = 3}), "steps_per_decade = 3: must be at least 4");
  EXPECT_EQ(error_of("sgd", {.repeats = 0}), "repeats = 0: must be at least 1");
  EXPECT_THAT(error_of("prodigy", {}), HasSubstr("finds its own"));
  EXPECT_THAT(error_of("sgd", {}, [](TrainOptions& o) { o.schedules.emplace_back("lr", Cosine{}); }),
              HasSubstr("must not be of lr"));
  EXPECT_THAT(error_of("sgd", {}, [](TrainOptions& o) { o.plateau = Plateau{}; }),
              HasSubstr("must not be of lr"));
  EXPECT_THAT(error_of("sgd", {}, [](TrainOptions& o) { o.cooldown = 0.3; }), HasSubstr("cooldown = 0.3"));
}

TEST(FindRate, CanBeStopped) {
  const data::Split iris = split_of("iris");
  int calls = 0;
  const RateTest test =
      find_rate(iris, models::make_model("softmax"), options_of("sgd"), {}, [&](double done) {
        EXPECT_GT(done, 0);
        EXPECT_LE(done, 1);
        return ++calls < 100;
      });
  EXPECT_EQ(calls, 100);
  EXPECT_EQ(test.runs.size(), 1U);  // the one that was whole
}

}  // namespace
}  // namespace thalweg::workbench::lr_find_test
