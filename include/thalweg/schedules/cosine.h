#pragma once

#include <cmath>

#include <thalweg/portable.h>
#include <thalweg/schedule.h>

namespace thalweg {

/// Half a cosine from 1 to `final`.
struct Cosine {
  std::uint64_t steps = 1000;
  double final = 0;

  static constexpr Card card{"cosine", "Cosine annealing",
                             "Loshchilov & Hutter 2017, eq. 5 (arXiv:1608.03983)",
                             "Falls slowly at first and at the end, fast in between."};
  static constexpr std::array formula{
      Formula{"s = f + (1 − f)·(1 + cos(π·k/n)) / 2", "s_k = f + \\tfrac12 (1 - f)(1 + \\cos(\\pi k/n))"}};
  static std::vector<KeyInfo> keys() {
    return {key(&Cosine::steps, "steps", "n", in_closed(1, 0x1p53), "length"),
            key(&Cosine::final, "final", "f", any_number(), "where it ends")};
  }
  double factor(double k) const {
    const double n = static_cast<double>(steps);
    return final + (1 - final) * (0.5 * (1 + portable::cos_pi(std::min(k, n) / n)));
  }
};

/// Cosine annealing that starts again after each period, which grows by a factor.
struct CosineRestarts {
  std::uint64_t period = 1000;
  double grow = 1, final = 0;
  std::uint64_t steps = 0;

  static constexpr Card card{
      "cosine_restarts", "Cosine annealing with warm restarts",
      "Loshchilov & Hutter 2017, eq. 5 (SGDR, arXiv:1608.03983)",
      "Cosine annealing that jumps back to the full value, to leave a minimum for a better one."};
  static constexpr std::array formula{
      Formula{"s = f + (1 − f)·(1 + cos(π·i/nⱼ)) / 2,  nⱼ = n·mʲ",
              "s_k = f + \\tfrac12 (1 - f)(1 + \\cos(\\pi i/n_j)), \\quad n_j = n m^j"}};
  static std::vector<KeyInfo> keys() {
    return {key(&CosineRestarts::period, "period", "n", in_closed(1, 0x1p53), "steps of the first period"),
            key(&CosineRestarts::grow, "grow", "m", at_least(1), "factor of each next period"),
            key(&CosineRestarts::final, "final", "f", any_number(), "where each period ends"),
            key(&CosineRestarts::steps, "steps", "", in_closed(0, 0x1p53), "length; 0: never ends")};
  }
  double factor(double k) const {
    double length = static_cast<double>(period);
    if (grow == 1) {
      k = std::fmod(k, length);
    } else {
      // The start of period j is length (grow^j - 1) / (grow - 1); the logarithm is a first
      // guess.
      const auto start = [&](double j) { return length * (portable::pow(grow, j) - 1) / (grow - 1); };
      double j = std::max(0.0, std::floor(std::log1p(k * (grow - 1) / length) / std::log(grow)));
      while (j > 0 && start(j) > k) --j;
      while (start(j + 1) <= k) ++j;
      k -= start(j);
      length *= portable::pow(grow, j);
    }
    return final + (1 - final) * (0.5 * (1 + portable::cos_pi(k / length)));
  }
};

/// One cycle: from `start` up to 1 over the first part, then down to `final`, along cosines.
struct OneCycle {
  std::uint64_t steps = 1000;
  double rise = 0.3, start = 0.04, final = 4e-6;

  static constexpr Card card{
      "one_cycle", "One cycle", "Smith & Topin 2018 (arXiv:1708.07120)",
      "Up to a large rate and down to a very small one in a single run of known length."};
  static constexpr std::array formula{
      Formula{"s: b → 1 over r·n steps, then 1 → f, along half cosines",
              "s_k: b \\to 1 \\text{ over } r n \\text{ steps, then } 1 \\to f"}};
  static std::vector<KeyInfo> keys() {
    return {key(&OneCycle::steps, "steps", "n", in_closed(2, 0x1p53), "length"),
            key(&OneCycle::rise, "rise", "r", Range{.low = 0, .high = 1, .low_open = true, .high_open = true},
                "share of the steps that rise"),
            key(&OneCycle::start, "start", "b", at_least(0), "where it begins (PyTorch: 1/25)"),
            key(&OneCycle::final, "final", "f", at_least(0), "where it ends (PyTorch: 1/25/10⁴)")};
  }
  double factor(double k) const {
    const double n = static_cast<double>(steps), top = rise * n;
    const auto between = [](double a, double b, double x) {
      return b + (a - b) * (0.5 * (1 + portable::cos_pi(x)));
    };
    return k < top ? between(start, 1, k / top) : between(1, final, (std::min(k, n) - top) / (n - top));
  }
};

inline Schedule cosine(std::uint64_t steps, double final = 0) { return Cosine{steps, final}; }
inline Schedule cosine_restarts(std::uint64_t period, double grow = 1, double final = 0) {
  return CosineRestarts{period, grow, final};
}
inline Schedule one_cycle(std::uint64_t steps) { return OneCycle{steps}; }

}  // namespace thalweg
