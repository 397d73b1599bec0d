#pragma once

#include <cstddef>

#include <thalweg/execution.h>
#include <thalweg/views.h>

namespace thalweg {

/// The sum of (scale g_i)^2 in double over `count` entries, in a fixed order: the same bits for every
/// instruction set.
[[nodiscard]] double sum_of_squares(const void* gradient, std::size_t count, Precision precision,
                                    double scale, Isa isa);

/// The largest |g_i|; NaN if one is NaN.
[[nodiscard]] double largest_magnitude(const void* gradient, std::size_t count, Precision precision, Isa isa);

}  // namespace thalweg
