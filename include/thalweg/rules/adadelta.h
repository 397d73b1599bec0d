#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// Adadelta: Zeiler 2012, Algorithm 1. The paper has no learning rate (lr = 1); Delta is averaged without it.
struct Adadelta {
  double lr = 1, rho = 0.9, eps = 1e-6;

  static constexpr Card card{
      "adadelta", "Adadelta", "Zeiler 2012, Algorithm 1 (arXiv:1212.5701)",
      "Adagrad over a moving window, with the size of recent steps in place of a learning rate: "
      "units match and no rate is needed, but it starts slowly."};
  static constexpr std::array formula{
      Formula{"v ← ρ·v + (1 − ρ)·g²", "E[g^2]_t = \\rho E[g^2]_{t-1} + (1 - \\rho) g_t^2"},
      Formula{
          "Δ = √(a + ε) / √(v + ε) · g",
          "\\Delta_t = \\frac{\\sqrt{E[\\Delta^2]_{t-1} + \\epsilon}}{\\sqrt{E[g^2]_t + \\epsilon}}\\, g_t"},
      Formula{"a ← ρ·a + (1 − ρ)·Δ²", "E[\\Delta^2]_t = \\rho E[\\Delta^2]_{t-1} + (1 - \\rho) \\Delta_t^2"},
      Formula{"θ ← θ − η·Δ", "\\theta_t = \\theta_{t-1} - \\eta\\, \\Delta_t"}};
  static constexpr std::array slots{Slot{"v", "mean of recent squared gradients"},
                                    Slot{"a", "mean of recent squared steps"}};
  static constexpr std::array presets{
      Preset{"torch", "lr=1,rho=0.9,eps=1e-6"}, Preset{"keras", "lr=1e-3,rho=0.95,eps=1e-7"},
      Preset{"optax", "rho=0.9,eps=1e-6"}, Preset{"ensmallen", "lr=1,rho=0.95,eps=1e-6"}};

  static std::vector<KeyInfo> keys() {
    return {key(&Adadelta::lr, "lr", "η", at_least(0), "factor of the step (1 in the paper)"),
            key(&Adadelta::rho, "rho", "ρ", in_half_open(0, 1), "decay of both means"),
            key(&Adadelta::eps, "eps", "ε", at_least(0),
                "starts the first step and keeps the denominator from zero")};
  }

  template <class T>
  struct Coefficients {
    T lr, rho, rest, eps;
  };
  Coefficients<double> at(double) const { return {lr, rho, 1 - rho, eps}; }

  template <class T>
  static void update(T& theta, T g, std::array<T, 2>& state, const Coefficients<T>& c) {
    auto& [v, a] = state;
    v = c.rho * v + c.rest * g * g;
    const T delta = ratio(sqrt(a + c.eps), sqrt(v + c.eps)) * g;
    a = c.rho * a + c.rest * delta * delta;
    theta -= c.lr * delta;
  }
};

}  // namespace thalweg
