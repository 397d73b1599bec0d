#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <thalweg/thread_pool.h>

#include "models/batch_loss.h"
#include "models/network.h"
#include "workbench/model_file.h"

namespace thalweg::workbench {

/// What a model says about some rows.
struct Predictions {
  std::size_t first = 0, count = 0;   ///< rows first .. first + count - 1 of the data, from 0
  std::vector<float> value;           ///< one per row: the number of the class, or the value in its unit
  std::vector<double> probabilities;  ///< rows x classes, if asked for
};

/// Applies a model to rows as they lie in a file, and judges it where they have targets. Rows come in order,
/// some at a time. The result has the same bits for every number of threads, and the scores those of
/// BatchLoss::evaluate() over all rows at once (beyond 8 million rows they may differ in the last digits).
class Predictor {
 public:
  /// Rows that go through the network at a time. All but the last call must have a multiple of the rows of a
  /// block, so that they meet the same products as in evaluate().
  static constexpr std::size_t together = models::BatchLoss<float>::lanes * models::BatchLoss<float>::block;

  /// Holds a reference to the model. threads = 0: as many as the machine has.
  Predictor(const TrainedModel& model, bool probabilities, std::size_t threads);

  /// Standardizes these rows in place as the training data were: features, and targets where there are any
  /// (values, or class numbers).
  void standardize(data::Dataset& rows) const;
  /// Predicts rows begin .. begin + count - 1 of standardized rows, at most `together`. Valid until the next
  /// call.
  const Predictions& predict(const data::Dataset& rows, std::size_t begin, std::size_t count);

  /// Of all rows so far, as Trainer::evaluate() has them; nothing where they had no targets.
  [[nodiscard]] std::optional<models::Scores> scores() const;
  [[nodiscard]] std::size_t rows() const { return rows_; }

 private:
  void predict_block(const data::Dataset& rows, const models::Rows& block, std::size_t place);
  [[nodiscard]] double summed_loss() const;

  const TrainedModel* model_;
  bool probabilities_;
  models::Network<float> network_;
  ThreadPool pool_;
  models::Workspace<float> workspace_;
  Predictions predictions_;
  std::vector<models::Tally> tallies_;  ///< of the blocks of a call
  std::size_t rows_ = 0;
  bool judged_ = false;
  std::vector<double> losses_;  ///< of each block, until there are too many
  double more_loss_ = 0;        ///< of those after them
  double hits_ = 0;
};

}  // namespace thalweg::workbench
