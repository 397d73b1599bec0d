#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <thalweg/execution.h>
#include <thalweg/thread_pool.h>

namespace thalweg {
namespace {

thread_local bool inside_part = false;

/// Waits until `done()`: a bounded spin of some microseconds, since work comes at short intervals, then
/// asleep.
template <class T, class Done>
void await(const std::atomic<T>& value, Done done) {
  constexpr int spins = 500;
  for (int i = 0; i < spins; ++i) {
    if (done(value.load(std::memory_order_acquire))) return;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  for (T seen = value.load(std::memory_order_acquire); !done(seen);
       seen = value.load(std::memory_order_acquire))
    value.wait(seen);
}

}  // namespace

struct ThreadPool::Workers {
  std::atomic<std::uint64_t> generation{0};  ///< counts the calls of run()
  std::atomic<std::size_t> next{0};          ///< the next part to take
  std::atomic<std::size_t> busy{0};          ///< workers that have not finished this generation
  std::atomic<bool> stopping{false};
  const std::function<void(std::size_t)>* part = nullptr;
  std::size_t parts = 0;

  std::mutex failure_mutex;
  std::size_t failed_part = 0;
  std::exception_ptr failure;

  std::mutex one_run;
  std::vector<std::jthread> threads;

  void work() {
    inside_part = true;
    for (std::size_t i = next.fetch_add(1); i < parts; i = next.fetch_add(1)) {
      try {
        (*part)(i);
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (!failure || i < failed_part) {
          failure = std::current_exception();
          failed_part = i;
        }
      }
    }
    inside_part = false;
  }

  void serve() {
    for (std::uint64_t seen = 0;;) {
      await(generation, [&](std::uint64_t now) { return now != seen; });
      ++seen;
      if (stopping.load(std::memory_order_acquire)) return;
      work();
      if (busy.fetch_sub(1, std::memory_order_acq_rel) == 1) busy.notify_one();
    }
  }
};

ThreadPool::ThreadPool(std::size_t threads) : workers_(std::make_unique<Workers>()) {
  if (threads == 0) threads = hardware_threads();
  for (std::size_t i = 1; i < threads; ++i) workers_->threads.emplace_back([this] { workers_->serve(); });
}

ThreadPool::~ThreadPool() {
  workers_->stopping.store(true, std::memory_order_release);
  workers_->generation.fetch_add(1, std::memory_order_acq_rel);
  workers_->generation.notify_all();
}

std::size_t ThreadPool::threads() const { return workers_->threads.size() + 1; }

void ThreadPool::run(std::size_t parts, const std::function<void(std::size_t)>& part) {
  Workers& w = *workers_;
  if (inside_part || w.threads.empty() || parts <= 1) {
    std::exception_ptr first;  // as with threads, the other parts run all the same
    for (std::size_t i = 0; i < parts; ++i) {
      try {
        part(i);
      } catch (...) {
        if (!first) first = std::current_exception();
      }
    }
    if (first) std::rethrow_exception(first);
    return;
  }
  const std::lock_guard lock(w.one_run);
  w.part = &part;
  w.parts = parts;
  w.failure = nullptr;
  w.next.store(0, std::memory_order_relaxed);
  w.busy.store(w.threads.size(), std::memory_order_relaxed);
  w.generation.fetch_add(1, std::memory_order_acq_rel);
  w.generation.notify_all();
  w.work();
  await(w.busy, [](std::size_t busy) { return busy == 0; });
  if (w.failure) std::rethrow_exception(w.failure);
}

}  // namespace thalweg
