#pragma once

#include <string>
#include <vector>

#include <thalweg/thread_pool.h>

#include "models/parameters.h"

namespace thalweg::workbench {

/// Looks at all numbers of some tensors, on the threads of a pool where they are many. A thread looks at
/// those whose gradient it has made (Plan::tiles), and so need not wait for another processor's cache. In
/// slices that depend on the sizes alone, so that the result has the same bits for every number of threads.
class Norms {
 public:
  /// Holds a reference to the pool.
  explicit Norms(ThreadPool& pool) : pool_(&pool) {}

  /// The Euclidean norm; finite if and only if every number is.
  [[nodiscard]] double norm(const models::Parameters<float>& tensors) const;
  /// The name of the first tensor with a number that is not finite, or "".
  [[nodiscard]] std::string not_finite(const models::Parameters<float>& tensors) const;

 private:
  ThreadPool* pool_;
};

}  // namespace thalweg::workbench
