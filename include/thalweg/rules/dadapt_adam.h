#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// Adam with D-Adaptation: Defazio & Mishchenko 2023, the algorithm "Adam with D-Adaptation", lr being the
/// paper's gamma_k. It weighs <g, s> by the new second moment; the authors' program and optax by the one
/// before the step, and optax corrects the moments' start at zero: their trajectories are others.
struct DAdaptAdam {
  double lr = 1, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, d0 = 1e-6, weight_decay = 0;

  static constexpr Card card{
      "dadapt_adam", "D-Adaptation of Adam",
      "Defazio & Mishchenko 2023, Adam with D-Adaptation (arXiv:2301.07733)",
      "Adam that estimates its learning rate from below, out of how much the gradients agree: no learning "
      "rate to tune."};
  static constexpr bool rate_free = true;
  static constexpr std::array formula{
      Formula{"m ← β₁·m + (1 − β₁)·d·η·g", "m_{t+1} = \\beta_1 m_t + (1 - \\beta_1) d_t \\eta_t g_t"},
      Formula{"v ← β₂·v + (1 − β₂)·g²", "v_{t+1} = \\beta_2 v_t + (1 - \\beta_2) g_t^2"},
      Formula{"θ ← θ − m / (√v + ε)", "\\theta_{t+1} = \\theta_t - m_{t+1} / (\\sqrt{v_{t+1}} + \\epsilon)"},
      Formula{"r ← √β₂·r + (1 − √β₂)·d·η·Σ g·s / (√v + ε)",
              "r_{t+1} = \\sqrt{\\beta_2}\\, r_t + (1 - \\sqrt{\\beta_2})\\, d_t \\eta_t \\sum_i g_{t,i} "
              "s_{t,i} / "
              "(\\sqrt{v_{t+1,i}} + \\epsilon)"},
      Formula{"s ← √β₂·s + (1 − √β₂)·d·η·g",
              "s_{t+1} = \\sqrt{\\beta_2}\\, s_t + (1 - \\sqrt{\\beta_2})\\, d_t \\eta_t g_t"},
      Formula{"d ← max(d, r / ((1 − √β₂)·Σ|s|))",
              "d_{t+1} = \\max\\bigl(d_t,\\, r_{t+1} / ((1 - \\sqrt{\\beta_2}) \\lVert s_{t+1} "
              "\\rVert_1)\\bigr)"}};
  static constexpr std::array slots{Slot{"m", "mean of recent steps"}, Slot{"v", "mean of squared gradients"},
                                    Slot{"s", "slower mean of recent steps"}};
  static constexpr std::array carried{Slot{"d", "estimate of the distance to the solution"},
                                      Slot{"r", "how much gradients agree with the steps before"}};
  static constexpr std::array<Preset, 0> presets{};

  static std::vector<KeyInfo> keys() {
    return {factor_key(&DAdaptAdam::lr), beta1_key(&DAdaptAdam::beta1), beta2_key(&DAdaptAdam::beta2),
            eps_key(&DAdaptAdam::eps),   d0_key(&DAdaptAdam::d0),       decay_key(&DAdaptAdam::weight_decay)};
  }

  std::array<double, 2> start() const { return {d0, 0}; }
  template <class T>
  struct Coefficients {
    T lr, beta1, gain1, beta2, rest2, keep_s, gain_s, eps;
  };
  static std::array<double, 2> measure(double, double g, const std::array<double, 3>& state,
                                       const Coefficients<double>& c) {
    const auto& [m, v, s] = state;
    const double new_v = c.beta2 * v + c.rest2 * g * g;
    return {c.lr * g * ratio(s, std::sqrt(new_v) + c.eps), std::abs(s)};
  }
  void advance(std::array<double, 2>& carry, const std::array<double, 2>& sums, double) const {
    auto& [d, r] = carry;
    const auto& [g_s, s_1] = sums;
    const double keep = std::sqrt(beta2);
    d = larger(d, ratio(r, (1 - keep) * s_1));
    r = keep * r + (1 - keep) * d * g_s;
  }
  double rate(const std::array<double, 2>& carry) const { return carry[0] * lr; }
  Coefficients<double> at(double, const std::array<double, 2>& carry) const {
    const double step = rate(carry), keep = std::sqrt(beta2);
    return {lr, beta1, (1 - beta1) * step, beta2, 1 - beta2, keep, (1 - keep) * step, eps};
  }

  template <class T>
  static void update(T& theta, T g, std::array<T, 3>& state, const Coefficients<T>& c) {
    auto& [m, v, s] = state;
    m = c.beta1 * m + c.gain1 * g;
    v = c.beta2 * v + c.rest2 * g * g;
    s = c.keep_s * s + c.gain_s * g;
    theta -= ratio(m, sqrt(v) + c.eps);
  }
};

}  // namespace thalweg
