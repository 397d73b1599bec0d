#pragma once

#include <cstddef>
#include <span>

// The functions of problems.h with their analytic gradients. Each returns the value at x and, unless g is
// empty, writes the gradient to g, which has the size of x.
namespace thalweg::surfaces {

using Point = std::span<const double>;
using Gradient = std::span<double>;

double parabola(Point x, Gradient g);
double ravine(Point x, Gradient g);
double scales(Point x, Gradient g);
double saddle(Point x, Gradient g);
double monkey_saddle(Point x, Gradient g);
double plateau(Point x, Gradient g);
double rosenbrock(Point x, Gradient g);
double beale(Point x, Gradient g);
double booth(Point x, Gradient g);
double matyas(Point x, Gradient g);
double himmelblau(Point x, Gradient g);
double three_hump_camel(Point x, Gradient g);
double styblinski_tang(Point x, Gradient g);
double rastrigin(Point x, Gradient g);
double ackley(Point x, Gradient g);
double mccormick(Point x, Gradient g);

/// The curvature of the ravine along coordinate i of n: from 1 to 100, in equal ratios.
double ravine_curvature(std::size_t i, std::size_t n);

}  // namespace thalweg::surfaces
