#include "bench/statistics.h"

#include <cmath>

#include <gmock/gmock.h>

namespace thalweg::bench::statistics_test {
namespace {

TEST(Statistics, QuartilesLieBetweenNeighbours) {
  const Figure odd = figure_of({5, 1, 4, 2, 3});
  EXPECT_EQ(odd.median, 3);
  EXPECT_EQ(odd.low, 2);
  EXPECT_EQ(odd.high, 4);
  EXPECT_EQ(odd.least, 1);
  const Figure even = figure_of({10, 40, 20, 30});
  EXPECT_EQ(even.median, 25);
  EXPECT_EQ(even.low, 17.5);
  EXPECT_EQ(even.high, 32.5);
}

TEST(Statistics, OneSampleIsAllThereIs) {
  const Figure one = figure_of({7});
  EXPECT_EQ(one.median, 7);
  EXPECT_EQ(one.low, 7);
  EXPECT_EQ(one.high, 7);
  EXPECT_TRUE(std::isnan(figure_of({}).median));
}

TEST(Statistics, RatiosAreTakenRoundByRound) {
  EXPECT_EQ(ratios({2, 9, 4}, {1, 3}), (std::vector<double>{2, 3}));
}

}  // namespace
}  // namespace thalweg::bench::statistics_test
