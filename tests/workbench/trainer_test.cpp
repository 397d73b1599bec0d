#include "workbench/trainer.h"

#include <cmath>

#include <gmock/gmock.h>

#include <thalweg/registry.h>

#include "workbench/train_samples.h"

namespace thalweg::workbench::trainer_test {
namespace {

using models::make_model;

TrainOptions with(const std::string& optimizer, std::size_t batch) {
  TrainOptions options;
  options.optimizer = make_rule(optimizer);
  options.batch = batch;
  options.threads = 1;
  return options;
}

double weight(const Trainer& trainer) { return static_cast<double>(trainer.parameters()[0].values[0]); }
double bias(const Trainer& trainer) { return static_cast<double>(trainer.parameters()[1].values[0]); }

void run_steps(Trainer& trainer, std::size_t steps) {
  for (std::size_t i = 0; i < steps; ++i) {
    ASSERT_TRUE(trainer.step());
    if (trainer.epoch_ended()) {
      ASSERT_TRUE(trainer.finish_epoch());
    }
  }
}

TEST(Trainer, FullBatchReachesLeastSquares) {
  for (const char* optimizer : {"sgd:lr=0.3", "momentum:lr=0.1", "nesterov:lr=0.1"}) {
    const data::Split split = split_of(three_points());
    Trainer trainer(split, make_model("linear"), with(optimizer, 0));
    run_steps(trainer, 500);
    EXPECT_NEAR(weight(trainer), 0.5, 1e-5) << optimizer;
    EXPECT_NEAR(bias(trainer), 1.5, 1e-5) << optimizer;
    // The residuals are -0.5, 1 and -0.5.
    EXPECT_NEAR(trainer.evaluate(split.train)->loss, 0.25, 1e-6);
    EXPECT_NEAR(trainer.evaluate(split.train)->metric, std::sqrt(0.5), 1e-6);
  }
}

TEST(Trainer, PartsOfTheBatchReachLeastSquaresWithAFallingRate) {
  for (const std::size_t batch : {1U, 2U}) {
    TrainOptions options = with("sgd:lr=0.3", batch);
    options.schedules.emplace_back("lr", make_schedule("inverse_time:decay=0.02"));
    const data::Split split = split_of(three_points());
    Trainer trainer(split, make_model("linear"), options);
    run_steps(trainer, 60000);
    EXPECT_NEAR(weight(trainer), 0.5, 0.002) << batch;
    EXPECT_NEAR(bias(trainer), 1.5, 0.002) << batch;
  }
}

TEST(Trainer, OneExampleReachesAnExactSolution) {
  // y = 3 a - 2 b + 1 without noise: every example agrees, so that a constant rate converges.
  const data::Split split = split_of(numbers(2, {1, 0, 0, 1, 1, 1, -1, 2}, {4, -1, 2, -6}));
  Trainer trainer(split, make_model("linear"), with("sgd:lr=0.1", 1));
  run_steps(trainer, 4000);
  EXPECT_NEAR(trainer.parameters()[0].values[0], 3, 1e-4);
  EXPECT_NEAR(trainer.parameters()[0].values[1], -2, 1e-4);
  EXPECT_NEAR(bias(trainer), 1, 1e-4);
}

TEST(Trainer, VisitsEveryRowOnceAnEpochInAnOrderOfTheSeed) {
  // One-hot rows: the gradient of a step shows which row it was.
  std::vector<float> features(25), targets(5, 1);
  for (std::size_t i = 0; i < 5; ++i) features[i * 5 + i] = 1;
  const data::Split split = split_of(numbers(5, features, targets));
  const auto order_of = [&](std::uint64_t seed) {
    TrainOptions options = with("sgd:lr=1e-3", 1);
    options.seed = seed;
    Trainer trainer(split, make_model("linear"), options);
    std::vector<std::size_t> order;
    for (int step = 0; step < 15; ++step) {
      EXPECT_TRUE(trainer.step());
      const auto& g = trainer.gradient()[0].values;
      for (std::size_t i = 0; i < 5; ++i) {
        if (g[i] != 0) order.push_back(i);
      }
    }
    return order;
  };
  const std::vector<std::size_t> order = order_of(1);
  ASSERT_EQ(order.size(), 15);
  for (std::ptrdiff_t epoch = 0; epoch < 3; ++epoch) {
    EXPECT_THAT(std::vector(order.begin() + epoch * 5, order.begin() + epoch * 5 + 5),
                testing::UnorderedElementsAre(0, 1, 2, 3, 4));
  }
  EXPECT_NE(std::vector(order.begin(), order.begin() + 5),
            std::vector(order.begin() + 5, order.begin() + 10));
  EXPECT_EQ(order, order_of(1));
  EXPECT_NE(order, order_of(2));
}

TEST(Trainer, NesterovLooksAhead) {
  // One point at x = 0, y = 1: only the bias b moves, and its gradient is b - 1.
  const data::Split split = split_of(numbers(1, {0}, {1}));
  Trainer trainer(split, make_model("linear"), with("nesterov:lr=0.1,momentum=0.5", 0));
  double b = 0, v = 0, at_theta = 0, u = 0;
  for (int step = 0; step < 10; ++step) {
    ASSERT_TRUE(trainer.step());
    v = 0.5 * v + 0.1 * (b - 0.5 * v - 1);
    b -= v;
    u = 0.5 * u + 0.1 * (at_theta - 1);
    at_theta -= u;
    EXPECT_NEAR(bias(trainer), b, 1e-6);
  }
  EXPECT_GT(std::abs(b - at_theta), 0.01);  // momentum without looking ahead goes elsewhere
}

TEST(Trainer, SchedulesPlateausAndTransformsReachTheOptimizer) {
  const data::Split split = split_of(numbers(1, {0}, {1}));
  TrainOptions options = with("sgd:lr=1", 0);
  options.schedules.emplace_back("lr", make_schedule("step:every=2,gamma=0.5"));
  options.transforms.push_back(make_transform("clip_norm:max=0.125"));
  Trainer trainer(split, make_model("linear"), options);
  std::vector<double> rates;
  for (int step = 0; step < 6; ++step) {
    const double before = bias(trainer);
    ASSERT_TRUE(trainer.step());
    rates.push_back(trainer.finish_epoch()->rate);
    EXPECT_DOUBLE_EQ(bias(trainer) - before, 0.125 * rates.back());
  }
  EXPECT_THAT(rates, testing::ElementsAre(1, 1, 0.5, 0.5, 0.25, 0.25));
}

TEST(Trainer, AnEpochsRateIsThatOfItsLastStep) {
  const data::Split split = split_of(three_points());
  TrainOptions options = with("sgd:lr=0.1", 1);
  options.schedules.emplace_back("lr", make_schedule("step:every=1,gamma=0.5"));
  Trainer trainer(split, make_model("linear"), options);
  for (int step = 0; step < 3; ++step) ASSERT_TRUE(trainer.step());
  EXPECT_DOUBLE_EQ(trainer.finish_epoch()->rate, 0.025);
}

TEST(Trainer, CooldownEndsThePlannedSteps) {
  const auto rates = [](double share, std::size_t epochs, std::optional<std::uint64_t> max_steps) {
    TrainOptions options = with("sgd:lr=0.1", 0);
    options.cooldown = share;
    options.epochs = epochs;
    options.max_steps = max_steps;
    const data::Split split = split_of(three_points());
    Trainer trainer(split, make_model("linear"), options);
    std::vector<float> result;
    for (std::uint64_t step = 0; step < trainer.planned_steps(); ++step) {
      EXPECT_TRUE(trainer.step());
      result.push_back(static_cast<float>(trainer.finish_epoch()->rate));
    }
    return result;
  };
  using testing::ElementsAre;
  EXPECT_THAT(rates(0.4, 5, {}), ElementsAre(0.1F, 0.1F, 0.1F, 0.1F, 0.05F));
  EXPECT_THAT(rates(1, 4, {}), ElementsAre(0.1F, 0.075F, 0.05F, 0.025F));
  EXPECT_THAT(rates(0, 3, {}), ElementsAre(0.1F, 0.1F, 0.1F));
  EXPECT_THAT(rates(0.1, 3, {}), ElementsAre(0.1F, 0.1F, 0.1F));
  EXPECT_THAT(rates(0.5, 100, 4), ElementsAre(0.1F, 0.1F, 0.1F, 0.05F));
}

TEST(Trainer, PlateauLowersTheRateWhenValidationStalls) {
  // The validation part wants what training leaves behind, so that its loss rises from the first epoch on.
  data::Split split = split_of(numbers(1, {0}, {1}));
  split.validation.target = {0};
  TrainOptions options = with("sgd:lr=0.1", 0);
  options.plateau = Plateau{.gamma = 0.5, .patience = 1};
  Trainer trainer(split, make_model("linear"), options);
  std::vector<double> rates;
  for (int step = 0; step < 7; ++step) {
    ASSERT_TRUE(trainer.step());
    rates.push_back(trainer.finish_epoch()->rate);
  }
  // The first check sets the best; two bad ones in a row, one more than the patience, halve the rate.
  EXPECT_THAT(rates, testing::ElementsAre(0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025));
}

TEST(Trainer, GroupsHaveOptionsOfTheirOwn) {
  const data::Split split = random_split(40, 5, 3);
  TrainOptions options = with("sgd:lr=0.1", 8);
  options.groups.push_back({"*.bias", {.lr = 0}});
  options.groups.push_back({"layer1.*", {.lr = 0.5}});
  Trainer trainer(split, make_model("mlp:4"), options);
  const models::Parameters<float> start = trainer.parameters();
  ASSERT_TRUE(trainer.step());
  EXPECT_EQ(trainer.optimizer().value("lr", "layer1.bias"), 0);
  EXPECT_EQ(trainer.optimizer().value("lr", "layer1.weights"), 0.5);
  EXPECT_EQ(trainer.optimizer().value("lr", "layer2.weights"), 0.1);
  EXPECT_EQ(trainer.parameters()[1].values, start[1].values);
  EXPECT_EQ(trainer.parameters()[3].values, start[3].values);
  EXPECT_NE(trainer.parameters()[0].values, start[0].values);
  EXPECT_NE(trainer.parameters()[2].values, start[2].values);
}

}  // namespace
}  // namespace thalweg::workbench::trainer_test
