#pragma once

#include "workbench/diagnose/subject.h"

namespace thalweg::workbench::diagnosis {

/// What lies below a point, as far as a short descent sees.
struct Below {
  double value = 0;  ///< the lowest value that was found
  Vector point;      ///< the first point of the way there with at least half of the gain
  double half = 0;   ///< the gain at that point
  std::size_t evaluations = 0;
};

/// Descends from x by L-BFGS (Nocedal 1980, ten pairs) with a line search for the weak Wolfe conditions that
/// expands first (Lewis & Overton 2013, Algorithm 4.6), so that it crosses flat ground as well as it follows
/// a ravine. Stops after `evaluations` gradients, or at a distance of 3 (1 + |x|): the value may fall for
/// ever.
[[nodiscard]] Below descend(Subject& subject, Point x, std::size_t evaluations);

}  // namespace thalweg::workbench::diagnosis
