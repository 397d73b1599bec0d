// What a function of two variables does around a point: curvatures and minima.

#include <algorithm>
#include <array>
#include <cmath>

#include "workbench/surface.h"

namespace thalweg::workbench {
namespace {

struct Hessian {
  double xx = 0, xy = 0, yy = 0;

  /// Lower and higher eigenvalue.
  [[nodiscard]] std::pair<double, double> eigenvalues() const {
    const double middle = (xx + yy) / 2, reach = std::hypot((xx - yy) / 2, xy);
    return {middle - reach, middle + reach};
  }
};

std::array<double, 2> gradient_at(const Problem& f, double x, double y) {
  std::array<double, 2> gradient{};
  const std::array point{x, y};
  f(point, gradient);
  return gradient;
}

Hessian hessian_at(const Problem& f, double x, double y, double scale) {
  const double h = 1e-4 * scale;
  const auto right = gradient_at(f, x + h, y), left = gradient_at(f, x - h, y);
  const auto above = gradient_at(f, x, y + h), below = gradient_at(f, x, y - h);
  return {(right[0] - left[0]) / (2 * h), (right[1] - left[1] + above[0] - below[0]) / (4 * h),
          (above[1] - below[1]) / (2 * h)};
}

}  // namespace

std::pair<double, double> curvatures(const Problem& f, double x, double y, double scale) {
  return hessian_at(f, x, y, scale).eigenvalues();
}

std::optional<SurfacePoint> nearest_minimum(const Problem& f, double x, double y, double reach) {
  const double x0 = x, y0 = y;
  const auto value = [&](double u, double v) { return f(std::array{u, v}); };
  double now = value(x, y);
  for (int round = 0; round < 200; ++round) {
    const auto g = gradient_at(f, x, y);
    const Hessian h = hessian_at(f, x, y, reach);
    const auto [low, high] = h.eigenvalues();
    const double slope = std::hypot(g[0], g[1]);
    if (!std::isfinite(now) || !std::isfinite(slope) || !std::isfinite(low)) return std::nullopt;
    double dx = 0, dy = 0;
    if (low > 1e-12 * high) {  // Newton's step
      const double determinant = h.xx * h.yy - h.xy * h.xy;
      dx = -(h.yy * g[0] - h.xy * g[1]) / determinant;
      dy = -(h.xx * g[1] - h.xy * g[0]) / determinant;
    } else if (slope > 0) {
      dx = -g[0] / slope * reach / 8;
      dy = -g[1] / slope * reach / 8;
    }
    double share = 1, next = value(x + dx, y + dy);
    while (!(next < now) && share > 1e-12) {
      share /= 2;
      next = value(x + share * dx, y + share * dy);
    }
    if (!(next < now)) {  // as low as the numbers let it go
      if (low < -1e-6 * std::abs(high) || (low == 0 && high == 0)) return std::nullopt;
      return SurfacePoint{x, y, now};
    }
    x += share * dx;
    y += share * dy;
    now = next;
    if (std::abs(x - x0) > reach || std::abs(y - y0) > reach) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace thalweg::workbench
