#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <thalweg/error.h>

#include "data/dataset.h"

namespace thalweg::data {

/// What a reader finds in a file, before it is known whether the labels are classes or values. For a model
/// that is there (known_columns.h) labels may be missing; all rows have one or none has.
struct Table {
  std::string file;
  Features features;
  std::vector<std::string> label;           ///< one per row, as written
  std::vector<std::size_t> line;            ///< one per row, from 1; empty where a file has no lines
  std::vector<std::string> feature_names;   ///< one per column, or empty
  std::string label_name;                   ///< where columns have names
  std::optional<std::size_t> label_column;  ///< where it stood, from 0, if it was a column

  /// "FILE:LINE" or "FILE, row N" of a row.
  [[nodiscard]] std::string where(std::size_t row) const;
};

/// One spelling for each class: numbers by value ("1", "1.0" and "+1" are "1"), text as written.
[[nodiscard]] std::string class_name(const std::string& label);

/// Sorts the names of classes naturally, numbers by value and before text.
void sort_classes(std::vector<std::string>& names);

/// Throws an input Error where `names`, found in so many rows of `file`, are no classes: there is one only,
/// or nobody told the task and the labels are whole numbers so many that they may be values.
void check_classes(const std::string& file, const std::vector<std::string>& names, std::size_t rows,
                   bool whole_and_untold);

/// The error for a class that is not among those of the training data.
[[nodiscard]] Error unknown_class(const std::string& where, const std::string& label,
                                  const std::vector<std::string>& known);

/// Turns labels into classes or values. Text means classes, numbers with a fraction mean values, whole
/// numbers mean classes; `task` overrides. Classes are sorted naturally, numbers by value ("1", "1.0" and
/// "+1" are one class). Errors: a missing or non-finite label, text where values are asked for, fewer than
/// two classes, whole numbers so many that nobody can tell.
[[nodiscard]] Dataset make_dataset(Table&& table, std::optional<Task> task);

/// The same for the test set that belongs to `train`: its task and its classes. A class that `train` lacks is
/// an error. The columns are brought into agreement: sparse ones are widened to the larger count, in `train`
/// too; dense ones must be equal in number and, where both have names, in name.
[[nodiscard]] Dataset make_test_dataset(Table&& table, Dataset& train);

/// The targets of a table of that task and those classes. Errors as make_test_dataset()'s.
[[nodiscard]] std::vector<float> targets_of(const Table& table, Task task,
                                            const std::vector<std::string>& classes);

}  // namespace thalweg::data
