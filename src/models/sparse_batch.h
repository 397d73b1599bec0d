#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <thalweg/optimizer.h>

#include "data/dataset.h"
#include "models/heads.h"

namespace thalweg::models {

/// Loss and gradient of batches of a linear model (Network without hidden layers) on sparse rows, of the
/// features that a batch has and no others. The sums have the order, and so the bits, of BatchLoss. On the
/// caller's thread.
template <class T>
class SparseBatch {
 public:
  SparseBatch(Head head, std::size_t outputs) : head_(head), outputs_(outputs) {}

  /// Takes a batch of at least one row of a sparse data set, which is used until the next one.
  void start(const data::Dataset& data, std::span<const std::uint32_t> rows);
  /// The features of the batch, each once.
  [[nodiscard]] std::span<const std::uint32_t> features() const { return features_; }
  /// Their parameters: `optimizer` has `outputs` for each feature of this sparse tensor. Valid as those of
  /// Optimizer::fetch().
  [[nodiscard]] std::span<const T> fetch(Optimizer& optimizer, std::size_t tensor) const {
    return rows_.size() > 1 ? optimizer.fetch<T>(tensor, distinct_)
                            : optimizer.fetch<T>(tensor, IncreasingIndices::known(features_));
  }
  /// The outputs of the batch's rows, `outputs` each, before the head makes anything of them, where `weights`
  /// are those of features(): what differentiate() starts from, which then has to be given the same weights.
  void predict(std::span<const T> weights, std::span<const T> bias, std::vector<T>& z);
  /// The mean loss of the batch, where `weights` are those of features(), `outputs` each. Makes the
  /// gradients, and asks for some of what comes meanwhile, if anything does.
  double differentiate(std::span<const T> weights, std::span<const T> bias, Prefetch* coming = nullptr);

  [[nodiscard]] const std::vector<T>& weights_gradient() const { return weights_; }  ///< of features()
  [[nodiscard]] const std::vector<T>& bias_gradient() const { return bias_; }
  /// Makes both finite (thalweg::clip_non_finite). Returns how many entries were not.
  std::size_t clip_non_finite();
  /// The sum of the squares of both.
  [[nodiscard]] double squares() const { return squares_; }

 private:
  double differentiate_row(std::span<const T> weights, T bias, Prefetch& coming);
  double differentiate_rows(std::span<const T> weights, std::span<const T> bias);
  double add_block(std::size_t begin, std::size_t count, std::span<const T> weights, std::span<const T> bias,
                   std::vector<T>& weights_gradient, std::vector<T>& bias_gradient);
  void forward(std::size_t row, const T* weights, T* z);
  void backward(std::size_t row, const T* delta, T* gradient) const;

  Head head_;
  std::size_t outputs_;
  const data::Dataset* data_ = nullptr;
  const data::SparseMatrix* matrix_ = nullptr;
  std::span<const std::uint32_t> rows_, features_;
  std::optional<T> predicted_;      ///< of a batch of one row and one output
  DistinctIndices distinct_;        ///< of a batch of several rows
  std::vector<std::size_t> first_;  ///< of each row in its positions
  std::vector<T> z_, row_, weights_, bias_, lane_weights_, lane_bias_;
  std::vector<float> targets_;
  double squares_ = 0;
};

}  // namespace thalweg::models
