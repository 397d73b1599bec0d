#pragma once

#include <string>

#include "data/known_columns.h"
#include "data/table.h"

namespace thalweg::data {

/// Reads a pair of IDX files of unsigned bytes, plain or gzip, as MNIST and its relatives come: `images` (2
/// dimensions or more, flattened; values stay 0 to 255) and the labels file beside it, whose name has
/// "labels" for "images" and "idx1" for "idx3". Errors: no labels file, another magic number or element type,
/// a size that differs from what the header declares, counts that differ.
[[nodiscard]] Table read_idx(const std::string& images);

/// The same, for a model that is there: the labels may be missing, or are left alone.
[[nodiscard]] Table read_idx(const std::string& images, const KnownColumns& known);

}  // namespace thalweg::data
