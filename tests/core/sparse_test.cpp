// Sparse steps against dense ones with gradients that are 0 where the sparse ones have none.

#include <array>
#include <cstring>
#include <limits>
#include <map>
#include <set>

#include <gmock/gmock.h>

#include <thalweg/random.h>
#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/schedules/cosine.h>
#include <thalweg/schedules/decay.h>
#include <thalweg/sparse.h>
#include <thalweg/transforms/clip.h>
#include <thalweg/transforms/decay.h>
#include <thalweg/transforms/noise.h>

#include "arrays.h"
#include "errors.h"
#include "variants.h"

namespace thalweg::sparse_test {
namespace {

using ::testing::HasSubstr;

template <class T>
std::vector<unsigned char> bits(const std::vector<T>& numbers) {
  std::vector<unsigned char> bytes(numbers.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

bool steps_sparsely(const AnyRule& rule) {
  return !test::measures(rule) && !rule.info().looks_ahead(rule.object());
}

/// A gradient with few indices: some every other step, some hardly ever, some (the last) never.
template <class T>
struct Few {
  std::vector<std::uint32_t> indices;
  std::vector<T> values;

  Few(std::uint64_t t, std::size_t size, std::size_t block) {
    for (std::size_t i = 0; i + 3 < size; ++i) {
      const double often = i % 7 == 0 ? 0.5 : i % 3 == 0 ? 0.1 : 0.02;
      if (uniform(11, t, i) >= often) continue;
      indices.push_back(static_cast<std::uint32_t>(i));
      for (std::size_t j = 0; j < block; ++j)
        values.push_back(static_cast<T>(static_cast<float>(2 * uniform(12 + j, t, i) - 1)));
    }
  }
  [[nodiscard]] std::vector<T> dense(std::size_t size, std::size_t block) const {
    std::vector<T> all(size * block);
    for (std::size_t k = 0; k < indices.size(); ++k) {
      for (std::size_t j = 0; j < block; ++j) all[indices[k] * block + j] = values[k * block + j];
    }
    return all;
  }
  [[nodiscard]] SparseGradient sparse() const { return {indices, values}; }
};

using Prepare = std::function<void(Optimizer&)>;

/// Steps a table and a bias sparsely, and as a dense optimizer does, and compares all bits at some steps.
template <class T>
void expect_dense_trajectory(const AnyRule& rule, const Prepare& setup = {}, const GroupOptions& options = {},
                             std::uint64_t steps = 60, std::size_t block = 1,
                             const Execution& execution = {.threads = 1}) {
  constexpr std::size_t size = 97;
  const auto start = test::uniform_numbers<T>(size * block, -1, 1, 5);
  std::vector<T> table = start, theta = start, bias(3, T(0.5)), other(3, T(0.5));
  Optimizer sparse(rule, execution), dense(rule, Execution{.threads = 1});
  sparse.add_sparse("w", table, {.block = block}, options);
  sparse.add("b", bias);
  dense.add("w", theta, options);
  dense.add("b", other);
  if (setup) setup(sparse);
  if (setup) setup(dense);
  std::vector<T> slope(3);  // where it was, as a routine step has it
  for (std::uint64_t t = 1; t <= steps; ++t) {
    const Few<T> few(t, size, block), next(t + 1, size, block);
    const auto slopes = test::uniform_numbers<T>(3, -1, 1, 6, t);
    std::copy(slopes.begin(), slopes.end(), slope.begin());
    const std::vector<T> at(sparse.fetch<T>(0, few.indices).begin(), sparse.fetch<T>(0, few.indices).end());
    for (std::size_t k = 0; k < at.size(); ++k) {
      const T expected = theta[few.indices[k / block] * block + k % block];
      ASSERT_EQ(std::memcmp(&at[k], &expected, sizeof(T)), 0)
          << rule.text() << " step " << t << " index " << few.indices[k / block] << ": " << at[k];
    }
    if (t % 3 == 0) sparse.prefetch(0, next.indices);
    if (t % 4 < 2) {
      sparse.step_fetched(std::array<GradientView, 2>{few.values, slope});
    } else {
      sparse.begin_step();
      if (t % 4 == 2)
        sparse.step_fetched(0, few.values);
      else
        sparse.step_tensor(0, few.sparse());
      sparse.step_tensor(1, slope);
      sparse.end_step();
    }
    dense.step({few.dense(size, block), slope});
    if (t % 23 != 0 && t != steps) continue;
    for (const std::string& slot : test::slot_names(rule))
      ASSERT_EQ(bits(sparse.slot_values("w", slot)), bits(dense.slot_values("w", slot)))
          << rule.text() << " step " << t << " slot " << slot;
    sparse.settle();
    ASSERT_EQ(bits(table), bits(theta)) << rule.text() << " step " << t;
    ASSERT_EQ(bits(bias), bits(other));
  }
}

class Sparse : public ::testing::TestWithParam<AnyRule> {
 protected:
  void SetUp() override {
    if (!steps_sparsely(GetParam())) GTEST_SKIP() << "is refused, see below";
  }
};

TEST_P(Sparse, IsTheDenseTrajectory) {
  expect_dense_trajectory<float>(GetParam());
  expect_dense_trajectory<double>(GetParam());
}

TEST_P(Sparse, WithBlocksAndChunks) {
  expect_dense_trajectory<float>(GetParam(), {}, {}, 30, 3, {.threads = 1, .chunk = 5});
  expect_dense_trajectory<double>(GetParam(), {}, {}, 30, 2, {.threads = 3});
}

TEST_P(Sparse, UnderASchedule) {
  const Prepare schedule = [](Optimizer& optimizer) { optimizer.schedule("lr", warmup(9) | cosine(40)); };
  expect_dense_trajectory<float>(GetParam(), schedule);
  expect_dense_trajectory<double>(GetParam(), schedule);
}

TEST_P(Sparse, WithPenaltiesInAGroupOfItsOwn) {
  const bool decays = test::has_key(GetParam(), "weight_decay");
  const Prepare pulled = [decays](Optimizer& optimizer) {
    optimizer.loss_scale(8);
    optimizer.transform(L2{1e-2});
    if (!decays) optimizer.transform(Decay{0.1});
    optimizer.schedule("lr", linear(50));
  };
  GroupOptions options{.lr = 0.05};
  if (test::has_key(GetParam(), "beta2")) options.beta2 = 0.9;
  const bool surrounded = test::has_key(GetParam(), "l2") || test::has_key(GetParam(), "weight_decay");
  expect_dense_trajectory<float>(GetParam(), pulled, options);
  if (!surrounded) return;
  test::has_key(GetParam(), "l2") ? options.l2 = 0.1 : options.weight_decay = 0.1;
  expect_dense_trajectory<double>(GetParam(), {}, options);
  expect_dense_trajectory<float>(GetParam(), {}, options);
}

TEST_P(Sparse, EveryInstructionSet) {
  for (const std::string& isa : isa_names())
    expect_dense_trajectory<float>(GetParam(), {}, {}, 25, 1, {.threads = 1, .isa = isa});
}

/// A gradient of 0 leaves every bit where the rule says so, whatever the state and the coefficients.
template <class T>
void expect_idle(const AnyRule& rule) {
  std::vector<T> theta = test::wild_numbers<T>(50, 1);
  for (T& x : theta) x = x == 0 ? T(0) : x;  // -0 - 0 may be 0
  Optimizer optimizer(rule);
  optimizer.add("x", theta);
  optimizer.schedule("lr", linear(9));
  for (std::uint64_t t = 0; t < 4; ++t) optimizer.step({test::wild_numbers<T>(50, 2, t)});
  const auto before = bits(theta);
  std::vector<std::vector<double>> slots;
  for (const std::string& slot : test::slot_names(rule)) slots.push_back(optimizer.slot_values("x", slot));
  for (int t = 0; t < 3; ++t) optimizer.step({std::vector<T>(50, T(0))});
  EXPECT_EQ(bits(theta), before) << rule.text();
  for (const std::string& slot : test::slot_names(rule)) {
    EXPECT_EQ(bits(optimizer.slot_values("x", slot)), bits(slots.front())) << rule.text() << ' ' << slot;
    slots.erase(slots.begin());
  }
}

TEST_P(Sparse, RestsWhereItSaysSo) {
  if (GetParam().info().idle != Idle::nothing) GTEST_SKIP() << "does not say so";
  expect_idle<float>(GetParam());
  expect_idle<double>(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Variants, Sparse, ::testing::ValuesIn(test::all_variants()), test::rule_test_name);

TEST(SparseStep, ManySkippedStepsEndWhereNothingChanges) {
  for (const char* text :
       {"momentum:lr=0.1", "rmsprop", "qhm", "adam:lr=0.1", "sgd:lr=0.1,l2=0.5", "aggmo"}) {
    std::vector<float> table(4, 1.0F), theta(4, 1.0F);
    Optimizer sparse = make_optimizer(text), dense = make_optimizer(text);
    sparse.add_sparse("w", table);
    dense.add("w", theta);
    const std::vector<std::uint32_t> one{2};
    const std::vector<float> slope{0.75F};
    for (std::uint64_t t = 1; t <= 6000; ++t) {
      sparse.begin_step();
      sparse.step_tensor(
          0, t == 1 || t == 5900 ? SparseGradient{one, slope} : SparseGradient{{}, std::span<const float>()});
      sparse.end_step();
      std::vector<float> all(4);
      if (t == 1 || t == 5900) all[2] = slope[0];
      dense.step({all});
    }
    sparse.settle();
    EXPECT_EQ(bits(table), bits(theta)) << text;
  }
}

TEST(SparseStep, ManyDifferentStepsAreNotAllKept) {  // more than 4096 rates
  std::vector<float> table(5, 1.0F), theta(5, 1.0F);
  Optimizer sparse(Adam{.lr = 0.01}), dense(Adam{.lr = 0.01});
  sparse.add_sparse("w", table);
  dense.add("w", theta);
  sparse.schedule("lr", linear(20'000));
  dense.schedule("lr", linear(20'000));
  for (std::uint64_t t = 1; t <= 9000; ++t) {
    const std::vector<std::uint32_t> index{static_cast<std::uint32_t>(t % 4096 == 0 ? 3 : 1)};
    const std::vector<float> slope{static_cast<float>(uniform(1, 2, t) - 0.5)};
    sparse.begin_step();
    sparse.step_tensor(0, SparseGradient{index, slope});
    sparse.end_step();
    std::vector<float> all(5);
    all[index[0]] = slope[0];
    dense.step({all});
  }
  sparse.settle();
  EXPECT_EQ(bits(table), bits(theta));
}

TEST(SparseStep, APenaltyThatComesLaterCounts) {
  std::vector<double> table(9, 1.0), theta(9, 1.0);
  Optimizer sparse(Adagrad{.lr = 0.5}), dense(Adagrad{.lr = 0.5});
  sparse.add_sparse("w", table);
  dense.add("w", theta);
  for (std::uint64_t t = 1; t <= 12; ++t) {
    if (t == 5) {
      sparse.transform(L2{0.5});
      dense.transform(L2{0.5});
    }
    const std::vector<std::uint32_t> index{static_cast<std::uint32_t>(t % 8)};
    const std::vector<double> slope{0.25};
    static_cast<void>(sparse.fetch<double>(0, index));
    sparse.begin_step();
    sparse.step_fetched(0, slope);
    sparse.end_step();
    std::vector<double> all(9);
    all[index[0]] = slope[0];
    dense.step({all});
  }
  sparse.settle();
  EXPECT_EQ(bits(table), bits(theta));
  EXPECT_EQ(bits(sparse.slot_values("w", "s")), bits(dense.slot_values("w", "s")));
}

TEST(SparseStep, DuplicatesAreSummedInTheirOrder) {
  std::vector<float> table(6, 1.0F), theta(6, 1.0F);
  Optimizer sparse(SGD{.lr = 1}), dense(SGD{.lr = 1});
  sparse.add_sparse("w", table, {.block = 2});
  dense.add("w", theta);
  const std::vector<std::uint32_t> indices{2, 0, 2, 2};
  const std::vector<float> values{1e8F, 1, 2, 3, 1.5F, 5, -1e8F, 7};
  sparse.begin_step();
  sparse.step_tensor(0, SparseGradient{indices, values});
  sparse.end_step();
  dense.step({std::vector<float>{2, 3, 0, 0, (1e8F + 1.5F) - 1e8F, 1 + 5 + 7}});
  sparse.settle();
  EXPECT_EQ(bits(table), bits(theta));
}

TEST(SparseStep, RowsAreSummedRowByRow) {
  std::vector<double> table(4, 1.0), theta(4, 1.0);
  Optimizer sparse(Adagrad{}), dense(Adagrad{});
  sparse.add_sparse("w", table);
  dense.add("w", theta);
  const std::vector<std::uint64_t> begin{1, 3, 3, 5};
  const std::vector<std::uint32_t> column{9, 0, 3, 1, 3};
  const std::vector<double> value{9, 1, 2, 3, 4}, factor{0.5, 100, -0.25};
  sparse.begin_step();
  sparse.step_tensor(0, SparseRows{begin, column, value, factor});
  sparse.end_step();
  dense.step({std::vector<double>{0.5, -0.75, 0, 1 - 1}});
  sparse.settle();
  EXPECT_EQ(bits(table), bits(theta));
}

// Steps without any of them let the next step find nothing prepared.
class SettingsThatComeLater : public ::testing::TestWithParam<bool> {};

TEST_P(SettingsThatComeLater, Count) {
  std::vector<float> table(3), theta(3);
  Optimizer sparse(SGD{.lr = 1}), dense(SGD{.lr = 1});
  sparse.add_sparse("w", table);
  dense.add("w", theta);
  const auto moves_by = [&](float expected) {
    const float before = theta[1];
    const std::vector<std::uint32_t> index{1};
    const std::vector<float> slope{-1};
    if (GetParam()) {
      (void)sparse.fetch<float>(0, index);
      sparse.step_fetched(std::array<GradientView, 1>{slope});
    } else {
      sparse.begin_step();
      sparse.step_tensor(0, SparseGradient{index, slope});
      sparse.end_step();
    }
    dense.step({std::vector<float>{0, -1, 0}});
    sparse.settle();
    EXPECT_EQ(theta[1] - before, expected);
    EXPECT_EQ(bits(table), bits(theta));
  };
  const auto both = [&](const Prepare& set) {
    set(sparse);
    set(dense);
  };
  moves_by(1);
  moves_by(1);
  both([](Optimizer& o) { o.scale("lr", 0.5); });
  moves_by(0.5F);
  both([](Optimizer& o) { o.loss_scale(4); });
  moves_by(0.125F);
  both([](Optimizer& o) { o.loss_scale(1); });
  moves_by(0.5F);
  both([](Optimizer& o) { o.schedule("lr", linear(1024)); });
  moves_by(0.5F * (1 - 5.0F / 1024));
  moves_by(0.5F * (1 - 6.0F / 1024));
  both([](Optimizer& o) { o.scale("lr", 4); });
  moves_by(4 * (1 - 7.0F / 1024));
  both([](Optimizer& o) { o.scale("l2", 0.5); });
  moves_by(4 * (1 - 8.0F / 1024));
}

INSTANTIATE_TEST_SUITE_P(SparseStep, SettingsThatComeLater, ::testing::Bool(), [](const auto& at_once) {
  return at_once.param ? std::string("AtOnce") : std::string("TensorByTensor");
});

TEST(SparseStep, DenseGradientsMayBeOfAnotherPrecision) {
  std::vector<float> table(3), bias(1);
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add_sparse("w", table);
  optimizer.add("b", bias);
  const std::vector<std::uint32_t> index{1};
  const std::vector<float> slope{-1};
  const std::vector<double> other{-1};
  for (int t = 0; t < 4; ++t) {
    (void)optimizer.fetch<float>(0, index);
    optimizer.step_fetched(std::array<GradientView, 2>{slope, other});
  }
  EXPECT_EQ(bias[0], 4);
}

TEST(SparseStep, APolicyThatComesLaterCounts) {
  std::vector<float> table(3), bias(1);
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add_sparse("w", table);
  optimizer.add("b", bias);
  const std::vector<std::uint32_t> index{1};
  std::vector<float> slope{-1}, other{-1};
  const auto step = [&] {
    (void)optimizer.fetch<float>(0, index);
    optimizer.step_fetched(std::array<GradientView, 2>{slope, other});
  };
  for (int t = 0; t < 3; ++t) step();
  optimizer.non_finite(NonFinite::stop);
  other[0] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(step(), NonFiniteGradient);
  other[0] = -1;
  step();  // the one before was given up
  optimizer.settle();
  EXPECT_EQ(optimizer.steps(), 4U);
  EXPECT_EQ(table[1], 5);  // which it had moved before
  EXPECT_EQ(bias[0], 4);
}

TEST(SparseStep, PenaltiesThatComeLaterCount) {
  const std::vector<Prepare> ways{
      [](Optimizer& o) { o.transform(L2{0.5}); },
      [](Optimizer& o) { o.scale("l2", 1); },
      [](Optimizer& o) { o.schedule("l2", Schedule(Constant{}).absolute()); },
  };
  for (std::size_t way = 0; way < ways.size(); ++way) {
    const AnyRule rule(SGD{.lr = 1, .l2 = way == 1 ? 0.5 : 0});
    std::vector<float> table(3, 1.0F), theta(3, 1.0F);
    Optimizer sparse(rule), dense(rule);
    sparse.add_sparse("w", table);
    dense.add("w", theta);
    for (Optimizer* const o : {&sparse, &dense}) {
      if (way == 1) o->scale("l2", 0);
    }
    for (int t = 0; t < 4; ++t) {
      if (t == 2) ways[way](sparse);
      if (t == 2) ways[way](dense);
      (void)sparse.fetch<float>(0, std::vector<std::uint32_t>{1});
      sparse.step_fetched(std::array<GradientView, 1>{std::vector<float>{-1}});
      dense.step({std::vector<float>{0, -1, 0}});
    }
    sparse.settle();
    // Half of what there was, twice; or all of it, as the last way has a penalty of 1.
    EXPECT_EQ(theta, way < 2 ? (std::vector<float>{0.25F, 2.25F, 0.25F}) : (std::vector<float>{0, 1, 0}))
        << way;
    EXPECT_EQ(bits(table), bits(theta)) << way;
  }
}

TEST(Distinct, AreNumberedInTheOrderOfTheirAppearance) {
  for (const std::uint32_t most :
       {0xFFFFFFFFU, 40U}) {  // marks are cleared now and then, also within a round
    DistinctIndices distinct(most);
    for (std::uint64_t round = 0; round < 50; ++round) {
      const std::size_t size = round % 10 == 9 ? 11 : 20;
      distinct.start(size);
      std::vector<std::uint32_t> indices, positions;
      std::map<std::uint32_t, std::uint32_t> known;
      for (std::uint64_t list = 0; list < 3; ++list) {
        std::vector<std::uint32_t> some;
        for (std::uint64_t k = 0; k < round % 8; ++k)
          some.push_back(static_cast<std::uint32_t>(uniform(round, list, k) * static_cast<double>(size)));
        for (const std::uint32_t index : some) {
          const auto [at, fresh] = known.emplace(index, static_cast<std::uint32_t>(indices.size()));
          if (fresh) indices.push_back(index);
          positions.push_back(at->second);
        }
        distinct.add(some);
      }
      EXPECT_THAT(std::vector<std::uint32_t>(distinct.indices().begin(), distinct.indices().end()),
                  ::testing::ElementsAreArray(indices));
      EXPECT_THAT(std::vector<std::uint32_t>(distinct.positions().begin(), distinct.positions().end()),
                  ::testing::ElementsAreArray(positions));
    }
  }
}

/// "Touched rows only": a parameter takes the steps in which it has a gradient, with the t of all steps.
TEST(SparseStep, LeftMeansLeftOut) {
  std::vector<float> table{1, 1, 1}, alone{1};
  Optimizer sparse(Adam{.lr = 0.1, .l2 = 0.1}), dense(Adam{.lr = 0.1, .l2 = 0.1});
  sparse.add_sparse("w", table, {.skipped = Skipped::left});
  dense.add("w", alone);
  for (int t = 1; t <= 10; ++t) {
    const std::vector<std::uint32_t> index{t % 2 == 1 ? 1U : 2U};
    sparse.begin_step();
    sparse.step_tensor(0, SparseGradient{index, std::vector<float>{0.5F}});
    sparse.end_step();
  }
  // By hand: index 1 in steps 1, 3, ..., 9.
  float theta = 1, m = 0, v = 0;
  for (int t = 1; t <= 9; t += 2) {
    const auto c = Adam{.lr = 0.1}.at(t);
    const Adam::Coefficients<float> f{static_cast<float>(c.lr),      static_cast<float>(c.beta1),
                                      static_cast<float>(c.rest1),   static_cast<float>(c.beta2),
                                      static_cast<float>(c.rest2),   static_cast<float>(c.unbias1),
                                      static_cast<float>(c.unbias2), static_cast<float>(c.eps)};
    std::array<float, 2> state{m, v};
    Adam::update(theta, 0.5F + 0.1F * theta, state, f);
    m = state[0];
    v = state[1];
  }
  sparse.settle();
  EXPECT_EQ(table[0], 1.0F);
  EXPECT_EQ(table[1], theta);
  EXPECT_NE(table[2], table[1]);
}

TEST(SparseStep, WhatDoesNotFitIsAnError) {
  std::vector<float> w(10), b(2);
  std::vector<double> wide(4);
  std::vector<bfloat16> narrow(4);
  const std::vector<std::uint32_t> indices{1, 10}, twice{1, 1}, good{1, 2};
  const std::vector<float> two{1, 1}, three{1, 1, 1};
  Optimizer optimizer(SGD{});
  EXPECT_USAGE_ERROR_WITH(optimizer.add_sparse("w", w, {.block = 3}), HasSubstr("must divide 10"));
  EXPECT_USAGE_ERROR_WITH(optimizer.add_sparse("n", narrow), HasSubstr("float32 or float64"));
  optimizer.add_sparse("w", w);
  optimizer.add("b", b);
  EXPECT_USAGE_ERROR_WITH(optimizer.step({w, b}), HasSubstr("begin_step"));
  EXPECT_USAGE_ERROR_WITH(optimizer.step_tensor(0, SparseGradient{good, two}), HasSubstr("begin_step"));
  EXPECT_USAGE_ERROR_WITH(optimizer.fetch<float>(0, indices), HasSubstr("below 10"));
  EXPECT_USAGE_ERROR_WITH(optimizer.fetch<float>(0, twice), HasSubstr("distinct"));
  EXPECT_USAGE_ERROR_WITH(optimizer.fetch<float>(1, good), HasSubstr("add_sparse"));
  EXPECT_USAGE_ERROR_WITH(optimizer.fetch<double>(0, good), HasSubstr("float32"));
  optimizer.begin_step();
  EXPECT_USAGE_ERROR_WITH(optimizer.step_tensor(0, two), HasSubstr("SparseGradient"));
  EXPECT_USAGE_ERROR_WITH(optimizer.step_tensor(0, SparseGradient{indices, two}), HasSubstr("below 10"));
  EXPECT_USAGE_ERROR_WITH(optimizer.step_tensor(0, SparseGradient{good, three}), HasSubstr("must be 2"));
  EXPECT_USAGE_ERROR_WITH(optimizer.step_fetched(0, two), HasSubstr("fetch"));
  EXPECT_USAGE_ERROR_WITH(optimizer.settle(), HasSubstr("end_step"));
  optimizer.step_tensor(0, SparseGradient{good, two});
  EXPECT_USAGE_ERROR_WITH(optimizer.step_tensor(0, SparseGradient{good, two}), HasSubstr("already"));
  optimizer.step_tensor(1, two);
  optimizer.end_step();
  (void)optimizer.fetch<float>(0, good);
  EXPECT_USAGE_ERROR_WITH(optimizer.step_fetched(std::array<GradientView, 1>{two}), HasSubstr("must be 2"));
  EXPECT_USAGE_ERROR_WITH(optimizer.step_fetched(std::array<GradientView, 2>{two, three}),
                          HasSubstr("must have 2"));
  EXPECT_USAGE_ERROR_WITH(optimizer.step_fetched(std::array<GradientView, 2>{two, two}), HasSubstr("fetch"));

  Optimizer noisy(SGD{}), measuring(DoG{}), ahead(Nesterov{});
  noisy.add_sparse("w", w);
  noisy.transform(Noise{});
  EXPECT_USAGE_ERROR_WITH(noisy.begin_step(), HasSubstr("noise"));
  EXPECT_USAGE_ERROR_WITH(measuring.add_sparse("w", w), HasSubstr("measures"));
  EXPECT_USAGE_ERROR_WITH(ahead.add_sparse("w", w), HasSubstr("away"));
  Optimizer compact(Adam{}, {.state = StateType::bfloat16});
  EXPECT_USAGE_ERROR_WITH(compact.add_sparse("w", w), HasSubstr("as the tensor"));
}

}  // namespace
}  // namespace thalweg::sparse_test
