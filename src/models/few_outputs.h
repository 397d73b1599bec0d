#pragma once

#include <cstddef>

namespace thalweg::models {

// The one layer of a softmax regression on dense rows of float: a BLAS is at half of its speed on products
// with ten columns. The weights and their gradient are used in rows of one output each, padded with zeros, so
// that vectors run along the inputs. Neither a product nor a sum depends on how many rows come at a time.

/// Whether this processor has what the functions below need: without AVX-512 the BLAS is as fast.
[[nodiscard]] bool has_few_outputs();
/// Outputs for which they are made: 2 to so many.
inline constexpr std::size_t most_outputs = 16;

/// What a padded row has room for.
[[nodiscard]] constexpr std::size_t padded(std::size_t inputs) { return (inputs + 15) / 16 * 16; }

struct FewOutputs {
  std::size_t inputs = 0, outputs = 0;
};

/// to (outputs x padded inputs) = from (inputs x outputs), transposed.
void transpose_weights(const FewOutputs& layer, const float* from, float* to);
/// to (inputs x outputs) = from (outputs x padded inputs), transposed.
void transpose_gradient(const FewOutputs& layer, const float* from, float* to);

/// z (rows x outputs) = x weights^T + bias, for rows wherever they are. Copies them into `room` (rows x
/// padded inputs) on the way, unless it is null.
void few_forward(const FewOutputs& layer, std::size_t rows, const float* const* x, const float* weights,
                 const float* bias, float* room, float* z);
/// gradient (outputs x padded inputs) += delta (rows x outputs), transposed, times x (rows x padded inputs).
void few_backward(const FewOutputs& layer, std::size_t rows, const float* x, const float* delta,
                  float* gradient);

}  // namespace thalweg::models
