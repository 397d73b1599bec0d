#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "report/surface.h"

namespace thalweg::report {
namespace {

using namespace workbench;

constexpr std::array ansi{"94", "33", "32", "35", "36", "91", "97"};

std::string coloured(const std::string& text, std::size_t path, bool bold = false) {
  return fmt::format("\x1b[{}{}m{}\x1b[0m", bold ? "1;" : "", ansi[path % ansi.size()], text);
}

/// U+2800 and the dots, as UTF-8.
std::string braille(unsigned dots) {
  return {'\xE2', static_cast<char>(0xA0 + (dots >> 6U)), static_cast<char>(0x80 + (dots & 0x3FU))};
}

/// The dot of column 0 or 1 and row 0 to 3 of a cell.
constexpr std::array<std::array<unsigned, 4>, 2> dot{{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}};

/// Cells of 2 x 4 dots that contours and paths are drawn on; row 0 is on top.
class Canvas {
 public:
  Canvas(const Surface& surface, std::size_t columns, std::size_t rows)
      : surface_(surface), columns_(columns), rows_(rows), cells_(columns * rows) {}

  void contours(const Heights& heights, int bands) {
    const std::size_t across = 2 * columns_, down = 4 * rows_;
    std::vector<int> band(across * down, -1);  // -1: not finite
    for (std::size_t j = 0; j < down; ++j) {
      for (std::size_t i = 0; i < across; ++i) {
        const double value = at((static_cast<double>(i) + 0.5) / static_cast<double>(across),
                                1 - (static_cast<double>(j) + 0.5) / static_cast<double>(down));
        if (std::isnan(value)) continue;
        const double share = (heights.of(value) - heights.low) / (heights.high - heights.low);
        band[j * across + i] = std::min(static_cast<int>(share * bands), bands - 1);
      }
    }
    for (std::size_t j = 0; j < down; ++j) {
      for (std::size_t i = 0; i < across; ++i) {
        const int here = band[j * across + i];
        const bool edge = (i + 1 < across && band[j * across + i + 1] != here) ||
                          (j + 1 < down && band[(j + 1) * across + i] != here);
        if (edge) cells_[j / 4 * columns_ + i / 2].contour |= dot[i % 2][j % 4];
      }
    }
  }

  void path(const SurfacePath& path, std::size_t number) {
    const auto to_dots = [&](std::size_t k, double& px, double& py) {
      px = (path.x[k] - surface_.x.low) / (surface_.x.high - surface_.x.low) *
           static_cast<double>(2 * columns_);
      py =
          (surface_.y.high - path.y[k]) / (surface_.y.high - surface_.y.low) * static_cast<double>(4 * rows_);
    };
    for (std::size_t k = 0; k + 1 < path.shown; ++k) {
      double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
      to_dots(k, x0, y0);
      to_dots(k + 1, x1, y1);
      const double length = std::max(std::abs(x1 - x0), std::abs(y1 - y0));
      if (!(length < 1e12)) continue;  // nothing of such a step could be told
      const int pieces = static_cast<int>(std::min(length, 4096.0)) + 1;
      for (int p = 0; p <= pieces; ++p) {
        const double share = static_cast<double>(p) / pieces;
        put(x0 + share * (x1 - x0), y0 + share * (y1 - y0), number);
      }
    }
    // The last point that is on the picture.
    for (std::size_t k = path.shown; k-- > 0;) {
      double px = 0, py = 0;
      to_dots(k, px, py);
      if (Cell* cell = cell_at(px, py)) {
        cell->end = static_cast<int>(number);
        break;
      }
    }
  }

  void mark(const SurfacePoint& point) {
    const double px =
        (point.x - surface_.x.low) / (surface_.x.high - surface_.x.low) * static_cast<double>(2 * columns_);
    const double py =
        (surface_.y.high - point.y) / (surface_.y.high - surface_.y.low) * static_cast<double>(4 * rows_);
    if (Cell* cell = cell_at(px, py)) cell->optimum = true;
  }

