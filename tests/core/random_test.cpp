// Random numbers and the arithmetic that must not depend on the machine.

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/random.h>
#include <thalweg/rules/nadam.h>

namespace thalweg::random_test {
namespace {

using ::testing::ElementsAre;

// The known answers that come with Random123 (kat_vectors: philox4x32 10).
TEST(Philox, KnownAnswers) {
  EXPECT_THAT(philox({0, 0, 0, 0}, {0, 0}), ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  constexpr std::uint32_t ones = 0xffffffff;
  EXPECT_THAT(philox({ones, ones, ones, ones}, {ones, ones}),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
  static_assert(philox({0, 0, 0, 0}, {0, 0})[0] == 0x6627e8d5);
}

TEST(Uniform, LiesInTheOpenIntervalAndDependsOnEverything) {
  std::set<double> seen;
  double sum = 0, squares = 0;
  constexpr std::size_t count = 100'000;
  for (std::size_t i = 0; i < count; ++i) {
    const double u = uniform(3, 4, i);
    ASSERT_GT(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    squares += u * u;
    seen.insert(u);
  }
  EXPECT_EQ(seen.size(), count);
  EXPECT_NEAR(sum / count, 0.5, 5 * std::sqrt(1 / 12.0 / count));
  EXPECT_NEAR(squares / count, 1 / 3.0, 5 * std::sqrt(4 / 45.0 / count));
  const double u = uniform(1, 2, 3);
  for (const double other :
       {uniform(2, 2, 3), uniform(1, 3, 3), uniform(1, 2, 4), uniform(1ULL << 40U | 1U, 2, 3),
        uniform(1, 1ULL << 40U | 2U, 3), uniform(1, 2, 1ULL << 40U | 3U), uniform(2, 1, 3)})
    EXPECT_NE(u, other);
  EXPECT_EQ(u, uniform(1, 2, 3));
}

TEST(Uniform, IsOpenAtBothEnds) {
  EXPECT_EQ(open_unit(0), 0x1p-54);
  EXPECT_EQ(open_unit(1ULL << 51U), 0.25 + 0x1p-54);
  EXPECT_EQ(open_unit((1ULL << 53U) - 1), 1 - 0x1p-53);
}

// Quantiles to 16 digits, from mpmath (sqrt(2) erfinv(2 p - 1)), one in each branch and on both sides of its
// bounds.
TEST(NormalQuantile, KnownValues) {
  const std::pair<double, double> known[] = {{0.5, 0.0},
                                             {0.51, 0.025068908258711058},
                                             {0.6, 0.253347103135799741},
                                             {0.075, -1.43953147093845593},
                                             {0.0749, -1.44023826752796366},
                                             {0.92, 1.40507156030963282},
                                             {0.93, 1.4757910281791711},
                                             {0.99, 2.32634787404084077},
                                             {0.01, -2.32634787404084109},
                                             {0.001, -3.09023230616781354},
                                             {1e-06, -4.75342430882289896},
                                             {1.4e-11, -6.65672309151818364},
                                             {1.3e-11, -6.66761145651074083},
                                             {1e-15, -7.94134532617099677},
                                             {1e-20, -9.26234008979840758}};
  for (const auto& [p, z] : known) {
    EXPECT_NEAR(normal_quantile(p), z, 4e-16 * std::max(1.0, std::abs(z))) << p;
    if (p > 0.001) {
      EXPECT_NEAR(normal_quantile(1 - p), -z, 1e-12) << p;
    }
  }
  EXPECT_EQ(normal_quantile(0.5), 0);
}

// Phi(quantile(p)) = p.
TEST(NormalQuantile, InvertsTheDistribution) {
  double before = -10;
  for (double p = 1e-3; p < 1; p += 1e-3) {
    const double z = normal_quantile(p);
    EXPECT_NEAR(0.5 * std::erfc(-z / std::sqrt(2.0)), p, 1e-15);
    EXPECT_GT(z, before);
    before = z;
  }
  EXPECT_NEAR(normal_quantile(0x1p-54) / -8.29, 1, 0.01);  // the smallest p that uniform() makes
  EXPECT_TRUE(std::isfinite(normal_quantile(1 - 0x1p-53)));
}

// Powers whose exact value is a double, and others to within one unit in the last place of a long double
// loop.
TEST(Power, ExactValues) {
  EXPECT_EQ(power(0.5, 10), 0x1p-10);
  EXPECT_EQ(power(0.5, 1074), 0x1p-1074);
  EXPECT_EQ(power(0.5, 1100), 0);
  EXPECT_EQ(power(3, 33), 5559060566555523);
  EXPECT_EQ(power(0, 0), 1);
  EXPECT_EQ(power(0, 5), 0);
  EXPECT_EQ(power(1, 1e15), 1);
  EXPECT_EQ(power(0.9, 1), 0.9);
  EXPECT_EQ(power(0.9, 0), 1);
  EXPECT_EQ(power(0.999, 1e9), 0);
}

TEST(Power, IsWithinAUnitInTheLastPlace) {
  for (const double base : {0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999}) {
    long double product = 1;  // its own error after 1000 steps is below 1000 * 2^-64
    for (double t = 1; t <= 1000; ++t) {
      product *= base;
      const auto exact = static_cast<double>(product);
      if (exact < 1e-300) break;
      ASSERT_NEAR(power(base, t) / exact, 1, 0x1p-51) << base << '^' << t;
    }
  }
}

// prod (1 - 0.96^(i psi) / 2) by its closed form, against the product itself. The exponential makes a
// relative error of the size of its argument's absolute one: some roundings of ln P.
TEST(NadamProduct, IsTheProduct) {
  for (const double psi : {1e-4, 0.004, 0.1, 1.0, 50.0}) {
    long double product = 1;
    for (int t = 1; t <= 2000; ++t) {
      product *= 1 - 0.5L * std::pow(0.96L, t * static_cast<long double>(psi));
      if (product < 1e-290L) break;
      const double bound = 3e-15 * (2 - std::log(static_cast<double>(product)));
      ASSERT_NEAR(dozat_schedule(psi, t).product / static_cast<double>(product), 1, bound) << psi << ' ' << t;
    }
  }
}

}  // namespace
}  // namespace thalweg::random_test
