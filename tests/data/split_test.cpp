#include "data/split.h"

#include <cmath>
#include <numeric>
#include <set>

#include <gmock/gmock.h>

#include "data/temporary.h"

namespace thalweg::data::split_test {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

/// One feature, the row's number; classes of the given sizes, interleaved.
Dataset classes_of(std::vector<std::size_t> sizes) {
  Dataset data;
  data.name = "made";
  for (std::size_t k = 0; k < sizes.size(); ++k) data.class_names.push_back("c" + std::to_string(k));
  DenseMatrix matrix{0, 1, {}};
  for (bool any = true; any;) {
    any = false;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      if (sizes[k] == 0) continue;
      --sizes[k];
      any = true;
      data.target.push_back(static_cast<float>(k));
      matrix.values.push_back(static_cast<float>(matrix.rows++));
    }
  }
  data.features = matrix;
  return data;
}

Dataset regression_of(std::size_t rows) {
  Dataset data = classes_of({rows, 0});
  data.task = Task::regression;
  data.class_names.clear();
  std::iota(data.target.begin(), data.target.end(), 0.0F);
  return data;
}

std::size_t count(const Dataset& data, const std::vector<std::size_t>& rows, float target) {
  std::size_t found = 0;
  for (const std::size_t row : rows) found += data.target[row] == target;
  return found;
}

std::string error(const Dataset& data, double validation, double test) {
  return error_of(TemporaryFolder(), [&] { static_cast<void>(split_rows(data, validation, test, 0)); });
}

TEST(Permutation, IsAPermutationThatSeedAndEpochDetermine) {
  const auto first = permutation(1000, 1, 0);
  EXPECT_EQ(std::set<std::uint32_t>(first.begin(), first.end()).size(), 1000);
  EXPECT_EQ(*std::max_element(first.begin(), first.end()), 999);
  EXPECT_EQ(permutation(1000, 1, 0), first);
  EXPECT_NE(permutation(1000, 1, 1), first);
  EXPECT_NE(permutation(1000, 2, 0), first);
  EXPECT_THAT(permutation(1, 5, 5), ElementsAre(0));
  EXPECT_TRUE(permutation(0, 5, 5).empty());
}

TEST(Permutation, IsUniform) {
  // Each of the 24 orders of 4 rows is expected 1000 times, with a standard deviation of 31.
  std::vector<int> seen(256);
  for (std::uint64_t epoch = 0; epoch < 24'000; ++epoch) {
    const auto order = permutation(4, 7, epoch);
    ++seen[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]];
  }
  int orders = 0;
  for (const int n : seen) {
    if (n == 0) continue;
    ++orders;
    EXPECT_NEAR(n, 1000, 5 * 31);
  }
  EXPECT_EQ(orders, 24);
}

TEST(SplitRows, CoversEachRowOnceInAscendingOrder) {
  const Dataset data = classes_of({60, 25, 15});
  const Parts parts = split_rows(data, 0.15, 0.15, 3);
  EXPECT_EQ(parts.train.size(), 70);
  EXPECT_EQ(parts.validation.size(), 15);
  EXPECT_EQ(parts.test.size(), 15);
  std::set<std::size_t> all;
  for (const auto* part : {&parts.train, &parts.validation, &parts.test}) {
    EXPECT_TRUE(std::is_sorted(part->begin(), part->end()));
    all.insert(part->begin(), part->end());
  }
  EXPECT_EQ(all.size(), 100);
}

TEST(SplitRows, KeepsTheProportionsOfTheClasses) {
  const Dataset data = classes_of({178, 182, 177, 40});
  const Parts parts = split_rows(data, 0.15, 0.25, 11);
  const double sizes[] = {178, 182, 177, 40};
  for (int k = 0; k < 4; ++k) {
    const auto target = static_cast<float>(k);
    EXPECT_NEAR(static_cast<double>(count(data, parts.validation, target)), 0.15 * sizes[k], 1) << k;
    EXPECT_NEAR(static_cast<double>(count(data, parts.test, target)), 0.25 * sizes[k], 1) << k;
  }
}

TEST(SplitRows, LeavesARowOfEachClassToTrainOn) {
  std::vector<std::size_t> sizes(50, 1);
  sizes.push_back(100);
  const Dataset data = classes_of(sizes);
  const Parts parts = split_rows(data, 0.4, 0.4, 0);
  for (int k = 0; k < 51; ++k) EXPECT_GE(count(data, parts.train, static_cast<float>(k)), 1) << k;
}

TEST(SplitRows, DependsOnTheSeedAlone) {
  const Dataset data = classes_of({50, 50});
  EXPECT_EQ(split_rows(data, 0.2, 0.2, 5).test, split_rows(data, 0.2, 0.2, 5).test);
  EXPECT_NE(split_rows(data, 0.2, 0.2, 5).test, split_rows(data, 0.2, 0.2, 6).test);
  // Written down, so that another platform or a later change that splits otherwise is noticed.
  EXPECT_THAT(split_rows(regression_of(10), 0.2, 0.2, 42).test, ElementsAre(5, 7));
  EXPECT_THAT(permutation(8, 42, 3), ElementsAre(2, 0, 7, 3, 4, 1, 5, 6));
}

