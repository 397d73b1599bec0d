#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "workbench/surface.h"
#include "workbench/train.h"

namespace thalweg::workbench {

struct SliceOptions {
  std::vector<std::string> optimizers;    ///< as SurfaceOptions has them
  TrainOptions train;                     ///< its optimizer is not used
  std::optional<Problem::Interval> x, y;  ///< what to show; left out: the paths
  std::size_t grid = 51;                  ///< points along each side, at least 2
  std::size_t points = 100;               ///< parameters kept of each path, about; at most 300 of all paths
};

/// Trains the model with each optimizer from the same start, and samples the loss of the training part on the
/// plane of the two principal directions of all their parameters (principal_plane), through the last point
/// of the path that ended lowest. The paths are projected onto it: their own losses are those of the
/// parameters themselves, which lie off the plane. Parameters whose loss is over three times the first do not
/// turn the plane. A rate that is not given is the best of five, the rule's default and up to ten times more
/// or less, by the loss of the training part at the end. Errors as train(), and as draw_surface().
[[nodiscard]] Surface draw_slice(const data::Split& split, const models::ModelSpec& model,
                                 const SliceOptions& options, const SurfaceObserver& observer = {});

}  // namespace thalweg::workbench
