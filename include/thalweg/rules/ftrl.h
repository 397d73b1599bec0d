#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// FTRL-Proximal: McMahan et al. 2013, Algorithm 1. There a weight is a function of z and n, and starts at 0.
/// Here z is kept as what theta does not tell of it, u: z = -(D theta + u) with D = (beta + sqrt(n)) / lr +
/// l2, where u, in [-l1, l1], is the slope of the l1 penalty that holds theta. From theta = 0 this is the
/// paper's trajectory. It starts from any other theta as if z had been -(beta / lr + l2) theta, so that
/// without l1 a network keeps its initial weights, and a schedule of lr changes the steps to come, not the
/// weights that there are. A parameter without a gradient stays, as in the paper's "for all i in I". l1 and
/// l2 are those of the paper, in the step itself, and count once, not per step.
struct FTRL {
  double lr = 0.1, beta = 1, l1 = 0, l2 = 0;

  static constexpr Card card{
      "ftrl", "FTRL-Proximal",
      "McMahan et al. 2013, \"Ad click prediction: a view from the trenches\", Algorithm 1",
      "Adagrad for sparse models: each parameter gets its own rate, and an L1 penalty that makes weights "
      "exactly 0."};
  static constexpr std::array formula{
      Formula{"n ← n + g²", "n_t = n_{t-1} + g_t^2"},
      Formula{"D = (β + √n) / η + λ₂", "D_t = (\\beta + \\sqrt{n_t}) / \\eta + \\lambda_2"},
      Formula{"z = g − D·θ − u", "z_t = g_t - D_t \\theta_{t-1} - u_{t-1}"},
      Formula{
          "θ ← 0 if |z| ≤ λ₁, else −(z − sgn(z)·λ₁) / D",
          "\\theta_t = 0 \\text{ if } |z_t| \\le \\lambda_1, \\text{ else } -(z_t - \\operatorname{sgn}(z_t) "
          "\\lambda_1) / D_t"},
      Formula{"u ← −(z + D·θ)", "u_t = -(z_t + D_t \\theta_t)"}};
  static constexpr std::array slots{Slot{"n", "sum of squared gradients"},
                                    Slot{"u", "slope of the L1 penalty that holds the parameter"}};
  static constexpr std::array<Preset, 0> presets{};
  static constexpr bool decays = true;
  static constexpr Idle idle = Idle::nothing;

  static std::vector<KeyInfo> keys() {
    return {lr_key(&FTRL::lr), key(&FTRL::beta, "beta", "β", at_least(0), "keeps the first steps small"),
            key(&FTRL::l1, "l1", "λ₁", at_least(0), "L1 penalty of the sum of all losses: makes weights 0"),
            key(&FTRL::l2, "l2", "λ₂", at_least(0), "L2 penalty of the sum of all losses")};
  }

  template <class T>
  struct Coefficients {
    T lr, inverse, beta, l1, l2, lr_l2;
  };
  Coefficients<double> at(double) const {
    return {lr, 1 / larger(lr, 1e-30), beta, l1, l2, lr * l2};  // a rate of 0 moves nothing
  }

  template <class T>
  static void update(T& theta, T g, std::array<T, 2>& state, const Coefficients<T>& c) {
    auto& [n, u] = state;
    n += g * g;
    const T spread = c.beta + sqrt(n), pull = u - g;
    const T z = choose(theta == T(0), -pull, -((spread * c.inverse + c.l2) * theta + pull));
    const T held = choose(z > c.l1, -c.l1, choose(z < -c.l1, c.l1, -z));
    const T moved = theta - ratio(c.lr * (held - pull), spread + c.lr_l2);
    const T next = choose(held == -z, T(0), moved);
    theta = choose(g == T(0), theta, next);
    u = choose(g == T(0), u, held);
  }
};

}  // namespace thalweg
