#include "objectives/surfaces.h"

#include <array>
#include <cmath>
#include <numbers>

namespace thalweg::surfaces {
namespace {

constexpr double two_pi = 2 * std::numbers::pi;

double square(double x) { return x * x; }

/// Writes the gradient of a function of two variables, if it is wanted.
void write(Gradient g, double dx, double dy) {
  if (g.empty()) return;
  g[0] = dx;
  g[1] = dy;
}

/// The sum of term(x_i, derivative) over the coordinates; term writes its derivative.
template <class Term>
double separable(Point x, Gradient g, Term term) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    double derivative = 0;
    sum += term(x[i], derivative);
    if (!g.empty()) g[i] = derivative;
  }
  return sum;
}

}  // namespace

double parabola(Point x, Gradient g) {
  return separable(x, g, [](double u, double& d) {
    d = 2 * u;
    return u * u;
  });
}

double ravine_curvature(std::size_t i, std::size_t n) {
  return n < 2 ? 1 : std::pow(100.0, static_cast<double>(i) / static_cast<double>(n - 1));
}

double ravine(Point x, Gradient g) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double slope = ravine_curvature(i, x.size()) * x[i];
    sum += 0.5 * slope * x[i];
    if (!g.empty()) g[i] = slope;
  }
  return sum;
}

double scales(Point x, Gradient g) {
  // The points of the line y = 2 u + 3, moved by +2, -2, -2, +2: that is orthogonal to 1 and to u, so the
  // line of least squares is still this one.
  constexpr std::array<double, 4> u{-200, 0, 200, 400}, y{-395, 1, 401, 805};
  double sum = 0, slope = 0, intercept = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const double residual = x[0] * u[i] + x[1] - y[i];
    sum += residual * residual / 8;
    slope += residual * u[i] / 4;
    intercept += residual / 4;
  }
  write(g, slope, intercept);
  return sum;
}

double saddle(Point x, Gradient g) {
  const double last = x[x.size() - 1];
  const double up = parabola(x.first(x.size() - 1), g.empty() ? g : g.first(x.size() - 1));
  if (!g.empty()) g[x.size() - 1] = -2 * last;
  return up - last * last;
}

double monkey_saddle(Point x, Gradient g) {
  write(g, 3 * (square(x[0]) - square(x[1])), -6 * x[0] * x[1]);
  return x[0] * (square(x[0]) - 3 * square(x[1]));
}

double plateau(Point x, Gradient g) {
  return separable(x, g, [](double u, double& d) {
    d = 2 * u / square(1 + u * u);
    return std::abs(u) < 1 ? u * u / (1 + u * u) : 1 / (1 + 1 / u / u);  // no inf / inf far out
  });
}

double rosenbrock(Point x, Gradient g) {
  double sum = 0;
  for (double& d : g) d = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const double bend = x[i + 1] - x[i] * x[i], rest = 1 - x[i];
    sum += 100 * bend * bend + rest * rest;
    if (g.empty()) continue;
    g[i] += -400 * bend * x[i] - 2 * rest;
    g[i + 1] += 200 * bend;
  }
  return sum;
}

double beale(Point x, Gradient g) {
  constexpr std::array targets{1.5, 2.25, 2.625};
  double sum = 0, dx = 0, dy = 0, power = 1;  // power: y^i
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const double slope = static_cast<double>(i + 1) * power;
    power *= x[1];
    const double residual = targets[i] - x[0] * (1 - power);
    sum += residual * residual;
    dx += -2 * residual * (1 - power);
    dy += 2 * residual * x[0] * slope;
  }
  write(g, dx, dy);
  return sum;
}

double booth(Point x, Gradient g) {
  const double a = x[0] + 2 * x[1] - 7, b = 2 * x[0] + x[1] - 5;
  write(g, 2 * a + 4 * b, 4 * a + 2 * b);
  return a * a + b * b;
}

double matyas(Point x, Gradient g) {
  write(g, 0.52 * x[0] - 0.48 * x[1], 0.52 * x[1] - 0.48 * x[0]);
  return 0.26 * (square(x[0]) + square(x[1])) - 0.48 * x[0] * x[1];
}

double himmelblau(Point x, Gradient g) {
  const double a = square(x[0]) + x[1] - 11, b = x[0] + square(x[1]) - 7;
  write(g, 4 * a * x[0] + 2 * b, 2 * a + 4 * b * x[1]);
  return a * a + b * b;
}

double three_hump_camel(Point x, Gradient g) {
  const double s = square(x[0]);
  write(g, x[0] * (4 - 4.2 * s + s * s) + x[1], x[0] + 2 * x[1]);
  return s * (2 - 1.05 * s + s * s / 6) + x[0] * x[1] + square(x[1]);
}

double styblinski_tang(Point x, Gradient g) {
  return separable(x, g, [](double u, double& d) {
    const double s = u * u;
    d = 2 * u * s - 16 * u + 2.5;
    return 0.5 * (s * s - 16 * s + 5 * u);
  });
}

double rastrigin(Point x, Gradient g) {
  return separable(x, g, [](double u, double& d) {
    d = 2 * u + 10 * two_pi * std::sin(two_pi * u);
    return u * u + 20 * square(std::sin(two_pi * u / 2));  // 10 (1 - cos 2 pi u) without cancellation
  });
}

double ackley(Point x, Gradient g) {
  const double n = static_cast<double>(x.size());
  double squares = 0, dip = 0;  // dip: the mean of cos(2 pi x_i) - 1
  for (const double u : x) {
    squares += u * u;
    dip -= 2 * square(std::sin(two_pi * u / 2)) / n;
  }
  const double radius = std::sqrt(squares / n);
  const double cone = std::exp(-0.2 * radius), waves = std::exp(1 + dip);
  for (std::size_t i = 0; i < g.size(); ++i) {
    const double outward = radius > 0 ? 4 * cone * x[i] / (n * radius) : 0;
    g[i] = outward + waves * two_pi * std::sin(two_pi * x[i]) / n;
  }
  return -20 * std::expm1(-0.2 * radius) - std::numbers::e * std::expm1(dip);
}

double mccormick(Point x, Gradient g) {
  const double sum = x[0] + x[1], difference = x[0] - x[1];
  write(g, std::cos(sum) + 2 * difference - 1.5, std::cos(sum) - 2 * difference + 2.5);
  return std::sin(sum) + difference * difference - 1.5 * x[0] + 2.5 * x[1] + 1;
}

}  // namespace thalweg::surfaces
