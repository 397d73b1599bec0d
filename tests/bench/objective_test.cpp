// The objective that trainings are measured to, and what becomes of their figures.

#include "bench/objective.h"

#include <cmath>

#include <gmock/gmock.h>

#include "bench/goals.h"
#include "bench/measure.h"
#include "bench/objective_cases.h"
#include "bench/tables.h"

namespace thalweg::bench::objective_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

data::Dataset two_rows() {
  data::Dataset rows;
  data::SparseMatrix matrix;
  matrix.rows = 2;
  matrix.columns = 3;
  matrix.row_begin = {0, 2, 3};
  matrix.column = {0, 2, 1};
  matrix.value = {1, 0.5F, 2};
  rows.features = matrix;
  rows.target = {0, 1};
  return rows;
}

TEST(Objective, IsTheMeanLossAndThePenalty) {
  const data::Dataset rows = two_rows();
  const Objective objective(rows, 0.5);
  EXPECT_NEAR(objective.value({0, 0, 0}), std::log(2.0), 1e-15);
  const double away = std::log1p(std::exp(2.0)), towards = std::log1p(std::exp(-1.0));
  EXPECT_NEAR(objective.value({1, 0.5, 2}), (away + towards) / 2 + 0.25 * 5.25, 1e-15);
}

/// By hand: each row has columns of its own, so that the least is that of two functions of one number.
TEST(Objective, IsLeastWhereItsGradientVanishes) {
  const data::Dataset rows = two_rows();
  double sum = 0;
  for (const double square : {1.25, 4.0}) {  // of a row; the weights are the row times -t or t
    double t = 0;
    for (int k = 0; k < 200; ++k) t = 1 / (1 + std::exp(square * t)) / 2 / 0.5;
    sum += std::log1p(std::exp(-square * t)) / 2 + 0.25 * square * t * t;
  }
  EXPECT_NEAR(Objective(rows, 0.5).least() / sum, 1, 1e-6);
}

TEST(Measure, BeginsACaseBeforeEachRun) {
  int begun = 0, run = 0, stale = 0;
  Block block;
  block.rounds = 3;
  Case c;
  c.name = "one";
  c.prepare = [] {};
  c.begin = [&] { ++begun; };
  c.run = [&] { stale += begun != ++run ? 1 : 0; };
  c.release = [] {};
  block.cases.push_back(c);
  Record record;
  Timing timing{.least_seconds = 1e-7, .memory = 1, .progress = [](double, const std::string&) {}};
  measure(block, timing, record);
  EXPECT_EQ(record.entries.size(), 1U);
  EXPECT_GE(run, 4);
  EXPECT_EQ(stale, 0);
}

Entry entry(const std::string& group, const std::string& name, std::vector<double> ms) {
  Entry e;
  e.group = group;
  e.name = name;
  e.size = "2^20 features as words";
  e.precision = "float32";
  e.unit = "training";
  for (double& t : ms) t *= 1e6;
  e.rounds = std::move(ms);
  if (group == "peer") e.reference = "sgd to 1e-3, inverse time 2, 5 epochs";
  return e;
}

TEST(Objective, GoalsAreOfTheSameRounds) {
  Record record;
  record.entries = {entry("objective", "sgd to 1e-3, inverse time 2, 5 epochs", {40, 80, 40}),
                    entry("peer", "liblinear: to 1e-3, -s 7 -e 0.1", {240, 480, 240}),
                    entry("peer", "scikit-learn: to 1e-3, constant 1, 8 epochs", {120, 240, 120})};
  const std::vector<Goal> goals = goals_of(record);
  ASSERT_EQ(goals.size(), 2U);
  EXPECT_EQ(
      goals[0].what,
      "sgd at least 5 times faster than liblinear to a relative objective of 1e-3: 2^20 features as words");
  EXPECT_EQ(goals[0].figure, "6.00");
  EXPECT_EQ(goals[0].verdict(), "met");
  EXPECT_EQ(goals[1].verdict(), "short by 25 %");
  EXPECT_THAT(
      goals[1].binds,
      HasSubstr(
          "5 epochs: 40 ms, 4 ns a nonzero; scikit-learn: to 1e-3, constant 1, 8 epochs: 120 ms, 7.5 ns"));
  const std::vector<TableText> tables = tables_of(record);
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_THAT(tables[0].rows[1],
              ElementsAre("2^20 features as words", "liblinear: to 1e-3, -s 7 -e 0.1", "240", "6"));
}

}  // namespace
}  // namespace thalweg::bench::objective_test
