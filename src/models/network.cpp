#include "models/network.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <type_traits>

#include <thalweg/random.h>

#include "models/blas.h"

namespace thalweg::models {
namespace {

/// Keeps the initial weights apart from other random numbers of the same seed, such as gradient noise.
constexpr std::uint64_t weights_stream = std::uint64_t{0x77656967687473} << 8U;

template <class T>
void reserve(std::vector<T>& room, std::size_t size) {
  if (room.size() < size) room.resize(size);
}

/// The rows as a (rows x columns) matrix of T: in place where they lie so already, else gathered into `room`.
template <class T>
const T* dense_input(const data::DenseMatrix& matrix, const Rows& rows, std::vector<T>& room) {
  const std::size_t columns = matrix.columns;
  if constexpr (std::is_same_v<T, float>) {
    if (rows.index == nullptr) return matrix.values.data() + rows.first * columns;
  }
  reserve(room, rows.count * columns);
  for (std::size_t i = 0; i < rows.count; ++i) {
    const float* const from = matrix.values.data() + rows[i] * columns;
    std::transform(from, from + columns, room.data() + i * columns,
                   [](float x) { return static_cast<T>(x); });
  }
  return room.data();
}

/// z (rows x outputs) += rows of the matrix times weights.
template <class T>
void add_sparse_product(const data::SparseMatrix& matrix, const Rows& rows, std::size_t outputs,
                        const T* weights, T* z) {
  for (std::size_t i = 0; i < rows.count; ++i, z += outputs) {
    const std::size_t end = matrix.row_begin[rows[i] + 1];
    for (std::size_t k = matrix.row_begin[rows[i]]; k < end; ++k) {
      const T x = static_cast<T>(matrix.value[k]);
      const T* const w = weights + matrix.column[k] * outputs;
      for (std::size_t j = 0; j < outputs; ++j) z[j] += x * w[j];
    }
  }
}

/// gradient (columns x outputs) += rows of the matrix, transposed, times delta (rows x outputs).
template <class T>
void add_sparse_transposed_product(const data::SparseMatrix& matrix, const Rows& rows, std::size_t outputs,
                                   const T* delta, T* gradient) {
  for (std::size_t i = 0; i < rows.count; ++i, delta += outputs) {
    const std::size_t end = matrix.row_begin[rows[i] + 1];
    for (std::size_t k = matrix.row_begin[rows[i]]; k < end; ++k) {
      const T x = static_cast<T>(matrix.value[k]);
      T* const g = gradient + matrix.column[k] * outputs;
      for (std::size_t j = 0; j < outputs; ++j) g[j] += x * delta[j];
    }
  }
}

}  // namespace

template <class T>
Network<T>::Network(const ModelSpec& spec, const data::Dataset& data) : spec_(spec) {
  check_fit(spec, data);
  assert(data.columns() > 0);
  const bool numbers = data.task == data::Task::regression;
  head_ = numbers                                  ? Head::squared
          : spec.kind == ModelSpec::Kind::logistic ? Head::logistic
                                                   : Head::cross_entropy;
  std::size_t inputs = data.columns();
  if (spec.kind == ModelSpec::Kind::mlp) {
    for (const std::size_t units : spec.hidden) {
      layers_.push_back({inputs, units});
      inputs = units;
    }
  }
  layers_.push_back({inputs, head_ == Head::cross_entropy ? data.classes() : 1});
}

template <class T>
Parameters<T> Network<T>::initial(std::uint64_t seed) const {
  Parameters<T> result;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto [inputs, outputs] = layers_[l];
    const std::string prefix = layers_.size() > 1 ? "layer" + std::to_string(l + 1) + "." : "";
    Tensor<T> weights{prefix + "weights", inputs, outputs, true, std::vector<T>(inputs * outputs)};
    if (layers_.size() > 1) {
      const bool he = l + 1 < layers_.size() && spec_.activation == ModelSpec::Activation::relu;
      const double deviation = std::sqrt(2 / static_cast<double>(he ? inputs : inputs + outputs));
      for (std::size_t i = 0; i < weights.values.size(); ++i) {
        weights.values[i] = static_cast<T>(deviation * normal(seed, weights_stream + l, i));
      }
    }
    result.push_back(std::move(weights));
    result.push_back({prefix + "bias", 1, outputs, false, std::vector<T>(outputs)});
  }
  return result;
}

/// Written so that a NaN passes through: a diverged network must not look alive.
template <class T>
void Network<T>::activate(std::size_t count, T* z) const {
  if (spec_.activation == ModelSpec::Activation::relu) {
    for (std::size_t i = 0; i < count; ++i) z[i] = z[i] < 0 ? T(0) : z[i];
  } else {
    for (std::size_t i = 0; i < count; ++i) z[i] = std::tanh(z[i]);
  }
}

