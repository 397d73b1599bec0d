#pragma once

#include <vector>

namespace thalweg::workbench {

/// The plane through the mean of points in many dimensions in which they vary most: the first two principal
/// components (Li et al. 2018, "Visualizing the loss landscape of neural nets", section 7.2).
struct Plane {
  std::vector<double> first, second;         ///< orthonormal directions
  double share_first = 0, share_second = 0;  ///< of the variance, in [0, 1]
};

/// The plane of at least one point; all have the same number of coordinates, at least 2. The signs are such
/// that the first point lies to the left of the mean and above it. Where the points span less than a plane,
/// directions along which they do not vary fill it up.
[[nodiscard]] Plane principal_plane(const std::vector<std::vector<float>>& points);

/// Eigenvalues and eigenvectors of a symmetric n x n matrix (row-major), by Jacobi's rotations; vector k is
/// column k of `vectors`. Not sorted.
void symmetric_eigen(std::vector<double>& matrix, std::size_t n, std::vector<double>& vectors);

}  // namespace thalweg::workbench
