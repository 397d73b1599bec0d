#include <algorithm>
#include <cmath>
#include <limits>

#include <thalweg/objective.h>

namespace thalweg {
namespace {

/// Central differences; returns the number of values that they took.
std::uint64_t differences(const Objective::Value& f, Objective::Point x, Objective::Gradient gradient) {
  static const double step = std::cbrt(std::numeric_limits<double>::epsilon());
  std::vector<double> at(x.begin(), x.end());
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double h = step * std::max(1.0, std::abs(x[i]));
    const double above = x[i] + h, below = x[i] - h;
    at[i] = above;
    const double high = f(at);
    at[i] = below;
    gradient[i] = (high - f(at)) / (above - below);  // the distance that the rounded points really have
    at[i] = x[i];
  }
  return 2 * at.size();
}

}  // namespace

Objective::Objective(Problem problem) : name_(problem.name), dimension_(problem.dimension) {
  gradient_ = [problem](Point x, Gradient g) { problem(x, g); };
  value_ = [problem](Point x) { return problem(x); };
  both_ = [made = std::move(problem)](Point x, Gradient g) { return made(x, g); };
}

double Objective::value(Point x, Evaluations& count) const {
  ++count.values;
  if (value_) return value_(x);
  ++count.gradients;
  std::vector<double> unused(x.size());
  return both_(x, unused);
}

double Objective::evaluate(Point x, Gradient gradient, Evaluations& count) const {
  ++count.values;
  if (has_gradient()) ++count.gradients;
  if (both_) return both_(x, gradient);
  const double value = value_(x);
  if (gradient_)
    gradient_(x, gradient);
  else
    count.values += differences(value_, x, gradient);
  return value;
}

}  // namespace thalweg
