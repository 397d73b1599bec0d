#include "workbench/diagnose/curvature.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <thalweg/random.h>

namespace thalweg::workbench::diagnosis {
namespace {

/// Keeps the numbers of a diagnosis apart from others of the same seed.
constexpr std::uint64_t lanczos_stream = std::uint64_t{0x6c616e637a6f73}, sign_stream = lanczos_stream + 1;

void add(double factor, Point from, std::span<double> to) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * from[i];
}

void scale(double factor, std::span<double> v) {
  for (double& x : v) x *= factor;
}

/// The combination of the basis with these weights.
Vector combined(const std::vector<Vector>& basis, const Vector& weights) {
  Vector sum(basis.front().size(), 0);
  for (std::size_t j = 0; j < basis.size(); ++j) add(weights[j], basis[j], sum);
  scale(1 / norm(sum), sum);
  return sum;
}

}  // namespace

Operator hessian(Subject& subject, Point x) {
  const Vector at(x.begin(), x.end());
  const double reach = 1e-4 * (1 + norm(at));
  return [&subject, at, reach](Point v, std::span<double> product) {
    const double length = norm(v);
    if (length == 0) {
      std::fill(product.begin(), product.end(), 0);
      return;
    }
    const double h = reach / length;
    Vector moved = at, below(at.size());
    add(-h, v, moved);
    subject.gradient(moved, below);
    moved = at;
    add(h, v, moved);
    subject.gradient(moved, product);
    for (std::size_t i = 0; i < at.size(); ++i) product[i] = (product[i] - below[i]) / (2 * h);
  };
}

Operator scaled(Operator a, Vector diagonal) {
  for (double& d : diagonal) d = std::sqrt(d);
  return [a = std::move(a), root = std::move(diagonal)](Point v, std::span<double> product) {
    Vector inner(v.begin(), v.end());
    for (std::size_t i = 0; i < root.size(); ++i) inner[i] *= root[i];
    a(inner, product);
    for (std::size_t i = 0; i < root.size(); ++i) product[i] *= root[i];
  };
}

Vector eigenvalues(std::vector<Vector> a, std::vector<Vector>& vectors) {
  const std::size_t n = a.size();
  vectors.assign(n, Vector(n, 0));
  for (std::size_t i = 0; i < n; ++i) vectors[i][i] = 1;
  for (int sweep = 0; sweep < 60; ++sweep) {
    double off = 0, all = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) (i == j ? all : off) += a[i][j] * a[i][j];
    }
    if (off <= 1e-30 * (all + off)) break;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        if (a[p][q] == 0) continue;
        const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        const auto rotate = [c, s](double& x, double& y) {
          const double old = x;
          x = c * old - s * y;
          y = s * old + c * y;
        };
        for (std::size_t k = 0; k < n; ++k) rotate(a[k][p], a[k][q]);
        for (std::size_t k = 0; k < n; ++k) rotate(a[p][k], a[q][k]);
        for (std::size_t k = 0; k < n; ++k) rotate(vectors[p][k], vectors[q][k]);
      }
    }
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return a[i][i] < a[j][j]; });
  Vector values;
  std::vector<Vector> sorted;
  for (const std::size_t i : order) {
    values.push_back(a[i][i]);
    sorted.push_back(vectors[i]);
  }
  vectors = std::move(sorted);
  return values;
}

Ends ends_of_spectrum(const Operator& a, std::size_t size, std::size_t steps, std::uint64_t seed) {
  std::vector<Vector> basis{Vector(size)};
  for (std::size_t i = 0; i < size; ++i) basis[0][i] = normal(seed, lanczos_stream, i);
  scale(1 / norm(basis[0]), basis[0]);
  Vector alpha, beta, next(size);
  double magnitude = 0;
  for (;;) {
    a(basis.back(), next);
    alpha.push_back(dot(basis.back(), next));
    for (int twice = 0; twice < 2; ++twice) {
      for (const Vector& v : basis) add(-dot(v, next), v, next);
    }
    beta.push_back(norm(next));
    magnitude = std::max({magnitude, std::abs(alpha.back()), beta.back()});
    // What is left of an exhausted space is the rounding of the differences.
    if (basis.size() == std::min(steps, size) || !(beta.back() > 1e-9 * magnitude)) break;
    basis.push_back(next);
    scale(1 / beta.back(), basis.back());
  }
  const std::size_t n = alpha.size();
  std::vector<Vector> matrix(n, Vector(n, 0)), vectors;
  for (std::size_t i = 0; i < n; ++i) {
    matrix[i][i] = alpha[i];
    if (i + 1 < n) matrix[i][i + 1] = matrix[i + 1][i] = beta[i];
  }
  if (!std::isfinite(magnitude)) return {magnitude, -magnitude, {}, {}, magnitude, magnitude};
  const Vector values = eigenvalues(matrix, vectors);
  const double rest = n == size ? 0 : beta.back();
  return {values.back(),
          values.front(),
          combined(basis, vectors.back()),
          combined(basis, vectors.front()),
          rest * std::abs(vectors.back().back()),
          rest * std::abs(vectors.front().back())};
}

Vector diagonal_of(const Operator& a, std::size_t size, std::size_t exact, std::size_t samples,
                   std::uint64_t seed) {
  Vector diagonal(size, 0), v(size, 0), product(size);
  if (size <= exact) {
    for (std::size_t i = 0; i < size; ++i) {
      v[i] = 1;
      a(v, product);
      diagonal[i] = product[i];
      v[i] = 0;
    }
    return diagonal;
  }
  for (std::size_t k = 0; k < samples; ++k) {
    for (std::size_t i = 0; i < size; ++i) v[i] = uniform(seed, sign_stream + k, i) < 0.5 ? -1 : 1;
    a(v, product);
    for (std::size_t i = 0; i < size; ++i) diagonal[i] += v[i] * product[i] / static_cast<double>(samples);
  }
  return diagonal;
}

}  // namespace thalweg::workbench::diagnosis