/// Replaces a layer's output by the gradient of its weighted sums, given the gradient of the output.
template <class T>
void Network<T>::deactivate(std::size_t count, const T* gradient, T* output) const {
  if (spec_.activation == ModelSpec::Activation::relu) {
    for (std::size_t i = 0; i < count; ++i) {
      const T g = gradient[i];  // read in any case, so that the loop has no branch
      output[i] = output[i] > 0 ? g : T(0);
    }
  } else {
    for (std::size_t i = 0; i < count; ++i) output[i] = gradient[i] * (1 - output[i] * output[i]);
  }
}

template <class T>
const T* Network<T>::forward(const data::Dataset& data, const Rows& rows, const Parameters<T>& at,
                             Workspace<T>& w) const {
  reserve(w.targets, rows.count);
  for (std::size_t i = 0; i < rows.count; ++i) w.targets[i] = data.target[rows[i]];
  const auto* const sparse = std::get_if<data::SparseMatrix>(&data.features);
  const T* const first =
      sparse != nullptr ? nullptr : dense_input(std::get<data::DenseMatrix>(data.features), rows, w.input);
  w.outputs.resize(layers_.size());
  const T* input = first;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto [inputs, outputs] = layers_[l];
    const std::vector<T>&weights = at[2 * l].values, &bias = at[2 * l + 1].values;
    reserve(w.outputs[l], rows.count * outputs);
    T* const z = w.outputs[l].data();
    for (std::size_t i = 0; i < rows.count; ++i) std::copy(bias.begin(), bias.end(), z + i * outputs);
    if (l == 0 && sparse != nullptr)
      add_sparse_product(*sparse, rows, outputs, weights.data(), z);
    else
      add_product(rows.count, outputs, inputs, input, weights.data(), z);
    if (l + 1 < layers_.size()) activate(rows.count * outputs, z);
    input = z;
  }
  return first;
}

template <class T>
double Network<T>::add_gradient(const data::Dataset& data, const Rows& rows, const Parameters<T>& at, T share,
                                Parameters<T>& gradient, Workspace<T>& w) const {
  const T* const first = forward(data, rows, at, w);
  const double loss = differentiate(head_, rows.count, layers_.back().outputs, w.outputs.back().data(),
                                    w.targets.data(), share);
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const auto [inputs, outputs] = layers_[l];
    const T* const delta = w.outputs[l].data();
    T* const weights_gradient = gradient[2 * l].values.data();
    T* const bias_gradient = gradient[2 * l + 1].values.data();
    for (std::size_t i = 0; i < rows.count; ++i) {
      for (std::size_t j = 0; j < outputs; ++j) bias_gradient[j] += delta[i * outputs + j];
    }
    if (l > 0) {
      T* const below = w.outputs[l - 1].data();
      add_transposed_product(inputs, outputs, rows.count, below, delta, weights_gradient);
      reserve(w.scratch, rows.count * inputs);
      product_transposed(rows.count, inputs, outputs, delta, at[2 * l].values.data(), w.scratch.data());
      deactivate(rows.count * inputs, w.scratch.data(), below);
    } else if (first != nullptr) {
      add_transposed_product(inputs, outputs, rows.count, first, delta, weights_gradient);
    } else {
      add_sparse_transposed_product(std::get<data::SparseMatrix>(data.features), rows, outputs, delta,
                                    weights_gradient);
    }
  }
  return loss;
}

template <class T>
Tally Network<T>::judge(const data::Dataset& data, const Rows& rows, const Parameters<T>& at,
                        Workspace<T>& w) const {
  forward(data, rows, at, w);
  return models::judge(head_, rows.count, layers_.back().outputs, w.outputs.back().data(), w.targets.data());
}

template <class T>
void Network<T>::count_live(const data::Dataset& data, const Rows& rows, const Parameters<T>& at,
                            std::vector<std::vector<std::size_t>>& counts, Workspace<T>& w) const {
  forward(data, rows, at, w);
  counts.resize(layers_.size() - 1);
  const bool relu = spec_.activation == ModelSpec::Activation::relu;
  for (std::size_t l = 0; l < counts.size(); ++l) {
    counts[l].resize(layers_[l].outputs);
    const T* output = w.outputs[l].data();
    for (std::size_t i = 0; i < rows.count; ++i) {
      for (std::size_t& count : counts[l]) {
        const T a = *output++;
        if (relu ? a > 0 : 1 - a * a > T(0.01)) ++count;
      }
    }
  }
}

template <class T>
double Network<T>::cost(const data::Dataset& data) const {
  const auto* const sparse = std::get_if<data::SparseMatrix>(&data.features);
  double inputs = static_cast<double>(layers_.front().inputs), sum = 0;
  if (sparse != nullptr)
    inputs = static_cast<double>(sparse->value.size()) / static_cast<double>(sparse->rows);
  for (const Layer& layer : layers_) {
    sum += inputs * static_cast<double>(layer.outputs);
    inputs = static_cast<double>(layer.outputs);
  }
  return sum;
}

template class Network<float>;
template class Network<double>;

}  // namespace thalweg::models
