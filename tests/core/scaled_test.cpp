// Skipped::scaled against the dense trajectory in exact arithmetic, or as near to it as double comes.

#include <algorithm>
#include <array>
#include <cmath>

#include <gmock/gmock.h>

#include <thalweg/random.h>
#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/schedules/decay.h>
#include <thalweg/sparse.h>
#include <thalweg/transforms/decay.h>

#include "arrays.h"
#include "errors.h"
#include "variants.h"

namespace thalweg::scaled_test {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t size = 40;

/// Steps a few of `size` weights at a time, of which the last two never have a gradient and the first always.
struct Trajectory {
  std::vector<float> scaled;
  std::vector<double> dense, bound;  ///< bound: one unit in the last place for each rounding

  Trajectory(const AnyRule& rule, const GroupOptions& options, std::uint64_t steps, std::size_t settle_every,
             const std::function<void(Optimizer&)>& setup = {}, const Execution& execution = {.threads = 1})
      : scaled(test::uniform_numbers<float>(size, -1, 1, 5)),
        dense(scaled.begin(), scaled.end()),
        bound(size) {
    Optimizer lazy(rule, execution), whole(rule, Execution{.threads = 1});
    lazy.add_sparse("w", scaled, {.skipped = Skipped::scaled}, options);
    whole.add("w", dense, options);
    if (setup) setup(lazy);
    if (setup) setup(whole);
    std::vector<double> largest(size), touched(size);
    for (std::uint64_t t = 1; t <= steps; ++t) {
      std::vector<std::uint32_t> indices;
      std::vector<float> values;
      std::vector<double> gradient(size);
      for (std::uint32_t i = 0; i + 2 < size; ++i) {
        if (i > 0 && uniform(1, t, i) >= (i % 4 == 0 ? 0.3 : 0.02)) continue;
        indices.push_back(i);
        values.push_back(static_cast<float>(2 * uniform(2, t, i) - 1));
        gradient[i] = static_cast<double>(values.back());
        touched[i] += 1;
      }
      for (std::size_t i = 0; i < size; ++i) largest[i] = std::max(largest[i], std::abs(dense[i]));
      (void)lazy.fetch<float>(0, indices);
      lazy.step_fetched(std::array<GradientView, 1>{values});
      whole.step({gradient});
      for (std::size_t i = 0; i < size; ++i) largest[i] = std::max(largest[i], std::abs(dense[i]));
      if (t % settle_every == 0) lazy.settle();
    }
    lazy.settle();
    // A gradient costs four roundings for the number and the product, there and back, and as many in the
    // kernel; the last parameters are read once more.
    for (std::size_t i = 0; i < size; ++i) bound[i] = (8 * touched[i] + 2) * 0x1p-24 * largest[i];
  }
};

void expect_within_bound(const Trajectory& t, const std::string& what) {
  for (std::size_t i = 0; i < size; ++i)
    EXPECT_LE(std::abs(static_cast<double>(t.scaled[i]) - t.dense[i]), t.bound[i]) << what << " at " << i;
}

TEST(Scaled, IsTheDenseTrajectoryWithinItsRoundings) {
  const auto falling = [](Optimizer& optimizer) { optimizer.schedule("lr", inverse_time(0.01)); };
  expect_within_bound({SGD{.lr = 0.1}, {.l2 = 0.03}, 2000, 5000}, "l2");
  expect_within_bound({SGD{.lr = 0.1}, {.l2 = 0.03}, 2000, 5000, falling}, "l2, falling rate");
  const auto decaying = [](Optimizer& optimizer) { optimizer.transform(Decay{0.02}); };
  const auto both = [](Optimizer& optimizer) {
    optimizer.transform(L2{0.01});
    optimizer.transform(Decay{0.02});
  };
  expect_within_bound({SGD{.lr = 0.1}, {}, 500, 5000, both}, "l2 and decay");
  expect_within_bound({FTRL{.lr = 0.1}, {}, 500, 5000, decaying}, "ftrl, decay");
}

/// The number falls below 2^-40 every 270 steps, and has both signs.
TEST(Scaled, FoldsTheNumberIntoTheRecordsInTime) {
  expect_within_bound({SGD{.lr = 0.5}, {.l2 = 0.2}, 3000, 5000}, "folded");
  expect_within_bound({SGD{.lr = 1}, {.l2 = 1.9}, 3000, 5000}, "other sign");
}

TEST(Scaled, LookingAtTheParametersChangesNoBit) {
  const Trajectory once(SGD{.lr = 0.1}, {.l2 = 0.03}, 700, 5000);
  const Trajectory often(SGD{.lr = 0.1}, {.l2 = 0.03}, 700, 3);
  EXPECT_EQ(once.scaled, often.scaled);
  for (const std::string& isa : isa_names())
    EXPECT_EQ(once.scaled,
              Trajectory(SGD{.lr = 0.1}, {.l2 = 0.03}, 700, 5000, {}, {.threads = 2, .isa = isa, .chunk = 3})
                  .scaled)
        << isa;
}

TEST(Scaled, WithoutAPenaltyNoBitChanges) {
  const Trajectory scaled(Adagrad{.lr = 0.1}, {}, 200, 5000);
  std::vector<float> made_up = test::uniform_numbers<float>(size, -1, 1, 5);
  Optimizer optimizer(Adagrad{.lr = 0.1});
  optimizer.add_sparse("w", made_up);
  for (std::uint64_t t = 1; t <= 200; ++t) {
    std::vector<std::uint32_t> indices;
    std::vector<float> values;
    for (std::uint32_t i = 0; i + 2 < size; ++i) {
      if (i > 0 && uniform(1, t, i) >= (i % 4 == 0 ? 0.3 : 0.02)) continue;
      indices.push_back(i);
      values.push_back(static_cast<float>(2 * uniform(2, t, i) - 1));
    }
    optimizer.begin_step();
    optimizer.step_tensor(0, SparseGradient{indices, values});
    optimizer.end_step();
  }
  optimizer.settle();
  EXPECT_EQ(scaled.scaled, made_up);
}

TEST(Scaled, GrowsWithItsNumber) {
  std::vector<float> small{1, 2}, large(4);
  const std::vector<std::uint32_t> second{1};
  Optimizer optimizer(SGD{.lr = 0.5, .l2 = 0.5});
  optimizer.add_sparse("w", small, {.skipped = Skipped::scaled});
  const auto step = [&] {
    optimizer.begin_step();
    optimizer.step_tensor(0, SparseGradient{second, std::vector<float>{0}});
    optimizer.end_step();
  };
  step();
  optimizer.grow(0, large, 1);
  step();
  optimizer.settle();
  EXPECT_EQ(large, (std::vector<float>{0.5625F, 1.125F, 0, 0}));
}

/// What `linear` promises: a step from theta is theta and a step from 0, but for the one rounding.
TEST(Scaled, RulesAreLinearWhereTheySaySo) {
  std::size_t found = 0;
  for (const AnyRule& rule : test::all_variants()) {
    if (!rule.info().linear) continue;
    ++found;
    std::vector<float> theta{3, -0.25F, 1000}, zero(3);
    Optimizer from_theta(rule), from_zero(rule);
    from_theta.add("x", theta);
    from_zero.add("x", zero);
    for (std::uint64_t t = 0; t < 5; ++t) {
      const std::vector<float> g = test::uniform_numbers<float>(3, -1, 1, 9, t);
      std::fill(zero.begin(), zero.end(), 0.0F);
      std::vector<float> expected = theta;
      from_theta.step({g});
      from_zero.step({g});
      for (std::size_t i = 0; i < 3; ++i) expected[i] += zero[i];
      EXPECT_EQ(theta, expected) << rule.text();
    }
  }
  EXPECT_GE(found, 1U);
}

TEST(Scaled, IsRefusedWhereSharesDiffer) {
  std::vector<float> w(4);
  const std::vector<std::uint32_t> first{0};
  const std::vector<float> one{1};
  Optimizer adam(Adam{});
  EXPECT_USAGE_ERROR_WITH(adam.add_sparse("w", w, {.skipped = Skipped::scaled}),
                          HasSubstr("moves without a gradient"));
  Optimizer adagrad(Adagrad{.l2 = 0.1});
  adagrad.add_sparse("w", w, {.skipped = Skipped::scaled});
  EXPECT_USAGE_ERROR_WITH(adagrad.begin_step(), HasSubstr("adapts to its gradients"));
  Optimizer sgd(SGD{.lr = 0.5, .l2 = 2});
  sgd.add_sparse("w", w, {.skipped = Skipped::scaled});
  EXPECT_USAGE_ERROR_WITH(sgd.begin_step(), HasSubstr("from 2^-20"));
}

}  // namespace
}  // namespace thalweg::scaled_test
