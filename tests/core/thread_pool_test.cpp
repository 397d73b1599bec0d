#include <atomic>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/execution.h>
#include <thalweg/thread_pool.h>

namespace thalweg {
namespace {

using ::testing::Each;

TEST(ThreadPools, HaveTheirThreads) {
  EXPECT_EQ(ThreadPool(1).threads(), 1U);
  EXPECT_EQ(ThreadPool(3).threads(), 3U);
  EXPECT_EQ(ThreadPool().threads(), hardware_threads());
  EXPECT_GE(hardware_threads(), 1U);
}

TEST(ThreadPools, RunEachPartOnce) {
  for (const std::size_t threads : {1U, 2U, 4U, 7U}) {
    ThreadPool pool(threads);
    for (const std::size_t parts : {0U, 1U, 2U, 5U, 1000U}) {
      std::vector<std::atomic<int>> runs(parts);
      pool.run(parts, [&](std::size_t i) { runs[i].fetch_add(1); });
      for (const auto& count : runs)
        ASSERT_EQ(count.load(), 1) << threads << " threads, " << parts << " parts";
    }
  }
}

TEST(ThreadPools, SeveralThreadsWorkAtTheSameTime) {
  ThreadPool pool(3);
  std::atomic<int> here{0};
  // Each part waits for the others: this ends only if three threads are in parts together.
  pool.run(3, [&](std::size_t) {
    here.fetch_add(1);
    while (here.load() < 3) std::this_thread::yield();
  });
  EXPECT_EQ(here.load(), 3);
}

// Many short runs: workers that sleep, spin and wake must neither miss a run nor take part of one twice.
TEST(ThreadPools, ManyRuns) {
  ThreadPool pool(4);
  std::vector<long> sums(8);
  for (int run = 0; run < 5000; ++run)
    pool.run(sums.size(), [&](std::size_t i) { sums[i] += static_cast<long>(i); });
  for (std::size_t i = 0; i < sums.size(); ++i) EXPECT_EQ(sums[i], 5000 * static_cast<long>(i));
}

TEST(ThreadPools, NestedRunsStayOnTheirThread) {
  ThreadPool pool(3), other(2);
  std::vector<int> counts(6);
  pool.run(counts.size(), [&](std::size_t i) {
    const auto me = std::this_thread::get_id();
    const auto count = [&](std::size_t) { counts[i] += std::this_thread::get_id() == me ? 1 : 100; };
    pool.run(4, count);
    other.run(4, count);
  });
  EXPECT_THAT(counts, Each(8));
}

TEST(ThreadPools, TheLowestExceptionComesBackAfterAllParts) {
  for (const std::size_t threads : {1U, 2U, 4U}) {
    ThreadPool pool(threads);
    for (int again = 0; again < 50; ++again) {
      std::vector<std::atomic<int>> ran(40);
      try {
        pool.run(ran.size(), [&](std::size_t i) {
          ran[i].fetch_add(1);
          if (i % 10 == 7) throw std::runtime_error("part " + std::to_string(i));
        });
        FAIL() << "no exception";
      } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "part 7") << threads << " threads";
      }
      for (const auto& count : ran) ASSERT_EQ(count.load(), 1);
    }
    int fine = 0;
    pool.run(1, [&](std::size_t) { ++fine; });
    EXPECT_EQ(fine, 1) << "the pool works on after an exception";
  }
}

TEST(ThreadPools, CanBeSharedByCallers) {
  ThreadPool pool(2);
  std::vector<std::size_t> sums(3);
  {
    std::vector<std::jthread> callers;
    for (std::size_t& sum : sums) {
      callers.emplace_back([&pool, &sum] {
        for (int run = 0; run < 200; ++run) {
          std::atomic<std::size_t> total{0};
          pool.run(10, [&](std::size_t i) { total.fetch_add(i); });
          sum += total.load();
        }
      });
    }
  }
  EXPECT_THAT(sums, Each(200U * 45U));
}

TEST(ThreadPools, ComeAndGo) {
  for (int i = 0; i < 200; ++i) {
    ThreadPool pool(3);
    if (i % 2 == 0) pool.run(2, [](std::size_t) {});
  }
}

}  // namespace
}  // namespace thalweg
