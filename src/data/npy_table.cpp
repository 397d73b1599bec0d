#include <cmath>
#include <limits>
#include <optional>

#include <thalweg/error.h>

#include "data/npy.h"
#include "data/text.h"

namespace thalweg::data {
namespace {

double element(const NpyArray& array, std::size_t index) {
  return std::visit([&](const auto& values) { return static_cast<double>(values[index]); }, array.values);
}

/// The label column, from 0.
std::size_t find_label(const std::string& path, const std::string& label, std::size_t columns) {
  if (label.empty()) return columns - 1;
  double number = 0;
  if (parse_number(label, number) && number >= 1 && number <= static_cast<double>(columns) &&
      number == std::trunc(number)) {
    return static_cast<std::size_t>(number) - 1;
  }
  throw input_error(path,
                    std::to_string(columns) + " columns without names, so no label column " + shown(label),
                    "a number from 1 to " + std::to_string(columns) + ", or a .npy file of labels");
}

std::vector<std::string> read_labels(const std::string& path, std::size_t rows) {
  const NpyArray labels = read_npy(path);
  if (labels.size() != rows || labels.shape[0] != rows) {
    throw input_error(path, std::to_string(labels.size()) + " labels",
                      "one for each of the " + std::to_string(rows) + " rows of data");
  }
  std::vector<std::string> text(rows);
  for (std::size_t i = 0; i < rows; ++i) text[i] = number_text(element(labels, i));
  return text;
}

float feature(const Table& table, std::size_t row, std::size_t column, double value) {
  const bool finite = std::isfinite(value);
  if (!finite || std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) {
    throw input_error(table.where(row), number_text(value) + " in column " + std::to_string(column + 1),
                      finite ? "a number of at most 3.4e38 in size" : "a finite number");
  }
  return static_cast<float>(value);
}

bool is_npy(const std::string& label) { return label.size() > 4 && label.substr(label.size() - 4) == ".npy"; }

NpyArray read_matrix(const std::string& path) {
  NpyArray array = read_npy(path);
  if (array.shape.size() != 2) {
    throw input_error(path, "an array of 1 dimension",
                      "2: a row for each example, a column for each feature");
  }
  if (array.size() == 0) throw input_error(path, "an empty array", "at least one row and one column");
  return array;
}

/// The features of an array, and its labels: a file of them, or a column, or none.
Table table_of(const std::string& path, const NpyArray& array, const std::string& label_file,
               std::optional<std::size_t> label_column) {
  const std::size_t rows = array.shape[0], columns = array.shape[1];
  Table table;
  table.file = path;
  table.label_column = label_column;
  if (!label_file.empty()) table.label = read_labels(label_file, rows);
  DenseMatrix matrix;
  matrix.rows = rows;
  matrix.columns = columns - (label_column ? 1 : 0);
  matrix.values.reserve(rows * matrix.columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      const double value = element(array, i * columns + j);
      if (j == label_column) {
        table.label.push_back(number_text(value));
      } else {
        matrix.values.push_back(feature(table, i, j, value));
      }
    }
  }
  table.features = std::move(matrix);
  return table;
}

}  // namespace

Table read_npy_table(const std::string& path, const std::string& label) {
  const NpyArray array = read_matrix(path);
  if (is_npy(label)) return table_of(path, array, label, std::nullopt);
  return table_of(path, array, "", find_label(path, label, array.shape[1]));
}

Table read_npy_table(const std::string& path, const KnownColumns& known) {
  const NpyArray array = read_matrix(path);
  const bool apart = is_npy(known.chosen_label) && known.labels == Labels::read;
  KnownColumns here = known;
  if (apart) here.labels = Labels::none;
  Table table = table_of(path, array, apart ? known.chosen_label : "",
                         find_known_label(path, {}, array.shape[1], here));
  if (known.labels == Labels::ignored) table.label.clear();
  return table;
}

}  // namespace thalweg::data
