#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "data/dataset.h"
#include "models/heads.h"
#include "models/parameters.h"
#include "models/spec.h"

namespace thalweg::models {

/// Some rows of a data set: those of the numbers `index` points at, or `first`, `first + 1`, ... where it is
/// null.
struct Rows {
  const std::uint32_t* index = nullptr;
  std::size_t first = 0, count = 0;

  [[nodiscard]] std::size_t operator[](std::size_t i) const {
    return index != nullptr ? index[i] : first + i;
  }
  [[nodiscard]] Rows part(std::size_t begin, std::size_t length) const {
    return {index != nullptr ? index + begin : nullptr, first + begin, length};
  }
};

/// Room for the intermediate numbers of some rows, each in a place of its own: threads may work on different
/// places at the same time.
template <class T>
struct Workspace {
  std::vector<T> input;  ///< dense rows, gathered and converted
  std::vector<float> targets;
  std::vector<std::vector<T>> outputs, deltas;  ///< of each layer, and the gradients of its weighted sums
  std::vector<T> transposed;                    ///< weights, where few_outputs.h wants them so
};

/// A part of the gradient that is one matrix product over all rows of a workspace: rows begin .. end - 1 of a
/// layer's weights.
struct Tile {
  std::size_t layer, begin, end;
};

/// How the gradient of a batch is made, by the layers and by whether the data are dense or sparse.
struct Plan {
  std::vector<bool> summed;  ///< of each tensor: whether parts of the batch are summed up
  std::vector<Tile> tiles;   ///< what is left to the second phase
  bool few = false;  ///< whether few_outputs.h has the only layer: a part's weights are then transposed
};

/// The tensors of a model for data like `data`, without their values. Throws as Network does.
template <class T>
[[nodiscard]] Parameters<T> layout(const ModelSpec& spec, const data::Dataset& data);

/// Every model here is one: layers of weights and biases, an activation between them, a head that knows the
/// loss. Linear, logistic and softmax regression are the networks without hidden layers. The parameters are
/// not in it.
template <class T>
class Network {
 public:
  /// For data like `data`. Throws a usage Error if the model does not fit its task (check_fit).
  Network(const ModelSpec& spec, const data::Dataset& data);

  /// The parameters to start from. Without hidden layers all are 0 (the loss is convex). Otherwise biases are
  /// 0 and weights normal, a pure function of the seed, with the variance 2/inputs before a ReLU (He et al.
  /// 2015) and 2/(inputs + outputs) before a tanh and the head (Glorot & Bengio 2010).
  [[nodiscard]] Parameters<T> initial(std::uint64_t seed) const;

  /// Prepares for these parameters, and for rows like these at the places 0 .. rows.count - 1.
  void prepare(const data::Dataset& data, const Rows& rows, const Parameters<T>& at,
               Workspace<T>& workspace) const;

  // The gradient of a batch is made in two phases. In the first, parts of its rows go forward and backward;
  // what is cheap to sum up (biases, small layers, a sparse input's) they add to a gradient of their own. In
  // the second, the large weights' gradients are made tile by tile, each a product over all rows: nothing is
  // to be summed up.

  /// Takes these rows forward and backward, at the places from `place` on. Adds `share` times the gradient of
  /// their summed loss, without l2, to what parts sum up, in the layout of part_gradient(). Returns the sum.
  double propagate(const data::Dataset& data, const Rows& rows, std::size_t place, const Parameters<T>& at,
                   T share, Parameters<T>& gradient, Workspace<T>& workspace) const;
  [[nodiscard]] const Plan& plan(const data::Dataset& data) const {
    return std::holds_alternative<data::DenseMatrix>(data.features) ? dense_ : sparse_;
  }
  /// Room for what a part sums up; tensors that it does not are empty.
  [[nodiscard]] Parameters<T> part_gradient(const Plan& plan) const;
  /// Where a part's layout is not the gradient's (Plan::few).
  void copy_from_part(const Parameters<T>& part, Parameters<T>& gradient) const;
  /// Adds a tile of the gradient of the rows at places 0 .. count - 1.
  void add_tile(const Tile& tile, std::size_t count, Parameters<T>& gradient,
                const Workspace<T>& workspace) const;

  /// The summed losses and hits of these rows, at the places from `place` on.
  [[nodiscard]] Tally judge(const data::Dataset& data, const Rows& rows, std::size_t place,
                            const Parameters<T>& at, Workspace<T>& workspace) const;

  /// What the head is given for these rows, at the places from `place` on: a row of outputs for each, valid
  /// until the workspace is used again. The data may have no targets.
  [[nodiscard]] const T* outputs(const data::Dataset& data, const Rows& rows, std::size_t place,
                                 const Parameters<T>& at, Workspace<T>& workspace) const;
  [[nodiscard]] std::size_t output_count() const { return layers_.back().outputs; }

  /// For each hidden unit, from the input on, counts the rows for which a gradient passes through it: a ReLU
  /// that is not 0, a tanh whose slope is over 0.01. `counts` has one entry per hidden layer, of its units.
  void count_live(const data::Dataset& data, const Rows& rows, const Parameters<T>& at,
                  std::vector<std::vector<std::size_t>>& counts, Workspace<T>& workspace) const;

  /// Multiply-adds of one example on the way forward, on average.
  [[nodiscard]] double cost(const data::Dataset& data) const;

  [[nodiscard]] const ModelSpec& spec() const { return spec_; }
  [[nodiscard]] Head head() const { return head_; }

 private:
  struct Layer {
    std::size_t inputs, outputs;
  };

  [[nodiscard]] Plan make_plan(bool sparse) const;
  void forward(const data::Dataset& data, const Rows& rows, std::size_t place, const Parameters<T>& at,
               Workspace<T>& w) const;
  void forward_few(const data::DenseMatrix& matrix, const Rows& rows, std::size_t place,
                   const Parameters<T>& at, Workspace<T>& w) const;
  void activate(std::size_t count, T* z) const;
  void deactivate(std::size_t count, const T* output, T* gradient) const;

  ModelSpec spec_;
  Head head_;
  Parameters<T> layout_;  ///< without values
  std::vector<Layer> layers_;
  Plan dense_, sparse_;
};

}  // namespace thalweg::models
