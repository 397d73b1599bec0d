#pragma once

#include <cstddef>
#include <cstdint>
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

/// Room for the intermediate numbers of one thread; grows on first use and is then reused.
template <class T>
struct Workspace {
  std::vector<T> input;  ///< dense rows, gathered and converted
  std::vector<float> targets;
  std::vector<std::vector<T>> outputs;  ///< of each layer; on the way back, the gradient of its weighted sums
  std::vector<T> scratch;               ///< the gradient of a layer's input
};

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

  /// Adds `share` times the gradient of the summed loss of these rows, without l2, to `gradient`. Returns the
  /// sum.
  double add_gradient(const data::Dataset& data, const Rows& rows, const Parameters<T>& at, T share,
                      Parameters<T>& gradient, Workspace<T>& workspace) const;

  /// The summed losses and hits of these rows.
  [[nodiscard]] Tally judge(const data::Dataset& data, const Rows& rows, const Parameters<T>& at,
                            Workspace<T>& workspace) const;

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

  const T* forward(const data::Dataset& data, const Rows& rows, const Parameters<T>& at,
                   Workspace<T>& w) const;
  void activate(std::size_t count, T* z) const;
  void deactivate(std::size_t count, const T* gradient, T* output) const;

  ModelSpec spec_;
  Head head_;
  std::vector<Layer> layers_;
};

}  // namespace thalweg::models
