#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/execution.h>
#include <thalweg/thread_pool.h>

namespace thalweg::thread_pool_test {
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
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  for (const int calls : {1, 20}) {  // the first finds all asleep
    counts.assign(counts.size(), 0);
    for (int call = 0; call < calls; ++call) {
      pool.run_brief(counts.size(), [&](std::size_t i) {
        pool.run(2, [&](std::size_t) { ++counts[i]; });
        pool.run_brief(2, [&](std::size_t) { ++counts[i]; });
      });
    }
    EXPECT_THAT(counts, Each(4 * calls));
  }
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

TEST(ThreadPools, TheLowestExceptionComesBackThoughItCameLast) {
  ThreadPool pool(2);
  std::atomic<bool> thrown{false};
  try {
    pool.run(2, [&](std::size_t i) {
      while (i == 0 && !thrown) std::this_thread::yield();
      if (i == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      thrown = true;
      throw std::runtime_error("part " + std::to_string(i));
    });
    FAIL() << "no exception";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "part 0");
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

// A thread that is late does not hold up the others: one is stuck in a part until all others have run.
TEST(ThreadPools, PartsOfALateThreadAreTakenByOthers) {
  for (const std::size_t stuck : {0U, 3U, 4U, 7U}) {
    ThreadPool pool(2);
    std::atomic<int> others{0};
    pool.run(8, [&](std::size_t i) {
      if (i != stuck) others.fetch_add(1);
      while (i == stuck && others.load() < 7) std::this_thread::yield();
    });
    EXPECT_EQ(others.load(), 7);
  }
}

TEST(ThreadPools, MorePartsThanFitInOneDeal) {
  ThreadPool pool(3);
  std::vector<std::uint8_t> runs((std::size_t{1} << 20U) + 12345);
  pool.run(runs.size(), [&](std::size_t i) { ++runs[i]; });
  EXPECT_EQ(std::count(runs.begin(), runs.end(), 1), static_cast<std::ptrdiff_t>(runs.size()));
}

// Brief calls, whether the others sleep (after a pause of the caller) or not, alone and between long ones.
TEST(ThreadPools, BriefCalls) {
  for (const std::size_t threads : {1U, 2U, 4U}) {
    ThreadPool pool(threads);
    std::vector<long> sums(7);
    const auto add = [&](std::size_t i) { sums[i] += static_cast<long>(i); };
    for (int run = 0; run < 600; ++run) {
      if (run % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (run % 3 == 2)
        pool.run(sums.size(), add);
      else
        pool.run_brief(sums.size(), add);
    }
    for (std::size_t i = 0; i < sums.size(); ++i) EXPECT_EQ(sums[i], 600 * static_cast<long>(i)) << threads;

    std::string caught;
    const auto fail = [](std::size_t i) { throw std::runtime_error("part " + std::to_string(i)); };
    try {
      pool.run_brief(5, fail);
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    EXPECT_EQ(caught, "part 0");
  }
}

// Sleeping threads take part in brief calls as soon as these follow each other closely.
TEST(ThreadPools, BriefCallsThatFollowEachOtherWakeTheOthers) {
  ThreadPool pool(2);
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const auto me = std::this_thread::get_id();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::atomic<bool> helped{false};
  while (!helped && std::chrono::steady_clock::now() < deadline) {
    pool.run_brief(2, [&](std::size_t) {
      const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(5);
      while (std::chrono::steady_clock::now() < end) continue;
      if (std::this_thread::get_id() != me) helped = true;
    });
  }
  EXPECT_TRUE(helped);
}

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// 50 microseconds at most for each worker after each call; the rest of the bound is for the calls.
TEST(ThreadPools, WaitingWorkersSleep) {
  constexpr int calls = 50;
  for (const bool more_than_processors : {false, true}) {
    ThreadPool pool(more_than_processors ? hardware_threads() + 3 : hardware_threads());
    const double before = processor_seconds();
    for (int i = 0; i < calls; ++i) {
      pool.run(pool.threads(), [](std::size_t) {});
      std::this_thread::sleep_for(std::chrono::milliseconds(4));
    }
    const double each = (processor_seconds() - before) / calls / static_cast<double>(pool.threads());
    EXPECT_LT(each, 1e-3) << "a worker that spins on would take 4e-3";
  }
}

// So does the caller, while the last part runs on another thread.
TEST(ThreadPools, TheWaitingCallerSleeps) {
  ThreadPool pool(2);
  const auto me = std::this_thread::get_id();
  double took = 0;
  // Both parts wait for each other: so each is on a thread of its own.
  std::atomic<int> begun{0};
  pool.run(2, [&](std::size_t) {
    begun.fetch_add(1);
    while (begun.load() < 2) std::this_thread::yield();
    if (std::this_thread::get_id() == me) return;
    const double before = processor_seconds();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    took = processor_seconds() - before;
  });
  EXPECT_LT(took, 0.03) << "a caller that spins would take 0.1";
}

TEST(ThreadPools, ComeAndGo) {
  for (int i = 0; i < 200; ++i) {
    ThreadPool pool(3);
    if (i % 2 == 0) pool.run(2, [](std::size_t) {});
  }
}

}  // namespace
}  // namespace thalweg::thread_pool_test
