#pragma once

#include <cstddef>
#include <vector>

#include <thalweg/registry.h>

namespace thalweg::test {

/// x after each of some steps on a function of one variable with this slope.
template <class Slope>
std::vector<double> descend(Optimizer& optimizer, std::vector<double>& x, std::size_t steps, Slope slope) {
  std::vector<double> path, gradient(1);
  for (std::size_t i = 0; i < steps; ++i) {
    optimizer.step([&]() -> Gradients {
      gradient[0] = slope(x[0]);
      return {gradient};
    });
    path.push_back(x[0]);
  }
  return path;
}

template <class Slope>
std::vector<double> descend(const AnyRule& rule, double start, std::size_t steps, Slope slope) {
  std::vector<double> x{start};
  Optimizer optimizer(rule);
  optimizer.add("x", x);
  return descend(optimizer, x, steps, slope);
}

/// The slope of x^2, the example of seed 004.
inline double parabola(double x) { return 2 * x; }

}  // namespace thalweg::test
