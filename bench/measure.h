#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/case.h"
#include "bench/record.h"

namespace thalweg::bench {

/// Thrown by a case's prepare() or run() where it cannot be timed: the others go on.
struct CaseFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Cases of a block that are timed together, by their index: as many as fit into the memory, each with the
/// limit and the reference that it names. A case that does not even fit alone is in no set.
[[nodiscard]] std::vector<std::vector<std::size_t>> make_sets(const Block& block, std::size_t memory);

struct Timing {
  double least_seconds = 2e-3;  ///< that a timed run takes; what is shorter is repeated
  std::size_t memory = 0;       ///< bytes that cases may hold at a time
  /// Called before each timed run with the share of the block that is done and the name of the case. May
  /// throw, to end it all.
  std::function<void(double, const std::string&)> progress;
};

/// Times the cases of a block in turn, round by round, and appends what they took. What did not fit into
/// memory or failed goes to `left_out`, what the check of the data found wrong to `errors`.
void measure(const Block& block, const Timing& timing, Record& record);

}  // namespace thalweg::bench
