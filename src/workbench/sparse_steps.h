#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <thalweg/optimizer.h>

#include "data/dataset.h"
#include "models/batch_loss.h"
#include "models/sparse_batch.h"

namespace thalweg::workbench {

/// Steps of a linear model on sparse data that look at the features of a batch alone. The trajectory has the
/// same bits as with gradients of all features. It holds references to all that it is given; the optimizer
/// has the weights as its first tensor, sparse, in blocks of the outputs, and the bias as its second.
class SparseSteps {
 public:
  SparseSteps(const data::Dataset& data, models::Head head, models::Parameters<float>& parameters,
              Optimizer& optimizer)
      : data_(&data), parameters_(&parameters), optimizer_(&optimizer), batch_(head, parameters[0].columns) {}

  /// The mean loss of these rows, and its gradient.
  double differentiate(std::span<const std::uint32_t> rows);
  /// Starts to bring into the cache what batches to come will need: of the one after the next their numbers,
  /// of the one after that where those are. Not the weights: a processor looks for so many of them at once
  /// that asking earlier gains nothing. `coming`: the rows to come, of all of these batches.
  void expect(std::span<const std::uint32_t> coming, std::size_t batch) const;
  [[nodiscard]] double gradient_norm() const;
  /// The name of the first tensor whose gradient is not finite, or "".
  [[nodiscard]] std::string faulty_gradient() const;
  /// Makes the gradient finite. Returns how many entries were not.
  std::size_t clip_non_finite() { return batch_.clip_non_finite(); }
  /// One step with the gradient.
  void step();
  /// Whether all parameters that the step has changed are finite.
  [[nodiscard]] bool is_finite() const;
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
  bool behind_ = false;
};

}  // namespace thalweg::workbench
