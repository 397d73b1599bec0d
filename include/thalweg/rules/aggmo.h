#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// Aggregated momentum: Lucas, Sun, Zemel & Grosse 2019, eq. 3. Equal entries of betas are velocities of
/// their own.
struct AggMo {
  double lr = 0.01;
  std::vector<double> betas{0, 0.9, 0.99};

  static constexpr Card card{
      "aggmo", "Aggregated momentum", "Lucas, Sun, Zemel & Grosse 2019, eq. 3 (arXiv:1804.00325)",
      "The average of several velocities, slow and fast: the oscillations of one are damped by "
      "the others, so a decay near 1 is stable."};
  static constexpr std::array formula{
      Formula{"vᵢ ← βᵢ·vᵢ − g,  i = 1 … K",
              "v_t^{(i)} = \\beta^{(i)} v_{t-1}^{(i)} - g_t, \\quad i = 1 \\dots K"},
      Formula{"θ ← θ + η/K · Σᵢ vᵢ", "\\theta_t = \\theta_{t-1} + \\frac{\\eta}{K} \\sum_{i=1}^K v_t^{(i)}"}};
  static constexpr std::array slots{Slot{"v1", "velocity of the first decay"},
                                    Slot{"v2", "… of the second"},
                                    Slot{"v3", "… of the third"},
                                    Slot{"v4", "… of the fourth"},
                                    Slot{"v5", "… of the fifth"},
                                    Slot{"v6", "… of the sixth"},
                                    Slot{"v7", "… of the seventh"},
                                    Slot{"v8", "… of the eighth"}};
  static constexpr std::array<Preset, 0> presets{};

  static std::vector<KeyInfo> keys() {
    return {lr_key(&AggMo::lr),
            key(&AggMo::betas, "betas", "β", in_half_open(0, 1), 1, slots.size(), "decay of each velocity")};
  }

  static constexpr int forms = slots.size();  // form k has k + 1 velocities
  int form_index() const { return static_cast<int>(betas.size()) - 1; }
  static constexpr bool uses(int index, std::size_t slot) { return slot <= static_cast<std::size_t>(index); }

  template <class T>
  struct Coefficients {
    T lr_over_k;
    std::array<T, slots.size()> beta;
  };
  Coefficients<double> at(double) const {
    Coefficients<double> c{lr / static_cast<double>(betas.size()), {}};
    for (std::size_t i = 0; i < betas.size(); ++i) c.beta[i] = betas[i];
    return c;
  }

  template <class T, int index>
  static void update(T& theta, T g, std::array<T, index + 1>& v, const Coefficients<T>& c) {
    T sum = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
      v[i] = c.beta[i] * v[i] - g;
      sum += v[i];
    }
    theta += c.lr_over_k * sum;
  }
};

}  // namespace thalweg
