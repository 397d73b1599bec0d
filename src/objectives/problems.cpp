#include <algorithm>
#include <cmath>
#include <numbers>

#include <thalweg/error.h>
#include <thalweg/problems.h>

#include "objectives/surfaces.h"

namespace thalweg {
namespace {

using Vector = std::vector<double>;
using Place = Vector (*)(std::size_t n);

/// A problem before its dimension is chosen.
struct Definition {
  const char *name, *title, *source, *formula, *latex, *note;
  std::size_t dimension;           // the default
  std::size_t smallest_dimension;  // 0: no other than the default
  double (*evaluate)(std::span<const double>, std::span<double>);
  Place start;
  std::vector<Place> optima;
  double (*minimum)(std::size_t n);  // null: unbounded below
  std::vector<Problem::Interval>
      view;  // the first one holds for axes that are not listed, and for all in another dimension
};

template <int numerator, int denominator = 1>
Vector all(std::size_t n) {
  return Vector(n, static_cast<double>(numerator) / denominator);
}

double zero(std::size_t) { return 0; }

/// On the ridge but for one part in a thousand: how long a method stays there is what the saddles show.
Vector near_ridge(std::size_t n) {
  Vector x(n, 1);
  x[n - 1] = 0.001;
  return x;
}

const std::vector<Definition>& definitions() {
  static const std::vector<Definition> list{
      {"parabola",
       "Parabola",
       "the notes on gradient descent (x², from 6)",
       "f(x) = Σ xᵢ²",
       "f(x) = \\sum_i x_i^2",
       "",
       1,
       1,
       surfaces::parabola,
       all<6>,
       {all<0>},
       zero,
       {{-7, 7}}},
      {"ravine",
       "Ravine",
       "Polyak 1964: a quadratic of condition number 100",
       "f(x) = ½ Σ κᵢ·xᵢ²,  κᵢ from 1 to 100 in equal ratios",
       "f(x) = \\tfrac12 \\sum_i 100^{i/(n-1)} x_i^2, \\quad i = 0, \\dots, n-1",
       "Every direction starts with the same share of the value. The best fixed rate of gradient descent is "
       "2/101.",
       2,
       1,
       surfaces::ravine,
       [](std::size_t n) {
         Vector x(n);
         for (std::size_t i = 0; i < n; ++i) x[i] = 10 / std::sqrt(surfaces::ravine_curvature(i, n));
         return x;
       },
       {all<0>},
       zero,
       {{-12, 12}, {-3, 3}}},
      {"scales",
       "Line fitted to points in a large unit",
       "the notes on adaptive learning rates: convex, but no rate fits both parameters",
       "f(w, b) = ⅛ Σ (w·uᵢ + b − yᵢ)²,  u = −200, 0, 200, 400,  y = −395, 1, 401, 805",
       "f(w, b) = \\tfrac18 \\sum_i (w u_i + b - y_i)^2, \\quad u = (-200, 0, 200, 400),\\ y = (-395, 1, "
       "401, 805)",
       "The slope's curvature is 60000, the intercept's 1: their best rates are 1.7e-5 and 1. Gradient "
       "descent diverges from a rate of "
       "3.4e-5 on; at 1e-7 the slope arrives and the intercept stays where it started.",
       2,
       0,
       surfaces::scales,
       all<0>,
       {[](std::size_t) {
         return Vector{2, 3};
       }},
       [](std::size_t) { return 2.0; },
       {{-1, 5}, {-1, 5}}},
      {"saddle",
       "Saddle",
       "Dauphin et al. 2014, the classical saddle point",
       "f(x) = x₁² + … + xₙ₋₁² − xₙ²",
       "f(x) = x_1^2 + \\dots + x_{n-1}^2 - x_n^2",
       "Unbounded below: a method that leaves the saddle point runs away along the last axis, and the run "
       "ends as diverged or at a limit.",
       2,
       2,
       surfaces::saddle,
       near_ridge,
       {},
       nullptr,
       {{-1.5, 1.5}, {-1.5, 1.5}}},
      {"monkey_saddle",
       "Monkey saddle",
       "Hilbert & Cohn-Vossen 1932: a saddle with room for a tail",
       "f(x, y) = x³ − 3·x·y²",
       "f(x, y) = x^3 - 3 x y^2",
       "Unbounded below. At 0 the gradient and the whole Hessian vanish, so methods of first and second "
       "order see nothing there.",
       2,
       0,
       surfaces::monkey_saddle,
       near_ridge,
       {},
       nullptr,
       {{-1.5, 1.5}, {-1.5, 1.5}}},
      {"plateau",
       "Plateau",
       "Geman & McClure 1987, the saturating loss",
       "f(x) = Σ xᵢ² / (1 + xᵢ²)",
       "f(x) = \\sum_i \\frac{x_i^2}{1 + x_i^2}",
       "Far out the gradient falls as 2/x³: small, though the minimum is far away.",
       2,
       1,
       surfaces::plateau,
       all<5>,
       {all<0>},
       zero,
       {{-6, 6}}},
      {"rosenbrock",
       "Rosenbrock's banana valley",
       "Rosenbrock 1960; Moré, Garbow & Hillstrom 1981, problem 1",
       "f(x) = Σ 100·(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²",
       "f(x) = \\sum_{i=1}^{n-1} 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2",
       "From four dimensions on there is a second, local minimum near (-1, 1, ..., 1).",
       2,
       2,
       surfaces::rosenbrock,
       [](std::size_t n) {
         Vector x(n, 1);
         for (std::size_t i = 0; i < n; i += 2) x[i] = -1.2;
         return x;
       },
       {all<1>},
       zero,
       {{-2, 2}, {-1, 3}}},
      {"beale",
       "Beale's function",
       "Beale 1958; Moré, Garbow & Hillstrom 1981, problem 5",
       "f(x, y) = (1.5 − x + x·y)² + (2.25 − x + x·y²)² + (2.625 − x + x·y³)²",
       "f(x, y) = (1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2",
       "For y = 1 the value is the same for every x, and on both sides of that line a valley of value near "
       "0.452 "
       "runs off to infinity.",
       2,
       0,
       surfaces::beale,
       all<1>,
       {[](std::size_t) {
         return Vector{3, 0.5};
       }},
       zero,
       {{-4.5, 4.5}, {-4.5, 4.5}}},
      {"booth",
       "Booth's function",
       "Booth, as in Jamil & Yang 2013, no. 17",
       "f(x, y) = (x + 2y − 7)² + (2x + y − 5)²",
       "f(x, y) = (x + 2y - 7)^2 + (2x + y - 5)^2",
       "",
       2,
       0,
       surfaces::booth,
       [](std::size_t) {
         return Vector{-9, -9};
       },
       {[](std::size_t) {
         return Vector{1, 3};
       }},
       zero,
       {{-10, 10}, {-10, 10}}},
      {"matyas",
       "Matyas' function",
       "Matyas, as in Jamil & Yang 2013, no. 71",
       "f(x, y) = 0.26·(x² + y²) − 0.48·x·y",
       "f(x, y) = 0.26 (x^2 + y^2) - 0.48 x y",
       "A long flat valley along x = y, not along an axis.",
       2,
       0,
       surfaces::matyas,
       [](std::size_t) {
         return Vector{9, -4};
       },
       {all<0>},
       zero,
       {{-10, 10}, {-10, 10}}},
      {"himmelblau",
       "Himmelblau's function",
       "Himmelblau 1972",
       "f(x, y) = (x² + y − 11)² + (x + y² − 7)²",
       "f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2",
       "Four minima of the same value.",
       2,
       0,
       surfaces::himmelblau,
       all<0>,
       {[](std::size_t) {
          return Vector{3, 2};
        },
        [](std::size_t) {
          return Vector{-2.805118086952745, 3.131312518250573};
        },
        [](std::size_t) {
          return Vector{-3.779310253377747, -3.2831859912861696};
        },
        [](std::size_t) {
          return Vector{3.5844283403304917, -1.8481265269644036};
        }},
       zero,
       {{-5, 5}, {-5, 5}}},
      {"three_hump_camel",
       "Three-hump camel",
       "Branin 1972, as in Jamil & Yang 2013, no. 29",
       "f(x, y) = 2x² − 1.05·x⁴ + x⁶/6 + x·y + y²",
       "f(x, y) = 2x^2 - 1.05 x^4 + \\frac{x^6}{6} + xy + y^2",
       "Two more, local minima near (1.748, -0.874) and (-1.748, 0.874), of value 0.299.",
       2,
       0,
       surfaces::three_hump_camel,
       all<2>,
       {all<0>},
       zero,
       {{-2.5, 2.5}, {-2.5, 2.5}}},
      {"styblinski_tang",
       "Styblinski and Tang's function",
       "Styblinski & Tang 1990",
       "f(x) = ½ Σ (xᵢ⁴ − 16·xᵢ² + 5·xᵢ)",
       "f(x) = \\tfrac12 \\sum_i (x_i^4 - 16 x_i^2 + 5 x_i)",
       "Each coordinate has a second, local minimum near 2.747: 2ⁿ minima in all.",
       2,
       1,
       surfaces::styblinski_tang,
       all<0>,
       {[](std::size_t n) { return Vector(n, -2.903534027771177); }},
       [](std::size_t n) { return -39.16616570377141 * static_cast<double>(n); },
       {{-5, 5}}},
      {"rastrigin",
       "Rastrigin's function",
       "Rastrigin 1974; Mühlenbein, Schomisch & Born 1991",
       "f(x) = 10·n + Σ (xᵢ² − 10·cos(2π·xᵢ))",
       "f(x) = 10 n + \\sum_i (x_i^2 - 10 \\cos 2\\pi x_i)",
       "A local minimum near every point of whole numbers: a descent ends in the nearest.",
       2,
       1,
       surfaces::rastrigin,
       all<23, 10>,
       {all<0>},
       zero,
       {{-5.12, 5.12}}},
      {"ackley",
       "Ackley's function",
       "Ackley 1987",
       "f(x) = 20 + e − 20·exp(−0.2·√(Σ xᵢ² / n)) − exp(Σ cos(2π·xᵢ) / n)",
       "f(x) = 20 + e - 20 \\exp\\Bigl(-0.2 \\sqrt{\\tfrac1n \\sum_i x_i^2}\\Bigr) - \\exp\\Bigl(\\tfrac1n "
       "\\sum_i \\cos 2\\pi x_i\\Bigr)",
       "A cone at the minimum: there is no gradient at 0 (given as 0), and near 0 its norm stays near 4/√n, "
       "so a gradient tolerance is never met there.",
       2,
       1,
       surfaces::ackley,
       all<5, 2>,
       {all<0>},
       zero,
       {{-5, 5}}},
      {"mccormick",
       "McCormick's function",
       "McCormick 1976",
       "f(x, y) = sin(x + y) + (x − y)² − 1.5x + 2.5y + 1",
       "f(x, y) = \\sin(x + y) + (x - y)^2 - 1.5x + 2.5y + 1",
       "The minimum is that of the classical domain, -1.5 to 4 by -3 to 4; beyond it there are others, ever "
       "lower along x = y.",
       2,
       0,
       surfaces::mccormick,
       all<0>,
       {[](std::size_t) {
         return Vector{0.5 - std::numbers::pi / 3, -0.5 - std::numbers::pi / 3};
       }},
       [](std::size_t) { return -std::numbers::sqrt3 / 2 - std::numbers::pi / 3; },
       {{-1.5, 4}, {-3, 4}}},
  };
  return list;
}

}  // namespace

double Problem::operator()(std::span<const double> x, std::span<double> gradient) const {
  for (const std::size_t size : {x.size(), gradient.empty() ? dimension : gradient.size()}) {
    if (size != dimension)
      throw usage_error(name, std::to_string(size) + " parameters", "has " + std::to_string(dimension));
  }
  return evaluate(x, gradient);
}

const std::vector<ProblemInfo>& problems() {
  static const std::vector<ProblemInfo> list = [] {
    std::vector<ProblemInfo> made;
    for (const Definition& d : definitions()) {
      const bool any = d.smallest_dimension > 0;
      made.push_back({d.name, d.title, d.dimension, any ? d.smallest_dimension : d.dimension, any});
    }
    return made;
  }();
  return list;
}

Problem make_problem(std::string_view name, std::size_t dimension) {
  const auto& all_problems = definitions();
  const auto found = std::find_if(all_problems.begin(), all_problems.end(),
                                  [&](const Definition& d) { return d.name == name; });
  if (found == all_problems.end()) {
    std::vector<std::string> known;
    known.reserve(all_problems.size());
    for (const Definition& d : all_problems) known.emplace_back(d.name);
    throw unknown_name("problem", name, known);
  }
  const Definition& d = *found;
  const std::size_t n = dimension == 0 ? d.dimension : dimension;
  if (d.smallest_dimension == 0 ? n != d.dimension : n < d.smallest_dimension) {
    const std::string accepted = d.smallest_dimension == 0
                                     ? "must be " + std::to_string(d.dimension)
                                     : "must be at least " + std::to_string(d.smallest_dimension);
    throw usage_error("dimension", std::to_string(n), accepted + " for " + d.name);
  }
  Problem made{d.name, d.title,    d.source, d.formula, d.latex, d.note,
               n,      d.start(n), {},       {},        d.view,  d.evaluate};
  for (const Place place : d.optima) made.optima.push_back(place(n));
  if (d.minimum != nullptr) made.minimum = d.minimum(n);
  if (n != d.dimension) made.view.clear();
  made.view.resize(n, d.view.front());
  return made;
}

}  // namespace thalweg
