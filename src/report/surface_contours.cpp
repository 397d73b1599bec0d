#include "report/surface_contours.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace thalweg::report {
namespace {

struct Corner {
  double x = 0, y = 0, height = 0;
};

Corner corner(const ContourGrid& grid, std::size_t i, std::size_t j) {
  return {grid.left + grid.width * static_cast<double>(i) / static_cast<double>(grid.columns - 1),
          grid.bottom - grid.height * static_cast<double>(j) / static_cast<double>(grid.rows - 1),
          (*grid.heights)[j * grid.columns + i]};
}

/// Path data, relative to the point before: "M10 20l5-3".
class Pen {
 public:
  explicit Pen(std::string& data) : data_(&data) {}

  void to(double x, double y) {
    const long to_x = std::lround(x), to_y = std::lround(y);
    if (!down_) {
      *data_ += fmt::format("M{} {}", to_x, to_y);
    } else if (to_x != x_ || to_y != y_) {
      *data_ += fmt::format("l{}{}{}", to_x - x_, to_y < y_ ? "" : " ", to_y - y_);
    }
    x_ = to_x;
    y_ = to_y;
    down_ = true;
  }
  void close() { *data_ += "z"; }

 private:
  std::string* data_;
  long x_ = 0, y_ = 0;
  bool down_ = false;
};

/// The part of a cell above the limit: polygon clipping after Sutherland and Hodgman, in height.
void cut(const std::array<Corner, 4>& cell, double limit, Contour& made) {
  Pen area(made.area);
  std::array<Corner, 4> crossings;
  std::size_t crossed = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    const Corner &from = cell[k], &to = cell[(k + 1) % 4];
    if (from.height >= limit) area.to(from.x, from.y);
    if ((from.height >= limit) == (to.height >= limit)) continue;
    const double share = (limit - from.height) / (to.height - from.height);
    const Corner at{from.x + share * (to.x - from.x), from.y + share * (to.y - from.y), limit};
    area.to(at.x, at.y);
    crossings[crossed++] = at;
  }
  area.close();
  for (std::size_t k = 0; k + 1 < crossed; k += 2) {
    Pen line(made.line);
    line.to(crossings[k].x, crossings[k].y);
    line.to(crossings[k + 1].x, crossings[k + 1].y);
  }
}

}  // namespace

Contour contour(const ContourGrid& grid, double limit) {
  Contour made;
  for (std::size_t j = 0; j + 1 < grid.rows; ++j) {
    std::size_t whole = 0;  // cells before this one that are all above
    const auto finish = [&](std::size_t end) {
      if (whole == 0) return;
      const Corner low = corner(grid, end - whole, j), high = corner(grid, end, j + 1);
      made.area += fmt::format("M{} {}H{}V{}H{}z", std::lround(low.x), std::lround(low.y),
                               std::lround(high.x), std::lround(high.y), std::lround(low.x));
      whole = 0;
    };
    for (std::size_t i = 0; i + 1 < grid.columns; ++i) {
      const std::array cell{corner(grid, i, j), corner(grid, i + 1, j), corner(grid, i + 1, j + 1),
                            corner(grid, i, j + 1)};
      const auto above =
          std::count_if(cell.begin(), cell.end(), [&](const Corner& c) { return c.height >= limit; });
      if (above == 4) {
        ++whole;
        continue;
      }
      finish(i);
      const bool known =
          std::none_of(cell.begin(), cell.end(), [](const Corner& c) { return std::isnan(c.height); });
      if (above > 0 && known) cut(cell, limit, made);
    }
    finish(grid.columns - 1);
  }
  return made;
}

}  // namespace thalweg::report
