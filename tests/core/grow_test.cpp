// Sparse tensors that grow while they are stepped, against those that had all from the beginning.

#include <cstring>
#include <numeric>

#include <gmock/gmock.h>

#include <thalweg/random.h>
#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/schedules/decay.h>
#include <thalweg/sparse.h>

#include "errors.h"
#include "variants.h"

namespace thalweg::grow_test {
namespace {

/// What has grown so far at a step: the indices, and the numbers in a block.
struct Extent {
  std::size_t indices, block;
};

Extent extent_at(std::uint64_t t) {
  if (t < 8) return {6, 1};
  if (t < 21) return {11, 1};
  if (t < 33) return {11, 3};
  return {40, 4};
}
constexpr Extent whole{40, 4};

template <class T>
struct Growing {
  Growing(const AnyRule& rule, const GroupOptions& options, std::size_t chunk)
      : all(whole.indices * whole.block),
        bias(3),
        some(6),
        other(3),
        known(rule, Execution{.threads = 1}),
        grown(rule, Execution{.threads = 1, .chunk = chunk}) {
    known.add_sparse("w", all, {.block = whole.block}, options);
    known.add("b", bias);
    grown.add_sparse("w", some, {}, options);
    grown.add("b", other);
    for (Optimizer* optimizer : {&known, &grown})
      optimizer->schedule("lr", Linear{.steps = 90, .final = 0.2});
  }

  void step(std::uint64_t t) {
    const Extent extent = extent_at(t);
    if (t > 1 && extent.indices * extent.block != some.size()) {
      std::vector<T> larger(extent.indices * extent.block, T(7));  // which must not be read
      grown.grow(0, larger, extent.block);
      some.swap(larger);
    }
    std::vector<std::uint32_t> indices;
    std::vector<T> few, wide;
    for (std::uint32_t i = 0; i < extent.indices; ++i) {
      if (uniform(3, t, i) >= 0.3) continue;
      indices.push_back(i);
      for (std::size_t j = 0; j < whole.block; ++j) {
        const T value = j < extent.block ? static_cast<T>(2 * uniform(4 + j, t, i) - 1) : T(0);
        wide.push_back(value);
        if (j < extent.block) few.push_back(value);
      }
    }
    known.begin_step();
    known.step_tensor(0, SparseGradient{indices, wide});
    known.step_tensor(1, slope);
    known.end_step();
    const std::span<const T> fetched = grown.fetch<T>(0, indices);
    ASSERT_EQ(fetched.size(), few.size());
    grown.step_fetched(std::array<GradientView, 2>{few, slope});
  }

