#include "workbench/predictor.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace thalweg::workbench {
namespace {

using models::Rows;
using Batches = models::BatchLoss<float>;

constexpr std::size_t most_losses = std::size_t{1} << 17U;
/// Multiply-adds under which a call stays on one thread, as in BatchLoss.
constexpr double worth_threads = 1e6;

data::Dataset data_like(const TrainedModel& model) {
  data::Dataset like;
  like.name = "the model";
  like.task = model.task;
  like.class_names = model.class_names;
  if (model.sparse) {
    data::SparseMatrix matrix;
    matrix.columns = model.columns;
    like.features = std::move(matrix);
  } else {
    like.features = data::DenseMatrix{0, model.columns, {}};
  }
  return like;
}

}  // namespace

Predictor::Predictor(const TrainedModel& model, bool probabilities, std::size_t threads)
    : model_(&model),
      probabilities_(probabilities),
      network_(model.model, data_like(model)),
      pool_(threads) {}

void Predictor::standardize(data::Dataset& rows) const {
  if (model_->scaling) data::apply_scaling(*model_->scaling, rows);
  if (model_->task == data::Task::regression) data::apply_target(model_->target, rows);
}

void Predictor::predict_block(const data::Dataset& rows, const Rows& block, std::size_t place) {
  const std::size_t outputs = network_.output_count(), classes = model_->class_names.size();
  const models::Head head = network_.head();
  const float* z = network_.outputs(rows, block, place, model_->parameters, workspace_);
  models::Tally& tally = tallies_[place / Batches::block];
  tally = {};
  if (!rows.target.empty())
    tally = models::judge(head, block.count, outputs, z, rows.target.data() + block.first);
  for (std::size_t i = place; i < place + block.count; ++i, z += outputs) {
    if (model_->task == data::Task::regression) {
      predictions_.value[i] =
          static_cast<float>(model_->target.mean + model_->target.scale * static_cast<double>(z[0]));
    } else {
      predictions_.value[i] = static_cast<float>(models::decide(head, outputs, z));
      if (probabilities_)
        models::probabilities(head, outputs, z, predictions_.probabilities.data() + i * classes);
    }
  }
}

const Predictions& Predictor::predict(const data::Dataset& rows, std::size_t begin, std::size_t count) {
  assert(count > 0 && count <= together && rows_ % Batches::block == 0);
  const std::size_t blocks = (count + Batches::block - 1) / Batches::block;
  network_.prepare(rows, {nullptr, begin, together}, model_->parameters, workspace_);
  predictions_.first = rows_;
  predictions_.count = count;
  predictions_.value.resize(count);
  if (probabilities_) predictions_.probabilities.resize(count * model_->class_names.size());
  tallies_.resize(blocks);
  const auto part = [&](std::size_t block) {
    const std::size_t place = block * Batches::block;
    predict_block(rows, {nullptr, begin + place, std::min(Batches::block, count - place)}, place);
  };
  const bool spread = blocks > 1 && static_cast<double>(count) * network_.cost(rows) >= worth_threads;
  if (spread) {
    pool_.run(blocks, part);
  } else {
    for (std::size_t block = 0; block < blocks; ++block) part(block);
  }
  for (const models::Tally& tally : tallies_) {
    if (losses_.size() < most_losses)
      losses_.push_back(tally.loss);
    else
      more_loss_ += tally.loss;
    hits_ += tally.hits;
  }
  rows_ += count;
  judged_ = !rows.target.empty();
  return predictions_;
}

/// In the order of BatchLoss::evaluate().
double Predictor::summed_loss() const {
  const std::size_t blocks = losses_.size(), used = std::min(blocks, Batches::lanes);
  double sum = 0;
  for (std::size_t lane = 0; lane < used; ++lane) {
    double lane_sum = 0;
    for (std::size_t k = lane * blocks / used; k < (lane + 1) * blocks / used; ++k) lane_sum += losses_[k];
    sum += lane_sum;
  }
  return sum + more_loss_;
}

std::optional<models::Scores> Predictor::scores() const {
  if (!judged_) return std::nullopt;
  const auto rows = static_cast<double>(rows_);
  const double loss = summed_loss() / rows;
  return models::Scores{loss, model_->task == data::Task::regression
                                  ? std::sqrt(2 * loss) * model_->target.scale
                                  : hits_ / rows};
}

}  // namespace thalweg::workbench
