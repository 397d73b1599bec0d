#pragma once

// Small data sets made of counter-based random numbers, dense and sparse with the same content.

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <thalweg/random.h>

#include "data/dataset.h"

namespace thalweg::models {

/// Features are 0 with probability 1/2, else normal. `classes` 0: a regression target, normal.
inline data::Dataset sample(std::size_t rows, std::size_t columns, std::size_t classes,
                            std::uint64_t seed = 1) {
  data::Dataset result;
  result.name = "sample";
  result.task = classes == 0 ? data::Task::regression : data::Task::classification;
  data::DenseMatrix matrix{rows, columns, std::vector<float>(rows * columns)};
  for (std::size_t i = 0; i < matrix.values.size(); ++i) {
    if (uniform(seed, 1, i) < 0.5) matrix.values[i] = static_cast<float>(normal(seed, 2, i));
  }
  result.features = std::move(matrix);
  for (std::size_t i = 0; i < rows; ++i) {
    const double target =
        classes == 0 ? normal(seed, 3, i) : std::floor(uniform(seed, 3, i) * static_cast<double>(classes));
    result.target.push_back(static_cast<float>(target));
  }
  for (std::size_t k = 0; k < classes; ++k) result.class_names.push_back(std::to_string(k));
  return result;
}

inline data::Dataset to_sparse(data::Dataset dense) {
  const auto& from = std::get<data::DenseMatrix>(dense.features);
  data::SparseMatrix matrix;
  matrix.rows = from.rows;
  matrix.columns = from.columns;
  for (std::size_t i = 0; i < from.rows; ++i) {
    for (std::size_t j = 0; j < from.columns; ++j) {
      const float x = from.values[i * from.columns + j];
      if (x == 0) continue;
      matrix.column.push_back(static_cast<std::uint32_t>(j));
      matrix.value.push_back(x);
    }
    matrix.row_begin.push_back(matrix.value.size());
  }
  dense.features = std::move(matrix);
  return dense;
}

/// 0 .. rows-1
inline std::vector<std::uint32_t> all_rows(std::size_t rows) {
  std::vector<std::uint32_t> result(rows);
  std::iota(result.begin(), result.end(), 0U);
  return result;
}

}  // namespace thalweg::models