TEST(SplitRows, SplitsOffValidationAloneWhereThereIsATestSet) {
  const Parts parts = split_rows(classes_of({50, 50}), 0.2, 0, 5);
  EXPECT_EQ(parts.train.size(), 80);
  EXPECT_EQ(parts.validation.size(), 20);
  EXPECT_TRUE(parts.test.empty());
}

TEST(SplitRows, RefusesEmptyPartsAndImpossibleFractions) {
  EXPECT_EQ(
      error(regression_of(3), 0.15, 0.15),
      "made: found 3 rows, so few that the validation part is empty; expected more rows or larger fractions "
      "(validation 0.15, test 0.15)");
  EXPECT_THAT(error(regression_of(4), 0.3, 0.1), HasSubstr("so few that the test part is empty"));
  EXPECT_THAT(error(classes_of({1, 1}), 0.4, 0.4),
              HasSubstr("2 rows, so few that the validation part is empty"));
  EXPECT_EQ(error(regression_of(9), 0, 0.1), "validation = 0: must be a fraction over 0 and under 1");
  EXPECT_EQ(error(regression_of(9), -0.1, 0.1), "validation = -0.1: must be a fraction over 0 and under 1");
  EXPECT_EQ(error(regression_of(9), 0.1, 1), "test_fraction = 1: must be a fraction over 0 and under 1");
  EXPECT_EQ(error(regression_of(9), std::nan(""), 0.1),
            "validation = nan: must be a fraction over 0 and under 1");
  EXPECT_EQ(error(regression_of(9), 0.5, 0.5),
            "validation + test_fraction = 1: must be under 1, so that rows to train on remain");
}

TEST(SelectRows, CopiesDenseAndSparseRowsInTheOrderAsked) {
  Dataset data = classes_of({2, 2});
  data.features = DenseMatrix{4, 2, {0, 1, 2, 3, 4, 5, 6, 7}};
  const Dataset dense = select_rows(data, {3, 0});
  EXPECT_THAT(std::get<DenseMatrix>(dense.features).values, ElementsAre(6, 7, 0, 1));
  EXPECT_THAT(dense.target, ElementsAre(1, 0));
  EXPECT_THAT(dense.class_names, ElementsAre("c0", "c1"));
  data.features = SparseMatrix{4, 9, {0, 2, 2, 3, 5}, {1, 4, 0, 2, 8}, {10, 11, 12, 13, 14}};
  const Dataset sparse = select_rows(data, {3, 1, 0});
  const auto& m = std::get<SparseMatrix>(sparse.features);
  EXPECT_EQ(m.rows, 3);
  EXPECT_EQ(m.columns, 9);
  EXPECT_THAT(m.row_begin, ElementsAre(0, 2, 2, 4));
  EXPECT_THAT(m.column, ElementsAre(2, 8, 1, 4));
  EXPECT_THAT(m.value, ElementsAre(13, 14, 10, 11));
}

TEST(Scale, BringsDenseColumnsToMeanZeroAndDeviationOne) {
  Dataset data = classes_of({2, 2});
  data.features = DenseMatrix{4, 3, {1, 0.1F, 1e6F, 2, 0.1F, 1e6F + 1, 3, 0.1F, 1e6F + 2, 4, 0.1F, 1e6F + 3}};
  const Scaling scaling = fit_scaling(data);
  EXPECT_DOUBLE_EQ(scaling.shift[0], 2.5);
  EXPECT_DOUBLE_EQ(scaling.factor[0], 1 / std::sqrt(1.25));
  EXPECT_DOUBLE_EQ(scaling.factor[2], 1 / std::sqrt(1.25));
  EXPECT_EQ(scaling.factor[1], 0);
  apply_scaling(scaling, data);
  const auto& v = std::get<DenseMatrix>(data.features).values;
  EXPECT_THAT(v[0], FloatNear(-1.3416408F, 1e-6F));
  EXPECT_THAT(v[11], FloatNear(1.3416408F, 1e-6F));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(v[i * 3 + 1], 0) << "a constant column stays at 0";
}

TEST(Scale, KeepsSparseColumnsSparse) {
  Dataset data = classes_of({1, 1});
  data.features = SparseMatrix{2, 3, {0, 2, 3}, {0, 2, 0}, {-4, 5, 2}};
  const Scaling scaling = fit_scaling(data);
  EXPECT_TRUE(scaling.shift.empty());
  EXPECT_THAT(scaling.factor, ElementsAre(0.25, 0, 0.2));
  apply_scaling(scaling, data);
  EXPECT_THAT(std::get<SparseMatrix>(data.features).value, ElementsAre(-1, 1, 0.5F));
}

TEST(Scale, BringsTargetsToTheirOwnUnitAndBack) {
  Dataset data = regression_of(5);
  data.target = {10, 20, 30, 40, 50};
  const TargetScale scale = fit_target(data);
  EXPECT_DOUBLE_EQ(scale.mean, 30);
  EXPECT_DOUBLE_EQ(scale.scale, std::sqrt(200.0));
  apply_target(scale, data);
  EXPECT_NEAR(scale.mean + scale.scale * static_cast<double>(data.target[4]), 50, 1e-5);
  data.target.assign(5, 7);
  EXPECT_DOUBLE_EQ(fit_target(data).mean, 7);
  EXPECT_DOUBLE_EQ(fit_target(data).scale, 1);
}

}  // namespace
}  // namespace thalweg::data::split_test
