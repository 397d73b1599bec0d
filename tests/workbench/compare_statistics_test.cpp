#include <cmath>

#include <gmock/gmock.h>

#include "workbench/compare/statistics.h"

namespace thalweg::workbench::compare_statistics_test {
namespace {

TEST(Statistics, StudentQuantilesAreThoseOfTheTables) {
  // NIST/SEMATECH e-Handbook, 1.3.6.7.2, upper 0.025 and 0.005.
  EXPECT_NEAR(student_t_quantile(0.975, 1), 12.706, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 2), 4.303, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 4), 2.776, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 9), 2.262, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 30), 2.042, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 100), 1.984, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.995, 5), 4.032, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.999, 10), 4.144, 5e-4);
  EXPECT_DOUBLE_EQ(student_t_quantile(0.025, 9), -student_t_quantile(0.975, 9));
  EXPECT_NEAR(student_t_quantile(0.5, 7), 0, 1e-12);
}

TEST(Statistics, StudentCdfHasItsClosedForms) {
  const double pi = std::acos(-1.0);
  for (const double t : {-30.0, -2.0, -0.3, 0.0, 0.7, 1.0, 5.0, 200.0}) {
    EXPECT_NEAR(student_t_cdf(t, 1), 0.5 + std::atan(t) / pi, 1e-13) << t;
    EXPECT_NEAR(student_t_cdf(t, 2), 0.5 + t / (2 * std::sqrt(2 + t * t)), 1e-13) << t;
  }
  // With very many degrees of freedom it is the normal distribution.
  EXPECT_NEAR(student_t_cdf(1.959963985, 1e7), 0.975, 1e-7);
}

TEST(Statistics, QuantileInvertsTheCdf) {
  for (const double freedom : {1.0, 2.5, 4.0, 9.0, 57.0}) {
    for (const double p : {0.0005, 0.1, 0.5, 0.9, 0.9999})
      EXPECT_NEAR(student_t_cdf(student_t_quantile(p, freedom), freedom), p, 1e-12) << freedom << " " << p;
  }
}

TEST(Statistics, MeanIntervalByHand) {
  // Mean 3, standard deviation sqrt(2.5), n 5: 3 +- 2.7764 * sqrt(2.5 / 5).
  const Interval interval = mean_interval({1, 2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(interval.mean, 3);
  EXPECT_NEAR(interval.high - 3, 2.776445 * std::sqrt(0.5), 1e-5);
  EXPECT_NEAR(3 - interval.low, 2.776445 * std::sqrt(0.5), 1e-5);
  const Interval wider = mean_interval({1, 2, 3, 4, 5}, 0.99);
  EXPECT_NEAR(wider.high - 3, 4.604095 * std::sqrt(0.5), 1e-5);
}

TEST(Statistics, EqualValuesHaveNoSpreadAndOneValueAnyOfIt) {
  const Interval equal = mean_interval({0.1, 0.1, 0.1});
  EXPECT_EQ(equal.low, equal.mean);
  EXPECT_EQ(equal.high, equal.mean);
  const Interval single = mean_interval({0.7});
  EXPECT_EQ(single.mean, 0.7);
  EXPECT_TRUE(std::isinf(single.low) && single.low < 0);
  EXPECT_TRUE(std::isinf(single.high) && single.high > 0);
}

}  // namespace
}  // namespace thalweg::workbench::compare_statistics_test
