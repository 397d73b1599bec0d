#pragma once

#include <cstddef>
#include <span>

#include <thalweg/sparse.h>

namespace thalweg::models {

// Over a few hundred numbers, where a call of the BLAS would take longer than what it does.

/// The sum of x[k] weights[k] over k below `count`, in the order of sparse_dot(). Asks for some of what comes
/// meanwhile, as the next.
[[nodiscard]] float row_dot(std::size_t count, const float* x, const float* weights, Prefetch& coming);
[[nodiscard]] double row_dot(std::size_t count, const float* x, const double* weights, Prefetch& coming);

/// gradient[k] = 0 + x[k] delta; returns its sum of squares, as sum_of_squares().
double row_gradient(std::size_t count, const float* x, float delta, float* gradient, Prefetch& coming);
double row_gradient(std::size_t count, const float* x, double delta, double* gradient, Prefetch& coming);

/// The sum of squares in double: entry k goes to sum k mod 16 of sixteen.
[[nodiscard]] double sum_of_squares(std::span<const float> numbers);
[[nodiscard]] double sum_of_squares(std::span<const double> numbers);
[[nodiscard]] bool all_finite(std::span<const float> numbers);

}  // namespace thalweg::models
