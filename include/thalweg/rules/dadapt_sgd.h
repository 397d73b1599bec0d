#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// SGD with D-Adaptation: Defazio & Mishchenko 2023, the algorithm "SGD with D-Adaptation", lr being the
/// paper's gamma_k. While all gradients are zero nothing moves, and the first one that is not serves as g_0.
/// The paper leaves beta (momentum) open. Its experiments have 0.9 with a falling lr, the authors' program 0;
/// with a constant lr the former diverges late on the digits and the latter in a ravine, so the default lies
/// between.
struct DAdaptSGD {
  double lr = 1, momentum = 0.7, d0 = 1e-6, l2 = 0;

  static constexpr Card card{
      "dadapt_sgd", "D-Adaptation of SGD",
      "Defazio & Mishchenko 2023, SGD with D-Adaptation (arXiv:2301.07733)",
      "Estimates the distance to the solution from below, out of how much the gradients agree, and steps in "
      "proportion to it: no learning rate to tune."};
  static constexpr bool rate_free = true;
  static constexpr std::array formula{
      Formula{"λ = d·η / ‖g₁‖", "\\lambda_t = d_t\\, \\eta_t / \\lVert g_1 \\rVert"},
      Formula{"r ← r + λ·⟨g, s⟩,  s ← s + λ·g",
              "r_{t+1} = r_t + \\lambda_t \\langle g_t, s_t \\rangle, \\quad s_{t+1} = s_t + \\lambda_t g_t"},
      Formula{"z ← z − λ·g,  θ ← μ·θ + (1 − μ)·z",
              "z_{t+1} = z_t - \\lambda_t g_t, \\quad \\theta_{t+1} = \\mu \\theta_t + (1 - \\mu) z_{t+1}"},
      Formula{"d ← max(d, 2·r / ‖s‖)", "d_{t+1} = \\max(d_t,\\, 2 r_{t+1} / \\lVert s_{t+1} \\rVert)"}};
  static constexpr std::array slots{Slot{"s", "sum of the steps"},
                                    Slot{"z", "where they alone lead, without momentum", Start::theta}};
  static constexpr std::array carried{Slot{"d", "estimate of the distance to the solution"},
                                      Slot{"r", "how much gradients agree with the steps before"},
                                      Slot{"g1", "norm of the first gradient"}};
  static constexpr std::array<Preset, 0> presets{};

  static std::vector<KeyInfo> keys() {
    return {factor_key(&DAdaptSGD::lr), momentum_key(&DAdaptSGD::momentum), d0_key(&DAdaptSGD::d0),
            l2_key(&DAdaptSGD::l2)};
  }

  std::array<double, 3> start() const { return {d0, 0, 0}; }
  template <class T>
  struct Coefficients {
    T lr, lambda, rest;
  };
  static std::array<double, 3> measure(double, double g, const std::array<double, 2>& state,
                                       const Coefficients<double>& c) {
    const double s = state[0];
    return {c.lr * g * s, s * s, g * g};
  }
  void advance(std::array<double, 3>& carry, const std::array<double, 3>& sums, double) const {
    auto& [d, r, g1] = carry;
    const auto& [g_s, s_s, g_g] = sums;
    d = larger(d, ratio(2 * r, std::sqrt(s_s)));
    if (g1 == 0) g1 = std::sqrt(g_g);
    r += ratio(d, g1) * g_s;
  }
  double rate(const std::array<double, 3>& carry) const { return ratio(carry[0] * lr, carry[2]); }
  Coefficients<double> at(double, const std::array<double, 3>& carry) const {
    return {lr, rate(carry), 1 - momentum};
  }

  template <class T>
  static void update(T& theta, T g, std::array<T, 2>& state, const Coefficients<T>& c) {
    auto& [s, z] = state;
    s += c.lambda * g;
    z -= c.lambda * g;
    theta += c.rest * (z - theta);
  }
};

}  // namespace thalweg
