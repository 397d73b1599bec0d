#pragma once

#include <thalweg/rules/adam.h>

namespace thalweg {

/// AdamW: Loshchilov & Hutter 2019, Algorithm 2: Adam with decoupled weight decay, theta <- (1 - lr lambda)
/// theta before the step, which the engine's decay transform does.
struct AdamW {
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0.01;
  EpsPlacement eps_placement = EpsPlacement::outside;

  static constexpr Card card{
      "adamw", "AdamW", "Loshchilov & Hutter 2019, Algorithm 2 (arXiv:1711.05101)",
      "Adam with weight decay beside it instead of in its gradient, so that every weight decays "
      "by the same share."};
  static constexpr std::array formula{
      Formula{"θ ← θ − η·λ·θ", "\\theta_t' = \\theta_{t-1} - \\eta \\lambda\\, \\theta_{t-1}"},
      Adam::formula[0], Adam::formula[1], Adam::formula[2],
      Formula{Adam::formula[3].text,
              "\\theta_t = \\theta_t' - \\eta\\, \\hat m_t / (\\sqrt{\\hat v_t} + \\epsilon)"}};
  static constexpr std::array slots = Adam::slots;
  static constexpr std::array presets{Preset{"torch", "weight_decay=0.01,eps_placement=outside"},
                                      Preset{"keras", "eps=1e-7,weight_decay=0.004,eps_placement=hat"},
                                      Preset{"optax", "weight_decay=1e-4,eps_placement=outside"}};

  static std::vector<KeyInfo> keys() {
    return {lr_key(&AdamW::lr),
            beta1_key(&AdamW::beta1),
            beta2_key(&AdamW::beta2),
            eps_key(&AdamW::eps),
            key(&AdamW::weight_decay, "weight_decay", "λ", at_least(0),
                "share of a weight, times η, that decays each step"),
            key(&AdamW::eps_placement, "eps_placement",
                {{EpsPlacement::outside, "outside"}, {EpsPlacement::hat, "hat"}},
                "ε beside the corrected root, or beside the uncorrected one (Keras)")};
  }

  template <class T>
  using Coefficients = Adam::Coefficients<T>;
  Coefficients<double> at(double t) const {
    return Adam{.lr = lr, .beta1 = beta1, .beta2 = beta2, .eps = eps, .eps_placement = eps_placement}.at(t);
  }

  template <class T>
  static void update(T& theta, T g, std::array<T, 2>& state, const Coefficients<T>& c) {
    Adam::update(theta, g, state, c);
  }
};

}  // namespace thalweg
