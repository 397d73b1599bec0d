#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "data/table.h"

namespace thalweg::data {

/// What becomes of the labels of data that a model is applied to.
enum class Labels {
  read,     ///< where there are any
  ignored,  ///< they are there, but not looked at
  none,     ///< there are none: every column is a feature
};

/// The columns of the data that a model was trained on, so that others are brought into the same order.
struct KnownColumns {
  std::size_t count = 0;                    ///< of features
  std::vector<std::string> names;           ///< of the features, or empty
  std::string label_name;                   ///< or ""
  std::optional<std::size_t> label_column;  ///< where the label stood, from 0
  std::string chosen_label;                 ///< as LoadOptions::label, by the user; "": found out
  Labels labels = Labels::read;
};

/// The column of labels, from 0, in a table of so many columns, or nothing where it has none. With `header`
/// (empty where there is none, or where the model has no names) columns are found by their names; otherwise
/// they are counted: one more than the model has features is the label, where it stood in the training data,
/// or else the last. Throws an input Error for columns that the model does not have, or that are missing.
[[nodiscard]] std::optional<std::size_t> find_known_label(const std::string& file,
                                                          const std::vector<std::string>& header,
                                                          std::size_t columns, const KnownColumns& known);

/// Throws an input Error unless there are as many features as the model has.
void check_known_count(const std::string& file, std::size_t columns, const KnownColumns& known);

/// Brings the dense features of a table whose columns have names into the model's order.
void arrange(const KnownColumns& known, Table& table);

}  // namespace thalweg::data
