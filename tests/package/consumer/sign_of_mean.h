#pragma once

#include <array>
#include <vector>

#include <thalweg/rule.h>

/// A rule of the user's own, declared as the library's are: fixed steps along the sign of a running mean.
struct SignOfMean {
  double lr = 0.1, beta = 0.5;

  static constexpr thalweg::Card card{"sign_of_mean", "Sign of the mean", "nobody, never",
                                      "Shows how to add a rule."};
  static constexpr std::array formula{
      thalweg::Formula{"m ← β·m + (1 − β)·g", "m_t = \\beta m_{t-1} + (1-\\beta) g_t"},
      thalweg::Formula{"θ ← θ − η·sign(m)", "\\theta_t = \\theta_{t-1} - \\eta\\, \\mathrm{sign}(m_t)"}};
  static constexpr std::array slots{thalweg::Slot{"m", "mean of recent gradients"}};
  static constexpr std::array<thalweg::Preset, 0> presets{};

  static std::vector<thalweg::KeyInfo> keys() {
    return {thalweg::key(&SignOfMean::lr, "lr", "η", thalweg::at_least(0), "length of a step"),
            thalweg::key(&SignOfMean::beta, "beta", "β", thalweg::in_half_open(0, 1), "decay of the mean")};
  }

  template <class T>
  struct Coefficients {
    T lr, beta, rest;
  };
  Coefficients<double> at(double) const { return {lr, beta, 1 - beta}; }

  template <class T>
  static void update(T& theta, T g, std::array<T, 1>& state, const Coefficients<T>& c) {
    auto& [m] = state;
    m = c.beta * m + c.rest * g;
    theta -= m > 0 ? c.lr : m < 0 ? -c.lr : T(0);
  }
};
