// Trainings whose numbers are stored in fewer bits.

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>

#include "data/load.h"
#include "workbench/train_samples.h"
#include "workbench/trainer.h"

namespace thalweg::workbench::precision_test {
namespace {

using models::make_model;
using testing::HasSubstr;

TrainOptions options_of(const std::string& optimizer, const TrainPrecision& precision) {
  TrainOptions options;
  options.optimizer = make_rule(optimizer);
  options.precision = precision;
  options.batch = 0;
  options.threads = 1;
  return options;
}

/// Every parameter, after so many steps on 20 random rows.
std::vector<float> after(int steps, const TrainOptions& options) {
  const data::Split split = random_split(20, 6, 3);
  Trainer trainer(split, make_model("mlp:8"), options);
  for (int i = 0; i < steps; ++i) EXPECT_TRUE(trainer.step());
  std::vector<float> all;
  for (const auto& tensor : trainer.parameters())
    all.insert(all.end(), tensor.values.begin(), tensor.values.end());
  return all;
}

template <class T>
bool are_all(const std::vector<float>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](float x) { return x == static_cast<float>(T(x)); });
}

TEST(TrainPrecision, TheNetworkSeesParametersOf16BitsFromTheStart) {
  for (const char* optimizer : {"adam:lr=0.01", "nesterov:lr=0.01"}) {  // one that looks ahead
    for (const int steps : {0, 3}) {
      const auto brain = after(steps, options_of(optimizer, {.parameters = Precision::bfloat16}));
      const auto half = after(steps, options_of(optimizer, {.parameters = Precision::float16}));
      EXPECT_TRUE(are_all<bfloat16>(brain)) << optimizer;
      EXPECT_TRUE(are_all<float16>(half)) << optimizer;
      EXPECT_FALSE(are_all<bfloat16>(after(steps, options_of(optimizer, {})))) << optimizer;
    }
  }
}

TEST(TrainPrecision, IsOneStepOfTheOptimizerOnRoundedNumbers) {
  // y = x exactly, one weight w and a bias b: the step can be made by hand.
  const data::Split split = split_of(numbers(1, {1, 2}, {1, 2}));
  const TrainPrecision half{.parameters = Precision::float16, .loss_scale = 8};
  Trainer trainer(split, make_model("linear"), options_of("sgd:lr=0.3", half));
  std::vector<float> before;
  for (const auto& tensor : trainer.parameters())
    before.insert(before.end(), tensor.values.begin(), tensor.values.end());
  ASSERT_EQ(before.size(), 2U);
  const float w = before[0], b = before[1];
  ASSERT_TRUE(trainer.step());
  const float error1 = w + b - 1, error2 = 2 * w + b - 2;
  const float gradient[] = {(error1 + 2 * error2) / 2, (error1 + error2) / 2};
  for (std::size_t k = 0; k < 2; ++k) {
    const float rounded = static_cast<float>(float16(8 * gradient[k])) / 8;
    EXPECT_EQ(trainer.gradient()[k].values[0], rounded);
    EXPECT_EQ(trainer.parameters()[k].values[0], static_cast<float>(float16(before[k] - 0.3F * rounded)));
  }
}

TEST(TrainPrecision, AMasterCopyKeepsWhatRoundingWouldLose) {
  // Steps of a ten-thousandth of most parameters: below half of the last place of bfloat16.
  const TrainPrecision plain{.parameters = Precision::bfloat16};
  TrainPrecision with_master = plain;
  with_master.master = true;
  const auto start = after(0, options_of("adam:lr=1e-5", plain));
  const auto stuck = after(1000, options_of("adam:lr=1e-5", plain));
  const auto moved = after(1000, options_of("adam:lr=1e-5", with_master));
  const auto exact = after(1000, options_of("adam:lr=1e-5", {}));
  double off_stuck = 0, off_moved = 0, way = 0;
  for (std::size_t i = 0; i < start.size(); ++i) {
    way += std::abs(static_cast<double>(exact[i] - start[i]));
    off_stuck += std::abs(static_cast<double>(exact[i] - stuck[i]));
    off_moved += std::abs(static_cast<double>(exact[i] - moved[i]));
  }
  EXPECT_GT(off_stuck, 0.5 * way);
  EXPECT_LT(off_moved, 0.3 * way);
}

