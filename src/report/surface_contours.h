#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace thalweg::report {

/// Heights on a grid that fills a rectangle: column i, row j is heights[j * columns + i]; row 0 is at the
/// bottom. NaN is no height. At least two columns and rows.
struct ContourGrid {
  const std::vector<double>* heights = nullptr;
  std::size_t columns = 0, rows = 0;
  double left = 0, bottom = 0, width = 0, height = 0;  ///< in whole units, y downwards as in SVG
};

/// Path data of SVG, with whole numbers.
struct Contour {
  std::string area;  ///< where the height is at least the limit
  std::string line;  ///< along the limit, a piece for each cell
};

/// Each cell of the grid is cut along straight lines between points that are interpolated on its edges. Cells
/// with a corner that has no height are left out.
[[nodiscard]] Contour contour(const ContourGrid& grid, double limit);

}  // namespace thalweg::report