  [[nodiscard]] std::string row(std::size_t j, bool color) const {
    std::string line;
    for (std::size_t i = 0; i < columns_; ++i) {
      const Cell& cell = cells_[j * columns_ + i];
      const auto number = static_cast<std::size_t>(std::max(cell.path, 0));
      if (cell.end >= 0) {
        const auto last = static_cast<std::size_t>(cell.end);
        const std::string letter(1, static_cast<char>('A' + last % 26));
        line += color ? coloured(letter, last, true) : letter;
      } else if (cell.optimum) {
        line += color ? "\x1b[1m*\x1b[0m" : "*";
      } else if (cell.path >= 0) {
        line += color ? coloured(braille(cell.dots), number)
                      : std::string(1, static_cast<char>('a' + number % 26));
      } else if (cell.contour != 0) {
        line += color ? "\x1b[90m" + braille(cell.contour) + "\x1b[0m" : braille(cell.contour);
      } else {
        line += ' ';
      }
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
  }

 private:
  struct Cell {
    unsigned contour = 0, dots = 0;
    int path = -1, end = -1;
    bool optimum = false;
  };

  /// Between the points of the grid, at shares of its width and height.
  [[nodiscard]] double at(double x, double y) const {
    const double u = x * static_cast<double>(surface_.columns - 1),
                 v = y * static_cast<double>(surface_.rows - 1);
    const auto i = std::min(static_cast<std::size_t>(u), surface_.columns - 2);
    const auto j = std::min(static_cast<std::size_t>(v), surface_.rows - 2);
    const double p = u - static_cast<double>(i), q = v - static_cast<double>(j);
    const double* const low = &surface_.values[j * surface_.columns + i];
    const double* const high = low + surface_.columns;
    return (1 - q) * ((1 - p) * low[0] + p * low[1]) + q * ((1 - p) * high[0] + p * high[1]);
  }

  Cell* cell_at(double px, double py) {
    if (!(px >= 0 && py >= 0 && px <= static_cast<double>(2 * columns_) &&
          py <= static_cast<double>(4 * rows_)))
      return nullptr;
    const auto i = std::min(static_cast<std::size_t>(px) / 2, columns_ - 1);
    return &cells_[std::min(static_cast<std::size_t>(py) / 4, rows_ - 1) * columns_ + i];
  }

  void put(double px, double py, std::size_t number) {
    Cell* const cell = cell_at(px, py);
    if (cell == nullptr) return;
    if (cell->path != static_cast<int>(number)) cell->dots = 0;
    cell->path = static_cast<int>(number);
    cell->dots |= dot[static_cast<std::size_t>(px) % 2][static_cast<std::size_t>(py) % 4];
  }

  const Surface& surface_;
  std::size_t columns_, rows_;
  std::vector<Cell> cells_;
};

}  // namespace

std::string path_letter(std::size_t path, bool color) {
  const std::string letter(1, static_cast<char>('A' + path % 26));
  return color ? coloured(letter, path, true) : letter;
}

std::vector<std::string> surface_lines(const Surface& surface, std::size_t width, bool color) {
  const std::string top = fmt::format("{:.4g}", surface.y.high),
                    bottom = fmt::format("{:.4g}", surface.y.low);
  const std::size_t label = std::max(top.size(), bottom.size());
  const std::size_t columns = std::min<std::size_t>(std::max<std::size_t>(width, 40) - label - 3, 96);
  const std::size_t rows = std::clamp<std::size_t>(columns * 3 / 10, 12, 26);
  Canvas canvas(surface, columns, rows);
  canvas.contours(heights(surface), 12);
  for (const SurfacePoint& optimum : surface.optima) canvas.mark(optimum);
  for (std::size_t k = surface.paths.size(); k-- > 0;) canvas.path(surface.paths[k], k);

  std::vector<std::string> lines;
  for (std::size_t j = 0; j < rows; ++j) {
    const std::string& number = j == 0 ? top : j + 1 == rows ? bottom : std::string();
    std::string line = fmt::format("{:>{}} │{}", number, label, canvas.row(j, color));
    lines.push_back(std::move(line));
  }
  std::string axis = std::string(label + 1, ' ') + "└";
  for (std::size_t i = 0; i < columns; ++i) axis += "─";
  lines.push_back(std::move(axis));
  const std::string left = fmt::format("{:.4g}", surface.x.low),
                    right = fmt::format("{:.4g}", surface.x.high);
  lines.push_back(fmt::format("{}{}{:>{}}", std::string(label + 2, ' '), left, right,
                              columns > left.size() ? columns - left.size() : right.size()));
  return lines;
}

}  // namespace thalweg::report
