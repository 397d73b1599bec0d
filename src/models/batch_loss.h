#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <thalweg/thread_pool.h>

#include "models/network.h"

namespace thalweg::models {

/// The loss of a batch: the mean over its examples, and what l2 adds to it.
struct Loss {
  double data = 0, penalty = 0;
  [[nodiscard]] double total() const { return data + penalty; }
};

/// How well a model does on a data set, without l2.
struct Scores {
  double loss = 0;  ///< mean
  double metric =
      0;  ///< classification: accuracy, in [0, 1]; regression: root mean squared error, in the targets' unit
};

/// Loss and gradient of batches of any size, on the threads of a pool. The work is cut by the batch's size
/// and the model alone, so that the result has the same bits for every number of threads: into chunks of
/// `lanes` blocks of at most `block` rows, which go through the network side by side; then into tiles of the
/// large weights' gradients over a chunk. What is not made in tiles is summed block by block in lanes, and
/// those in order. (Other processors may differ in the last bits: the BLAS picks its kernels by the
/// processor.) Memory: what a chunk is on its way, and in each lane the gradient of what is summed there. Not
/// to be used from two threads at once.
template <class T>
class BatchLoss {
 public:
  /// Measured with mlp:256,128, mlp:64 and softmax on batches of 1 to 8192: blocks of 16 or 32 cost the wide
  /// network 20 to 50 % more, larger ones gain it 10 % and cost softmax on 784 columns as much, whose rows
  /// then leave the cache.
  static constexpr std::size_t block = 64, lanes = 16;

  /// Holds references to both. A batch of fewer multiply-adds than `worth_threads`, some 50 microseconds of
  /// work, stays on one thread: to wake others would cost more than they bring.
  BatchLoss(const Network<T>& network, ThreadPool& pool, double worth_threads = 1e6)
      : network_(&network), pool_(&pool), worth_threads_(worth_threads) {}

  /// The loss of these rows at the parameters, and its gradient, of the same layout. Needs at least one row.
  /// Allocates only when a batch is larger than every one before.
  Loss gradient(const data::Dataset& data, std::span<const std::uint32_t> rows, const Parameters<T>& at,
                Parameters<T>& gradient);

  /// Judges every row. Needs at least one.
  [[nodiscard]] Scores evaluate(const data::Dataset& data, const Parameters<T>& at);

 private:
  struct Lane {
    Parameters<T> gradient;  ///< what the network sums up; lane 0 does that in its destination, where it can
    Tally tally;
  };

  /// Runs part(0) .. part(parts - 1), on several threads if the cost makes that worth while.
  template <class Part>
  void spread(double cost, std::size_t parts, const Part& part);
  Parameters<T>& part_of(std::size_t lane, Parameters<T>& gradient);
  void add_lanes(std::size_t used, Parameters<T>& gradient);

  const Network<T>* network_;
  ThreadPool* pool_;
  double worth_threads_;
  const Plan* plan_ = nullptr;  ///< for which the lanes are
  Workspace<T> workspace_;
  std::vector<Lane> lanes_;
};

}  // namespace thalweg::models
