#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// DoG, distance over gradients: Ivgi, Hinder & Carmon 2023, without an epsilon beside the gradients, which
/// is in the authors' program alone. lr is the factor c before it, 1 in the paper; r_eps is relative, as in
/// their experiments. They judge an average of the iterates; let lr fall at the end instead, or average
/// yourself.
struct DoG {
  double lr = 1, r_eps = 1e-6, l2 = 0;

  static constexpr Card card{
      "dog", "DoG, distance over gradients", "Ivgi, Hinder & Carmon 2023 (arXiv:2302.12022)",
      "SGD whose rate is the distance that it has come so far over the root of all squared gradients: no "
      "learning rate to tune."};
  static constexpr bool rate_free = true;
  static constexpr std::array formula{
      Formula{
          "r ← max(r, ‖θ − θ₀‖),  at first r = r_ε·(1 + ‖θ₀‖)",
          "\\bar r_t = \\max(\\bar r_{t-1},\\, \\lVert \\theta_t - \\theta_0 \\rVert), \\quad \\bar r_0 = "
          "r_\\epsilon (1 + \\lVert \\theta_0 \\rVert)"},
      Formula{"G ← G + ‖g‖²", "G_t = G_{t-1} + \\lVert g_t \\rVert^2"},
      Formula{"θ ← θ − η·r / √G · g", "\\theta_{t+1} = \\theta_t - \\eta\\, \\bar r_t / \\sqrt{G_t}\\; g_t"}};
  static constexpr std::array slots{Slot{"x0", "where the parameter started", Start::theta}};
  static constexpr std::array carried{Slot{"r", "largest distance from the start so far"},
                                      Slot{"G", "sum of squared gradient norms"}};
  static constexpr std::array<Preset, 0> presets{};

  static std::vector<KeyInfo> keys() {
    return {factor_key(&DoG::lr),
            key(&DoG::r_eps, "r_eps", "r_ε", above(0), "first movement, as a share of 1 + ‖θ₀‖"),
            l2_key(&DoG::l2)};
  }

  template <class T>
  struct Coefficients {
    T step;
  };
  static std::array<double, 3> measure(double theta, double g, const std::array<double, 1>& state,
                                       const Coefficients<double>&) {
    const double way = theta - state[0];
    return {way * way, g * g, theta * theta};
  }
  void advance(std::array<double, 2>& carry, const std::array<double, 3>& sums, double) const {
    auto& [r, G] = carry;
    const auto& [way, g_g, theta_theta] = sums;
    r = r == 0 ? r_eps * (1 + std::sqrt(theta_theta)) : larger(r, std::sqrt(way));
    G += g_g;
  }
  double rate(const std::array<double, 2>& carry) const { return lr * ratio(carry[0], std::sqrt(carry[1])); }
  Coefficients<double> at(double, const std::array<double, 2>& carry) const { return {rate(carry)}; }

  template <class T>
  static void update(T& theta, T g, std::array<T, 1>&, const Coefficients<T>& c) {
    theta -= c.step * g;
  }
};

}  // namespace thalweg
