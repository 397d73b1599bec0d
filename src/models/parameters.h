#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace thalweg::models {

/// A named array of parameters, or its gradient. Weights are (inputs x outputs), row-major; a bias is (1 x
/// outputs).
template <class T>
struct Tensor {
  std::string name;
  std::size_t rows = 0, columns = 0;
  bool penalized = false;  ///< whether the model's l2 counts it: weights are, biases are not
  std::vector<T> values;
};

/// All tensors of a model, from the input on: weights and bias of each layer in turn.
template <class T>
using Parameters = std::vector<Tensor<T>>;

/// The same tensors, all 0: for gradients.
template <class T>
[[nodiscard]] Parameters<T> zeros_like(const Parameters<T>& parameters) {
  Parameters<T> result = parameters;
  for (auto& tensor : result) tensor.values.assign(tensor.values.size(), T(0));
  return result;
}

}  // namespace thalweg::models
