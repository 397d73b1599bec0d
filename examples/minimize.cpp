// Minimize a function of your own: value and gradient in one callable.
#include <cmath>
#include <cstdio>
#include <iostream>

#include <thalweg/thalweg.h>

namespace tw = thalweg;

int main(int argc, char**) {
  const auto rosenbrock = [](std::span<const double> x, std::span<double> g) {
    const double a = 1 - x[0], b = x[1] - x[0] * x[0];
    g[0] = -2 * a - 400 * x[0] * b;
    g[1] = 200 * b;
    return a * a + 100 * b * b;
  };

  const tw::GradientReport check = tw::check_gradient(rosenbrock, std::vector<double>{-1.2, 1});
  std::printf("gradient %s\n", check.passes() ? "agrees with central differences" : "is wrong");

  const tw::Result r = tw::minimize(rosenbrock, {-1.2, 1}, tw::Adam{.lr = 0.02},
                                    {.max_steps = 20'000, .gradient_tolerance = 1e-8});
  std::printf("stopped: %s, at (%.6f, %.6f)\n", tw::text(r.reason).c_str(), r.best.x[0], r.best.x[1]);
  if (argc > 1) std::cout << r;  // the full report: criteria, evaluations, timings
}
