#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <thalweg/execution.h>
#include <thalweg/views.h>

namespace thalweg::bench {

/// One pass over arrays: `reads` of them are read, `writes` of those written as well, and `fresh` others
/// written without being read.
struct Pass {
  std::size_t reads = 0, writes = 0, fresh = 0;

  [[nodiscard]] std::size_t arrays() const { return reads + fresh; }
  /// Accesses of a parameter, in elements.
  [[nodiscard]] std::size_t moved() const { return reads + writes + fresh; }
};

/// "read 4 write 3"; with two passes "read 3 + read 5 write 4".
[[nodiscard]] std::string pass_name(const std::vector<Pass>& passes);

/// Whether run_pass() has a loop for it: up to 8 reads, with no or with reads - 1 writes, or what look-aheads
/// and the steps after them take: 2 to 4 reads, one or two writes and one fresh.
[[nodiscard]] bool has_loop(const Pass& pass);

/// The bare loop of a pass over `count` elements of each array: those that are written come first, then
/// those that are only read, then the fresh ones. Values stay what they are in size: each that is written
/// becomes a mean of what was read. Compiled for each instruction set as the kernels are.
void run_pass(const Pass& pass, Precision precision, Isa isa, void* const* arrays, std::size_t count);

/// What arithmetic in the first-level cache is measured against.
enum class Bare {
  root_and_quotient,  ///< x / sqrt(y): the two that a divider does, and nothing else
  adam_by_hand,       ///< Adam's step as one would write it by hand: with FMA, without a guard
};

/// Over `count` elements of: x, y, result (root_and_quotient) or theta, g, m, v.
void run_bare(Bare loop, Precision precision, Isa isa, void* const* arrays, std::size_t count);

}  // namespace thalweg::bench
