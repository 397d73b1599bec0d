// A rule of your own: one struct, and it has kernels for every instruction set, threads, float and double, a
// name, validation and schedules. Link thalweg::rule_flags so that its kernels vectorize and keep the same
// bits.
#include <cstdio>
#include <vector>

#include <thalweg/thalweg.h>

namespace tw = thalweg;

/// Lion: Chen et al. 2023, Algorithm 2, without its weight decay (the decay transform does that).
struct Lion {
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.99;

  static constexpr tw::Card card{"lion", "Lion", "Chen et al. 2023 (arXiv:2302.06675)",
                                 "Steps of one size: the sign of an interpolated momentum."};
  static constexpr std::array formula{
      tw::Formula{"θ ← θ − η·sign(β₁·m + (1 − β₁)·g)",
                  "\\theta \\leftarrow \\theta - \\eta\\,\\mathrm{sign}(c)"},
      tw::Formula{"m ← β₂·m + (1 − β₂)·g", "m \\leftarrow \\beta_2 m + (1 - \\beta_2) g"}};
  static constexpr std::array slots{tw::Slot{"m", "mean of recent gradients"}};
  static constexpr std::array<tw::Preset, 0> presets{};
  static std::vector<tw::KeyInfo> keys() {
    return {tw::lr_key(&Lion::lr), tw::beta1_key(&Lion::beta1), tw::beta2_key(&Lion::beta2)};
  }

  template <class T>
  struct Coefficients {
    T lr, beta1, rest1, beta2, rest2;
  };
  Coefficients<double> at(double) const { return {lr, beta1, 1 - beta1, beta2, 1 - beta2}; }

  template <class T>
  static void update(T& theta, T g, std::array<T, 1>& state, const Coefficients<T>& c) {
    auto& [m] = state;
    const T direction = c.beta1 * m + c.rest1 * g;
    theta -= direction > 0 ? c.lr : direction < 0 ? -c.lr : T(0);
    m = c.beta2 * m + c.rest2 * g;
  }
};

int main() {
  std::vector<float> x{1, -2, 0.5F}, gradient(3);
  tw::Optimizer opt(Lion{.lr = 0.03});
  opt.add("x", x);
  opt.transform(tw::decay(0.1));
  opt.schedule("lr", tw::cosine(400));
  for (int step = 0; step < 400; ++step) {
    for (std::size_t i = 0; i < x.size(); ++i) gradient[i] = 2 * x[i];
    opt.step({gradient});
  }
  std::printf("x = %.3f %.3f %.3f after %d steps of %s\n", x[0], x[1], x[2], static_cast<int>(opt.steps()),
              opt.rule().text().c_str());
  try {
    tw::Optimizer refused(Lion{.beta1 = 1});
  } catch (const tw::Error& error) {
    std::printf("%s\n", error.what());
  }
}
