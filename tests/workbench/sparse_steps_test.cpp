// Training by the features of a batch alone, against training with the gradients of all features.

#include "workbench/sparse_steps.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include <thalweg/random.h>
#include <thalweg/registry.h>
#include <thalweg/rules/nesterov.h>
#include <thalweg/schedules/decay.h>

#include "train_samples.h"
#include "workbench/trainer.h"

namespace thalweg::workbench::sparse_steps_test {
namespace {

/// Rows with a few of many features, some of them frequent; empty rows too.
data::Dataset rare_features(std::size_t rows, std::size_t columns, std::size_t classes, std::uint64_t seed,
                            double share = 1) {
  data::Dataset made;
  made.name = "rare";
  data::SparseMatrix matrix;
  matrix.rows = rows;
  matrix.columns = columns;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::uint32_t c = 0; c < columns; ++c) {
      if (uniform(seed, i, c) >= share * (c % 50 == 0 ? 0.4 : 0.004)) continue;
      matrix.column.push_back(c);
      matrix.value.push_back(static_cast<float>(normal(seed + 1, i, c)));
    }
    matrix.row_begin.push_back(matrix.column.size());
    const double target = uniform(seed, i, columns);
    made.target.push_back(classes == 0
                              ? static_cast<float>(target)
                              : std::floor(static_cast<float>(target) * static_cast<float>(classes)));
  }
  made.features = std::move(matrix);
  made.task = classes == 0 ? data::Task::regression : data::Task::classification;
  for (std::size_t k = 0; k < classes; ++k) made.class_names.push_back(std::to_string(k));
  return made;
}

data::Split rare_split(std::size_t classes, std::size_t columns = 400, double share = 1) {
  return {rare_features(150, columns, classes, 1, share),
          rare_features(40, columns, classes, 2),
          rare_features(40, columns, classes, 3),
          {}};
}

/// A sparse step's record is the dense one's but for the norms, which are summed in another order.
/// Nor has it what a penalty of the model adds to the gradients of all weights.
void expect_same_training(const data::Split& split, const std::string& model, TrainOptions options) {
  const models::ModelSpec spec = models::make_model(model);
  options.epochs = 4;
  TrainOptions all = options;
  all.sparse_steps = false;
  Trainer sparse(split, spec, options), dense(split, spec, all);
  ASSERT_TRUE(sparse.steps_sparsely()) << "the test would compare nothing";
  ASSERT_FALSE(dense.steps_sparsely());
  const TrainRecord ours = train(sparse, split, spec, options), theirs = train(dense, split, spec, all);
  ASSERT_EQ(ours.epochs.size(), theirs.epochs.size());
  for (std::size_t e = 0; e < ours.epochs.size(); ++e) {
    EXPECT_EQ(ours.epochs[e].train_loss, theirs.epochs[e].train_loss);
    EXPECT_EQ(ours.epochs[e].validation->loss, theirs.epochs[e].validation->loss);
    if (spec.l2 > 0) continue;
    EXPECT_NEAR(ours.epochs[e].gradient_norm / theirs.epochs[e].gradient_norm, 1, 1e-5);
  }
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_EQ(sparse.parameters()[k].values, dense.parameters()[k].values) << model << ' ' << k;
    if (spec.l2 > 0) continue;
    EXPECT_EQ(sparse.gradient()[k].values, dense.gradient()[k].values) << model << ' ' << k;
  }
}

class SparseTraining : public ::testing::TestWithParam<const char*> {};

TEST_P(SparseTraining, IsTheDenseOne) {
  TrainOptions options;
  options.optimizer = make_rule(GetParam());
  for (const std::size_t batch : {1U, 20U}) {
    options.batch = batch;
    expect_same_training(rare_split(2), "logistic", options);
    expect_same_training(rare_split(3), "softmax", options);
    expect_same_training(rare_split(0), "linear", options);
  }
}

TEST_P(SparseTraining, WithSchedulesGroupsAndEarlyStopping) {
  TrainOptions options;
  options.optimizer = make_rule(GetParam());
  options.batch = 7;
  options.cooldown = 0.5;
  options.patience = 1;
  options.groups = {{"*bias", {.lr = 0.01}}};
  expect_same_training(rare_split(2), "logistic", options);
}

