#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "compare_samples.h"
#include "workbench/compare/ranking.h"

namespace thalweg::workbench::compare_ranking_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::size_t> order(const std::vector<Standing>& ranking) {
  std::vector<std::size_t> participants;
  for (const Standing& s : ranking) participants.push_back(s.participant);
  return participants;
}

std::vector<std::size_t> ranks(const std::vector<Standing>& ranking) {
  std::vector<std::size_t> all;
  for (const Standing& s : ranking) all.push_back(s.rank.value_or(0));
  return all;
}

TEST(Ranking, ScoresHaveTheirIntervalAndTheBestIsFirst) {
  const auto ranking =
      rank({participant("a", {0.1, 0.2, 0.3, 0.4, 0.5}), participant("b", {0.9, 0.8, 0.9, 0.8, 0.9})},
           Measure::accuracy, 0);
  EXPECT_THAT(order(ranking), ElementsAre(1, 0));
  EXPECT_THAT(ranks(ranking), ElementsAre(1, 2));
  EXPECT_NEAR(ranking[1].score->mean, 0.3, 1e-15);
  EXPECT_NEAR(*ranking[1].score->high, 0.3 + 2.776445 * std::sqrt(0.005), 1e-6);
  EXPECT_NEAR(*ranking[1].score->low, 0.3 - 2.776445 * std::sqrt(0.005), 1e-6);
  EXPECT_THAT(ranking[0].tied_with, IsEmpty());
  EXPECT_EQ(ranking[0].behind, std::nullopt);
}

TEST(Ranking, AnErrorIsBetterWhenItIsLower) {
  const auto ranking =
      rank({participant("a", {3.1, 3, 3.05}), participant("b", {1.1, 1, 1.05})}, Measure::rmse, 0);
  EXPECT_THAT(order(ranking), ElementsAre(1, 0));
  EXPECT_THAT(ranks(ranking), ElementsAre(1, 2));
  EXPECT_NEAR(ranking[1].behind->mean, 2, 1e-12);
}

TEST(Ranking, SmallDifferencesBesideTheSpreadAreTies) {
  const auto ranking = rank({participant("a", {0.90, 0.94, 0.92}), participant("b", {0.93, 0.91, 0.93})},
                            Measure::accuracy, 0);
  EXPECT_THAT(ranks(ranking), ElementsAre(1, 1));
  EXPECT_THAT(ranking[0].tied_with, ElementsAre(0));
  EXPECT_THAT(ranking[1].tied_with, ElementsAre(1));
  EXPECT_LT(*ranking[1].behind->low, 0);
}

TEST(Ranking, SeedsArePaired) {
  // Far apart between the seeds, but b is behind a by about the same with each of them.
  const auto ranking =
      rank({participant("a", {0.70, 0.80, 0.90, 0.85}), participant("b", {0.69, 0.788, 0.89, 0.839})},
           Measure::accuracy, 0);
  EXPECT_LT(*ranking[0].score->low, ranking[1].score->mean) << "the intervals overlap";
  EXPECT_THAT(ranks(ranking), ElementsAre(1, 2));
  EXPECT_GT(*ranking[1].behind->low, 0);
}

TEST(Ranking, MoreOthersNeedMoreEvidence) {
  const std::vector<double> a{0.90, 0.91, 0.92, 0.93}, b{0.896, 0.893, 0.911, 0.915};
  EXPECT_THAT(ranks(rank({participant("a", a), participant("b", b)}, Measure::accuracy, 0)),
              ElementsAre(1, 2));
  std::vector<Participant> many{participant("a", a), participant("b", b)};
  for (const double worse : {0.1, 0.2, 0.3, 0.4})
    many.push_back(participant("c", {worse, worse, worse, worse}));
  EXPECT_EQ(ranks(rank(many, Measure::accuracy, 0))[1], 1U);
}

TEST(Ranking, ADifferenceUnderTheResolutionIsATie) {
  const std::vector<Participant> two{participant("a", {0.91, 0.91}), participant("b", {0.90, 0.90})};
  EXPECT_THAT(ranks(rank(two, Measure::accuracy, 0.02)), ElementsAre(1, 1));
  EXPECT_THAT(ranks(rank(two, Measure::accuracy, 0.005)), ElementsAre(1, 2));
}

TEST(Ranking, ATieNeedNotHoldBetweenTheOthers) {
  // c is told apart from a only; b from none.
  const auto ranking =
      rank({participant("a", {0.90, 0.91, 0.92, 0.93}), participant("b", {0.80, 0.99, 0.85, 0.99}),
            participant("c", {0.88, 0.891, 0.90, 0.911})},
           Measure::accuracy, 0);
  EXPECT_THAT(order(ranking), ElementsAre(0, 1, 2));
  EXPECT_THAT(ranks(ranking), ElementsAre(1, 1, 2));
  EXPECT_THAT(ranking[2].tied_with, ElementsAre(1));
  EXPECT_THAT(ranking[1].tied_with, ElementsAre(0, 2));
}

TEST(Ranking, ADivergedRunLeavesNoScore) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Participant never = participant("never", {});
  never.chosen.reset();
  const auto ranking = rank({participant("a", {0.99, nan, 0.99}), never, participant("c", {0.1, 0.2, 0.1})},
                            Measure::accuracy, 0);
  EXPECT_THAT(order(ranking), ElementsAre(2, 0, 1));
  EXPECT_THAT(ranks(ranking), ElementsAre(1, 0, 0));
  EXPECT_EQ(ranking[1].score, std::nullopt);
  EXPECT_EQ(ranking[2].score, std::nullopt);
}

TEST(Ranking, ASingleSeedTellsNobodyApart) {
  const auto ranking = rank({participant("a", {0.2}), participant("b", {0.9})}, Measure::accuracy, 0);
  EXPECT_THAT(order(ranking), ElementsAre(1, 0));
  EXPECT_THAT(ranks(ranking), ElementsAre(1, 1));
  EXPECT_EQ(ranking[0].score->low, std::nullopt);
  EXPECT_DOUBLE_EQ(ranking[1].behind->mean, 0.7);
  EXPECT_EQ(ranking[1].behind->low, std::nullopt);
}

TEST(Ranking, IntervalsStayWithinWhatIsPossible) {
  const auto accuracy = rank({participant("a", {1, 1, 0.9})}, Measure::accuracy, 0);
  EXPECT_EQ(*accuracy[0].score->high, 1);
  EXPECT_LT(*accuracy[0].score->low, 0.9);
  const auto error = rank({participant("a", {0.1, 2})}, Measure::rmse, 0);
  EXPECT_EQ(*error[0].score->low, 0);
  EXPECT_GT(*error[0].score->high, 2);
}

}  // namespace
}  // namespace thalweg::workbench::compare_ranking_test
