#pragma once

#include <thalweg/rules/adam.h>

namespace thalweg {

/// Hypergradient descent of Adam: Baydin et al. 2018, the algorithm "Adam-HD": the learning rate alpha takes
/// a step down its own gradient first. It starts at lr; a schedule of lr multiplies alpha, which is not part
/// of the paper. The authors' program puts epsilon beside the uncorrected root in the hypergradient and the
/// step.
struct AdamHD {
  double lr = 1e-3, hyper_lr = 1e-7, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, l2 = 0;

  static constexpr Card card{
      "adam_hd", "Hypergradient descent of Adam", "Baydin et al. 2018, Adam-HD (arXiv:1703.04782)",
      "Adam that adapts its learning rate: it grows while the gradient agrees with the "
      "step before and falls when it turns."};
  static constexpr std::array formula{
      Formula{"α ← α + β·⟨g, u⟩,  at first α = η",
              "\\alpha_t = \\alpha_{t-1} + \\beta \\langle g_t, u_{t-1} \\rangle, \\quad \\alpha_0 = \\eta"},
      Adam::formula[0], Adam::formula[1],
      Formula{
          "u = m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε)",
          "u_t = \\frac{m_t}{1 - \\beta_1^t} \\Big/ \\Bigl( \\sqrt{\\frac{v_t}{1 - \\beta_2^t}} + \\epsilon "
          "\\Bigr)"},
      Formula{"θ ← θ − α·u", "\\theta_t = \\theta_{t-1} - \\alpha_t u_t"}};
  static constexpr std::array slots = Adam::slots;
  static constexpr std::array carried{Slot{"alpha", "the learning rate, but for a schedule"},
                                      Slot{"alpha0", "what it started from"}};
  static constexpr std::array<Preset, 0> presets{};

  static std::vector<KeyInfo> keys() {
    return {key(&AdamHD::lr, "lr", "η", at_least(0), "learning rate to start from"),
            hyper_lr_key(&AdamHD::hyper_lr),
            beta1_key(&AdamHD::beta1),
            beta2_key(&AdamHD::beta2),
            eps_key(&AdamHD::eps),
            l2_key(&AdamHD::l2)};
  }

  std::array<double, 2> start() const { return {lr, lr}; }
  template <class T>
  struct Coefficients {
    T alpha, beta1, rest1, beta2, rest2, unbias1, unbias2, last_unbias1, last_unbias2, eps;
  };
  static std::array<double, 1> measure(double, double g, const std::array<double, 2>& state,
                                       const Coefficients<double>& c) {
    const auto& [m, v] = state;
    return {g * ratio(m * c.last_unbias1, std::sqrt(v * c.last_unbias2) + c.eps)};
  }
  void advance(std::array<double, 2>& carry, const std::array<double, 1>& sums, double) const {
    carry[0] += hyper_lr * sums[0];
  }
  double rate(const std::array<double, 2>& carry) const { return carry[0] * ratio(lr, carry[1]); }
  Coefficients<double> at(double t, const std::array<double, 2>& carry) const {
    const auto unbias = [](double beta, double step) { return step == 0 ? 1 : 1 / (1 - power(beta, step)); };
    return {rate(carry),
            beta1,
            1 - beta1,
            beta2,
            1 - beta2,
            unbias(beta1, t),
            unbias(beta2, t),
            unbias(beta1, t - 1),
            unbias(beta2, t - 1),
            eps};
  }

  template <class T>
  static void update(T& theta, T g, std::array<T, 2>& state, const Coefficients<T>& c) {
    auto& [m, v] = state;
    m = c.beta1 * m + c.rest1 * g;
    v = c.beta2 * v + c.rest2 * g * g;
    theta -= c.alpha * ratio(m * c.unbias1, sqrt(v * c.unbias2) + c.eps);
  }
};

}  // namespace thalweg
