#include "models/sparse_batch.h"

#include <algorithm>
#include <cassert>

#include <thalweg/non_finite.h>

#include "models/batch_loss.h"
#include "models/single_output.h"
#include "models/sums.h"

namespace thalweg::models {
namespace {

std::span<const std::uint32_t> columns_of(const data::SparseMatrix& matrix, std::size_t row) {
  return {matrix.column.data() + matrix.row_begin[row], matrix.column.data() + matrix.row_begin[row + 1]};
}

}  // namespace

template <class T>
void SparseBatch<T>::start(const data::Dataset& data, std::span<const std::uint32_t> rows) {
  assert(!rows.empty());
  data_ = &data;
  matrix_ = &std::get<data::SparseMatrix>(data.features);
  rows_ = rows;
  predicted_.reset();
  if (rows.size() == 1) {
    features_ = columns_of(*matrix_, rows[0]);
    return;
  }
  distinct_.start(matrix_->columns);
  first_.clear();
  for (const std::uint32_t row : rows) {
    first_.push_back(distinct_.positions().size());
    distinct_.add(columns_of(*matrix_, row));
  }
  features_ = distinct_.indices();
}

/// z of the `row`th row of the batch, to which its bias has been written.
template <class T>
void SparseBatch<T>::forward(std::size_t row, const T* weights, T* z) {
  const std::size_t begin = matrix_->row_begin[rows_[row]];
  const std::size_t count = matrix_->row_begin[rows_[row] + 1] - begin;
  const float* const x = matrix_->value.data() + begin;
  const std::uint32_t* const at = rows_.size() == 1 ? nullptr : distinct_.positions().data() + first_[row];
  if (outputs_ == 1) {
    row_.resize(at == nullptr ? 0 : count);
    for (std::size_t k = 0; k < row_.size(); ++k) row_[k] = weights[at[k]];
    Prefetch nothing;
    *z += row_dot(count, x, at == nullptr ? weights : row_.data(), nothing);
    return;
  }
  for (std::size_t k = 0; k < count; ++k) {
    const T* const w = weights + (at == nullptr ? k : at[k]) * outputs_;
    for (std::size_t j = 0; j < outputs_; ++j) z[j] += static_cast<T>(x[k]) * w[j];
  }
}

template <class T>
void SparseBatch<T>::backward(std::size_t row, const T* delta, T* gradient) const {
  const std::size_t begin = matrix_->row_begin[rows_[row]];
  const std::size_t count = matrix_->row_begin[rows_[row] + 1] - begin;
  const float* const x = matrix_->value.data() + begin;
  const std::uint32_t* const at = rows_.size() == 1 ? nullptr : distinct_.positions().data() + first_[row];
  if (outputs_ == 1 && at != nullptr) {
    const T factor = *delta;
    for (std::size_t k = 0; k < count; ++k) gradient[at[k]] += static_cast<T>(x[k]) * factor;
    return;
  }
  for (std::size_t k = 0; k < count; ++k) {
    T* const g = gradient + (at == nullptr ? k : at[k]) * outputs_;
    for (std::size_t j = 0; j < outputs_; ++j) g[j] += static_cast<T>(x[k]) * delta[j];
  }
}

/// Adds a block of rows to the gradients; returns their summed loss.
template <class T>
double SparseBatch<T>::add_block(std::size_t begin, std::size_t count, std::span<const T> weights,
                                 std::span<const T> bias, std::vector<T>& weights_gradient,
                                 std::vector<T>& bias_gradient) {
  z_.resize(count * outputs_);
  targets_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    targets_[i] = data_->target[rows_[begin + i]];
    std::copy(bias.begin(), bias.end(), z_.begin() + static_cast<std::ptrdiff_t>(i * outputs_));
    forward(begin + i, weights.data(), &z_[i * outputs_]);
  }
  const T share = T(1) / static_cast<T>(rows_.size());
  const double loss = models::differentiate(head_, count, outputs_, z_.data(), targets_.data(), share);
  for (std::size_t i = 0; i < count; ++i) {
    const T* const delta = &z_[i * outputs_];
    for (std::size_t j = 0; j < outputs_; ++j) bias_gradient[j] += delta[j];
    backward(begin + i, delta, weights_gradient.data());
  }
  return loss;
}

