#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// Momentum: Polyak 1964. The forms differ as soon as the learning rate changes:
///   classic  v <- mu v + (1 - tau) lr g, theta <- theta - v        the rate inside the velocity (the seeds,
///   Keras) torch    v <- mu v + (1 - tau) g,    theta <- theta - lr v     the rate outside; the first step
///   is undampened
struct Momentum {
  enum class Form { classic, torch };
  double lr = 0.01, momentum = 0.9, dampening = 0, l2 = 0;
  Form form = Form::classic;

  static constexpr Card card{
      "momentum", "Momentum",
      "Polyak 1964, \"Some methods of speeding up the convergence of iteration methods\"",
      "A ball that rolls downhill: past gradients add up where they agree and cancel where they "
      "oscillate, as across a ravine."};
  static constexpr std::array formula{Formula{"v ← μ·v + η·g", "v_t = \\mu v_{t-1} + \\eta\\, g_t"},
                                      Formula{"θ ← θ − v", "\\theta_t = \\theta_{t-1} - v_t"}};
  static constexpr std::array slots{Slot{"v", "velocity"}};
  static constexpr std::array presets{
      Preset{"torch", "lr=1e-3,form=torch"}, Preset{"keras", "lr=0.01,form=classic", "dampening,l2"},
      Preset{"optax", "form=torch", "dampening,l2"},
      Preset{"ensmallen", "lr=0.01,momentum=0.5,form=classic", "dampening,l2"}};

  static std::vector<KeyInfo> keys() {
    return {lr_key(&Momentum::lr), momentum_key(&Momentum::momentum),
            key(&Momentum::dampening, "dampening", "τ", in_closed(0, 1),
                "share of the gradient that is held back"),
            l2_key(&Momentum::l2),
            key(&Momentum::form, "form", {{Form::classic, "classic"}, {Form::torch, "torch"}},
                "learning rate inside the velocity, or outside with an undampened first step")};
  }

  template <class T>
  struct Coefficients {
    T momentum, inside, outside;
  };
  Coefficients<double> at(double t) const {
    if (form == Form::classic) return {momentum, lr * (1 - dampening), 1};
    return {momentum, t == 1 ? 1 : 1 - dampening, lr};
  }

  template <class T>
  static void update(T& theta, T g, std::array<T, 1>& state, const Coefficients<T>& c) {
    auto& [v] = state;
    v = c.momentum * v + c.inside * g;
    theta -= c.outside * v;
  }
};

}  // namespace thalweg
