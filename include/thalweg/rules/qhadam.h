#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// QHAdam: Ma & Yarats 2019, eq. 18-20 (the moments are corrected for their start at zero).
struct QHAdam {
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, nu1 = 0.7, nu2 = 1, eps = 1e-8;

  static constexpr Card card{
      "qhadam", "QHAdam", "Ma & Yarats 2019, eq. 18-20 (arXiv:1810.06801)",
      "Adam with both moments averaged with the fresh gradient, as QHM does: nu1 = nu2 = 1 is Adam."};
  static constexpr std::array formula{
      Formula{"m ← β₁·m + (1 − β₁)·g", "m_t = \\beta_1 m_{t-1} + (1 - \\beta_1) g_t"},
      Formula{"v ← β₂·v + (1 − β₂)·g²", "v_t = \\beta_2 v_{t-1} + (1 - \\beta_2) g_t^2"},
      Formula{"m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)",
              "\\hat m_t = m_t / (1 - \\beta_1^t), \\quad \\hat v_t = v_t / (1 - \\beta_2^t)"},
      Formula{"θ ← θ − η·((1 − ν₁)·g + ν₁·m̂) / (√((1 − ν₂)·g² + ν₂·v̂) + ε)",
              "\\theta_t = \\theta_{t-1} - \\eta \\frac{(1 - \\nu_1) g_t + \\nu_1 \\hat m_t}{\\sqrt{(1 - "
              "\\nu_2) g_t^2 + \\nu_2 \\hat v_t} + \\epsilon}"}};
  static constexpr std::array slots{Slot{"m", "mean of recent gradients"},
                                    Slot{"v", "mean of their squares"}};
  static constexpr std::array presets{Preset{"ensmallen", "lr=1e-3,nu1=0.7,nu2=1"}};

  static std::vector<KeyInfo> keys() {
    return {
        lr_key(&QHAdam::lr),
        beta1_key(&QHAdam::beta1),
        beta2_key(&QHAdam::beta2),
        key(&QHAdam::nu1, "nu1", "ν₁", in_closed(0, 1), "weight of the mean against the fresh gradient"),
        key(&QHAdam::nu2, "nu2", "ν₂", in_closed(0, 1), "weight of the mean square against the fresh square"),
        eps_key(&QHAdam::eps)};
  }

  template <class T>
  struct Coefficients {
    T lr, beta1, rest1, beta2, rest2, mean, plain, mean_square, plain_square, eps;
  };
  Coefficients<double> at(double t) const {
    return {lr,        beta1,
            1 - beta1, beta2,
            1 - beta2, nu1 / (1 - power(beta1, t)),
            1 - nu1,   nu2 / (1 - power(beta2, t)),
            1 - nu2,   eps};
  }

  template <class T>
  static void update(T& theta, T g, std::array<T, 2>& state, const Coefficients<T>& c) {
    auto& [m, v] = state;
    m = c.beta1 * m + c.rest1 * g;
    v = c.beta2 * v + c.rest2 * g * g;
    theta -=
        ratio(c.lr * (c.plain * g + c.mean * m), sqrt(c.plain_square * g * g + c.mean_square * v) + c.eps);
  }
};

}  // namespace thalweg
