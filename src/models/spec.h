#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <thalweg/keys.h>

#include "data/dataset.h"

namespace thalweg::models {

/// What to train, as the command line writes it: "linear", "logistic:l2=1e-4", "softmax",
/// "mlp:128,64,activation=tanh".
struct ModelSpec {
  enum class Kind { linear, logistic, softmax, mlp };
  enum class Activation { relu, tanh };

  Kind kind = Kind::mlp;
  std::vector<std::size_t> hidden{64};  ///< mlp: units of each hidden layer, from the input on
  Activation activation = Activation::relu;
  double l2 = 0;  ///< adds l2/2 times the sum of all squared weights (not biases) to the loss

  /// The text that make_model reads back.
  [[nodiscard]] std::string text() const;
};

/// A kind of model, for help texts and checks.
struct ModelInfo {
  std::string name;   ///< "linear"
  std::string usage;  ///< "mlp:UNITS,UNITS,..."
  std::string about;  ///< one line: what it predicts and its loss
  ModelSpec::Kind kind = ModelSpec::Kind::mlp;
  std::vector<KeyInfo> keys;
};

[[nodiscard]] const std::vector<ModelInfo>& models();
[[nodiscard]] const ModelInfo& info(ModelSpec::Kind kind);

/// The model of a specification. Throws a usage Error for unknown names and keys (with the nearest), values
/// out of range, and an mlp without hidden layers.
[[nodiscard]] ModelSpec make_model(std::string_view specification);

/// Throws a usage Error that names the models that fit, if this one does not fit the task of the data.
void check_fit(const ModelSpec& spec, const data::Dataset& data);

}  // namespace thalweg::models