/// A batch of one row and one output, whose weights lie in the order of its numbers: add_block() without
/// anything to look up.
template <class T>
double SparseBatch<T>::differentiate_row(std::span<const T> weights, T bias, Prefetch& coming) {
  const float* const x = matrix_->value.data() + matrix_->row_begin[rows_[0]];
  T z = predicted_ ? *predicted_ : bias + row_dot(weights.size(), x, weights.data(), coming);
  const double loss = differentiate_output(head_, z, static_cast<T>(data_->target[rows_[0]]), T(1));
  weights_.resize(weights.size());
  bias_.resize(1);
  bias_[0] = T(0) + z;
  squares_ = row_gradient(weights.size(), x, z, weights_.data(), coming) +
             static_cast<double>(bias_[0]) * static_cast<double>(bias_[0]);
  return loss;
}

template <class T>
void SparseBatch<T>::predict(std::span<const T> weights, std::span<const T> bias, std::vector<T>& z) {
  z.resize(rows_.size() * outputs_);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    std::copy(bias.begin(), bias.end(), z.begin() + static_cast<std::ptrdiff_t>(i * outputs_));
    forward(i, weights.data(), &z[i * outputs_]);
  }
  if (z.size() == 1) predicted_ = z[0];
}

template <class T>
double SparseBatch<T>::differentiate(std::span<const T> weights, std::span<const T> bias, Prefetch* coming) {
  Prefetch nothing;
  if (rows_.size() == 1 && outputs_ == 1)
    return differentiate_row(weights, bias[0], coming != nullptr ? *coming : nothing);
  const double loss = differentiate_rows(weights, bias);
  for (const T g : bias_) squares_ += static_cast<double>(g) * static_cast<double>(g);
  return loss;
}

template <class T>
double SparseBatch<T>::differentiate_rows(std::span<const T> weights, std::span<const T> bias) {
  constexpr std::size_t block = BatchLoss<T>::block;
  const std::size_t blocks = (rows_.size() + block - 1) / block, used = std::min(blocks, BatchLoss<T>::lanes);
  weights_.assign(weights.size(), T(0));
  bias_.assign(outputs_, T(0));
  double sum = 0;
  for (std::size_t lane = 0; lane < used; ++lane) {
    std::vector<T>& to = lane == 0 ? weights_ : lane_weights_;
    std::vector<T>& bias_to = lane == 0 ? bias_ : lane_bias_;
    if (lane > 0) {
      to.assign(weights.size(), T(0));
      bias_to.assign(outputs_, T(0));
    }
    double loss = 0;
    const std::size_t first = lane * blocks / used * block;
    const std::size_t end = std::min((lane + 1) * blocks / used * block, rows_.size());
    for (std::size_t begin = first; begin < end; begin += block)
      loss += add_block(begin, std::min(block, end - begin), weights, bias, to, bias_to);
    sum += loss;
    if (lane == 0) continue;
    std::transform(to.begin(), to.end(), weights_.begin(), weights_.begin(), [](T a, T b) { return b + a; });
    std::transform(bias_to.begin(), bias_to.end(), bias_.begin(), bias_.begin(),
                   [](T a, T b) { return b + a; });
  }
  squares_ = sum_of_squares(std::span<const T>(weights_));
  return sum / static_cast<double>(rows_.size());
}

template <class T>
std::size_t SparseBatch<T>::clip_non_finite() {
  const std::size_t count =
      thalweg::clip_non_finite(std::span(weights_)) + thalweg::clip_non_finite(std::span(bias_));
  squares_ = sum_of_squares(std::span<const T>(weights_)) + sum_of_squares(std::span<const T>(bias_));
  return count;
}

template class SparseBatch<float>;
template class SparseBatch<double>;

}  // namespace thalweg::models
