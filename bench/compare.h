#pragma once

#include <string>
#include <vector>

#include "bench/record.h"

namespace thalweg::bench {

/// One case in two records.
struct Change {
  std::string what;            ///< "adam, 1e6, float32, 1 thread"
  double before = 0, now = 0;  ///< medians
  double ratio = 0;            ///< now / before
  std::string verdict;         ///< faster, slower, or "" within the spread of the two
};

/// The cases that both have, in the order of `now`. A verdict is given only where the quartiles of the one
/// lie wholly beyond those of the other.
[[nodiscard]] std::vector<Change> compare(const Record& before, const Record& now);

/// What makes the two hard to compare: another processor, instruction set, number of threads or compiler.
[[nodiscard]] std::vector<std::string> differences(const Machine& before, const Machine& now);

}  // namespace thalweg::bench
