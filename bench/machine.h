#pragma once

#include <cstddef>
#include <string>

#include "bench/record.h"

namespace thalweg::bench {

/// This machine and this build, as far as the system tells.
[[nodiscard]] Machine this_machine(const std::string& isa, std::size_t threads);

/// Bytes that may be taken without pushing anything out, as the system has it; 4 GiB where it does not say.
[[nodiscard]] std::size_t free_memory();

/// "2026-11-22 22:35 UTC".
[[nodiscard]] std::string now_text();

}  // namespace thalweg::bench
