#pragma once

#include <string>
#include <vector>

#include <thalweg/any_rule.h>
#include <thalweg/minimize.h>

#include "workbench/surface.h"

namespace thalweg::workbench {

/// A rectangle.
struct Box {
  Problem::Interval x, y;

  [[nodiscard]] double width() const { return x.high - x.low; }
  [[nodiscard]] double height() const { return y.high - y.low; }
  [[nodiscard]] bool contains(double at_x, double at_y) const {
    return at_x >= x.low && at_x <= x.high && at_y >= y.low && at_y <= y.high;
  }
  void include(double at_x, double at_y);
  /// With so many times its width and height added on every side.
  [[nodiscard]] Box grown(double times) const;
  /// The distance between two points in units of width and height.
  [[nodiscard]] double share(double dx, double dy) const;
};

/// Every point of a run on a problem.
struct SurfaceRun {
  std::vector<double> x, y, value;
  std::vector<double> ahead_x, ahead_y;  ///< as SurfacePath has them
  bool far = false;                      ///< it was stopped a thousand pictures away
  Result result;
};

/// Runs one rule from the start; `core` is what the picture is about.
[[nodiscard]] SurfaceRun run_on_surface(const Problem& problem, const std::vector<double>& start,
                                        const Box& core, const AnyRule& rule, const SurfaceOptions& options);

/// Whether a specification leaves open a rate that has to be found.
[[nodiscard]] bool wants_rate(const std::string& spec);

/// The rule with the rate that suits the surface; `low` is the lowest value known. `trials` counts the runs.
[[nodiscard]] AnyRule with_suitable_rate(const std::string& spec, const Problem& problem,
                                         const std::vector<double>& start, const Box& core, double low,
                                         const SurfaceOptions& options);

}  // namespace thalweg::workbench
