#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/hashing.h"
#include "data/split.h"
#include "models/parameters.h"
#include "models/spec.h"

namespace thalweg::workbench {

/// A model that has been trained, with everything that it takes to apply it to data as they lie in a file.
struct TrainedModel {
  models::ModelSpec model;
  models::Parameters<float> parameters;  ///< as Network::initial() lays them out

  data::Task task = data::Task::classification;
  std::vector<std::string> class_names;  ///< by number; empty for regression

  std::size_t columns = 0;                  ///< of features; with hashing 2^bits
  bool sparse = false;                      ///< whether the rows were sparse (LIBSVM) or dense
  std::vector<std::string> feature_names;   ///< one per column, or empty
  std::string label_name;                   ///< of the column of labels, where columns have names, or ""
  std::optional<std::size_t> label_column;  ///< where it stood in the file, from 0, if it was a column there
  std::optional<data::Hashing> hashing;     ///< where features were words

  /// What features were standardized with before the network saw them; nothing: it sees them as they are.
  std::optional<data::Scaling> scaling;
  data::TargetScale target;  ///< regression: an output z of the network stands for mean + scale * z
};

/// The model that was trained on a split, with the parameters that were judged.
[[nodiscard]] TrainedModel trained_model(const data::Split& split, const models::ModelSpec& model,
                                         const models::Parameters<float>& parameters);

/// Writes a model as a safetensors file (docs/models.md), whole or not at all. Throws an input Error if the
/// file cannot be written or a name is not UTF-8.
void write_model(const std::string& path, const TrainedModel& model);

/// Throws what write_model() would throw, as far as that can be told before there are parameters: a folder
/// that is missing, a file that cannot be written, a name that is not UTF-8. Leaves no file behind.
void check_model_path(const std::string& path, const TrainedModel& model);

/// Reads it back, bit by bit the same. Input Errors, with the file and what is wrong in it: not a safetensors
/// file, or one that is no model of thalweg; written in a newer format; an entry that is missing, or whose
/// value or shape does not agree with the others; a number that is not finite.
[[nodiscard]] TrainedModel read_model(const std::string& path);

}  // namespace thalweg::workbench
