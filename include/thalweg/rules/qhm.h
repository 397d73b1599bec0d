#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// Quasi-hyperbolic momentum: Ma & Yarats 2019, eq. 3-4.
struct QHM {
  double lr = 0.01, momentum = 0.999, nu = 0.7;

  static constexpr Card card{
      "qhm", "Quasi-hyperbolic momentum", "Ma & Yarats 2019, eq. 3-4 (arXiv:1810.06801)",
      "A weighted average of a plain and a momentum step: most of the benefit of a long memory, "
      "less of its lag. nu = 0 is sgd, nu = 1 momentum, nu = momentum Nesterov."};
  static constexpr std::array formula{
      Formula{"v ← μ·v + (1 − μ)·g", "v_t = \\mu v_{t-1} + (1 - \\mu) g_t"},
      Formula{"θ ← θ − η·((1 − ν)·g + ν·v)",
              "\\theta_t = \\theta_{t-1} - \\eta ((1 - \\nu) g_t + \\nu v_t)"}};
  static constexpr std::array slots{Slot{"v", "mean of recent gradients"}};
  static constexpr std::array presets{Preset{"ensmallen", "lr=0.01,momentum=0.999,nu=0.7"}};

  static std::vector<KeyInfo> keys() {
    return {lr_key(&QHM::lr),
            key(&QHM::momentum, "momentum", "μ", in_half_open(0, 1), "decay of the mean of gradients"),
            key(&QHM::nu, "nu", "ν", in_closed(0, 1), "weight of the mean against the fresh gradient")};
  }

  template <class T>
  struct Coefficients {
    T lr, momentum, rest, nu, plain;
  };
  Coefficients<double> at(double) const { return {lr, momentum, 1 - momentum, nu, 1 - nu}; }

  template <class T>
  static void update(T& theta, T g, std::array<T, 1>& state, const Coefficients<T>& c) {
    auto& [v] = state;
    v = c.momentum * v + c.rest * g;
    theta -= c.lr * (c.plain * g + c.nu * v);
  }
};

}  // namespace thalweg
