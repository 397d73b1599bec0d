#pragma once

#include <cmath>

#include <thalweg/portable.h>
#include <thalweg/schedule.h>

namespace thalweg {

/// The same value at every step.
struct Constant {
  double value = 1;
  std::uint64_t steps = 0;

  static constexpr Card card{"constant", "Constant", "", "The same value at every step."};
  static constexpr std::array formula{Formula{"s = c", "s_k = c"}};
  static std::vector<KeyInfo> keys() {
    return {key(&Constant::value, "value", "c", any_number(), "the factor"),
            key(&Constant::steps, "steps", "n", in_closed(0, 0x1p53), "length; 0: never ends")};
  }
  double factor(double) const { return value; }
};

/// A factor gamma every so many steps.
struct StepDecay {
  std::uint64_t every = 1000;
  double gamma = 0.1;
  std::uint64_t steps = 0;

  static constexpr Card card{"step", "Step decay", "", "Falls by the same factor at regular steps."};
  static constexpr std::array formula{Formula{"s = γ^⌊k / e⌋", "s_k = \\gamma^{\\lfloor k / e \\rfloor}"}};
  static std::vector<KeyInfo> keys() {
    return {key(&StepDecay::every, "every", "e", in_closed(1, 0x1p53), "steps between two falls"),
            key(&StepDecay::gamma, "gamma", "γ", above(0), "factor of each fall"),
            key(&StepDecay::steps, "steps", "n", in_closed(0, 0x1p53), "length; 0: never ends")};
  }
  double factor(double k) const { return portable::pow(gamma, std::floor(k / static_cast<double>(every))); }
};

/// A factor gamma at each of the given steps.
struct Multistep {
  std::vector<double> at{1000, 2000};
  double gamma = 0.1;
  std::uint64_t steps = 0;

  static constexpr Card card{"multistep", "Multi-step decay", "",
                             "Falls by the same factor at chosen steps."};
  static constexpr std::array formula{Formula{"s = γ^|{a : a ≤ k}|", "s_k = \\gamma^{|\\{a : a \\le k\\}|}"}};
  static std::vector<KeyInfo> keys() {
    return {key(&Multistep::at, "at", "a", at_least(1), 1, 1000, "steps done before each fall"),
            key(&Multistep::gamma, "gamma", "γ", above(0), "factor of each fall"),
            key(&Multistep::steps, "steps", "n", in_closed(0, 0x1p53), "length; 0: never ends")};
  }
  double factor(double k) const {
    double falls = 0;
    for (const double a : at) falls += a <= k ? 1 : 0;
    return portable::pow(gamma, falls);
  }
};

/// Falls by gamma over every so many steps, smoothly.
struct Exponential {
  double gamma = 0.999;
  std::uint64_t every = 1, steps = 0;

  static constexpr Card card{"exponential", "Exponential decay", "", "Falls by the same share at each step."};
  static constexpr std::array formula{Formula{"s = γ^(k / e)", "s_k = \\gamma^{k / e}"}};
  static std::vector<KeyInfo> keys() {
    return {
        key(&Exponential::gamma, "gamma", "γ", above(0), "factor"),
        key(&Exponential::every, "every", "e", in_closed(1, 0x1p53), "steps over which the factor acts once"),
        key(&Exponential::steps, "steps", "n", in_closed(0, 0x1p53), "length; 0: never ends")};
  }
  double factor(double k) const { return portable::pow(gamma, k / static_cast<double>(every)); }
};

/// 1 / (1 + decay k / every): the rate of Robbins & Monro 1951.
struct InverseTime {
  double decay = 1e-3;
  std::uint64_t every = 1, steps = 0;

