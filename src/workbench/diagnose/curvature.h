#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "workbench/diagnose/subject.h"

namespace thalweg::workbench::diagnosis {

/// Writes the product of a symmetric matrix with v.
using Operator = std::function<void(Point v, std::span<double> product)>;

/// The Hessian of the subject at x, times a vector: central differences of exact gradients at x ± h v, with h
/// such that x moves by 1e-4 (1 + |x|): far enough that the kink of one ReLU does not look like curvature,
/// and in double still exact to seven digits on smooth functions. Holds a reference to the subject and a copy
/// of x.
[[nodiscard]] Operator hessian(Subject& subject, Point x);

/// D^1/2 A D^1/2 for a diagonal D that is not negative: its eigenvalues are those of D A.
[[nodiscard]] Operator scaled(Operator a, Vector diagonal);

/// The ends of a symmetric matrix's spectrum, with unit vectors.
struct Ends {
  double largest = 0, smallest = 0;
  Vector largest_vector, smallest_vector;
  /// Bounds of their errors: an eigenvalue lies within this distance (Paige 1971, residual norms).
  double largest_error = 0, smallest_error = 0;
};

/// Lanczos 1950 with full reorthogonalization, from a normal vector that depends on the seed alone; at most
/// `steps` products.
[[nodiscard]] Ends ends_of_spectrum(const Operator& a, std::size_t size, std::size_t steps,
                                    std::uint64_t seed);

/// Eigenvalues, ascending, of the symmetric n x n matrix, and its eigenvectors as the rows of `vectors`
/// (Jacobi's rotations; for small n).
[[nodiscard]] Vector eigenvalues(std::vector<Vector> matrix, std::vector<Vector>& vectors);

/// The diagonal of a symmetric matrix: exact up to `exact` rows, otherwise the mean of z Az over random signs
/// z (Bekas, Kokiopoulou & Saad 2007).
[[nodiscard]] Vector diagonal_of(const Operator& a, std::size_t size, std::size_t exact, std::size_t samples,
                                 std::uint64_t seed);

}  // namespace thalweg::workbench::diagnosis
