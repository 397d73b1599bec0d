#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/stream.h"
#include "workbench/online.h"
#include "workbench/resumable.h"
#include "workbench/train.h"

namespace thalweg::workbench {

class TrainCheckpoints;

struct StreamTrainOptions {
  OnlineOptions learner;
  std::size_t epochs = 30;                 ///< passes over the file, at least 1
  std::size_t batch = 32;                  ///< rows of a step, at least 1; an epoch's last has what is left
  double cooldown = 0;                     ///< as TrainOptions has it
  std::optional<std::uint64_t> max_steps;  ///< at least 1
  std::optional<double> max_seconds;       ///< over 0
  /// Rows that are held in memory and mixed before they are learned from, block after block, rounded up to
  /// whole batches; 0: the order is the file's. With at least as many as the file has, the order is that of
  /// train().
  std::size_t shuffle_buffer = 0;
  std::uint64_t seed = 0;  ///< of that order
};

/// Trains a linear, logistic or softmax model on a LIBSVM file of any size, which is read anew in each epoch:
/// in memory are the weights, a batch (or the rows of the shuffle buffer), and what SparseStream holds. The
/// features are taken as they are. The parameters have the bits of train() on the same rows in the same
/// order.
class StreamTrainer final : public Resumable {
 public:
  /// Surveys the file. Throws what survey_stream(), check_fit() and OnlineLearner throw, and usage Errors for
  /// options out of range. In `how`, task and classes are found out, and columns unless they are given.
  StreamTrainer(const std::string& path, const data::StreamOptions& how, const models::ModelSpec& model,
                const StreamTrainOptions& options);

  /// Trains, and judges the result on another file, if one is given ("": none): its features beyond the
  /// training file's are left out. To be called once. `checkpoints` as train() has them. The record has no
  /// scores of the training file: the train_loss and train_metric of an epoch are progressive ones, of each
  /// row before its step. Its gradient_norm leaves out an l2 of the model.
  [[nodiscard]] TrainRecord train(const std::string& test = "", const TrainObserver& observer = {},
                                  TrainCheckpoints* checkpoints = nullptr);

  /// What train() calls: as Trainer has them.
  bool step();
  [[nodiscard]] bool stepped() const { return learner_.stepped(); }
  [[nodiscard]] bool epoch_ended() const override { return epoch_ == 0 || done() == survey_.rows; }
  [[nodiscard]] std::optional<EpochRecord> finish_epoch();
  [[nodiscard]] std::optional<std::size_t> best_epoch() const { return std::nullopt; }
  [[nodiscard]] std::size_t epoch() const override { return epoch_; }
  [[nodiscard]] std::uint64_t steps() const override { return learner_.steps(); }
  [[nodiscard]] std::uint64_t planned_steps() const;
  [[nodiscard]] double running_loss() const { return scores_.average().loss; }  ///< of the epoch so far

  void save(const std::string& path, Notes notes) override;
  void load(const Checkpoint& checkpoint) override;

  [[nodiscard]] const data::StreamSurvey& survey() const { return survey_; }
  [[nodiscard]] OnlineLearner& learner() { return learner_; }

 private:
  /// The rows that are in memory.
  struct Block {
    data::StreamPosition place{};    ///< before them: place.rows are those of the epoch
    std::size_t rows = 0, next = 0;  ///< next: position in order_ of the coming batch
  };

  void begin_epoch();
  void read_block();
  void order_block();
  [[nodiscard]] std::size_t block_size() const;
  [[nodiscard]] std::size_t rows_from(std::size_t first) const;
  [[nodiscard]] std::size_t done() const { return block_.place.rows + block_.next; }  ///< rows of the epoch

  std::string path_;
  StreamTrainOptions options_;
  data::StreamSurvey survey_;
  data::StreamOptions how_;
  OnlineLearner learner_;
  data::SparseStream stream_;
  data::SparseBatch rows_;
  Block block_;
  std::vector<std::uint32_t> order_;  ///< of the rows of the block
  std::size_t epoch_ = 0;
  Progressive scores_;
  std::optional<Divergence> divergence_;  ///< of an epoch that made no step
  double norms_ = 0;                      ///< mean over the epoch so far
  std::uint64_t epoch_steps_ = 0;
  double epoch_seconds_ = 0;                             ///< before it was resumed
  std::chrono::steady_clock::time_point epoch_start_{};  ///< or when it was resumed
};

/// What a model makes of all rows of a file, which must have the classes of `how`: mean loss, and accuracy or
/// rmse.
[[nodiscard]] models::Scores judge_stream(OnlineLearner& learner, const std::string& path,
                                          data::StreamOptions how);

}  // namespace thalweg::workbench
