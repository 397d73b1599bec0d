#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <thalweg/any_rule.h>
#include <thalweg/execution.h>
#include <thalweg/problems.h>
#include <thalweg/schedule.h>
#include <thalweg/schedules/plateau.h>
#include <thalweg/transform.h>

namespace thalweg::workbench {

/// How a path ended.
enum class PathEnd {
  reached,        ///< at a global minimum (of a formula: at the lowest point that was found)
  local_minimum,  ///< at another minimum
  saddle,         ///< at a point where the slope is gone, but some direction leads down
  flat,           ///< where slope and curvature are gone
  under_way,      ///< none of these: the steps were used up
  left,           ///< went beyond the picture and lower than anything on it
  finished,       ///< of a model: all steps are made
  diverged,       ///< went a thousand pictures away without that, or is not finite
};
/// "local_minimum"
[[nodiscard]] const char* end_name(PathEnd end);

/// The way of one optimizer. Arrays have one entry per point that is kept: the start, every so many steps,
/// and the last one. Numbers that are not finite are NaN.
struct SurfacePath {
  std::string label;   ///< the optimizer's name, or its specification where a name appears twice
  std::string spec;    ///< what was run
  bool tuned = false;  ///< whether its rate was searched for
  std::vector<std::uint64_t> step;
  std::vector<double> x, y;  ///< on the picture's plane
  std::vector<double>
      value;  ///< of the objective there; of a model: at its parameters themselves, off the plane
  std::vector<double> ahead_x, ahead_y;  ///< where the gradient of the coming step was taken; empty unless
                                         ///< the rule looks ahead

  std::size_t shown = 0;  ///< points that a picture draws: up to the first one half a picture outside, if the
                          ///< path goes away for good
  std::uint64_t steps = 0;  ///< made
  PathEnd end = PathEnd::under_way;
  std::string why;                 ///< diverged: what was not finite, in English; else ""
  std::optional<double> distance;  ///< of the last point from the nearest optimum, if there is one
};

/// A point worth a mark.
struct SurfacePoint {
  double x = 0, y = 0, value = 0;
};

/// What a slice of a model's loss was made of.
struct SliceInfo {
  std::string data, model;
  std::size_t parameters = 0, rows = 0;  ///< rows: of the training part, whose mean loss is drawn, without l2
  std::uint64_t epochs = 0, batch = 0;
  double share_x = 0, share_y = 0;  ///< of the snapshots' variance along the two directions, in [0, 1]
  std::string origin;               ///< the path whose last point is (0, 0)
};

/// A function over a rectangle, and paths on it.
struct Surface {
  std::string name, title, formula, source, note;  ///< of the problem; a formula is name "formula"
  Problem::Interval x, y;
  std::size_t columns = 0, rows = 0;
  std::vector<double> values;        ///< value (column i, row j) is values[j * columns + i]; i from x.low to
                                     ///< x.high, j from y.low to y.high; NaN where it is not finite
  std::optional<double> minimum;     ///< the lowest value, if it is known or was found
  std::vector<SurfacePoint> optima;  ///< the points there
  bool optima_known = false;         ///< by the problem; false: searched for
  std::vector<SurfacePath> paths;
  std::optional<SliceInfo> slice;
  std::uint64_t seed = 0;
};

struct SurfaceOptions {
  std::vector<std::string> optimizers;  ///< specifications; empty: default_surface_optimizers(). Those that
                                        ///< have a rate and do not say it get one that suits the surface
  std::vector<std::pair<std::string, Schedule>> schedules;
  std::vector<AnyTransform> transforms;
  std::optional<Plateau> plateau;
  std::vector<double> start;              ///< two numbers; empty: the problem's
  std::uint64_t steps = 500;              ///< at least 1
  std::optional<Problem::Interval> x, y;  ///< what to show; left out: the problem's view and the paths
  std::size_t grid = 121;                 ///< points along each side, at least 2
  std::size_t points = 2000;              ///< kept of each path, about
  std::uint64_t seed = 0;                 ///< for the record only: transforms have their own
  Execution execution;
};

/// What runs, and the share of the work that is done.
using SurfaceObserver = std::function<void(double fraction, const std::string& what)>;

/// sgd, momentum, nesterov, adagrad, rmsprop, adam.
[[nodiscard]] const std::vector<std::string>& default_surface_optimizers();

/// Runs the optimizers on a problem of two dimensions and samples it. A rate that is not given is the best of
/// 26 (the default, half decades from 1e-8 to 100, then two to each side of the best): the lowest mean over
/// the steps of log10 of the remaining height, plus that at the end, plus a third of the path's length in
/// pictures; those that leave the picture upwards or jump over a fifth of it come last. Rules whose default
/// rate is 1 (Adadelta and others that find their own) keep it. Throws a usage Error for a problem of another
/// dimension, bad specifications and ranges, and a start where the function is not finite.
[[nodiscard]] Surface draw_surface(const Problem& problem, const SurfaceOptions& options,
                                   const SurfaceObserver& observer = {});

// Parts of it, for tests and for slices.

/// Sets `shown` of a path, whose end is known, on a picture whose rectangle is.
void cut_path(SurfacePath& path, const Surface& surface);

/// The specification of a rule with its rate, be it the default or not.
[[nodiscard]] std::string spec_with_rate(const AnyRule& rule);
/// Labels as SurfacePath has them.
[[nodiscard]] std::vector<std::string> path_labels(const std::vector<std::string>& specs);
/// The coordinate of grid point i of n.
[[nodiscard]] double grid_coordinate(const Problem::Interval& axis, std::size_t i, std::size_t n);
/// The two eigenvalues of f's Hessian at (x, y), lower first, by differences of its gradient with steps of
/// `scale` times 1e-4.
[[nodiscard]] std::pair<double, double> curvatures(const Problem& f, double x, double y, double scale);
/// Goes down from (x, y) to a minimum by Newton's method with halved steps; nothing if it leaves the square
/// of half side `reach` around the start, or if there is no minimum.
[[nodiscard]] std::optional<SurfacePoint> nearest_minimum(const Problem& f, double x, double y, double reach);

}  // namespace thalweg::workbench
