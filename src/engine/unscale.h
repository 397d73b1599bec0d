#pragma once

#include <cmath>

#include <thalweg/transform.h>

namespace thalweg {

/// Divides the gradient by the factor that the loss was multiplied with. It comes before all other
/// transforms.
struct Unscale {
  double loss_scale = 1;

  static constexpr Card card{"unscale", "Loss scaling",
                             "Micikevicius et al. 2018, section 3.2 (arXiv:1710.03740)",
                             "Keeps small gradients representable in 16 bits."};
  static constexpr std::array formula{Formula{"g ← g / S", "g_t \\leftarrow g_t / S"}};
  static std::vector<KeyInfo> keys() {
    return {key(&Unscale::loss_scale, "loss_scale", "S", above(0), "what the loss was multiplied with")};
  }

  template <class T>
  struct Coefficients {
    T factor;
  };
  Coefficients<double> at(const TransformStep&) const { return {1 / loss_scale}; }
  template <class T>
  static void apply(T&, T& g, const Element&, const Coefficients<T>& c) {
    g *= c.factor;
  }
};

namespace detail {  // compiled once, in the library
extern template const TransformInfo& transform_info<Unscale>();
}  // namespace detail

}  // namespace thalweg
