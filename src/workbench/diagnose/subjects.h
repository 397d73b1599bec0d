#pragma once

#include <cstdint>
#include <vector>

#include <thalweg/objective.h>
#include <thalweg/thread_pool.h>

#include "data/dataset.h"
#include "models/batch_loss.h"
#include "models/spec.h"
#include "workbench/diagnose/subject.h"

namespace thalweg::workbench::diagnosis {

/// An objective of a few variables.
class ObjectiveSubject : public Subject {
 public:
  ObjectiveSubject(Objective objective, std::size_t dimension)
      : objective_(std::move(objective)), parts_{{"x", dimension}} {}
  [[nodiscard]] const std::vector<Part>& parts() const override { return parts_; }

 private:
  double raw_value(Point x) override;
  double raw_gradient(Point x, std::span<double> g) override;

  Objective objective_;
  Evaluations count_;
  std::vector<Part> parts_;
};

/// A model's loss on the training part, or on rows drawn from it where that is large.
class TrainingSubject : public Subject {
 public:
  /// `batch` counts examples as in TrainOptions; at most `most_rows` rows are used. Holds a reference to the
  /// data.
  TrainingSubject(const data::Dataset& train, const models::ModelSpec& model, std::size_t batch,
                  std::uint64_t seed, std::size_t threads, std::size_t most_rows);

  [[nodiscard]] const std::vector<Part>& parts() const override { return parts_; }
  [[nodiscard]] std::size_t batches() const override { return batches_.size(); }
  [[nodiscard]] std::size_t batch_size() const override { return batch_; }
  [[nodiscard]] std::size_t examples() const override { return rows_.size(); }
  void batch_gradient(std::size_t number, Point x, std::span<double> g) override;
  [[nodiscard]] std::optional<double> reference() const override { return reference_; }
  [[nodiscard]] std::optional<UnitUse> units(Point x) override;
  [[nodiscard]] double input_spread() const override { return spread_; }

  /// The rows that a diagnosis of this model can afford: some 2e8 multiply-adds per gradient, and from 256
  /// to 4096.
  [[nodiscard]] static std::size_t affordable_rows(const models::ModelSpec& model,
                                                   const data::Dataset& train);

 private:
  double raw_value(Point x) override;
  double raw_gradient(Point x, std::span<double> g) override;
  double gradient_of(const data::Dataset& data, std::span<const std::uint32_t> rows, Point x,
                     std::span<double> g);
  void place(Point x);

  const data::Dataset* train_;
  data::Dataset looked_at_;
  ThreadPool pool_;
  models::Network<double> network_;
  models::BatchLoss<double> loss_;
  models::Parameters<double> at_, gradient_;
  std::vector<Part> parts_;
  std::size_t batch_ = 0;
  std::vector<std::uint32_t> rows_;
  std::vector<std::vector<std::uint32_t>> batches_;
  double reference_ = 0, spread_ = 1;
};

/// The parameters of a model, one tensor after the other.
template <class T>
[[nodiscard]] Vector flattened(const models::Parameters<T>& tensors) {
  Vector all;
  for (const auto& tensor : tensors) all.insert(all.end(), tensor.values.begin(), tensor.values.end());
  return all;
}

}  // namespace thalweg::workbench::diagnosis