  std::vector<T> all, bias, some, other;
  const std::vector<T> slope{T(1), T(-2), T(0.5)};
  Optimizer known, grown;
};

template <class T>
void expect_the_same(const AnyRule& rule, const GroupOptions& options, std::size_t chunk = 0) {
  Growing<T> pair(rule, options, chunk);
  for (std::uint64_t t = 1; t <= 60; ++t) {
    pair.step(t);
    if (t % 19 != 0 && t != 60) continue;
    pair.known.settle();
    pair.grown.settle();
    const Extent extent = extent_at(t);
    for (std::size_t i = 0; i < extent.indices; ++i) {
      ASSERT_EQ(
          std::memcmp(&pair.some[i * extent.block], &pair.all[i * whole.block], extent.block * sizeof(T)), 0)
          << rule.text() << " step " << t << " index " << i << ": " << pair.some[i * extent.block] << " for "
          << pair.all[i * whole.block];
    }
    ASSERT_EQ(pair.bias, pair.other);
  }
  ASSERT_EQ(pair.some.size(), pair.all.size());
  EXPECT_EQ(pair.grown.size(), pair.known.size());
  for (const std::string& slot : test::slot_names(rule))
    EXPECT_EQ(pair.grown.slot_values("w", slot), pair.known.slot_values("w", slot))
        << rule.text() << ' ' << slot;
}

class Grow : public ::testing::TestWithParam<AnyRule> {
 protected:
  void SetUp() override {
    if (test::measures(GetParam()) || GetParam().info().looks_ahead(GetParam().object()))
      GTEST_SKIP() << "has no sparse tensors";
  }
};

TEST_P(Grow, HasTheBitsOfATensorThatHadAllFromTheBeginning) {
  expect_the_same<float>(GetParam(), {});
  expect_the_same<double>(GetParam(), {}, 5);
}

INSTANTIATE_TEST_SUITE_P(Rules, Grow, ::testing::ValuesIn(test::all_variants()), test::rule_test_name);

TEST(Growth, GoesWithPenaltiesThatTrackWhatARuleDoesNot) {
  expect_the_same<float>(Adagrad{.lr = 0.1}, {.l2 = 0.03});
  expect_the_same<float>(AdamW{.lr = 0.1}, {.weight_decay = 0.1});
  expect_the_same<double>(SGD{.lr = 0.1}, {.l2 = 0.03});
}

TEST(Growth, BeforeTheFirstStepTakesTheNumbersOfTheOtherArray) {
  std::vector<float> few{1, 2}, more{3, 4, 5};
  Optimizer optimizer(SGD{.lr = 1}, Execution{.threads = 1});
  optimizer.add_sparse("w", few);
  optimizer.grow(0, more);
  EXPECT_EQ(optimizer.size(), 3U);
  const std::vector<std::uint32_t> last{2};
  EXPECT_EQ(optimizer.fetch<float>(0, last)[0], 5);
}

/// Where a gradient was found good before, parameters may have come to lie.
TEST(Growth, OverAGradientIsNoticed) {
  std::vector<float> small{1}, bias{0.5F}, memory(4);
  const std::span<float> gradient(memory.data(), 1);
  const std::vector<std::uint32_t> first{0};
  Optimizer optimizer(SGD{.lr = 0.5});
  optimizer.add_sparse("w", small);
  optimizer.add("b", bias);
  const auto step = [&] {
    optimizer.begin_step();
    optimizer.step_tensor(0, SparseGradient{first, std::vector<float>{1}});
    optimizer.step_tensor(1, gradient);
    optimizer.end_step();
  };
  step();
  step();
  optimizer.grow(0, memory, 1);
  EXPECT_USAGE_ERROR_WITH(step(), ::testing::HasSubstr("must not overlap them"));
}

TEST(Growth, IsRefusedWhereSomethingWouldBeLost) {
  std::vector<float> w(6), b(2), larger(8), smaller(4);
  std::vector<double> wide(8);
  Optimizer optimizer(Adam{}, Execution{.threads = 1});
  optimizer.add_sparse("w", w, {.block = 2});
  optimizer.add("b", b);
  const auto error = [&](std::size_t index, ParameterView view, std::size_t block) {
    return test::usage_error_of([&] { optimizer.grow(index, view, block); });
  };
  const std::string fewer = "must not be fewer than the 3 in blocks of 2 that it has";
  EXPECT_EQ(error(0, larger, 1), "sparse tensor w = 8 indices in blocks of 1: " + fewer);
  EXPECT_EQ(error(0, smaller, 2), "sparse tensor w = 2 indices in blocks of 2: " + fewer);
  EXPECT_EQ(error(0, larger, 3), "sparse tensor w = block 3: must divide 8");
  EXPECT_EQ(error(0, wide, 2), "sparse tensor w = float64: must stay in float32");
  EXPECT_EQ(error(0, b, 2), "tensor = w: must not overlap the memory of tensor b");
  EXPECT_EQ(error(1, larger, 2), "grow() = b: is for tensors of add_sparse()");
  optimizer.begin_step();
  EXPECT_EQ(error(0, larger, 2), "grow() = : a step has begun: end_step() or cancel_step() comes first");
  optimizer.cancel_step();
  w.resize(8);  // what was the tensor's own memory may be used again
  optimizer.grow(0, w, 2);
  EXPECT_EQ(optimizer.size(), 10U);
}

}  // namespace
}  // namespace thalweg::grow_test
