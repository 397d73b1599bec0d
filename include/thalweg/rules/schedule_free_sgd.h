#pragma once

#include <thalweg/rule.h>

namespace thalweg {

/// Schedule-Free SGD: Defazio et al. 2024, eq. 3-5: y is where the gradient is taken, z steps, and theta, the
/// paper's x, is the average that is judged, with c = 1 / (t + 1). weights=squared_rate is the average of
/// their Algorithm 1, c = lr^2 / sum of lr^2, which does not count the start and suits a warm-up of lr. The
/// authors' program has the largest lr so far in its weights, which is the same unless lr falls.
struct ScheduleFreeSGD {
  enum class Weights { equal, squared_rate };
  double lr = 0.1, momentum = 0.9, weight_decay = 0;
  Weights weights = Weights::equal;

  static constexpr Card card{
      "schedule_free_sgd", "Schedule-Free SGD", "Defazio et al. 2024, eq. 3-5 (arXiv:2405.15682)",
      "SGD with averaging in the place of momentum and of a falling learning rate: good at any time, however "
      "long the training turns out to be."};
  static constexpr bool schedule_free = true, decays = true;
  static constexpr std::array formula{
      Formula{"y = (1 − μ)·z + μ·θ,  g = ∇f(y)",
              "y_t = (1 - \\mu) z_t + \\mu\\, \\theta_t, \\quad g_t = \\nabla f(y_t)"},
      Formula{"z ← z − η·(g + λ·y)", "z_{t+1} = z_t - \\eta\\, (g_t + \\lambda y_t)"},
      Formula{"θ ← (1 − c)·θ + c·z,  c = 1 / (t + 1)",
              "\\theta_{t+1} = (1 - c_{t+1}) \\theta_t + c_{t+1} z_{t+1}, \\quad c_{t+1} = 1 / (t + 1)"}};
  static constexpr std::array slots{Slot{"z", "the iterate that is averaged", Start::theta}};
  static constexpr std::array carried{Slot{"c", "weight of the newest iterate in the average"},
                                      Slot{"W", "sum of the weights before division"}};
  static constexpr std::array<Preset, 0> presets{};

  static std::vector<KeyInfo> keys() {
    return {lr_key(&ScheduleFreeSGD::lr),
            key(&ScheduleFreeSGD::momentum, "momentum", "μ", in_half_open(0, 1),
                "how near to the average the gradient is taken"),
            decay_key(&ScheduleFreeSGD::weight_decay),
            key(&ScheduleFreeSGD::weights, "weights",
                {{Weights::equal, "equal"}, {Weights::squared_rate, "squared_rate"}},
                "what an iterate weighs in the average, and the start too, or η² and the start nothing")};
  }

  std::array<double, 2> start() const { return {0, weights == Weights::equal ? 1.0 : 0.0}; }
  template <class T>
  struct Coefficients {
    T lr, rest, decay, c;
  };
  void advance(std::array<double, 2>& carry, double) const {
    auto& [c, sum] = carry;
    const double weight = weights == Weights::equal ? 1 : lr * lr;
    sum += weight;
    c = ratio(weight, sum);
  }
  Coefficients<double> at(double, const std::array<double, 2>& carry) const {
    return {lr, 1 - momentum, weight_decay, carry[0]};
  }

  bool looks_ahead() const { return true; }
  template <class T>
  static T look_ahead(T theta, const std::array<T, 1>& state, const Coefficients<T>& c) {
    return theta + c.rest * (state[0] - theta);
  }
  template <class T>
  static void update(T& theta, T g, std::array<T, 1>& state, const Coefficients<T>& c) {
    auto& [z] = state;
    z -= c.lr * (g + c.decay * look_ahead(theta, state, c));
    theta += c.c * (z - theta);
  }
};

}  // namespace thalweg
