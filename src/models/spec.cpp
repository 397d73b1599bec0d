#include "models/spec.h"

#include <algorithm>

#include <thalweg/error.h>

namespace thalweg::models {
namespace {

using Kind = ModelSpec::Kind;
using Activation = ModelSpec::Activation;

constexpr double most_units = 65536;

std::vector<ModelInfo> make_infos() {
  const KeyInfo l2 = key(&ModelSpec::l2, "l2", "λ", at_least(0),
                         "adds λ/2 times the squared weights (not biases) to the loss");
  const KeyInfo activation =
      key(&ModelSpec::activation, "activation", {{Activation::relu, "relu"}, {Activation::tanh, "tanh"}},
          "of the hidden layers: max(z, 0), started as He et al. 2015, or tanh z, as Glorot & Bengio 2010");
  return {
      {"linear", "linear", "linear regression; half the mean squared error", Kind::linear, {l2}},
      {"logistic", "logistic", "logistic regression, two classes; log loss", Kind::logistic, {l2}},
      {"softmax", "softmax", "softmax regression, any number of classes; cross-entropy", Kind::softmax, {l2}},
      {"mlp",
       "mlp:UNITS,UNITS,...",
       "multilayer perceptron; cross-entropy for classes, half the mean squared error for numbers",
       Kind::mlp,
       {activation, l2}}};
}

/// Splits at commas; there are no brackets in a model's values.
std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> result;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    result.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return result;
}

std::size_t units(const std::string& word) {
  double value = 0;
  if (!parse_number(word, value) || !(value >= 1 && value <= most_units) ||
      value != static_cast<double>(static_cast<std::size_t>(value))) {
    throw usage_error("mlp", word,
                      "the units of a hidden layer must be a whole number from 1 to 65536, as in mlp:128,64");
  }
  return static_cast<std::size_t>(value);
}

}  // namespace

const std::vector<ModelInfo>& models() {
  static const std::vector<ModelInfo> infos = make_infos();
  return infos;
}

const ModelInfo& info(Kind kind) {
  return *std::find_if(models().begin(), models().end(), [&](const ModelInfo& m) { return m.kind == kind; });
}

std::string ModelSpec::text() const {
  const ModelInfo& about = info(kind);
  const ModelSpec standard;
  std::string settings;
  if (kind == Kind::mlp) {
    for (const std::size_t count : hidden) settings += "," + std::to_string(count);
  }
  for (const KeyInfo& known : about.keys) {
    const Value value = known.get(this);
    if (value != known.get(&standard)) settings += "," + known.name + "=" + value_text(value);
  }
  if (!settings.empty()) settings.front() = ':';
  return about.name + settings;
}

ModelSpec make_model(std::string_view specification) {
  const std::size_t colon = specification.find(':');
  const std::string name(specification.substr(0, colon));
  std::vector<std::string> names;
  for (const ModelInfo& model : models()) names.push_back(model.name);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw unknown_name("model", name, names);
  const ModelInfo& about = models()[static_cast<std::size_t>(found - names.begin())];

  ModelSpec spec;
  spec.kind = about.kind;
  spec.hidden.clear();
  std::vector<std::string> given;
  const auto settings =
      colon == std::string_view::npos ? std::vector<std::string>{} : words(specification.substr(colon + 1));
  for (const std::string& word : settings) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      if (about.kind != Kind::mlp)
        throw usage_error(name, word, "expected key=value, as in " + name + ":l2=1e-4");
      spec.hidden.push_back(units(word));
      continue;
    }
    const std::string key_name = word.substr(0, equals);
    const auto known = std::find_if(about.keys.begin(), about.keys.end(),
                                    [&](const KeyInfo& k) { return k.name == key_name; });
    if (known == about.keys.end()) {
      std::vector<std::string> keys;
      for (const KeyInfo& k : about.keys) keys.push_back(k.name);
      throw unknown_name("key of " + name, key_name, keys);
    }
    if (std::find(given.begin(), given.end(), key_name) != given.end()) {
      throw usage_error(name + "." + key_name, word.substr(equals + 1), "is given twice");
    }
    given.push_back(key_name);
    known->set(&spec, known->parse(name, word.substr(equals + 1)));
  }
  if (about.kind == Kind::mlp && spec.hidden.empty()) {
    throw usage_error("model", specification, "needs the units of each hidden layer, as in mlp:128,64");
  }
  return spec;
}

void check_fit(const ModelSpec& spec, const data::Dataset& data) {
  const bool numbers = data.task == data::Task::regression;
  const bool fits =
      spec.kind == Kind::mlp ||
      (numbers ? spec.kind == Kind::linear
               : spec.kind == Kind::softmax || (spec.kind == Kind::logistic && data.classes() == 2));
  if (fits) return;
  const std::string has = numbers ? "numbers" : std::to_string(data.classes()) + " classes";
  const std::string predicts = spec.kind == Kind::linear     ? "numbers"
                               : spec.kind == Kind::logistic ? "two classes"
                                                             : "classes";
  const std::string better = numbers               ? "linear or mlp:64"
                             : data.classes() == 2 ? "logistic, softmax or mlp:64"
                                                   : "softmax or mlp:64";
  throw usage_error(
      "model", spec.text(),
      "predicts " + predicts + ", but the targets of " + data.name + " are " + has + "; use " + better);
}

}  // namespace thalweg::models
