#include "workbench/surface_plane.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace thalweg::workbench {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// The points less their mean.
std::vector<Vector> centred(const std::vector<std::vector<float>>& points) {
  const std::size_t size = points.front().size();
  Vector mean(size);
  for (const auto& point : points) {
    for (std::size_t i = 0; i < size; ++i) mean[i] += static_cast<double>(point[i]);
  }
  for (double& m : mean) m /= static_cast<double>(points.size());
  std::vector<Vector> result;
  for (const auto& point : points) {
    Vector moved(size);
    for (std::size_t i = 0; i < size; ++i) moved[i] = static_cast<double>(point[i]) - mean[i];
    result.push_back(std::move(moved));
  }
  return result;
}

/// A unit vector along an axis, made orthogonal to `other` (which may be empty).
Vector filler(std::size_t size, const Vector& other) {
  for (std::size_t axis = 0;; ++axis) {
    Vector made(size);
    made[axis] = 1;
    if (other.empty()) return made;
    const double along = other[axis];
    for (std::size_t i = 0; i < size; ++i) made[i] -= along * other[i];
    const double length = std::sqrt(dot(made, made));
    if (length < 0.5) continue;
    for (double& m : made) m /= length;
    return made;
  }
}

}  // namespace

void symmetric_eigen(std::vector<double>& matrix, std::size_t n, std::vector<double>& vectors) {
  vectors.assign(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) vectors[i * n + i] = 1;
  const auto turn = [n](std::vector<double>& m, std::size_t a, std::size_t step_a, std::size_t b,
                        std::size_t step_b, double c, double s) {
    for (std::size_t k = 0; k < n; ++k) {
      double &p = m[a + k * step_a], &q = m[b + k * step_b];
      const double old = p;
      p = c * old - s * q;
      q = s * old + c * q;
    }
  };
  for (int sweep = 0; sweep < 60; ++sweep) {
    double outside = 0, inside = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j)
        (i == j ? inside : outside) += matrix[i * n + j] * matrix[i * n + j];
    }
    if (outside <= 1e-30 * inside) return;
    for (std::size_t p = 0; p + 1 < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const double off = matrix[p * n + q];
        if (off == 0) continue;
        const double theta = (matrix[q * n + q] - matrix[p * n + p]) / (2 * off);
        const double t = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        turn(matrix, p, n, q, n, c, s);          // columns
        turn(matrix, p * n, 1, q * n, 1, c, s);  // rows
        turn(vectors, p, n, q, n, c, s);
      }
    }
  }
}

Plane principal_plane(const std::vector<std::vector<float>>& points) {
  assert(!points.empty() && points.front().size() >= 2);
  const std::vector<Vector> moved = centred(points);
  const std::size_t n = moved.size(), size = moved.front().size();
  // The matrix of inner products has the same eigenvalues as the covariance, and is small.
  Vector gram(n * n), vectors;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) gram[i * n + j] = gram[j * n + i] = dot(moved[i], moved[j]);
  }
  double total = 0;
  for (std::size_t i = 0; i < n; ++i) total += gram[i * n + i];
  symmetric_eigen(gram, n, vectors);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return gram[a * n + a] > gram[b * n + b]; });

  Plane plane;
  const auto direction = [&](std::size_t rank, double sign, const Vector& other, double& share) {
    const double variance = rank < n ? gram[order[rank] * n + order[rank]] : 0;
    if (!(variance > 1e-12 * total)) return filler(size, other);
    share = variance / total;
    Vector made(size);
    for (std::size_t k = 0; k < n; ++k) {
      const double weight = vectors[k * n + order[rank]];
      for (std::size_t i = 0; i < size; ++i) made[i] += weight * moved[k][i];
    }
    const double length = std::sqrt(dot(made, made)) * (dot(made, moved.front()) > 0 ? -sign : sign);
    for (double& m : made) m /= length;
    return made;
  };
  plane.first = direction(0, 1, {}, plane.share_first);
  plane.second = direction(1, -1, plane.first, plane.share_second);
  return plane;
}

}  // namespace thalweg::workbench
