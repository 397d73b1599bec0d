#pragma once

#include <string>

#include "bench/record.h"

namespace thalweg::bench {

/// A roofline: parameters a nanosecond over the bytes that each of them moves, for every rule and size, under
/// the roofs that were measured: memory by size, and root and quotient. A panel for each precision and number
/// of threads.
[[nodiscard]] std::string roofline_svg(const Record& record);

/// The same as a page that opens offline.
[[nodiscard]] std::string roofline_page(const Record& record);

}  // namespace thalweg::bench
