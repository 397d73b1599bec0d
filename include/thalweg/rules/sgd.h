#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// Gradient descent. Batch, stochastic and mini-batch descent are this rule fed with the gradient of all
/// examples, of one, or of a few.
struct SGD {
  double lr = 0.01, l2 = 0;

  static constexpr Card card{"sgd", "Gradient descent", "Cauchy 1847; stochastic: Robbins & Monro 1951",
                             "A step against the gradient, of the same rate for every parameter."};
  static constexpr std::array formula{Formula{"θ ← θ − η·g", "\\theta_t = \\theta_{t-1} - \\eta\\, g_t"}};
  static constexpr std::array<Slot, 0> slots{};
  static constexpr Idle idle = Idle::nothing;
  static constexpr bool linear = true;
  static constexpr std::array presets{Preset{"torch", "lr=1e-3"}, Preset{"keras", "lr=0.01", "l2"},
                                      Preset{"optax", "", "l2"}, Preset{"ensmallen", "lr=0.01", "l2"}};

  static std::vector<KeyInfo> keys() { return {lr_key(&SGD::lr), l2_key(&SGD::l2)}; }

  template <class T>
  struct Coefficients {
    T lr;
  };
  Coefficients<double> at(double) const { return {lr}; }

  template <class T>
  static void update(T& theta, T g, std::array<T, 0>&, const Coefficients<T>& c) {
    theta -= c.lr * g;
  }
};

}  // namespace thalweg
