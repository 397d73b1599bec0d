#include "workbench/diagnose/subject.h"

#include <cmath>

#include "models/blas.h"

namespace thalweg::workbench::diagnosis {

std::size_t Subject::size() const {
  std::size_t sum = 0;
  for (const Part& part : parts()) sum += part.size;
  return sum;
}

double Subject::add_penalty(Point x, std::span<double> g) const {
  double sum = 0;
  for (std::size_t i = 0; i < penalty_.size(); ++i) {
    sum += penalty_[i] * x[i] * x[i] / 2;
    if (!g.empty()) g[i] += penalty_[i] * x[i];
  }
  return sum;
}

double Subject::value(Point x) { return raw_value(x) + add_penalty(x, {}); }

double Subject::gradient(Point x, std::span<double> g) {
  const double loss = raw_gradient(x, g);
  return loss + add_penalty(x, g);
}

double dot(Point a, Point b) { return models::dot(a.size(), a.data(), b.data()); }

double norm(Point a) { return std::sqrt(dot(a, a)); }

}  // namespace thalweg::workbench::diagnosis
