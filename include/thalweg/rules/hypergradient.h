#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// Hypergradient descent of SGD: Baydin et al. 2018, the algorithm "SGD-HD": the learning rate alpha takes a
/// step down its own gradient first. It starts at lr; a schedule of lr multiplies alpha, which is not part of
/// the paper. alpha may become negative, as in the paper.
struct Hypergradient {
  double lr = 0.01, hyper_lr = 1e-3, l2 = 0;

  static constexpr Card card{
      "hypergradient", "Hypergradient descent of SGD", "Baydin et al. 2018, SGD-HD (arXiv:1703.04782)",
      "SGD that adapts its learning rate: it grows while successive gradients point the "
      "same way and falls when they turn."};
  static constexpr std::array formula{
      Formula{"α ← α + β·⟨g, g′⟩,  at first α = η",
              "\\alpha_t = \\alpha_{t-1} + \\beta \\langle g_t, g_{t-1} \\rangle, \\quad \\alpha_0 = \\eta"},
      Formula{"θ ← θ − α·g,  g′ ← g", "\\theta_t = \\theta_{t-1} - \\alpha_t g_t"}};
  static constexpr std::array slots{Slot{"g", "the gradient before this one, g′"}};
  static constexpr std::array carried{Slot{"alpha", "the learning rate, but for a schedule"},
                                      Slot{"alpha0", "what it started from"}};
  static constexpr std::array<Preset, 0> presets{};

  static std::vector<KeyInfo> keys() {
    return {key(&Hypergradient::lr, "lr", "η", at_least(0), "learning rate to start from"),
            hyper_lr_key(&Hypergradient::hyper_lr), l2_key(&Hypergradient::l2)};
  }

  std::array<double, 2> start() const { return {lr, lr}; }
  template <class T>
  struct Coefficients {
    T alpha;
  };
  static std::array<double, 1> measure(double, double g, const std::array<double, 1>& state,
                                       const Coefficients<double>&) {
    return {g * state[0]};
  }
  void advance(std::array<double, 2>& carry, const std::array<double, 1>& sums, double) const {
    carry[0] += hyper_lr * sums[0];
  }
  double rate(const std::array<double, 2>& carry) const { return carry[0] * ratio(lr, carry[1]); }
  Coefficients<double> at(double, const std::array<double, 2>& carry) const { return {rate(carry)}; }

  template <class T>
  static void update(T& theta, T g, std::array<T, 1>& state, const Coefficients<T>& c) {
    state[0] = g;
    theta -= c.alpha * g;
  }
};

}  // namespace thalweg