TEST(TrainPrecision, StochasticRoundingFollowsTheSeedAlone) {
  TrainOptions options = options_of(
      "adam:lr=0.01",
      {.parameters = Precision::bfloat16, .state = StateType::int8, .rounding = Rounding::stochastic});
  const auto first = after(10, options);
  options.threads = 3;
  options.isa = "baseline";
  EXPECT_EQ(after(10, options), first);
  TrainOptions nearest = options;
  nearest.precision.rounding = Rounding::nearest;
  EXPECT_NE(after(10, nearest), first);
}

TEST(TrainPrecision, StateIsKeptAsAsked) {
  const data::Split split = random_split(20, 6, 3);
  Trainer trainer(split, make_model("softmax"), options_of("adam", {.state = StateType::bfloat16}));
  ASSERT_TRUE(trainer.step());
  const std::string tensor = trainer.parameters()[0].name;
  EXPECT_EQ(trainer.optimizer().slot<bfloat16>(tensor, "v").size(), 18U);
  EXPECT_THROW((void)trainer.optimizer().slot<float>(tensor, "v"), Error);
}

TEST(TrainPrecision, AGradientBeyondFloat16IsADivergenceThatNamesTheScale) {
  const data::Split split = random_split(20, 6, 3);
  TrainPrecision precision{.parameters = Precision::float16, .loss_scale = 1e6};
  Trainer trainer(split, make_model("softmax"), options_of("sgd:lr=0.1", precision));
  EXPECT_FALSE(trainer.step());
  EXPECT_EQ(trainer.divergence()->step, 1U);
  EXPECT_THAT(trainer.divergence()->what, HasSubstr(" is not finite in float16, times 1e+06"));
  precision.parameters = Precision::bfloat16;
  Trainer wide(split, make_model("softmax"), options_of("sgd:lr=0.1", precision));
  EXPECT_TRUE(wide.step());
}

TEST(TrainPrecision, EarlyStoppingJudgesTheBestParametersOf16Bits) {
  const data::Split split = random_split(20, 6, 3);
  TrainOptions options = options_of("adam:lr=0.3", {.parameters = Precision::bfloat16});
  options.patience = 3;
  options.epochs = 50;
  const TrainRecord record = train(split, make_model("mlp:8"), options);
  ASSERT_TRUE(record.judged_best);
  EXPECT_EQ(record.validation->loss, record.epochs[*record.best_epoch - 1].validation->loss);
  EXPECT_EQ(record.precision.parameters, Precision::bfloat16);
}

TEST(TrainPrecision, RefusesWhatContradictsItself) {
  const data::Split split = random_split(20, 6, 3);
  const auto error = [&](const TrainPrecision& precision) -> std::string {
    try {
      const Trainer trainer(split, make_model("softmax"), options_of("adam", precision));
    } catch (const Error& e) {
      EXPECT_EQ(e.kind, Error::Kind::usage);
      return e.what();
    }
    return "none";
  };
  EXPECT_EQ(error({.parameters = Precision::float64}),
            "parameters = float64: must be float32, bfloat16 or float16");
  EXPECT_THAT(error({.master = true}), HasSubstr("it needs parameters in bfloat16 or float16"));
  EXPECT_THAT(error({.loss_scale = 2}), HasSubstr("loss_scale = 2: is for gradients of 16 bits"));
  for (const double scale : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), 1e39})
    EXPECT_THAT(error({.parameters = Precision::float16, .loss_scale = scale}),
                HasSubstr("must be above 0 and finite"));
  EXPECT_THAT(error({.rounding = Rounding::stochastic}), HasSubstr("has nothing to round"));
  EXPECT_THAT(error({.state = StateType::float64, .rounding = Rounding::stochastic}),
              HasSubstr("has nothing to round"));
  EXPECT_EQ(error({.state = StateType::int8, .rounding = Rounding::stochastic}), "none");
  EXPECT_EQ(error({.parameters = Precision::float16, .master = true, .rounding = Rounding::stochastic}),
            "none");
}

}  // namespace
}  // namespace thalweg::workbench::precision_test
