#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/case.h"
#include "bench/peers.h"

namespace thalweg::bench {

/// Epochs of dense networks on data of the shape of Fashion-MNIST (60,000 rows of 784 columns, ten classes),
/// in batches of 128, with plain descent: of an mlp with 256 and 128 hidden units and of softmax regression,
/// a row being the unit. A run is a part of an epoch. The limit is the matrix products of the same batches
/// alone, each worker with its part of a batch and one thread of the BLAS. Peers train the same networks on
/// the same batches, in each way that they have to use the threads.
[[nodiscard]] Block training_block(const std::vector<std::size_t>& threads, std::size_t rounds,
                                   const std::vector<Peer>& peers);

/// Rows of an epoch.
inline constexpr std::size_t training_rows = 60'000;

}  // namespace thalweg::bench
