#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// AMSGrad: Reddi, Kale & Kumar 2018, Algorithm 2. The paper corrects no bias; with bias_correction the
/// libraries take the maximum of the raw v and correct afterwards (PyTorch, Keras, ensmallen), or the maximum
/// of the corrected v (optax), which never lets a large early v_hat decay.
struct AMSGrad {
  enum class MaximumOf { v, v_hat };
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  bool bias_correction = false;
  MaximumOf maximum_of = MaximumOf::v;
  EpsPlacement eps_placement = EpsPlacement::outside;

  static constexpr Card card{
      "amsgrad", "AMSGrad", "Reddi, Kale & Kumar 2018, Algorithm 2 (arXiv:1904.09237)",
      "Adam whose denominator never falls: a rare, large gradient is not forgotten, so the step "
      "size cannot grow again."};
  static constexpr std::array formula{
      Formula{"m ← β₁·m + (1 − β₁)·g", "m_t = \\beta_1 m_{t-1} + (1 - \\beta_1) g_t"},
      Formula{"v ← β₂·v + (1 − β₂)·g²", "v_t = \\beta_2 v_{t-1} + (1 - \\beta_2) g_t^2"},
      Formula{"v̂ ← max(v̂, v)", "\\hat v_t = \\max(\\hat v_{t-1}, v_t)"},
      Formula{"θ ← θ − η·m / (√v̂ + ε)",
              "\\theta_t = \\theta_{t-1} - \\eta\\, m_t / (\\sqrt{\\hat v_t} + \\epsilon)"}};
  static constexpr std::array slots{Slot{"m", "mean of recent gradients"}, Slot{"v", "mean of their squares"},
                                    Slot{"v_hat", "largest v so far"}};
  static constexpr std::array presets{
      Preset{"torch", "bias_correction=true,maximum_of=v,eps_placement=outside"},
      Preset{"keras", "eps=1e-7,bias_correction=true,maximum_of=v,eps_placement=hat"},
      Preset{"optax", "bias_correction=true,maximum_of=v_hat,eps_placement=outside"},
      Preset{"ensmallen", "bias_correction=true,maximum_of=v,eps_placement=hat"}};

  static std::vector<KeyInfo> keys() {
    return {lr_key(&AMSGrad::lr),
            beta1_key(&AMSGrad::beta1),
            beta2_key(&AMSGrad::beta2),
            eps_key(&AMSGrad::eps),
            key(&AMSGrad::bias_correction, "bias_correction",
                "correct m and v for their start at zero, as Adam does"),
            key(&AMSGrad::maximum_of, "maximum_of", {{MaximumOf::v, "v"}, {MaximumOf::v_hat, "v_hat"}},
                "with bias_correction: the maximum of the raw v, or of the corrected one (optax)"),
            key(&AMSGrad::eps_placement, "eps_placement",
                {{EpsPlacement::outside, "outside"}, {EpsPlacement::hat, "hat"}},
                "with bias_correction: ε beside the corrected root, or beside the uncorrected one")};
  }
  std::string objection() const {
    const bool as_in_paper = maximum_of == MaximumOf::v && eps_placement == EpsPlacement::outside;
    return bias_correction || as_in_paper
               ? ""
               : "maximum_of=v_hat and eps_placement=hat need bias_correction=true";
  }

  template <class T>
  struct Coefficients {
    T lr, beta1, rest1, beta2, rest2, unbias1, before_maximum, after_maximum, eps;
  };
  Coefficients<double> at(double t) const {
    if (!bias_correction) return {lr, beta1, 1 - beta1, beta2, 1 - beta2, 1, 1, 1, eps};
    const double unbias1 = 1 / (1 - power(beta1, t)), unbias2 = 1 / (1 - power(beta2, t));
    const bool raw = maximum_of == MaximumOf::v;
    const double eps_t = eps_placement == EpsPlacement::hat ? eps * std::sqrt(unbias2) : eps;
    return {lr, beta1, 1 - beta1, beta2, 1 - beta2, unbias1, raw ? 1 : unbias2, raw ? unbias2 : 1, eps_t};
  }

  template <class T>
  static void update(T& theta, T g, std::array<T, 3>& state, const Coefficients<T>& c) {
    auto& [m, v, v_hat] = state;
    m = c.beta1 * m + c.rest1 * g;
    v = c.beta2 * v + c.rest2 * g * g;
    v_hat = max(v * c.before_maximum, v_hat);  // in this order a NaN in v is kept
    theta -= ratio(c.lr * (m * c.unbias1), sqrt(v_hat * c.after_maximum) + c.eps);
  }
};

}  // namespace thalweg
