// A caller's own executor: the engine leaves the threads to it, and the results have the same bits.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/thread_pool.h>

#include "arrays.h"
#include "errors.h"

namespace thalweg::executor_test {
namespace {

using ::testing::Each;
using ::testing::Gt;

/// Runs the last part first, and each on a thread of its own, one after the other; counts what it is given.
class Backwards : public Executor {
 public:
  explicit Backwards(std::size_t threads) : threads_(threads) {}
  [[nodiscard]] std::size_t threads() const override { return threads_; }
  void run(std::size_t parts, const std::function<void(std::size_t)>& part) override {
    calls.push_back(parts);
    for (std::size_t i = parts; i-- > 0;) std::jthread(part, i);
  }
  std::vector<std::size_t> calls;

 private:
  std::size_t threads_;
};

/// All parts at once, brief ones too.
class AllAtOnce : public Executor {
 public:
  [[nodiscard]] std::size_t threads() const override { return 5; }
  void run(std::size_t parts, const std::function<void(std::size_t)>& part) override {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < parts; ++i) threads.emplace_back(part, i);
    ++calls;
  }
  void run_brief(std::size_t parts, const std::function<void(std::size_t)>& part) override {
    run(parts, part);
  }
  std::atomic<int> calls{0};
};

std::vector<float> after_steps(const char* rule, std::size_t size, const Execution& execution) {
  Optimizer optimizer = make_optimizer(rule, execution);
  optimizer.transform(make_transform("clip_norm:max=500"));
  std::vector<float> theta = test::wild_numbers<float>(size, 1), bias = test::wild_numbers<float>(777, 2);
  optimizer.add("theta", theta);
  optimizer.add("bias", bias);
  for (std::size_t t = 0; t < 3; ++t)
    optimizer.step({test::wild_numbers<float>(size, 3, t), test::wild_numbers<float>(777, 4, t)});
  theta.insert(theta.end(), bias.begin(), bias.end());
  return theta;
}

TEST(Executors, RunTheStepsWithTheSameBits) {
  constexpr std::size_t size = 500'001;  // enough to wake threads
  for (const char* rule : {"adam", "prodigy"}) {
    const std::vector<float> alone = after_steps(rule, size, {.threads = 1});
    const auto backwards = std::make_shared<Backwards>(3);
    EXPECT_EQ(after_steps(rule, size, {.executor = backwards}), alone) << rule;
    // Each step makes a call for the norm, one for the update, and prodigy one for its sums.
    EXPECT_EQ(backwards->calls.size(), rule == std::string("adam") ? 6U : 9U);
    EXPECT_THAT(backwards->calls, Each(Gt(1U)));
    const auto at_once = std::make_shared<AllAtOnce>();
    EXPECT_EQ(after_steps(rule, size, {.executor = at_once}), alone) << rule;
    EXPECT_GT(at_once->calls, 0);
  }
}

TEST(Executors, BriefPartsRunOnTheCallersThreadUnlessOverridden) {
  Backwards executor(3);
  std::vector<std::size_t> order;
  executor.run_brief(4, [&, me = std::this_thread::get_id()](std::size_t i) {
    EXPECT_EQ(std::this_thread::get_id(), me);
    order.push_back(i);
  });
  EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(executor.calls, ::testing::IsEmpty());
}

TEST(Executors, AreNotAskedForAFewParameters) {
  const auto executor = std::make_shared<Backwards>(3);
  EXPECT_EQ(after_steps("adam", 1000, {.executor = executor}), after_steps("adam", 1000, {.threads = 1}));
  EXPECT_THAT(executor->calls, ::testing::IsEmpty());
}

TEST(Executors, OneServesSeveralOptimizersAtTheSameTime) {
  constexpr std::size_t size = 150'000;
  const std::vector<float> alone = after_steps("adam", size, {.threads = 1});
  const auto pool = std::make_shared<ThreadPool>(3);
  std::vector<std::vector<float>> found(3);
  {
    std::vector<std::jthread> threads;
    for (auto& result : found)
      threads.emplace_back([&] { result = after_steps("adam", size, {.executor = pool}); });
  }
  EXPECT_THAT(found, Each(alone));
}

TEST(Executors, AreKeptAliveByTheOptimizerOrOwnedElsewhere) {
  auto executor = std::make_shared<Backwards>(2);
  const std::weak_ptr<Backwards> watch = executor;
  {
    const Optimizer optimizer = make_optimizer("sgd", {.executor = std::move(executor)});
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());

  Backwards elsewhere(2);
  after_steps("adam", 500'000, {.executor = std::shared_ptr<Executor>(std::shared_ptr<void>(), &elsewhere)});
  EXPECT_THAT(elsewhere.calls, ::testing::Not(::testing::IsEmpty()));
}

TEST(Executors, SettleTheNumberOfThreads) {
  const auto three = std::make_shared<Backwards>(3);
  EXPECT_EQ(thread_count({.executor = three}), 3U);
  EXPECT_EQ(thread_count({.threads = 3, .executor = three}), 3U);
  EXPECT_EQ(thread_count({.threads = 4}), 4U);
  EXPECT_EQ(thread_count({}), hardware_threads());
  EXPECT_USAGE_ERROR(make_optimizer("adam", {.threads = 2, .executor = three}),
                     "threads = 2: the executor has 3; leave out one of the two");
  EXPECT_USAGE_ERROR(make_optimizer("adam", {.executor = std::make_shared<Backwards>(0)}),
                     "executor: threads() = 0: must be at least 1, the caller's");
}

}  // namespace
}  // namespace thalweg::executor_test
