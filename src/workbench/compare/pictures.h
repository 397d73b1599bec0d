#pragma once

#include <optional>

#include "workbench/compare/comparison.h"
#include "workbench/surface.h"

namespace thalweg::workbench {

/// The ways of the best five optimizers of a comparison, with their chosen settings and its first seed: on
/// the function, or on the plane in which the model's parameters moved most (draw_slice). Nothing where there
/// is no such picture (a function of more than two dimensions, no score) or where it would take longer than a
/// few seconds.
[[nodiscard]] std::optional<Surface> picture_of(const Comparison& comparison);

}  // namespace thalweg::workbench
