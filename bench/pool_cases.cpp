#include "bench/pool_cases.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include <thalweg/thread_pool.h>

namespace thalweg::bench {
namespace {

constexpr std::size_t trips = 10'000;  // many, since a thread is started for them
constexpr std::chrono::microseconds part_time{2};

/// Looks until the word has this value; now and then lets others run, lest both wait on one processor.
void wait_for(const std::atomic<std::size_t>& word, std::size_t value) {
  for (std::size_t looks = 1; word.load(std::memory_order_acquire) != value; ++looks) {
    if (looks % 4096 == 0) std::this_thread::yield();
  }
}

void pass_line_around() {
  alignas(64) std::atomic<std::size_t> there{0};
  alignas(64) std::atomic<std::size_t> back{0};
  const std::jthread other([&] {
    for (std::size_t i = 1; i <= trips; ++i) {
      wait_for(there, i);
      back.store(i, std::memory_order_release);
    }
  });
  for (std::size_t i = 1; i <= trips; ++i) {
    there.store(i, std::memory_order_release);
    wait_for(back, i);
  }
}

void work(std::size_t) {
  const auto end = std::chrono::steady_clock::now() + part_time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

}  // namespace

void add_pool_cases(Block& block, const std::vector<std::size_t>& threads) {
  for (const std::size_t n : threads) {
    if (n == 1) continue;
    Case line;
    line.group = "overhead";
    line.name = line_case;
    line.threads = n;
    line.unit = "trip";
    line.units = static_cast<double>(trips);
    line.prepare = line.release = [] {};
    line.run = pass_line_around;
    block.cases.push_back(std::move(line));
    Case join;
    join.group = "overhead";
    join.name = join_case;
    join.threads = n;
    join.unit = "call";
    const auto pool = std::make_shared<ThreadPool>(n);
    join.prepare = join.release = [] {};
    join.run = [pool] { pool->run_brief(pool->threads(), work); };
    block.cases.push_back(std::move(join));
  }
}

}  // namespace thalweg::bench
