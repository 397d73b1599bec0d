#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include <thalweg/optimizer.h>

#include "data/dataset.h"
#include "models/batch_loss.h"
#include "models/sparse_batch.h"
#include "models/sums.h"

namespace thalweg::workbench {

/// Steps of a linear model on sparse data that look at the features of a batch alone. The trajectory has the
/// same bits as with gradients of all features. It holds references to all that it is given; the optimizer
/// has the weights as its first tensor, sparse, in blocks of the outputs, and the bias as its second.
class SparseSteps {
 public:
  SparseSteps(const data::Dataset& data, models::Head head, models::Parameters<float>& parameters,
              Optimizer& optimizer)
      : data_(&data), parameters_(&parameters), optimizer_(&optimizer), batch_(head, parameters[0].columns) {}

  /// Takes a batch: these rows.
  void start(std::span<const std::uint32_t> rows) {
    batch_.start(*data_, rows);
    weights_ = batch_.fetch(*optimizer_, 0);
    coming_ = nullptr;
  }
  /// Starts to bring into the cache what batches to come will need: of the next, if it is one row, the
  /// weights (while the gradient is computed and the step is written), of the one after it their numbers, of
  /// the one after that where those are. `coming`: the rows to come, of all of these batches.
  void expect(std::span<const std::uint32_t> coming, std::size_t batch);
  /// The mean loss of the batch, and its gradient.
  double differentiate() { return batch_.differentiate(weights_, (*parameters_)[1].values, coming_); }
  [[nodiscard]] double gradient_norm() const { return std::sqrt(batch_.squares()); }
  /// The name of the first tensor whose gradient is not finite, or "".
  [[nodiscard]] std::string faulty_gradient() const;
  /// Makes the gradient finite. Returns how many entries were not.
  std::size_t clip_non_finite() { return batch_.clip_non_finite(); }
  /// One step with the gradient.
  void step() {
    const std::array<GradientView, 2> gradients{batch_.weights_gradient(), batch_.bias_gradient()};
    optimizer_->step_fetched(gradients);
    behind_ = true;
  }
  /// Whether all parameters that the step has changed are finite.
  [[nodiscard]] bool is_finite() const {
    const std::vector<float>& bias = (*parameters_)[1].values;
    return models::all_finite(weights_) &&
           std::all_of(bias.begin(), bias.end(), [](float b) { return std::isfinite(b); });
  }
  /// The name of the first tensor of which the step has left a parameter that is not finite, or "".
  [[nodiscard]] std::string faulty_parameter() const;
  /// Brings the parameters up to date, unless they are.
  void settle();
  /// Takes the parameters as they are, though the optimizer has others, until the next step.
  void leave() { behind_ = false; }
  /// Writes the last gradient, of all features.
  void write_gradient(models::Parameters<float>& gradient) const;

 private:
  const data::Dataset* data_;
  models::Parameters<float>* parameters_;
  Optimizer* optimizer_;
  models::SparseBatch<float> batch_;
  std::span<const float> weights_;  ///< of the batch's features
  Prefetch* coming_ = nullptr;      ///< those of the next row, if it is to come
  bool behind_ = false;
};

}  // namespace thalweg::workbench
