#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// Nesterov's accelerated gradient: Nesterov 1983, in the notation of Sutskever et al. 2013.
///   lookahead  g at theta - mu v:  v <- mu v + lr g, theta <- theta - v                 (the method itself)
///   classic    g at theta:         v <- mu v + lr g, theta <- theta - (mu v + lr g)     (Keras)
///   torch      g at theta:         v <- mu v + g,    theta <- theta - lr (mu v + g)     (PyTorch, optax)
/// The last two step the look-ahead point itself, which is the same method only for a constant rate and
/// momentum.
struct Nesterov {
  enum class Form { lookahead, classic, torch };
  double lr = 0.01, momentum = 0.9;
  Form form = Form::lookahead;

  static constexpr Card card{
      "nesterov", "Nesterov's accelerated gradient", "Nesterov 1983; Sutskever et al. 2013, eq. 3-4",
      "Momentum that looks first: the gradient is taken where the velocity is about to "
      "carry the parameters, so a step that goes too far is corrected before it is made."};
  static constexpr std::array formula{
      Formula{"g = ∇f(θ − μ·v)", "g_t = \\nabla f(\\theta_{t-1} - \\mu v_{t-1})"},
      Formula{"v ← μ·v + η·g", "v_t = \\mu v_{t-1} + \\eta\\, g_t"},
      Formula{"θ ← θ − v", "\\theta_t = \\theta_{t-1} - v_t"}};
  static constexpr std::array slots{Slot{"v", "velocity"}};
  static constexpr std::array presets{Preset{"torch", "lr=1e-3,form=torch"},
                                      Preset{"keras", "lr=0.01,form=classic"}, Preset{"optax", "form=torch"},
                                      Preset{"ensmallen", "lr=0.01,momentum=0.5,form=classic"}};

  static std::vector<KeyInfo> keys() {
    return {lr_key(&Nesterov::lr), momentum_key(&Nesterov::momentum),
            key(&Nesterov::form, "form",
                {{Form::lookahead, "lookahead"}, {Form::classic, "classic"}, {Form::torch, "torch"}},
                "gradient at the look-ahead point, or reformulated for a gradient at θ")};
  }

  template <class T>
  struct Coefficients {
    T momentum, inside, outside, keep, fresh;
  };
  Coefficients<double> at(double) const {
    if (form == Form::lookahead) return {momentum, lr, 1, 1, 0};
    if (form == Form::classic) return {momentum, lr, 1, momentum, lr};
    return {momentum, 1, lr, momentum, 1};
  }
  bool looks_ahead() const { return form == Form::lookahead; }

  template <class T>
  static T look_ahead(T theta, const std::array<T, 1>& state, const Coefficients<T>& c) {
    return theta - c.momentum * state[0];
  }
  template <class T>
  static void update(T& theta, T g, std::array<T, 1>& state, const Coefficients<T>& c) {
    auto& [v] = state;
    v = c.momentum * v + c.inside * g;
    theta -= c.outside * (c.keep * v + c.fresh * g);
  }
};

}  // namespace thalweg
