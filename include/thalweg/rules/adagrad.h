#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// Adagrad: Duchi, Hazan & Singer 2011, the diagonal case. With accumulator=mean the denominator is the root
/// mean square of all gradients; since sqrt(s / t + eps) = sqrt(s + t eps) / sqrt(t), that is the sum's step
/// with a rate of sqrt(t) lr. A parameter whose gradients were all 0 does not move.
struct Adagrad {
  enum class Accumulator { sum, mean };
  double lr = 0.01, eps = 1e-8, initial_accumulator = 0, lr_decay = 0, l2 = 0;
  EpsPlacement eps_placement = EpsPlacement::inside;
  Accumulator accumulator = Accumulator::sum;

  static constexpr Card card{
      "adagrad", "Adagrad", "Duchi, Hazan & Singer 2011, \"Adaptive subgradient methods\", section 1",
      "Each parameter gets its own rate, smaller the more it moved: rare features keep a large "
      "one. The rate only ever falls."};
  static constexpr std::array formula{
      Formula{"s ← s + g²", "s_t = s_{t-1} + g_t^2"},
      Formula{"θ ← θ − η·g / √(s + ε)",
              "\\theta_t = \\theta_{t-1} - \\frac{\\eta}{\\sqrt{s_t + \\epsilon}}\\, g_t"}};
  static constexpr std::array slots{Slot{"s", "sum of squared gradients"}};
  static constexpr Idle idle = Idle::nothing;
  static constexpr std::array presets{
      Preset{"torch", "lr=0.01,eps=1e-10,eps_placement=outside,accumulator=sum"},
      Preset{"keras", "lr=1e-3,eps=1e-7,eps_placement=inside,initial_accumulator=0.1,accumulator=sum",
             "lr_decay,l2"},
      Preset{"optax", "eps=1e-7,eps_placement=inside,initial_accumulator=0.1,accumulator=sum", "lr_decay,l2"},
      Preset{"ensmallen", "lr=0.01,eps=1e-8,eps_placement=outside,accumulator=sum",
             "lr_decay,initial_accumulator,l2"}};

  static std::vector<KeyInfo> keys() {
    return {
        lr_key(&Adagrad::lr),
        eps_key(&Adagrad::eps),
        key(&Adagrad::initial_accumulator, "initial_accumulator", "s₀", at_least(0),
            "what the sum starts from"),
        key(&Adagrad::lr_decay, "lr_decay", "δ", at_least(0), "the rate is η / (1 + (t − 1)·δ)"),
        l2_key(&Adagrad::l2),
        key(&Adagrad::eps_placement, "eps_placement",
            {{EpsPlacement::inside, "inside"}, {EpsPlacement::outside, "outside"}},
            "ε inside the root or beside it"),
        key(&Adagrad::accumulator, "accumulator", {{Accumulator::sum, "sum"}, {Accumulator::mean, "mean"}},
            "sum of squares, or their mean over the steps (no decay of the rate)")};
  }
  double initial(std::size_t) const { return initial_accumulator; }

  template <class T>
  struct Coefficients {
    T lr, eps_inside, eps_outside;
  };
  Coefficients<double> at(double t) const {
    const double n = accumulator == Accumulator::mean ? t : 1;
    const double rate = lr / (1 + (t - 1) * lr_decay) * std::sqrt(n);
    if (eps_placement == EpsPlacement::inside) return {rate, eps * n, 0};
    return {rate, 0, eps * std::sqrt(n)};
  }

  template <class T>
  static void update(T& theta, T g, std::array<T, 1>& state, const Coefficients<T>& c) {
    auto& [s] = state;
    s += g * g;
    theta -= ratio(c.lr * g, sqrt(s + c.eps_inside) + c.eps_outside);
  }
};

}  // namespace thalweg
