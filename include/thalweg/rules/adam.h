#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// Adam: Kingma & Ba 2015, Algorithm 1. eps_placement=hat is the order of computation of their section 2,
/// lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + eps), as Keras and ensmallen have it: the same step
/// with an epsilon that shrinks from eps / sqrt(1 - beta2) to eps.
struct Adam {
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, l2 = 0;
  EpsPlacement eps_placement = EpsPlacement::outside;

  static constexpr Card card{
      "adam", "Adam", "Kingma & Ba 2015, Algorithm 1 (arXiv:1412.6980)",
      "Momentum divided by the root mean square of recent gradients, both corrected for "
      "their start at zero: each parameter moves by about lr a step."};
  static constexpr std::array formula{
      Formula{"m ← β₁·m + (1 − β₁)·g", "m_t = \\beta_1 m_{t-1} + (1 - \\beta_1) g_t"},
      Formula{"v ← β₂·v + (1 − β₂)·g²", "v_t = \\beta_2 v_{t-1} + (1 - \\beta_2) g_t^2"},
      Formula{"m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)",
              "\\hat m_t = m_t / (1 - \\beta_1^t), \\quad \\hat v_t = v_t / (1 - \\beta_2^t)"},
      Formula{"θ ← θ − η·m̂ / (√v̂ + ε)",
              "\\theta_t = \\theta_{t-1} - \\eta\\, \\hat m_t / (\\sqrt{\\hat v_t} + \\epsilon)"}};
  static constexpr std::array slots{Slot{"m", "mean of recent gradients"},
                                    Slot{"v", "mean of their squares"}};
  static constexpr std::array presets{
      Preset{"torch", "eps_placement=outside"}, Preset{"keras", "eps=1e-7,eps_placement=hat", "l2"},
      Preset{"optax", "eps_placement=outside", "l2"}, Preset{"ensmallen", "eps_placement=hat", "l2"}};

  static std::vector<KeyInfo> keys() {
    return {lr_key(&Adam::lr),
            beta1_key(&Adam::beta1),
            beta2_key(&Adam::beta2),
            eps_key(&Adam::eps),
            l2_key(&Adam::l2),
            key(&Adam::eps_placement, "eps_placement",
                {{EpsPlacement::outside, "outside"}, {EpsPlacement::hat, "hat"}},
                "ε beside the corrected root, or beside the uncorrected one (Keras, ensmallen)")};
  }

  template <class T>
  struct Coefficients {
    T lr, beta1, rest1, beta2, rest2, unbias1, unbias2, eps;
  };
  Coefficients<double> at(double t) const {
    const double unbias1 = 1 / (1 - power(beta1, t)), unbias2 = 1 / (1 - power(beta2, t));
    const double eps_t = eps_placement == EpsPlacement::hat ? eps * std::sqrt(unbias2) : eps;
    return {lr, beta1, 1 - beta1, beta2, 1 - beta2, unbias1, unbias2, eps_t};
  }

  template <class T>
  static void update(T& theta, T g, std::array<T, 2>& state, const Coefficients<T>& c) {
    auto& [m, v] = state;
    m = c.beta1 * m + c.rest1 * g;
    v = c.beta2 * v + c.rest2 * g * g;
    theta -= ratio(c.lr * (m * c.unbias1), sqrt(v * c.unbias2) + c.eps);
  }
};

}  // namespace thalweg
