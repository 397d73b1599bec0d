#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "workbench/narrow.h"
#include "workbench/norms.h"
#include "workbench/resumable.h"
#include "workbench/sparse_steps.h"
#include "workbench/train.h"

namespace thalweg::workbench {

/// A training that is stepped from outside: all of its state, and nothing about when to stop.
class Trainer final : public Resumable {
 public:
  /// Holds a reference to the split. Errors as train().
  Trainer(const data::Split& split, const models::ModelSpec& model, const TrainOptions& options);
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// One step on the next batch: the next epoch begins by itself. Returns false if the run has diverged: then
  /// divergence() says how, and no more steps can be made.
  bool step();
  /// Whether the last step() made one, instead of skipping it.
  [[nodiscard]] bool stepped() const { return stepped_; }
  [[nodiscard]] const NonFiniteTally& non_finite() const { return non_finite_; }
  [[nodiscard]] bool epoch_ended() const override { return next_ == order_.size(); }
  /// Validates and sums up the epoch since its first step, to be called once at its end or when the run is
  /// cut short; feeds the plateau and keeps the best parameters. Nothing if the validation shows that the run
  /// has diverged.
  std::optional<EpochRecord> finish_epoch();

  /// Loss and metric (in the original unit) at the present parameters, or nothing if the loss shows that the
  /// run has diverged. Needs at least one row.
  [[nodiscard]] std::optional<models::Scores> evaluate(const data::Dataset& part);
  /// The same, but a loss that shows it is nothing more than no score.
  [[nodiscard]] std::optional<models::Scores> scores(const data::Dataset& part);
  /// Goes back to the parameters of the best epoch, if early stopping kept them, to judge them: what else the
  /// optimizer keeps (state, master copy) stays. Returns whether it did.
  bool restore_best();
  /// Multiplies the learning rate by a factor from the next step on, on top of its schedule.
  void scale_rate(double factor) { optimizer_.scale("lr", factor); }

  [[nodiscard]] const std::optional<Divergence>& divergence() const { return divergence_; }
  [[nodiscard]] const std::optional<std::size_t>& best_epoch() const { return best_epoch_; }
  [[nodiscard]] std::size_t epoch() const override { return epoch_; }
  [[nodiscard]] std::uint64_t steps() const override { return optimizer_.steps(); }
  [[nodiscard]] std::size_t batch() const { return batch_; }
  /// Steps that are made if nothing but epochs and max_steps ends the run.
  [[nodiscard]] std::uint64_t planned_steps() const;
  [[nodiscard]] std::size_t steps_per_epoch() const { return (rows_ + batch_ - 1) / batch_; }
  [[nodiscard]] const models::Loss& last_loss() const { return loss_; }
  [[nodiscard]] double running_loss() const { return loss_.data; }  ///< of the last step's batch
  [[nodiscard]] const models::Parameters<float>& parameters() const {
    if (sparse_) sparse_->settle();
    return parameters_;
  }
  /// Of the last step, as the optimizer has read it.
  [[nodiscard]] const models::Parameters<float>& gradient() const {
    if (sparse_) sparse_->write_gradient(gradient_);
    return gradient_;
  }
  /// Whether steps look at the features of a batch alone.
  [[nodiscard]] bool steps_sparsely() const { return sparse_ != nullptr; }
  [[nodiscard]] const Optimizer& optimizer() const { return optimizer_; }

  void save(const std::string& path, Notes notes) override;
  void load(const Checkpoint& checkpoint) override;

 private:
  void begin_epoch();
  void stop_watch();
  [[nodiscard]] double seconds_running() const;
  [[nodiscard]] bool is_healthy(double loss) const;
  [[nodiscard]] Divergence fault() const;
  [[nodiscard]] std::string entry_text() const;
  double clip_gradient();
  bool skip(std::size_t rows);
  void count(std::size_t rows, double gradient_norm);
  void look_ahead();
  void come_back();

  const data::Split* split_;
  TrainOptions options_;
  std::size_t rows_, batch_;
  ThreadPool pool_;
  models::Network<float> network_;
  models::BatchLoss<float> batch_loss_;
  models::Parameters<float> parameters_, best_;
  mutable models::Parameters<float> gradient_;  ///< of sparse steps written when it is asked for
  Norms norms_;
  NarrowTensors narrow_;
  Optimizer optimizer_;
  Gradients views_;                      ///< of gradient_, or of what is narrow
  std::unique_ptr<SparseSteps> sparse_;  ///< where steps look at the features of a batch alone, or null
  std::optional<PlateauTracker> plateau_;

  std::size_t epoch_ = 0, next_ = 0;  ///< next_: position in order_ of the coming batch
  std::vector<std::uint32_t> order_;
  models::Loss loss_;
  double first_loss_ = std::numeric_limits<double>::infinity();
  EpochRecord running_;                           ///< means over the epoch so far
  std::size_t epoch_steps_ = 0, epoch_rows_ = 0;  ///< rows: whose loss is in the mean
  bool stepped_ = false;
  NonFiniteTally non_finite_;
  double last_norm_ = 0, last_loss_ = 0;  ///< of the last step that was made
  std::optional<std::chrono::steady_clock::time_point>
      since_;  ///< when steps began that are not yet in its seconds
  double best_loss_ = 0;
  std::optional<std::size_t> best_epoch_;
  std::optional<Divergence> divergence_;
};

}  // namespace thalweg::workbench
