#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/case.h"
#include "bench/peers.h"
#include "data/split.h"

namespace thalweg::bench {

/// The made-up problem: rows with so many different features each, of so many.
inline constexpr std::size_t sparse_rows = 20'000, sparse_columns = std::size_t{1} << 20U,
                             sparse_nonzeros = 100;

/// How often a feature occurs: each alike, or the k-th most frequent one in proportion to 1 / k, as words do.
enum class Frequencies { uniform, text };

/// Rows of different features in increasing order, whose classes a plane parts but for some noise.
[[nodiscard]] data::Split made_up_rows(Frequencies frequencies, std::size_t rows = sparse_rows,
                                       std::size_t columns = sparse_columns);

[[nodiscard]] std::string sparse_size(Frequencies frequencies);

/// The name of a case whose rows and table are in the cache.
[[nodiscard]] std::string cached_name(const std::string& name);

/// Logistic regression on sparse rows, steps of 1 and of 32, in ns a nonzero, beside a bare loop that reads
/// and writes records of the same size at the same indices, and beside peers in steps of 1; and as many steps
/// of 1 on few rows of few features, which the second-level cache holds. On one thread. One epoch a run.
[[nodiscard]] Block sparse_block(Frequencies frequencies, std::size_t rounds, const std::vector<Peer>& peers);

}  // namespace thalweg::bench
