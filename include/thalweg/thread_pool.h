#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace thalweg {

/// Threads that wait for work. Work is given as parts 0 .. n-1; which thread runs which part is not defined,
/// so a result that is to be the same for every number of threads must not depend on it.
class ThreadPool {
 public:
  /// `threads` counts the caller: 1 starts none, 0 is hardware_threads().
  explicit ThreadPool(std::size_t threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] std::size_t threads() const;

  /// Runs part(0) .. part(parts - 1), the caller's thread included, and returns when all are done. An
  /// exception of a part is rethrown here (the one of the lowest part) after the others have ended. Calls
  /// from within a part run on that part's thread alone.
  void run(std::size_t parts, const std::function<void(std::size_t)>& part);

 private:
  struct Workers;
  std::unique_ptr<Workers> workers_;
};

}  // namespace thalweg
