#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// RMSProp: Hinton 2012; centered: Graves 2013. Rounding can make v - mean^2 slightly negative, which is
/// taken as 0. A parameter whose gradients were all 0 does not move, with or without epsilon.
struct RMSProp {
  enum class Initial { zero, first_gradient };
  enum class Form { torch, classic };
  double lr = 0.001, rho = 0.9, eps = 1e-8, momentum = 0;
  bool centered = false;
  EpsPlacement eps_placement = EpsPlacement::inside;
  Initial initial_accumulator = Initial::zero;
  Form form = Form::torch;

  static constexpr Card card{
      "rmsprop", "RMSProp", "Hinton 2012, lecture 6e; centered: Graves 2013, eq. 38-45 (arXiv:1308.0850)",
      "The gradient divided by the root mean square of recent gradients: Adagrad that forgets, "
      "so the rate does not die."};
  static constexpr std::array formula{
      Formula{"v ← ρ·v + (1 − ρ)·g²", "v_t = \\rho v_{t-1} + (1 - \\rho) g_t^2"},
      Formula{"θ ← θ − η·g / √(v + ε)",
              "\\theta_t = \\theta_{t-1} - \\frac{\\eta}{\\sqrt{v_t + \\epsilon}}\\, g_t"}};
  static constexpr std::array slots{Slot{"v", "mean of recent squared gradients"},
                                    Slot{"mean", "mean of recent gradients (centered)"},
                                    Slot{"u", "velocity (momentum)"}};
  static constexpr std::array presets{
      Preset{"torch", "lr=0.01,rho=0.99,eps=1e-8,eps_placement=outside,initial_accumulator=0,form=torch"},
      Preset{"keras", "lr=1e-3,rho=0.9,eps=1e-7,eps_placement=inside,initial_accumulator=0,form=classic"},
      Preset{"optax", "rho=0.9,eps=1e-8,eps_placement=inside,initial_accumulator=0,form=classic"},
      Preset{"ensmallen", "lr=0.01,rho=0.99,eps=1e-8,eps_placement=outside,initial_accumulator=0",
             "centered,momentum,form"}};

  static std::vector<KeyInfo> keys() {
    return {
        lr_key(&RMSProp::lr),
        key(&RMSProp::rho, "rho", "ρ", in_half_open(0, 1), "decay of the mean of squared gradients"),
        eps_key(&RMSProp::eps),
        key(&RMSProp::momentum, "momentum", "μ", in_half_open(0, 1), "share of the last step that is kept"),
        key(&RMSProp::centered, "centered",
            "divide by the standard deviation of the gradient, not by its root mean square"),
        key(&RMSProp::eps_placement, "eps_placement",
            {{EpsPlacement::inside, "inside"}, {EpsPlacement::outside, "outside"}},
            "ε inside the root or beside it"),
        key(&RMSProp::initial_accumulator, "initial_accumulator",
            {{Initial::zero, "0"}, {Initial::first_gradient, "first_gradient"}},
            "v starts from 0, or from the square of the first gradient"),
        key(&RMSProp::form, "form", {{Form::torch, "torch"}, {Form::classic, "classic"}},
            "with momentum: learning rate outside the velocity, or inside")};
  }

  static constexpr int forms = 4;  // bit 0: centered, bit 1: momentum
  int form_index() const { return (centered ? 1 : 0) + (momentum > 0 ? 2 : 0); }
  static constexpr bool uses(int index, std::size_t slot) {
    return slot == 0 || (index & (slot == 1 ? 1 : 2)) != 0;
  }

  template <class T>
  struct Coefficients {
    T rho, rest, first, fresh, eps_inside, eps_outside, momentum, inside, outside;
  };
  Coefficients<double> at(double t) const {
    const bool from_first = t == 1 && initial_accumulator == Initial::first_gradient;
    const bool root = eps_placement == EpsPlacement::inside, torch = form == Form::torch;
    return {rho,
            1 - rho,
            from_first ? 0 : rho,
            from_first ? 1 : 1 - rho,
            root ? eps : 0,
            root ? 0 : eps,
            momentum,
            torch ? 1 : lr,
            torch ? lr : 1};
  }

  template <class T, int index>
  static void update(T& theta, T g, std::array<T, 1 + index % 2 + index / 2>& state,
                     const Coefficients<T>& c) {
    T& v = state[0];
    v = c.first * v + c.fresh * g * g;
    T spread = v;
    if constexpr ((index & 1) != 0) {
      T& mean = state[1];
      mean = c.rho * mean + c.rest * g;
      spread = max(v - mean * mean, T(0));
    }
    const T step = c.inside * ratio(g, sqrt(spread + c.eps_inside) + c.eps_outside);
    if constexpr ((index & 2) != 0) {
      T& u = state.back();
      u = c.momentum * u + step;
      theta -= c.outside * u;
    } else {
      theta -= c.outside * step;
    }
  }
};

}  // namespace thalweg
