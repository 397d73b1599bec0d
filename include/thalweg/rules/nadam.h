#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// What Dozat's momentum schedule needs at step t, with q = 0.96^psi: the product over i = 1..t of 1 - q^i /
/// 2, q^t, and q^(t + 1).
struct DozatSchedule {
  double product, here, next;
};
[[nodiscard]] DozatSchedule dozat_schedule(double psi, double t);

/// Nadam: Dozat 2016. The step is (keep m + fresh g) / (sqrt(v_hat) + eps), where the forms differ in keep
/// and fresh:
///   schedule  mu_t = beta1 (1 - 0.96^(t psi) / 2), P_t = mu_1 ... mu_t: keep mu_{t+1} / (1 - P_{t+1}), fresh
///   (1 - mu_t) / (1 - P_t) simple    constant beta1: keep beta1 / (1 - beta1^t), fresh (1 - beta1) / (1 -
///   beta1^t)    (seed 003, Ruder 2016) optax     as simple, m corrected as of the next step: keep beta1 / (1
///   - beta1^(t+1))
/// psi is momentum_decay. PyTorch before 2.0 has another, wrong, P_{t+1}.
struct Nadam {
  enum class Form { schedule, simple, optax };
  double lr = 0.002, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, momentum_decay = 0.004;
  Form form = Form::schedule;
  EpsPlacement eps_placement = EpsPlacement::outside;

  static constexpr Card card{
      "nadam", "Nadam", "Dozat 2016, \"Incorporating Nesterov momentum into Adam\", Algorithm 2",
      "Adam with Nesterov's look-ahead: the momentum of the coming step is applied already."};
  static constexpr std::array formula{
      Formula{"m ← β₁·m + (1 − β₁)·g", "m_t = \\beta_1 m_{t-1} + (1 - \\beta_1) g_t"},
      Formula{"v ← β₂·v + (1 − β₂)·g²", "v_t = \\beta_2 v_{t-1} + (1 - \\beta_2) g_t^2"},
      Formula{"μₜ = β₁·(1 − ½·0.96^(tψ)),  Pₜ = μ₁·…·μₜ",
              "\\mu_t = \\beta_1 (1 - \\tfrac12 0.96^{t\\psi}), \\quad P_t = \\prod_{i \\le t} \\mu_i"},
      Formula{"m̄ = μₜ₊₁·m / (1 − Pₜ₊₁) + (1 − μₜ)·g / (1 − Pₜ)",
              "\\bar m_t = \\frac{\\mu_{t+1} m_t}{1 - P_{t+1}} + \\frac{(1 - \\mu_t) g_t}{1 - P_t}"},
      Formula{
          "θ ← θ − η·m̄ / (√(v / (1 − β₂ᵗ)) + ε)",
          "\\theta_t = \\theta_{t-1} - \\eta\\, \\bar m_t / (\\sqrt{v_t / (1 - \\beta_2^t)} + \\epsilon)"}};
  static constexpr std::array slots{Slot{"m", "mean of recent gradients"},
                                    Slot{"v", "mean of their squares"}};
  static constexpr std::array presets{
      Preset{"torch", "lr=2e-3,form=schedule,eps_placement=outside"},
      Preset{"keras", "lr=1e-3,eps=1e-7,form=schedule,momentum_decay=1,eps_placement=outside"},
      Preset{"optax", "form=optax,eps_placement=outside"},
      Preset{"ensmallen", "lr=1e-3,form=schedule,eps_placement=hat"}};

  static std::vector<KeyInfo> keys() {
    return {lr_key(&Nadam::lr),
            beta1_key(&Nadam::beta1),
            beta2_key(&Nadam::beta2),
            eps_key(&Nadam::eps),
            key(&Nadam::momentum_decay, "momentum_decay", "ψ", above(0),
                "speed of the momentum's schedule (form=schedule)"),
            key(&Nadam::form, "form",
                {{Form::schedule, "schedule"}, {Form::simple, "simple"}, {Form::optax, "optax"}},
                "Dozat's momentum schedule, or a constant β₁"),
            key(&Nadam::eps_placement, "eps_placement",
                {{EpsPlacement::outside, "outside"}, {EpsPlacement::hat, "hat"}},
                "ε beside the corrected root, or beside the uncorrected one (ensmallen)")};
  }
  std::string objection() const {
    return form != Form::schedule && momentum_decay != Nadam{}.momentum_decay
               ? "momentum_decay has a meaning with form=schedule only"
               : "";
  }

  template <class T>
  struct Coefficients {
    T beta1, rest1, beta2, rest2, keep, fresh, lr, unbias2, eps;
  };
  Coefficients<double> at(double t) const {
    double keep = beta1 / (1 - power(beta1, form == Form::optax ? t + 1 : t)),
           fresh = (1 - beta1) / (1 - power(beta1, t));
    if (form == Form::schedule) {
      const DozatSchedule schedule = dozat_schedule(momentum_decay, t);
      const double mu = beta1 * (1 - 0.5 * schedule.here), mu_next = beta1 * (1 - 0.5 * schedule.next);
      const double product = power(beta1, t) * schedule.product;
      keep = mu_next / (1 - product * mu_next);
      fresh = (1 - mu) / (1 - product);
    }
    const double unbias2 = 1 / (1 - power(beta2, t));
    return {beta1,     1 - beta1, beta2,
            1 - beta2, keep,      fresh,
            lr,        unbias2,   eps_placement == EpsPlacement::hat ? eps * std::sqrt(unbias2) : eps};
  }

  template <class T>
  static void update(T& theta, T g, std::array<T, 2>& state, const Coefficients<T>& c) {
    auto& [m, v] = state;
    m = c.beta1 * m + c.rest1 * g;
    v = c.beta2 * v + c.rest2 * g * g;
    theta -= ratio(c.lr * (c.keep * m + c.fresh * g), sqrt(v * c.unbias2) + c.eps);
  }
};

}  // namespace thalweg
