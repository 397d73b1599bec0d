#pragma once

#include <variant>
#include <vector>

#include <thalweg/optimizer.h>

#include "models/network.h"

namespace thalweg::workbench {

/// Parameters and gradients of 16 bits, for an optimizer to step, beside those in float that a network
/// computes with. Empty for parameters in float32.
class NarrowTensors {
 public:
  /// Rounds the parameters to `type`, to nearest, and leaves them with the values that were kept.
  NarrowTensors(Precision type, models::Parameters<float>& parameters);

  [[nodiscard]] bool empty() const { return arrays_.index() == 0; }
  /// The 16-bit array of tensor k.
  [[nodiscard]] ParameterView parameters(std::size_t k);
  [[nodiscard]] Gradients gradients() const;

  /// Copies the parameters to the network's, exactly.
  void widen(models::Parameters<float>& parameters) const;
  /// The reverse, for parameters that came from widen().
  void put_back(const models::Parameters<float>& parameters);
  /// Rounds `scale` times the gradient to 16 bits, to nearest, and leaves it as it reads from there: what is
  /// too large for the type is infinite, what is too small is 0.
  void round_gradient(models::Parameters<float>& gradient, double scale);
  /// Makes the gradient finite where it lies in 16 bits.
  void clip_non_finite();

 private:
  template <class T>
  struct Arrays {
    std::vector<std::vector<T>> parameters, gradient;
  };
  std::variant<std::monostate, Arrays<bfloat16>, Arrays<float16>> arrays_;
};

}  // namespace thalweg::workbench
