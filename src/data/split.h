#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "data/dataset.h"

namespace thalweg::data {

/// A standardized target t stands for mean + scale * t in the original unit, so an rmse counts times `scale`.
struct TargetScale {
  double mean = 0, scale = 1;
};

/// (x - shift) * factor for each column; `shift` is empty where nothing is shifted.
struct Scaling {
  std::vector<double> shift, factor;
};

/// The three parts of a data set: learn on the first, choose on the second, judge once on the third.
struct Split {
  Dataset train, validation, test;
  TargetScale target;
  std::optional<Scaling> scaling{};  ///< what was done to the features, if anything
};

/// Row numbers, ascending, of each part.
struct Parts {
  std::vector<std::size_t> train, validation, test;
};

/// The numbers 0 .. rows-1 in an order that is a pure function of (rows, seed, epoch), the same on every
/// platform. Needs rows < 2^32.
[[nodiscard]] std::vector<std::uint32_t> permutation(std::size_t rows, std::uint64_t seed,
                                                     std::uint64_t epoch);

/// Draws the parts by `seed`, for classification each class in proportion (within one row), with at least one
/// row of each class in the training part. `validation` and `test` are fractions of all rows, over 0 and
/// together under 1; test = 0 leaves the test part empty, for data that have their own. Errors: fractions out
/// of range, so few rows that a part would be empty.
[[nodiscard]] Parts split_rows(const Dataset& data, double validation, double test, std::uint64_t seed);

/// A copy of these rows, in this order.
[[nodiscard]] Dataset select_rows(const Dataset& data, const std::vector<std::size_t>& rows);

/// Dense: to mean 0 and standard deviation 1. Sparse: to a largest size of 1 without a shift, so that zeros
/// stay zeros. A column that is constant in `train` gets factor 0.
[[nodiscard]] Scaling fit_scaling(const Dataset& train);

void apply_scaling(const Scaling& scaling, Dataset& data);

/// Mean and standard deviation of the targets; the scale of constant ones is 1.
[[nodiscard]] TargetScale fit_target(const Dataset& train);

void apply_target(const TargetScale& scale, Dataset& data);

}  // namespace thalweg::data
