// What fetch() is told of its indices, and what it makes of that.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/thalweg.h>

#include "arrays.h"
#include "errors.h"

namespace thalweg::fetch_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t size = 50;

/// The parameters after some steps, whose indices are fetched as `fetch` does.
template <class T, class Fetch>
std::vector<T> trained(const AnyRule& rule, const SparseOptions& options, const Fetch& fetch) {
  std::vector<T> table = test::uniform_numbers<T>(size * options.block, -1, 1, 5);
  Optimizer optimizer(rule, Execution{.threads = 1});
  optimizer.add_sparse("w", table, options);
  DistinctIndices distinct;
  for (std::uint32_t t = 0; t < 30; ++t) {
    std::vector<std::uint32_t> indices;
    for (std::uint32_t i = t % 3; i < size; i += 1 + (i + t) % 7) indices.push_back(i);
    const std::vector<T> slope = test::uniform_numbers<T>(indices.size() * options.block, -1, 1, 6, t);
    distinct.start(size);
    distinct.add(indices);
    const std::span<const T> at = fetch(optimizer, indices, distinct);
    std::vector<T> gradient(slope.size());
    for (std::size_t k = 0; k < slope.size(); ++k) gradient[k] = slope[k] + at[k] / 4;
    optimizer.step_fetched(std::array<GradientView, 1>{gradient});
  }
  optimizer.settle();
  return table;
}

template <class T>
void expect_the_same(const char* rule, const SparseOptions& options) {
  using Indices = std::vector<std::uint32_t>;
  const AnyRule made = make_rule(rule);
  const auto plain =
      trained<T>(made, options, [](Optimizer& o, const Indices& indices, const DistinctIndices&) {
        return o.fetch<T>(0, std::span<const std::uint32_t>(indices));
      });
  EXPECT_EQ(plain,
            trained<T>(made, options, [](Optimizer& o, const Indices& indices, const DistinctIndices&) {
              return o.fetch<T>(0, IncreasingIndices(indices));
            }));
  EXPECT_EQ(plain,
            trained<T>(made, options, [](Optimizer& o, const Indices& indices, const DistinctIndices&) {
              return o.fetch<T>(0, IncreasingIndices::known(indices));
            }));
  EXPECT_EQ(plain,
            trained<T>(made, options, [](Optimizer& o, const Indices&, const DistinctIndices& distinct) {
              return o.fetch<T>(0, distinct);
            }));
}

TEST(Fetch, GivesTheSameWhateverIsKnownOfTheIndices) {
  for (const char* rule : {"sgd:lr=0.1", "adagrad:lr=0.1", "adam:lr=0.1", "rmsprop:lr=0.1"}) {
    SCOPED_TRACE(rule);
    expect_the_same<float>(rule, {});
    expect_the_same<double>(rule, {.block = 3});
    expect_the_same<float>(rule, {.skipped = Skipped::left});
  }
}

TEST(Fetch, IncreasingIndicesIncrease) {
  const std::vector<std::uint32_t> good{0, 3, 9}, twice{0, 3, 3, 9}, falling{4, 1}, none;
  EXPECT_THAT(IncreasingIndices(good).indices(), ElementsAre(0, 3, 9));
  EXPECT_THAT(IncreasingIndices(none).indices(), ElementsAre());
  EXPECT_USAGE_ERROR_WITH(
      IncreasingIndices{twice},
      HasSubstr("increasing indices = 3: must be larger than the one before it, which is 3"));
  EXPECT_USAGE_ERROR_WITH(IncreasingIndices{falling},
                          HasSubstr("indices = 1: must be larger than the one before it, which is 4"));
  std::vector<float> w(9);
  Optimizer optimizer(SGD{});
  optimizer.add_sparse("w", w);
  EXPECT_USAGE_ERROR_WITH(optimizer.fetch<float>(0, IncreasingIndices(good)), HasSubstr("below 9"));
  EXPECT_USAGE_ERROR_WITH(optimizer.fetch<double>(0, IncreasingIndices(good)), HasSubstr("float32"));
}

TEST(Fetch, WhatWasFetchedIsGoneWithOneThatIsRefused) {
  std::vector<float> w(10, 1);
  const std::vector<std::uint32_t> two{1, 2}, too_large{1, 10}, same{3, 3}, three{4, 5, 6};
  const std::vector<float> slope{1, 1}, slopes{1, 1, 1};
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add_sparse("w", w);
  const auto step = [&] { optimizer.step_fetched(std::array<GradientView, 1>{slope}); };
  (void)optimizer.fetch<float>(0, two);
  step();
  for (const auto& wrong : {too_large, same}) {
    (void)optimizer.fetch<float>(0, two);
    EXPECT_USAGE_ERROR_WITH(optimizer.fetch<float>(0, wrong), HasSubstr("must be"));
    EXPECT_USAGE_ERROR_WITH(step(), HasSubstr("fetch() comes first"));
  }
  (void)optimizer.fetch<float>(0, two);
  optimizer.begin_step();
  EXPECT_USAGE_ERROR_WITH(optimizer.step_tensor(0, SparseGradient{too_large, slope}), HasSubstr("below 10"));
  EXPECT_USAGE_ERROR_WITH(optimizer.step_fetched(0, slope), HasSubstr("fetch() comes first"));
  optimizer.step_tensor(0, SparseGradient{three, slopes});
  optimizer.end_step();
  optimizer.settle();
  EXPECT_THAT(w, ElementsAre(1, 0, 0, 1, 0, 0, 0, 1, 1, 1));
}

TEST(Fetch, WhatComesIsAskedForAFewAtATime) {
  std::vector<float> w(10, 1), b(2);
  const std::vector<std::uint32_t> one{1}, coming{2, 3, 4, 5, 9};
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add_sparse("w", w);
  optimizer.add("b", b);
  EXPECT_THAT(optimizer.prefetch(0, coming).left(),
              ElementsAre());  // there is no table before the first fetch
  (void)optimizer.fetch<float>(0, one);
  Prefetch& ahead = optimizer.prefetch(0, coming);
  ahead.some(2);
  EXPECT_THAT(ahead.left(), ElementsAre(4, 5, 9));
  ahead.some(4);  // there are not as many
  EXPECT_THAT(ahead.left(), ElementsAre(4, 5, 9));
  const std::vector<float> slope{1}, slopes{1, 1};
  optimizer.step_fetched(std::array<GradientView, 2>{slope, slopes});
  EXPECT_THAT(ahead.left(), ElementsAre());
  EXPECT_USAGE_ERROR_WITH(optimizer.prefetch(1, coming), HasSubstr("add_sparse"));
}

}  // namespace
}  // namespace thalweg::fetch_test
