#pragma once

#include <vector>

#include "bench/case.h"

namespace thalweg::bench {

/// Names of the cases in group "overhead", on all threads, that tell what several threads cost.
inline constexpr const char* line_case = "a cache line there and back";
inline constexpr const char* join_case = "parts of 2 µs, one for each thread";

/// Adds how long a cache line takes from one thread to another and back, and how long a pool takes over parts
/// that one thread does in 2 µs each: what is above that is waking, joining, or a processor that is not
/// there.
void add_pool_cases(Block& block, const std::vector<std::size_t>& threads);

}  // namespace thalweg::bench
