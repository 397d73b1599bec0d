// The learning rate that features effectively get, by how often they occur.

#include "workbench/compare/rare_features.h"

#include <cmath>
#include <map>

#include <gmock/gmock.h>

#include <thalweg/registry.h>

#include "train_samples.h"
#include "workbench/compare/compare.h"

namespace thalweg::workbench::rare_features_test {
namespace {

using testing::ElementsAre;
using testing::Optional;

/// Rows of sparse data by the features that are 1 in them; every target is 1.
data::Split ones(std::size_t columns, const std::vector<std::vector<std::uint32_t>>& rows) {
  data::Dataset made;
  made.name = "ones";
  made.task = data::Task::regression;
  data::SparseMatrix matrix;
  matrix.rows = rows.size();
  matrix.columns = columns;
  for (const auto& features : rows) {
    matrix.column.insert(matrix.column.end(), features.begin(), features.end());
    matrix.value.resize(matrix.column.size(), 1.0F);
    matrix.row_begin.push_back(matrix.column.size());
    made.target.push_back(1);
  }
  made.features = std::move(matrix);
  return split_of(made, false, false);
}

/// One row a step; the rate is so small that the model predicts 0 throughout and every gradient is -1.
TrainOptions one_by_one(const std::string& optimizer) {
  TrainOptions options;
  options.optimizer = make_rule(optimizer);
  options.batch = 1;
  options.seed = 3;
  options.threads = 1;
  return options;
}

constexpr double lr = 1e-8;

double rate_of(const FeatureMoves& moves, std::size_t feature) {
  return moves.moved[feature] / moves.gradient[feature];
}

TEST(RareFeatures, GetTheRateOfPlainDescent) {
  for (const char* model : {"logistic", "softmax", "mlp:5"}) {
    const data::Dataset data = models::to_sparse(models::sample(90, 40, model[0] == 'l' ? 2 : 3, 5));
    TrainOptions options = one_by_one("sgd:lr=0.25");
    options.batch = 10;
    const auto moves = watch_features(split_of(data), models::make_model(model), options, 13);
    ASSERT_TRUE(moves);
    for (std::size_t f = 0; f < 40; ++f) {
      EXPECT_GT(moves->gradient[f], 0) << model;
      EXPECT_NEAR(rate_of(*moves, f), 0.25, 1e-5) << model << ' ' << f;
    }
  }
}

TEST(RareFeatures, GetMoreFromAdagrad) {
  // 0 occurs in every row, 1 in one of them, 2 in none.
  const data::Split split = ones(3, {{0}, {0, 1}, {0}, {0}});
  const auto moves =
      watch_features(split, models::make_model("linear"), one_by_one("adagrad:lr=1e-8,eps=1e-30"), 4);
  ASSERT_TRUE(moves);
  EXPECT_THAT(moves->gradient, ElementsAre(testing::DoubleNear(4, 1e-6), testing::DoubleNear(1, 1e-6), 0));
  EXPECT_NEAR(rate_of(*moves, 0) / lr, (1 + 1 / std::sqrt(2) + 1 / std::sqrt(3) + 1 / std::sqrt(4)) / 4,
              1e-6);
  EXPECT_NEAR(rate_of(*moves, 1) / lr, 1, 1e-6);
  EXPECT_EQ(moves->moved[2], 0);
}

TEST(RareFeatures, GetWhatMomentumMovesAfterTheirGradient) {
  std::vector<std::vector<std::uint32_t>> rows(5, {0});
  rows[data::permutation(5, 3, 1)[1]] = {0, 1};  // the second one that is read
  const auto moves = watch_features(ones(2, rows), models::make_model("linear"),
                                    one_by_one("momentum:lr=1e-8,momentum=0.5"), 5);
  ASSERT_TRUE(moves);
  EXPECT_NEAR(moves->gradient[1], 1, 1e-6);
  EXPECT_NEAR(rate_of(*moves, 1) / lr, 1 + 0.5 + 0.25 + 0.125, 1e-5);
  EXPECT_NEAR(rate_of(*moves, 0) / lr, (1 + 1.5 + 1.75 + 1.875 + 1.9375) / 5, 1e-5);
}

TEST(RareFeatures, AreNotWatchedWhereARunDiverges) {
  const data::Split split = ones(2, {{0}, {0, 1}, {0}});
  EXPECT_FALSE(watch_features(split, models::make_model("linear"), one_by_one("sgd:lr=1e30"), 3));
}

TEST(RareFeatures, AreCountedInTheRowsThatWereRead) {
  data::Split split = ones(3, {{0}, {0, 1}, {0, 2}, {0, 1}});
  auto& matrix = std::get<data::SparseMatrix>(split.train.features);
  const std::vector<std::uint32_t> rows{3, 1, 0};
  EXPECT_THAT(occurrences(matrix, rows), ElementsAre(3, 2, 0));
  matrix.value[1] = 0;  // feature 0 in row 1: a zero that is written down is no occurrence
  EXPECT_THAT(occurrences(matrix, rows), ElementsAre(2, 2, 0));
}

TEST(RareFeatures, StandTogetherByOctaves) {
  using Bin = FeatureRates::Bin;
  EXPECT_THAT(bins_of({0, 1, 1, 3, 2, 3, 1, 0, 5, 6, 7, 4}),
              ElementsAre(Bin{1, 1, 1, 3}, Bin{2, 3, 3, 3}, Bin{4, 7, 5.5, 4}));
  // What are fewer than three goes with the next, at the end with the last.
  EXPECT_THAT(bins_of({1, 2, 2, 8, 9, 17, 40, 100}), ElementsAre(Bin{1, 2, 2, 3}, Bin{8, 100, 17, 5}));
  EXPECT_THAT(bins_of({9, 1}), ElementsAre(Bin{1, 9, 5, 2}));
  EXPECT_THAT(bins_of({0, 0}), ElementsAre());
}

TEST(RareFeatures, HaveQuantilesThatGoByTheirGradients) {
  const FeatureRates::Bin rare{1, 1, 1, 5}, common{6, 7, 6, 1};
  // Rates 3, 100, 1, 2 of gradients 4, 0.001, 2, 4; the fifth has none, and so has the only common one.
  const FeatureMoves moves{{12, 0.1, 2, 8, 0, 5}, {4, 0.001, 2, 4, 0, 0}};
  EXPECT_THAT(rates_of(moves, {1, 1, 1, 1, 1, 6}, {rare, common}),
              ElementsAre(Optional(FeatureRates::Quantiles{1, 2, 3}), std::nullopt));
}

TEST(RareFeatures, GainIsTheRarestOverTheCommonest) {
  const FeatureRates::Quantiles six{0, 6, 0}, two{0, 2, 0}, none{0, 0, 0};
  EXPECT_THAT((FeatureRates::Participant{0, {six, std::nullopt, two}}.gain()), Optional(3.0));
  EXPECT_EQ((FeatureRates::Participant{0, {six, two, std::nullopt}}.gain()), std::nullopt);
  EXPECT_EQ((FeatureRates::Participant{0, {six, none}}.gain()), std::nullopt);
}

CompareOptions mushrooms() {
  CompareOptions options;
  options.data = "agaricus";
  options.model = "logistic";
  options.optimizers = {"sgd", "sgd:lr=1e30", "adagrad"};
  options.trials = 3;
  options.seeds = 2;
  options.epochs = 2;
  options.batch = 64;
  options.threads = 1;
  return options;
}

TEST(RareFeatures, OfAComparison) {
  const Comparison comparison = compare(mushrooms());
  ASSERT_TRUE(comparison.feature_rates);
  const FeatureRates& rates = *comparison.feature_rates;
  EXPECT_EQ(rates.steps, 2 * comparison.steps_per_epoch);
  EXPECT_EQ(rates.rows, comparison.data.train_rows);
  std::size_t features = 0;
  for (const auto& bin : rates.bins) features += bin.features;
  EXPECT_LE(features, comparison.data.columns);
  EXPECT_GT(features, 100U);
  EXPECT_LE(rates.bins.back().high, rates.rows);
  ASSERT_EQ(rates.participants.size(), 2U) << "the second one diverges";
  EXPECT_EQ(rates.participants[0].index, 0U);
  EXPECT_EQ(rates.participants[1].index, 2U);
  const double chosen = comparison.participants[0].runs.front().rate;
  for (const auto& rate : rates.participants[0].rates) {
    ASSERT_TRUE(rate);
    EXPECT_NEAR(rate->low / chosen, 1, 1e-5);
    EXPECT_NEAR(rate->high / chosen, 1, 1e-5);
  }
  EXPECT_NEAR(*rates.participants[0].gain(), 1, 1e-5);
  EXPECT_GT(*rates.participants[1].gain(), 3);
}

TEST(RareFeatures, DoNotDependOnThreads) {
  CompareOptions options = mushrooms();
  const auto one = compare(options).feature_rates;
  options.threads = 3;
  const auto three = compare(options).feature_rates;
  ASSERT_TRUE(one);
  EXPECT_TRUE(*one == *three);
}

/// Keeps all runs; they say nothing of features.
class Kept : public RunStore {
 public:
  std::optional<Run> find(const std::string&, const RunRequest& request) override {
    const auto known = runs_.find(key(request));
    return known == runs_.end() ? std::nullopt : std::optional(known->second);
  }
  void add(const std::string&, const RunRequest& request, const Run& run) override {
    runs_.emplace(key(request), run);
  }
  [[nodiscard]] std::size_t size() const { return runs_.size(); }

 private:
  static std::string key(const RunRequest& request) {
    return request.spec + ' ' + std::to_string(request.seed) + ' ' + std::to_string(request.epochs);
  }
  std::map<std::string, Run> runs_;
};

TEST(RareFeatures, AreWatchedAnewWhereAllRunsAreKnown) {
  Kept store;
  const auto first = compare(mushrooms(), {}, &store).feature_rates;
  const std::size_t runs = store.size();
  const auto again = compare(mushrooms(), {}, &store).feature_rates;
  EXPECT_EQ(store.size(), runs);
  ASSERT_TRUE(first);
  EXPECT_TRUE(*first == *again);
}

TEST(RareFeatures, AreThereInNetworksAndNotInDenseDataAndFunctions) {
  CompareOptions options = mushrooms();
  options.optimizers = {"adam"};
  options.trials = options.seeds = options.epochs = 1;
  options.model = "mlp:4";
  EXPECT_TRUE(compare(options).feature_rates);
  options.data = "iris";
  options.model = "softmax";
  EXPECT_FALSE(compare(options).feature_rates);
  options.problem = "booth";
  EXPECT_FALSE(compare(options).feature_rates);
}

}  // namespace
}  // namespace thalweg::workbench::rare_features_test
