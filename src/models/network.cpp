#include "models/network.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <type_traits>

#include <thalweg/random.h>

#include "models/blas.h"
#include "models/few_outputs.h"
#include "models/sparse_dot.h"

namespace thalweg::models {
namespace {

/// Keeps the initial weights apart from other random numbers of the same seed, such as gradient noise.
constexpr std::uint64_t weights_stream = std::uint64_t{0x77656967687473} << 8U;

/// Up to so many weights, a gradient for each block of rows and their sum cost less than one product less.
constexpr std::size_t summed_size = std::size_t{1} << 14U;
/// Weights in a tile, about: the BLAS loses 3 % with 28,000 of them and nothing with 50,000.
constexpr std::size_t tile_size = 50'000;

/// Rows in shuffled order come from anywhere in memory: each is asked for while another is read, into the
/// second cache, which has room for more requests on their way than the first.
constexpr std::size_t rows_ahead = 4;

void prefetch(const float* row, std::size_t columns) {
  constexpr std::size_t line = 64 / sizeof(float);
  for (std::size_t j = 0; j < columns; j += line) __builtin_prefetch(row + j, 0, 2);
}

template <class T>
void reserve(std::vector<T>& room, std::size_t size) {
  if (room.size() < size) room.resize(size);
}

/// Whether rows of the matrix are read where they lie.
template <class T>
bool in_place(const Rows& rows) {
  return std::is_same_v<T, float> && rows.index == nullptr;
}

/// The rows as a (rows x columns) matrix of T: in place where they lie so already, else gathered into `room`.
template <class T>
const T* dense_input(const data::DenseMatrix& matrix, const Rows& rows, T* room) {
  const std::size_t columns = matrix.columns;
  if constexpr (std::is_same_v<T, float>) {
    if (in_place<T>(rows)) return matrix.values.data() + rows.first * columns;
  }
  for (std::size_t i = 0; i < rows.count; ++i) {
    if (i + rows_ahead < rows.count) prefetch(matrix.values.data() + rows[i + rows_ahead] * columns, columns);
    const float* const from = matrix.values.data() + rows[i] * columns;
    std::transform(from, from + columns, room + i * columns, [](float x) { return static_cast<T>(x); });
  }
  return room;
}

/// z (rows x outputs) += rows of the matrix times weights.
template <class T>
void add_sparse_product(const data::SparseMatrix& matrix, const Rows& rows, std::size_t outputs,
                        const T* weights, T* z) {
  for (std::size_t i = 0; i < rows.count; ++i, z += outputs) {
    const std::size_t begin = matrix.row_begin[rows[i]], end = matrix.row_begin[rows[i] + 1];
    if (outputs == 1) {
      const std::uint32_t* const column = matrix.column.data() + begin;
      *z += sparse_dot<T>(end - begin, matrix.value.data() + begin,
                          [&](std::size_t k) { return weights[column[k]]; });
      continue;
    }
    for (std::size_t k = begin; k < end; ++k) {
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

namespace {

Head head_for(const ModelSpec& spec, data::Task task) {
  if (task == data::Task::regression) return Head::squared;
  return spec.kind == ModelSpec::Kind::logistic ? Head::logistic : Head::cross_entropy;
}

}  // namespace

template <class T>
Parameters<T> layout(const ModelSpec& spec, const data::Dataset& data) {
  check_fit(spec, data);
  std::vector<std::size_t> sizes{data.columns()};
  if (spec.kind == ModelSpec::Kind::mlp) sizes.insert(sizes.end(), spec.hidden.begin(), spec.hidden.end());
  sizes.push_back(head_for(spec, data.task) == Head::cross_entropy ? data.classes() : 1);
  Parameters<T> result;
  for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
    const std::string prefix = sizes.size() > 2 ? "layer" + std::to_string(l + 1) + "." : "";
    result.push_back({prefix + "weights", sizes[l], sizes[l + 1], true, {}});
    result.push_back({prefix + "bias", 1, sizes[l + 1], false, {}});
  }
  return result;
}

template <class T>
Network<T>::Network(const ModelSpec& spec, const data::Dataset& data)
    : spec_(spec), head_(head_for(spec, data.task)), layout_(layout<T>(spec, data)) {
  assert(data.columns() > 0);
  for (std::size_t k = 0; k < layout_.size(); k += 2)
    layers_.push_back({layout_[k].rows, layout_[k].columns});
  dense_ = make_plan(false);
  sparse_ = make_plan(true);
}

template <class T>
Plan Network<T>::make_plan(bool sparse) const {
  Plan plan;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto [rows, columns] = layers_[l];
    const std::size_t size = rows * columns;
    const bool summed = size <= summed_size || (l == 0 && sparse);
    plan.summed.insert(plan.summed.end(), {summed, true});
    const std::size_t pieces = summed ? 0 : std::min(rows, std::max<std::size_t>(size / tile_size, 2));
    for (std::size_t i = 0; i < pieces; ++i)
      plan.tiles.push_back({l, rows * i / pieces, rows * (i + 1) / pieces});
  }
  // Threads begin with runs of tiles: those of each layer are spread over all, so that runs cost the same.
  std::stable_sort(plan.tiles.begin(), plan.tiles.end(), [&](const Tile& a, const Tile& b) {
    return (a.begin + a.end) * layers_[b.layer].inputs < (b.begin + b.end) * layers_[a.layer].inputs;
  });
  const auto [inputs, outputs] = layers_[0];
  plan.few = std::is_same_v<T, float> && layers_.size() == 1 && !sparse && outputs > 1 &&
             outputs <= most_outputs && plan.summed[0] && has_few_outputs();
  return plan;
}

template <class T>
Parameters<T> Network<T>::initial(std::uint64_t seed) const {
  Parameters<T> result = layout_;
  for (auto& tensor : result) tensor.values.resize(tensor.rows * tensor.columns);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto [inputs, outputs] = layers_[l];
    std::vector<T>& weights = result[2 * l].values;
    if (layers_.size() > 1) {
      const bool he = l + 1 < layers_.size() && spec_.activation == ModelSpec::Activation::relu;
      const double deviation = std::sqrt(2 / static_cast<double>(he ? inputs : inputs + outputs));
      for (std::size_t i = 0; i < weights.size(); ++i) {
        weights[i] = static_cast<T>(deviation * normal(seed, weights_stream + l, i));
      }
    }
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

/// Turns the gradient of a layer's output into that of its weighted sums.
template <class T>
void Network<T>::deactivate(std::size_t count, const T* output, T* gradient) const {
  if (spec_.activation == ModelSpec::Activation::relu) {
    for (std::size_t i = 0; i < count; ++i) {
      const T g = gradient[i];  // read in any case, so that the loop has no branch
      gradient[i] = output[i] > 0 ? g : T(0);
    }
  } else {
    for (std::size_t i = 0; i < count; ++i) gradient[i] *= 1 - output[i] * output[i];
  }
}

template <class T>
void Network<T>::prepare(const data::Dataset& data, const Rows& rows, const Parameters<T>& at,
                         Workspace<T>& w) const {
  reserve(w.targets, rows.count);
  const auto [inputs, outputs] = layers_.front();
  if (std::holds_alternative<data::DenseMatrix>(data.features) && !in_place<T>(rows))
    reserve(w.input, rows.count * (plan(data).few ? padded(inputs) : inputs));
  if constexpr (std::is_same_v<T, float>) {
    if (plan(data).few) {
      reserve(w.transposed, outputs * padded(inputs));
      transpose_weights({inputs, outputs}, at[0].values.data(), w.transposed.data());
    }
  }
  w.outputs.resize(layers_.size());
  w.deltas.resize(layers_.size() - 1);
  for (std::size_t l = 0; l < layers_.size(); ++l) reserve(w.outputs[l], rows.count * layers_[l].outputs);
  for (std::size_t l = 0; l < w.deltas.size(); ++l) reserve(w.deltas[l], rows.count * layers_[l].outputs);
}

template <class T>
Parameters<T> Network<T>::part_gradient(const Plan& plan) const {
  Parameters<T> result(2 * layers_.size());
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto [inputs, outputs] = layers_[l];
    if (plan.summed[2 * l]) result[2 * l].values.resize((plan.few ? padded(inputs) : inputs) * outputs);
    result[2 * l + 1].values.resize(outputs);
  }
  return result;
}

template <class T>
void Network<T>::copy_from_part(const Parameters<T>& part, Parameters<T>& gradient) const {
  if constexpr (std::is_same_v<T, float>)
    transpose_gradient({layers_[0].inputs, layers_[0].outputs}, part[0].values.data(),
                       gradient[0].values.data());
  std::copy(part[1].values.begin(), part[1].values.end(), gradient[1].values.begin());
}

template <class T>
void Network<T>::forward_few(const data::DenseMatrix& matrix, const Rows& rows, std::size_t place,
                             const Parameters<T>& at, Workspace<T>& w) const {
  if constexpr (std::is_same_v<T, float>) {
    const FewOutputs layer{layers_[0].inputs, layers_[0].outputs};
    std::array<const float*, 64> x{};
    for (std::size_t begin = 0; begin < rows.count; begin += x.size(), place += x.size()) {
      const std::size_t count = std::min(x.size(), rows.count - begin);
      for (std::size_t i = 0; i < count; ++i) x[i] = matrix.values.data() + rows[begin + i] * layer.inputs;
      few_forward(layer, count, x.data(), w.transposed.data(), at[1].values.data(),
                  in_place<T>(rows) ? nullptr : w.input.data() + place * padded(layer.inputs),
                  w.outputs[0].data() + place * layer.outputs);
    }
  }
}

template <class T>
void Network<T>::forward(const data::Dataset& data, const Rows& rows, std::size_t place,
                         const Parameters<T>& at, Workspace<T>& w) const {
  if (!data.target.empty()) {
    for (std::size_t i = 0; i < rows.count; ++i) w.targets[place + i] = data.target[rows[i]];
  }
  if (plan(data).few) return forward_few(std::get<data::DenseMatrix>(data.features), rows, place, at, w);
  const auto* const sparse = std::get_if<data::SparseMatrix>(&data.features);
  T* const room =
      in_place<T>(rows) || sparse != nullptr ? nullptr : w.input.data() + place * layers_.front().inputs;
  const T* input =
      sparse != nullptr ? nullptr : dense_input(std::get<data::DenseMatrix>(data.features), rows, room);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto [inputs, outputs] = layers_[l];
    const std::vector<T>&weights = at[2 * l].values, &bias = at[2 * l + 1].values;
    T* const z = w.outputs[l].data() + place * outputs;
    for (std::size_t i = 0; i < rows.count; ++i) std::copy(bias.begin(), bias.end(), z + i * outputs);
    if (l == 0 && sparse != nullptr)
      add_sparse_product(*sparse, rows, outputs, weights.data(), z);
    else
      add_product(rows.count, outputs, inputs, input, weights.data(), z);
    if (l + 1 < layers_.size()) activate(rows.count * outputs, z);
    input = z;
  }
}

template <class T>
double Network<T>::propagate(const data::Dataset& data, const Rows& rows, std::size_t place,
                             const Parameters<T>& at, T share, Parameters<T>& gradient,
                             Workspace<T>& w) const {
  forward(data, rows, place, at, w);
  const std::size_t last = layers_.size() - 1;
  T* delta = w.outputs[last].data() + place * layers_[last].outputs;
  const double loss =
      differentiate(head_, rows.count, layers_[last].outputs, delta, w.targets.data() + place, share);
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const auto [inputs, outputs] = layers_[l];
    T* const bias_gradient = gradient[2 * l + 1].values.data();
    for (std::size_t i = 0; i < rows.count; ++i) {
      for (std::size_t j = 0; j < outputs; ++j) bias_gradient[j] += delta[i * outputs + j];
    }
    const auto* const sparse = l == 0 ? std::get_if<data::SparseMatrix>(&data.features) : nullptr;
    if (sparse != nullptr) {
      add_sparse_transposed_product(*sparse, rows, outputs, delta, gradient[0].values.data());
    } else if (plan(data).few) {
      if constexpr (std::is_same_v<T, float>)
        few_backward({inputs, outputs}, rows.count, w.input.data() + place * padded(inputs), delta,
                     gradient[0].values.data());
    } else if (plan(data).summed[2 * l]) {
      const T* const input = (l == 0 ? w.input : w.outputs[l - 1]).data() + place * inputs;
      add_transposed_product(inputs, outputs, rows.count, input, inputs, delta,
                             gradient[2 * l].values.data());
    }
    if (l == 0) break;
    T* const below = w.deltas[l - 1].data() + place * inputs;
    product_transposed(rows.count, inputs, outputs, delta, at[2 * l].values.data(), below);
    deactivate(rows.count * inputs, w.outputs[l - 1].data() + place * inputs, below);
    delta = below;
  }
  return loss;
}

template <class T>
void Network<T>::add_tile(const Tile& tile, std::size_t count, Parameters<T>& gradient,
                          const Workspace<T>& w) const {
  const std::size_t l = tile.layer;
  const auto [inputs, outputs] = layers_[l];
  const T* const input = (l == 0 ? w.input : w.outputs[l - 1]).data() + tile.begin;
  const T* const delta = (l + 1 == layers_.size() ? w.outputs[l] : w.deltas[l]).data();
  add_transposed_product(tile.end - tile.begin, outputs, count, input, inputs, delta,
                         gradient[2 * l].values.data() + tile.begin * outputs);
}

template <class T>
Tally Network<T>::judge(const data::Dataset& data, const Rows& rows, std::size_t place,
                        const Parameters<T>& at, Workspace<T>& w) const {
  forward(data, rows, place, at, w);
  const std::size_t outputs = layers_.back().outputs;
  return models::judge(head_, rows.count, outputs, w.outputs.back().data() + place * outputs,
                       w.targets.data() + place);
}

template <class T>
const T* Network<T>::outputs(const data::Dataset& data, const Rows& rows, std::size_t place,
                             const Parameters<T>& at, Workspace<T>& w) const {
  forward(data, rows, place, at, w);
  return w.outputs.back().data() + place * layers_.back().outputs;
}

template <class T>
void Network<T>::count_live(const data::Dataset& data, const Rows& rows, const Parameters<T>& at,
                            std::vector<std::vector<std::size_t>>& counts, Workspace<T>& w) const {
  prepare(data, rows, at, w);
  forward(data, rows, 0, at, w);
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

template Parameters<float> layout(const ModelSpec&, const data::Dataset&);
template Parameters<double> layout(const ModelSpec&, const data::Dataset&);
template class Network<float>;
template class Network<double>;

}  // namespace thalweg::models
