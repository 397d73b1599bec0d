#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "data/known_columns.h"
#include "models/batch_loss.h"
#include "workbench/model_file.h"
#include "workbench/predictor.h"

namespace thalweg::workbench {

struct PredictOptions {
  std::string data{};   ///< a file, a bundled data set, a folder, or "-" for standard input
  std::string label{};  ///< the column of labels, as LoadOptions::label; empty: where the model had it
  data::Labels labels = data::Labels::read;
  bool drop_beyond = false;      ///< sparse: leave features out that have a larger index than the model knows
  bool probabilities = false;    ///< of the classes; not for regression
  std::function<bool()> stop{};  ///< asked while input is waited for: whether this is the end
  std::size_t threads = 0;       ///< 0: as many as the machine has; the result is the same for any number
};

struct PredictRecord {
  std::string data;  ///< the file, or "standard input"
  std::size_t rows = 0;
  std::optional<models::Scores> scores;  ///< as a training has them; nothing where there are no labels
};

/// Takes the predictions of some rows, in the order of the data.
using PredictionSink = std::function<void(const Predictions&)>;

/// Applies a model to a data set as it lies in its file: standardizes it as the training data were, predicts,
/// and judges where there are labels. LIBSVM lines are read as they are needed, so that a file of any size
/// takes bounded memory; other formats are read whole. What comes from standard input is LIBSVM for a model
/// of sparse features, and a table (see csv.h) for one of dense features. Errors: a usage Error for options
/// that the data or the model do not have; input Errors for what the readers refuse, for columns that are not
/// those of the model, and for labels that it does not know. Rows before an error may have been handed out.
[[nodiscard]] PredictRecord predict(const TrainedModel& model, const PredictOptions& options,
                                    const PredictionSink& sink);

}  // namespace thalweg::workbench
