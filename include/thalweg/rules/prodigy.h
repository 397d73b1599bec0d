#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// Prodigy: Mishchenko & Defazio 2023, the algorithm "Prodigy (Adam version)", lr being the paper's gamma_k.
/// The authors' program multiplies epsilon with the d of the next step instead of this one's, and optax
/// corrects the moments' start at zero besides: their trajectories are others. d_coef and safeguard_warmup
/// are theirs.
struct Prodigy {
  double lr = 1, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, d0 = 1e-6, d_coef = 1, weight_decay = 0;
  bool safeguard_warmup = false;

  static constexpr Card card{
      "prodigy", "Prodigy", "Mishchenko & Defazio 2023, Prodigy, Adam version (arXiv:2306.06101)",
      "Adam that estimates its learning rate from the distance it has come along the gradients, faster than "
      "D-Adaptation: no learning rate to tune."};
  static constexpr bool rate_free = true;
  static constexpr std::array formula{
      Formula{"m ← β₁·m + (1 − β₁)·d·g", "m_{t+1} = \\beta_1 m_t + (1 - \\beta_1) d_t g_t"},
      Formula{"v ← β₂·v + (1 − β₂)·d²·g²", "v_{t+1} = \\beta_2 v_t + (1 - \\beta_2) d_t^2 g_t^2"},
      Formula{"r ← √β₂·r + (1 − √β₂)·η·d²·⟨g, θ₀ − θ⟩",
              "r_{t+1} = \\sqrt{\\beta_2}\\, r_t + (1 - \\sqrt{\\beta_2})\\, \\eta_t d_t^2 \\langle g_t, "
              "\\theta_0 - "
              "\\theta_t \\rangle"},
      Formula{"s ← √β₂·s + (1 − √β₂)·η·d²·g",
              "s_{t+1} = \\sqrt{\\beta_2}\\, s_t + (1 - \\sqrt{\\beta_2})\\, \\eta_t d_t^2 g_t"},
      Formula{"θ ← θ − η·d·m / (√v + d·ε)",
              "\\theta_{t+1} = \\theta_t - \\eta_t d_t\\, m_{t+1} / (\\sqrt{v_{t+1}} + d_t \\epsilon)"},
      Formula{"d ← max(d, r / Σ|s|)", "d_{t+1} = \\max(d_t,\\, r_{t+1} / \\lVert s_{t+1} \\rVert_1)"}};
  static constexpr std::array slots{Slot{"m", "mean of recent gradients, times d"},
                                    Slot{"v", "mean of their squares"}, Slot{"s", "slower mean, times d²"},
                                    Slot{"x0", "where the parameter started", Start::theta}};
  static constexpr std::array carried{Slot{"d", "estimate of the distance to the solution"},
                                      Slot{"r", "how far the gradients have been followed, times d²"}};
  static constexpr std::array<Preset, 0> presets{};

  static std::vector<KeyInfo> keys() {
    return {
        factor_key(&Prodigy::lr),
        beta1_key(&Prodigy::beta1),
        beta2_key(&Prodigy::beta2),
        eps_key(&Prodigy::eps),
        d0_key(&Prodigy::d0),
        key(&Prodigy::d_coef, "d_coef", "", above(0), "factor of each estimate of d: tune this, if anything"),
        decay_key(&Prodigy::weight_decay),
        key(&Prodigy::safeguard_warmup, "safeguard_warmup",
            "keep η out of s, so that a warm-up does not make d too large")};
  }

  std::array<double, 2> start() const { return {d0, 0}; }
  template <class T>
  struct Coefficients {
    T lr, step, beta1, gain1, beta2, gain2, keep_s, gain_s, eps;
  };
  static std::array<double, 2> measure(double theta, double g, const std::array<double, 4>& state,
                                       const Coefficients<double>& c) {
    const auto& [m, v, s, x0] = state;
    return {c.lr * g * (x0 - theta), std::abs(s)};
  }
  void advance(std::array<double, 2>& carry, const std::array<double, 2>& sums, double) const {
    auto& [d, r] = carry;
    const auto& [g_way, s_1] = sums;
    const double keep = std::sqrt(beta2);
    d = larger(d, d_coef * ratio(r, s_1));
    r = keep * r + (1 - keep) * d * d * g_way;
  }
  double rate(const std::array<double, 2>& carry) const { return carry[0] * lr; }
  Coefficients<double> at(double, const std::array<double, 2>& carry) const {
    const double d = carry[0], keep = std::sqrt(beta2), gain_s = (1 - keep) * d * d;
    return {lr,     rate(carry),         beta1, (1 - beta1) * d,
            beta2,  (1 - beta2) * d * d, keep,  safeguard_warmup ? gain_s : gain_s * lr,
            d * eps};
  }

  template <class T>
  static void update(T& theta, T g, std::array<T, 4>& state, const Coefficients<T>& c) {
    auto& [m, v, s, x0] = state;
    m = c.beta1 * m + c.gain1 * g;
    v = c.beta2 * v + c.gain2 * g * g;
    s = c.keep_s * s + c.gain_s * g;
    theta -= ratio(c.step * m, sqrt(v) + c.eps);
  }
};

}  // namespace thalweg
