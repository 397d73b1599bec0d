#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <thalweg/error.h>

#include "data/files.h"
#include "data/npy.h"
#include "data/npz.h"
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

std::vector<std::string> labels_of(const std::string& path, const NpyArray& labels, std::size_t rows) {
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

/// Features, and labels that lie beside them.
struct Arrays {
  NpyArray features;
  std::optional<NamedArray> labels;
};

std::string names_of(const std::vector<NamedArray>& arrays) {
  std::string names;
  for (const NamedArray& a : arrays) {
    names += (names.empty() ? "" : ", ") + a.name + " (" + std::to_string(a.array.shape[0]);
    if (a.array.shape.size() > 1) names += " x " + std::to_string(a.array.shape[1]);
    names += ")";
  }
  return names.empty() ? "no arrays" : "the arrays " + names;
}

/// Which arrays of a .npz file are what.
Arrays arrays_of(const std::string& path, std::vector<NamedArray> all, const std::string& label) {
  const std::string found = names_of(all);
  Arrays result;
  const auto take = [&all](std::vector<NamedArray>::iterator at) {
    NamedArray taken = std::move(*at);
    all.erase(at);
    return taken;
  };
  const auto chosen = std::find_if(all.begin(), all.end(), [&](const auto& a) { return a.name == label; });
  if (chosen != all.end()) result.labels = take(chosen);
  const auto is_matrix = [](const NamedArray& a) { return a.array.shape.size() == 2; };
  const auto is_named = [&](const NamedArray& a) {
    return is_matrix(a) && (a.name == "x" || a.name == "X" || a.name == "data" || a.name == "features");
  };
  const bool one = std::count_if(all.begin(), all.end(), is_matrix) == 1;
  const bool named = std::count_if(all.begin(), all.end(), is_named) == 1;
  if (!one && !named)
    throw input_error(path, found, "one array of 2 dimensions, or one of them named x, X, data or features");
  result.features = one ? take(std::find_if(all.begin(), all.end(), is_matrix)).array
                        : take(std::find_if(all.begin(), all.end(), is_named)).array;
  if (!label.empty() || all.empty()) return result;
  if (all.size() > 1)
    throw input_error(path, found, "one array beside the features, or the name of the labels");
  result.labels = take(all.begin());
  return result;
}

Arrays read_arrays(const std::string& path, const std::string& label) {
  const std::string bytes = read_file(path);
  Arrays arrays;
  if (is_zip(bytes))
    arrays = arrays_of(path, parse_npz(path, bytes), label);
  else
    arrays.features = parse_npy(path, bytes);
  if (arrays.features.shape.size() != 2) {
    throw input_error(path, "an array of 1 dimension",
                      "2: a row for each example, a column for each feature");
  }
  if (arrays.features.size() == 0)
    throw input_error(path, "an empty array", "at least one row and one column");
  return arrays;
}

/// The features of an array, and its labels: a column, or none.
Table table_of(const std::string& path, const NpyArray& array, std::optional<std::size_t> label_column) {
  const std::size_t rows = array.shape[0], columns = array.shape[1];
  Table table;
  table.file = path;
  table.label_column = label_column;
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
  const bool apart = is_npy(label);
  const Arrays arrays = read_arrays(path, label);
  if (!apart && !arrays.labels)
    return table_of(path, arrays.features, find_label(path, label, arrays.features.shape[1]));
  Table table = table_of(path, arrays.features, std::nullopt);
  const std::size_t rows = arrays.features.shape[0];
  table.label = apart ? labels_of(label, read_npy(label), rows)
                      : labels_of(path + ", array " + shown(arrays.labels->name), arrays.labels->array, rows);
  return table;
}

Table read_npy_table(const std::string& path, const KnownColumns& known) {
  const bool file = is_npy(known.chosen_label);
  const Arrays arrays = read_arrays(path, file ? "" : known.chosen_label);
  const bool reads = known.labels == Labels::read, apart = (file && reads) || arrays.labels;
  KnownColumns here = known;
  if (apart) here.labels = Labels::none;
  Table table = table_of(path, arrays.features, find_known_label(path, {}, arrays.features.shape[1], here));
  const std::size_t rows = arrays.features.shape[0];
  if (file && reads)
    table.label = labels_of(known.chosen_label, read_npy(known.chosen_label), rows);
  else if (arrays.labels && reads)
    table.label = labels_of(path + ", array " + shown(arrays.labels->name), arrays.labels->array, rows);
  if (known.labels == Labels::ignored) table.label.clear();
  return table;
}

}  // namespace thalweg::data
