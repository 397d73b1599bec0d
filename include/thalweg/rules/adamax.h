#pragma once

#include <algorithm>

#include <thalweg/rule.h>

namespace thalweg {

/// AdaMax: Kingma & Ba 2015, Algorithm 2. The paper has no epsilon: a parameter that never had a gradient (0
/// / 0) stays.
struct AdaMax {
  double lr = 0.002, beta1 = 0.9, beta2 = 0.999, eps = 0;
  EpsPlacement eps_placement = EpsPlacement::denominator;

  static constexpr Card card{
      "adamax", "AdaMax", "Kingma & Ba 2015, Algorithm 2 (arXiv:1412.6980)",
      "Adam with the largest recent gradient in place of the root mean square: no step exceeds "
      "the learning rate by more than the bias correction."};
  static constexpr std::array formula{
      Formula{"m ← β₁·m + (1 − β₁)·g", "m_t = \\beta_1 m_{t-1} + (1 - \\beta_1) g_t"},
      Formula{"u ← max(β₂·u, |g|)", "u_t = \\max(\\beta_2 u_{t-1}, |g_t|)"},
      Formula{"θ ← θ − η / (1 − β₁ᵗ) · m / u",
              "\\theta_t = \\theta_{t-1} - \\frac{\\eta}{1 - \\beta_1^t}\\, \\frac{m_t}{u_t}"}};
  static constexpr std::array slots{Slot{"m", "mean of recent gradients"},
                                    Slot{"u", "largest recent gradient"}};
  static constexpr std::array presets{Preset{"torch", "lr=2e-3,eps=1e-8,eps_placement=inside_max"},
                                      Preset{"keras", "lr=1e-3,eps=1e-7,eps_placement=denominator"},
                                      Preset{"optax", "eps=1e-8,eps_placement=inside_max"},
                                      Preset{"ensmallen", "lr=1e-3,eps=1e-8,eps_placement=denominator"}};

  static std::vector<KeyInfo> keys() {
    return {lr_key(&AdaMax::lr), beta1_key(&AdaMax::beta1),
            key(&AdaMax::beta2, "beta2", "β₂", in_half_open(0, 1), "decay of the largest gradient"),
            key(&AdaMax::eps, "eps", "ε", at_least(0), "keeps the denominator from zero (0 in the paper)"),
            key(&AdaMax::eps_placement, "eps_placement",
                {{EpsPlacement::denominator, "denominator"}, {EpsPlacement::inside_max, "inside_max"}},
                "u + ε in the denominator, or |g| + ε in the maximum (PyTorch, optax)")};
  }

  template <class T>
  struct Coefficients {
    T beta1, rest1, beta2, lr, eps_max, eps;
  };
  Coefficients<double> at(double t) const {
    const bool inside = eps_placement == EpsPlacement::inside_max;
    return {beta1, 1 - beta1, beta2, lr / (1 - power(beta1, t)), inside ? eps : 0, inside ? 0 : eps};
  }

  template <class T>
  static void update(T& theta, T g, std::array<T, 2>& state, const Coefficients<T>& c) {
    auto& [m, u] = state;
    m = c.beta1 * m + c.rest1 * g;
    u = std::max(std::abs(g) + c.eps_max, c.beta2 * u);  // in this order a NaN in g is kept
    theta -= c.lr * ratio(m, u + c.eps);
  }
};

}  // namespace thalweg
