#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include <thalweg/execution.h>

namespace thalweg {

/// Threads that wait for work; the executor that steps use unless the caller brings another. Part i of n goes
/// to the thread i * threads / n while that one is quick enough, so that the same thread meets the same
/// memory at every call; a thread that has nothing left takes the parts of those that are late. A result that
/// is to be the same for every number of threads must therefore not depend on which thread runs which part.
///
/// Between calls the threads look for work for 50 µs, then they sleep. A pool of more threads than the
/// process has processors sleeps at once.
class ThreadPool final : public Executor {
 public:
  /// `threads` counts the caller: 1 starts none, 0 is hardware_threads().
  explicit ThreadPool(std::size_t threads = 0);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] std::size_t threads() const override;

  /// Runs part(0) .. part(parts - 1), the caller's thread included, and returns when all are done. An
  /// exception of a part is rethrown here (the one of the lowest part) after the others have ended. Calls
  /// from within a part run on that part's thread alone. Calls of several threads wait for each other.
  void run(std::size_t parts, const std::function<void(std::size_t)>& part) override;

  /// The same for parts that take less together than it takes to wake a thread (some 50 µs): shares them with
  /// the threads that are awake. Sleeping ones are woken only when such calls follow each other closely.
  void run_brief(std::size_t parts, const std::function<void(std::size_t)>& part) override;

 private:
  struct Workers;
  std::unique_ptr<Workers> workers_;
};

}  // namespace thalweg
