#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// Schedule-Free AdamW: Defazio et al. 2024, Algorithm 1, where y is the point at which the gradient is
/// taken, z steps, and theta, the paper's x, is the average that is judged. Its warm-up is a schedule of lr.
/// The authors' program corrects v instead of lr, and has the largest lr so far in its weights.
struct ScheduleFreeAdamW {
  double lr = 0.0025, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;

  static constexpr Card card{"schedule_free_adamw", "Schedule-Free AdamW",
                             "Defazio et al. 2024, Algorithm 1 (arXiv:2405.15682)",
                             "AdamW with averaging in the place of momentum and of a falling learning rate: "
                             "good at any time, however "
                             "long the training turns out to be."};
  static constexpr bool schedule_free = true, decays = true;
  static constexpr std::array formula{
      Formula{"y = (1 − β₁)·z + β₁·θ,  g = ∇f(y)",
              "y_t = (1 - \\beta_1) z_t + \\beta_1 \\theta_t, \\quad g_t = \\nabla f(y_t)"},
      Formula{"v ← β₂·v + (1 − β₂)·g²", "v_t = \\beta_2 v_{t-1} + (1 - \\beta_2) g_t^2"},
      Formula{"γ = η·√(1 − β₂ᵗ)", "\\gamma_t = \\eta_t \\sqrt{1 - \\beta_2^t}"},
      Formula{"z ← z − γ·(g / (√v + ε) + λ·y)",
              "z_{t+1} = z_t - \\gamma_t \\bigl( g_t / (\\sqrt{v_t} + \\epsilon) + \\lambda y_t \\bigr)"},
      Formula{"θ ← (1 − c)·θ + c·z,  c = γ² / Σγ²",
              "\\theta_{t+1} = (1 - c_{t+1}) \\theta_t + c_{t+1} z_{t+1}, \\quad c_{t+1} = \\gamma_t^2 / "
              "\\sum_{i \\le t} "
              "\\gamma_i^2"}};
  static constexpr std::array slots{Slot{"v", "mean of squared gradients"},
                                    Slot{"z", "the iterate that is averaged", Start::theta}};
  static constexpr std::array carried{Slot{"c", "weight of the newest iterate in the average"},
                                      Slot{"W", "sum of γ²"}};
  static constexpr std::array<Preset, 0> presets{};

  static std::vector<KeyInfo> keys() {
    return {lr_key(&ScheduleFreeAdamW::lr),
            key(&ScheduleFreeAdamW::beta1, "beta1", "β₁", in_half_open(0, 1),
                "how near to the average the gradient is taken"),
            beta2_key(&ScheduleFreeAdamW::beta2), eps_key(&ScheduleFreeAdamW::eps),
            decay_key(&ScheduleFreeAdamW::weight_decay)};
  }

  template <class T>
  struct Coefficients {
    T gamma, rest1, beta2, rest2, eps, decay, c;
  };
  double gamma(double t) const { return lr * std::sqrt(1 - power(beta2, t)); }
  void advance(std::array<double, 2>& carry, double t) const {
    auto& [c, sum] = carry;
    const double weight = gamma(t) * gamma(t);
    sum += weight;
    c = ratio(weight, sum);
  }
  Coefficients<double> at(double t, const std::array<double, 2>& carry) const {
    return {gamma(t), 1 - beta1, beta2, 1 - beta2, eps, weight_decay, carry[0]};
  }

  bool looks_ahead() const { return true; }
  template <class T>
  static T look_ahead(T theta, const std::array<T, 2>& state, const Coefficients<T>& c) {
    return theta + c.rest1 * (state[1] - theta);
  }
  template <class T>
  static void update(T& theta, T g, std::array<T, 2>& state, const Coefficients<T>& c) {
    const T y = look_ahead(theta, state, c);
    auto& [v, z] = state;
    v = c.beta2 * v + c.rest2 * g * g;
    z -= c.gamma * (ratio(g, sqrt(v) + c.eps) + c.decay * y);
    theta += c.c * (z - theta);
  }
};

}  // namespace thalweg