  static constexpr Card card{"inverse_time", "Inverse time decay", "Robbins & Monro 1951",
                             "Falls as 1/t, under which stochastic descent converges on convex functions."};
  static constexpr std::array formula{Formula{"s = 1 / (1 + d·k / e)", "s_k = 1 / (1 + d k / e)"}};
  static std::vector<KeyInfo> keys() {
    return {
        key(&InverseTime::decay, "decay", "d", at_least(0), "speed"),
        key(&InverseTime::every, "every", "e", in_closed(1, 0x1p53), "steps that count as one unit of time"),
        key(&InverseTime::steps, "steps", "n", in_closed(0, 0x1p53), "length; 0: never ends")};
  }
  double factor(double k) const { return 1 / (1 + decay * k / static_cast<double>(every)); }
};

/// From 1 to `final` along (1 - k / steps)^power.
struct Polynomial {
  std::uint64_t steps = 1000;
  double power = 2, final = 0;

  static constexpr Card card{"polynomial", "Polynomial decay", "", "Falls to its final value along a power."};
  static constexpr std::array formula{Formula{"s = f + (1 − f)·(1 − k/n)^p", "s_k = f + (1 - f)(1 - k/n)^p"}};
  static std::vector<KeyInfo> keys() {
    return {key(&Polynomial::steps, "steps", "n", in_closed(1, 0x1p53), "length"),
            key(&Polynomial::power, "power", "p", above(0), "1 is linear"),
            key(&Polynomial::final, "final", "f", any_number(), "where it ends")};
  }
  double factor(double k) const {
    const double n = static_cast<double>(steps);
    return final + (1 - final) * portable::pow(1 - std::min(k, n) / n, power);
  }
};

/// From `start` to `final` in a straight line.
struct Linear {
  std::uint64_t steps = 1000;
  double start = 1, final = 0;

  static constexpr Card card{"linear", "Linear", "", "A straight line from start to final."};
  static constexpr std::array formula{Formula{"s = b + (f − b)·k/n", "s_k = b + (f - b) k/n"}};
  static std::vector<KeyInfo> keys() {
    return {key(&Linear::steps, "steps", "n", in_closed(1, 0x1p53), "length"),
            key(&Linear::start, "start", "b", any_number(), "where it begins"),
            key(&Linear::final, "final", "f", any_number(), "where it ends")};
  }
  double factor(double k) const {
    const double n = static_cast<double>(steps);
    return start + (final - start) * (std::min(k, n) / n);
  }
};

/// Warm-up: grows in a straight line, reaching 1 at its last step. The first step has start + (1 - start) /
/// steps, never 0 unless that is asked for.
struct Warmup {
  std::uint64_t steps = 500;
  double start = 0;

  static constexpr Card card{
      "warmup", "Linear warm-up", "Goyal et al. 2017 (arXiv:1706.02677), section 2.2",
      "Small steps first, while the estimates of the gradient's size still vary much."};
  static constexpr std::array formula{Formula{"s = b + (1 − b)·(k + 1)/n", "s_k = b + (1 - b)(k + 1)/n"}};
  static std::vector<KeyInfo> keys() {
    return {key(&Warmup::steps, "steps", "n", in_closed(1, 0x1p53), "length"),
            key(&Warmup::start, "start", "b", any_number(), "what it grows from")};
  }
  double factor(double k) const {
    const double n = static_cast<double>(steps);
    return start + (1 - start) * (std::min(k + 1, n) / n);
  }
};

inline Schedule constant(double value, std::uint64_t steps = 0) { return Constant{value, steps}; }
inline Schedule step_decay(std::uint64_t every, double gamma) { return StepDecay{every, gamma}; }
inline Schedule multistep(std::vector<double> at, double gamma) { return Multistep{std::move(at), gamma}; }
inline Schedule exponential(double gamma, std::uint64_t every = 1) { return Exponential{gamma, every}; }
inline Schedule inverse_time(double decay, std::uint64_t every = 1) { return InverseTime{decay, every}; }
inline Schedule polynomial(std::uint64_t steps, double power = 2, double final = 0) {
  return Polynomial{steps, power, final};
}
inline Schedule linear(std::uint64_t steps, double start = 1, double final = 0) {
  return Linear{steps, start, final};
}
inline Schedule warmup(std::uint64_t steps, double start = 0) { return Warmup{steps, start}; }

}  // namespace thalweg
