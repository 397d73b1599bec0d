#pragma once

// Small data sets for the tests of training.

#include <string>
#include <utility>
#include <vector>

#include "data/split.h"
#include "models/samples.h"

namespace thalweg::workbench {

/// A regression on the given rows of one or more columns.
inline data::Dataset numbers(std::size_t columns, std::vector<float> features, std::vector<float> targets) {
  data::Dataset result;
  result.name = "numbers";
  result.task = data::Task::regression;
  result.features = data::DenseMatrix{targets.size(), columns, std::move(features)};
  result.target = std::move(targets);
  return result;
}

/// x = 0, 1, 2 and y = 1, 3, 2: the least squares line is 1.5 + 0.5 x.
inline data::Dataset three_points() { return numbers(1, {0, 1, 2}, {1, 3, 2}); }

/// The same data in the parts that are asked for, nothing in the others.
inline data::Split split_of(const data::Dataset& data, bool validation = true, bool test = true) {
  data::Split split{data, data, data, {}};
  const data::Dataset none = data::select_rows(data, {});
  if (!validation) split.validation = none;
  if (!test) split.test = none;
  return split;
}

/// Random features and targets that have nothing to do with each other; each part has its own.
inline data::Split random_split(std::size_t rows, std::size_t columns, std::size_t classes) {
  return {models::sample(rows, columns, classes, 1),
          models::sample(rows / 4 + 1, columns, classes, 2),
          models::sample(rows / 4 + 1, columns, classes, 3),
          {}};
}

}  // namespace thalweg::workbench