TEST_P(SparseTraining, WithAPenaltyOfTheModel) {
  TrainOptions options;
  options.optimizer = make_rule(GetParam());
  options.batch = 3;
  const auto& keys = options.optimizer.info().keys;
  const bool spare =
      !options.optimizer.info().decays &&
      std::any_of(keys.begin(), keys.end(), [](const KeyInfo& key) { return key.name == "l2"; }) &&
      std::get<double>(options.optimizer.get("l2")) == 0;
  if (!spare) {
    const data::Split split = rare_split(2);
    const Trainer trainer(split, models::make_model("logistic:l2=0.01"), options);
    EXPECT_FALSE(trainer.steps_sparsely());
    return;
  }
  options.cooldown = 0.5;
  expect_same_training(rare_split(2), "logistic:l2=0.01", options);
  expect_same_training(rare_split(3), "softmax:l2=0.3", options);
  options.groups = {{"*bias", {.lr = 0.01}}};
  expect_same_training(rare_split(0), "linear:l2=0.1", options);
}

INSTANTIATE_TEST_SUITE_P(Rules, SparseTraining,
                         ::testing::Values("sgd:lr=0.1", "momentum:lr=0.05", "adagrad:lr=0.1", "rmsprop",
                                           "adam:lr=0.01", "adamw:lr=0.01", "ftrl:lr=0.2,l1=0.01",
                                           "sgd:lr=0.1,l2=0.01"),
                         [](const auto& rule) {
                           std::string name = rule.param;
                           for (char& c : name)
                             c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

// Batches of more than one lane are summed lane by lane, as dense ones are.
TEST(SparseTrainingLanes, AreSummedInOrder) {
  TrainOptions options;
  options.optimizer = make_rule("adagrad:lr=0.1");
  options.batch = 0;
  options.threads = 2;
  expect_same_training(rare_split(2, 4000, 0.2), "logistic", options);
}

TEST(SparseTrainingChoice, IsDenseWhereItMustBe) {
  const data::Split split = rare_split(2);
  const auto sparse = [&](const std::string& model, const TrainOptions& options) {
    return Trainer(split, models::make_model(model), options).steps_sparsely();
  };
  TrainOptions options;
  options.optimizer = make_rule("sgd");
  options.batch = 4;
  EXPECT_TRUE(sparse("logistic", options));
  EXPECT_TRUE(sparse("logistic:l2=0.1", options));
  options.groups = {{"*weights", {.l2 = 0.2}}};
  EXPECT_FALSE(sparse("logistic:l2=0.1", options)) << "both penalties count";
  options.groups.clear();
  options.schedules = {{"l2", linear(9)}};
  EXPECT_FALSE(sparse("logistic:l2=0.1", options)) << "the model's stays what it is";
  options.schedules.clear();
  EXPECT_FALSE(sparse("mlp:3", options));
  options.batch = 0;
  EXPECT_FALSE(sparse("logistic", options)) << "a batch has most features";
  options.batch = 4;
  options.optimizer = Nesterov{};
  EXPECT_FALSE(sparse("logistic", options));
}

/// As near to the dense training as roundings are, and not of the same bits.
TEST(SparseSteps, ScaledSkipsStepsWithAPenalty) {
  const data::Split split = rare_split(2);
  models::ModelSpec spec = models::make_model("logistic");
  spec.l2 = 0.01;
  TrainOptions options;
  options.optimizer = make_rule("sgd:lr=0.5");
  options.batch = 1;
  options.epochs = 2;
  TrainOptions scaled = options;
  scaled.skipped = Skipped::scaled;
  Trainer exactly(split, spec, options), lazily(split, spec, scaled);
  ASSERT_TRUE(lazily.steps_sparsely());
  (void)train(exactly, split, spec, options);
  (void)train(lazily, split, spec, scaled);
  const std::vector<float>&ours = lazily.parameters()[0].values, &theirs = exactly.parameters()[0].values;
  double largest = 0;
  for (std::size_t k = 0; k < ours.size(); ++k)
    largest = std::max(largest, static_cast<double>(std::abs(ours[k] - theirs[k])));
  EXPECT_LE(largest, 1e-5);
  EXPECT_NE(ours, theirs);
}

TEST(SparseSteps, SkippingIsRefusedWhereAllFeaturesAreLookedAt) {
  const data::Split split = rare_split(2);
  TrainOptions options;
  options.optimizer = make_rule("sgd:lr=0.5");
  options.skipped = Skipped::scaled;
  options.sparse_steps = false;
  EXPECT_THROW(Trainer(split, models::make_model("logistic"), options), Error);
  options.sparse_steps = true;
  options.batch = 1;
  EXPECT_NO_THROW(Trainer(split, models::make_model("logistic"), options));
}

}  // namespace
}  // namespace thalweg::workbench::sparse_steps_test
