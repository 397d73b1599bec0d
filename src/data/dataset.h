#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace thalweg::data {

/// Row-major matrix: element (i, j) is values[i * columns + j].
struct DenseMatrix {
  std::size_t rows = 0, columns = 0;
  std::vector<float> values;
};

/// Compressed sparse rows: the nonzeros of row i are at [row_begin[i], row_begin[i + 1]) of `column`
/// (0-based, strictly increasing within a row) and `value`. row_begin has rows + 1 entries.
struct SparseMatrix {
  std::size_t rows = 0, columns = 0;
  std::vector<std::uint64_t> row_begin{0};
  std::vector<std::uint32_t> column;
  std::vector<float> value;
};

using Features = std::variant<DenseMatrix, SparseMatrix>;

enum class Task { regression, classification };

/// Examples with their targets.
struct Dataset {
  std::string name;
  Features features;
  Task task = Task::classification;
  std::vector<float> target;             ///< one per row: the value (regression) or the class number, from 0
  std::vector<std::string> class_names;  ///< classification: name of each class number; empty for regression
  std::vector<std::string> feature_names;     ///< one per column, or empty
  std::string label_name{};                   ///< of the column of labels, where columns have names
  std::optional<std::size_t> label_column{};  ///< where it stood in the file, from 0, if it was a column

  [[nodiscard]] std::size_t rows() const {
    return std::visit([](const auto& m) { return m.rows; }, features);
  }
  [[nodiscard]] std::size_t columns() const {
    return std::visit([](const auto& m) { return m.columns; }, features);
  }
  [[nodiscard]] std::size_t classes() const { return class_names.size(); }
};

}  // namespace thalweg::data
