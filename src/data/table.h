#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace thalweg::data {

/// What a reader finds in a file, before it is known whether the labels are classes or values.
struct Table {
  std::string file;
  Features features;
  std::vector<std::string> label;          ///< one per row, as written
  std::vector<std::size_t> line;           ///< one per row, from 1; empty where a file has no lines
  std::vector<std::string> feature_names;  ///< one per column, or empty
  std::string label_name = "label";

  /// "FILE:LINE" or "FILE, row N" of a row.
  [[nodiscard]] std::string where(std::size_t row) const;
};

/// Turns labels into classes or values. Text means classes, numbers with a fraction mean values, whole
/// numbers mean classes; `task` overrides. Classes are sorted naturally, numbers by value ("1", "1.0" and
/// "+1" are one class). Errors: a missing or non-finite label, text where values are asked for, fewer than
/// two classes, whole numbers so many that nobody can tell.
[[nodiscard]] Dataset make_dataset(Table&& table, std::optional<Task> task);

/// The same for the test set that belongs to `train`: its task and its classes. A class that `train` lacks is
/// an error. The columns are brought into agreement: sparse ones are widened to the larger count, in `train`
/// too; dense ones must be equal in number and, where both have names, in name.
[[nodiscard]] Dataset make_test_dataset(Table&& table, Dataset& train);

}  // namespace thalweg::data
