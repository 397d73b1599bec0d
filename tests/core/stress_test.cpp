// Many threads that step at once, each an optimizer of its own: with pools of their own and with one for all.
// Under the thread sanitizer a race is an error; everywhere the bits are those of one thread.

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <thalweg/registry.h>
#include <thalweg/thread_pool.h>

#include "arrays.h"

namespace thalweg::stress_test {
namespace {

/// A training of its own: by specification, with a schedule, transforms, a step that is skipped, and steps
/// tensor by tensor; everything that an optimizer looks up by name too.
std::vector<float> trained(std::size_t number, const Execution& execution) {
  static constexpr const char* rules[] = {
      "adam", "sgd", "nesterov", "dog", "adagrad:l2=0.1", "schedule_free_adamw"};
  const AnyRule rule = make_rule(rules[number % std::size(rules)]);
  std::vector<float> theta = test::uniform_numbers<float>(30'000, -1, 1, 1, number), sparse(500, 1);
  Optimizer optimizer(rule, execution);
  optimizer.add("dense", theta);
  optimizer.schedule("lr", make_schedule("warmup:steps=3 | cosine:steps=20"));
  optimizer.transform(make_transform(number % 2 == 0 ? "clip_norm:max=1" : "noise:eta=0.1"));
  optimizer.non_finite(NonFinite::skip);
  for (std::uint64_t t = 0; t < 8; ++t) {
    auto gradient = test::uniform_numbers<float>(30'000, -1, 1, number + 10, t);
    if (t == 3) gradient[number * 100] /= 0.0F;
    optimizer.look_ahead();
    optimizer.step({gradient});
  }
  EXPECT_EQ(optimizer.skipped(), 1U);
  if (rule.info().sum_count == 0 && !optimizer.looks_ahead()) {
    Optimizer rows(rule, execution);
    rows.add_sparse("sparse", sparse);
    for (std::uint32_t t = 0; t < 20; ++t) {
      const std::vector<std::uint32_t> indices{t % 7, 100 + t};
      const std::vector<float> values{0.5F, -1};
      rows.begin_step();
      rows.step_tensor(0, SparseGradient{indices, values});
      rows.end_step();
    }
    rows.settle();
  }
  theta.insert(theta.end(), sparse.begin(), sparse.end());
  return theta;
}

TEST(Stress, ThreadsThatStepAtOnceDoNotSeeEachOther) {
  constexpr std::size_t threads = 8;
  std::vector<std::vector<float>> expected(threads);
  for (std::size_t i = 0; i < threads; ++i) expected[i] = trained(i, Execution{.threads = 1});
  const auto shared = std::make_shared<ThreadPool>(3);
  const auto together = [&](auto execution_of) {
    std::vector<std::vector<float>> found(threads);
    {
      std::vector<std::jthread> all;
      for (std::size_t i = 0; i < threads; ++i)
        all.emplace_back([&, i] { found[i] = trained(i, execution_of(i)); });
    }
    for (std::size_t i = 0; i < threads; ++i) EXPECT_EQ(found[i], expected[i]) << "thread " << i;
  };
  together([](std::size_t i) { return Execution{.threads = 1 + i % 3}; });
  together([&](std::size_t) { return Execution{.executor = shared}; });
}

}  // namespace
}  // namespace thalweg::stress_test
