#include "workbench/model_file.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include <thalweg/error.h>

#include "checkpoint/tensor_file.h"
#include "data/files.h"
#include "data/text.h"
#include "models/network.h"

namespace thalweg::workbench {
namespace {

using checkpoint::Metadata;
using checkpoint::Shape;
using checkpoint::Tensor;
using checkpoint::TensorFile;
using data::shown;
using Json = nlohmann::ordered_json;

constexpr const char* model_format = "thalweg.model";
constexpr unsigned format_version = 1;

constexpr const char* shift_name = "features.shift";
constexpr const char* factor_name = "features.factor";
constexpr const char* mean_name = "target.mean";
constexpr const char* scale_name = "target.scale";

const char* task_name(data::Task task) {
  return task == data::Task::regression ? "regression" : "classification";
}

/// A list in JSON.
std::string list_text(const std::string& path, const std::vector<std::string>& names) {
  for (const std::string& name : names) checkpoint::check_text(path, name);
  return Json(names).dump();
}

Metadata metadata_of(const std::string& path, const TrainedModel& model) {
  Metadata metadata{{"format", model_format},
                    {"format_version", std::to_string(format_version)},
                    {"thalweg_version", THALWEG_VERSION},
                    {"model", model.model.text()},
                    {"task", task_name(model.task)},
                    {"features", model.sparse ? "sparse" : "dense"},
                    {"columns", std::to_string(model.columns)}};
  if (!model.class_names.empty()) metadata["class_names"] = list_text(path, model.class_names);
  if (!model.feature_names.empty()) metadata["feature_names"] = list_text(path, model.feature_names);
  if (!model.label_name.empty()) {
    checkpoint::check_text(path, model.label_name);
    metadata["label_name"] = model.label_name;
  }
  if (model.label_column) metadata["label_column"] = std::to_string(*model.label_column + 1);
  if (model.hashing) {
    const data::Hashing& h = *model.hashing;
    metadata["hashing"] =
        Json{{"bits", h.bits}, {"seed", h.seed}, {"with_sign", h.with_sign}, {"numbers_too", h.numbers_too}}
            .dump();
  }
  return metadata;
}

/// Weights are a matrix, a bias is a list.
template <class T>
Shape shape_of(const models::Tensor<T>& tensor) {
  return tensor.penalized ? Shape{tensor.rows, tensor.columns} : Shape{tensor.columns};
}

std::vector<Tensor> tensors_of(const TrainedModel& model) {
  std::vector<Tensor> tensors;
  for (const auto& tensor : model.parameters)
    tensors.push_back(checkpoint::tensor_of<float>(tensor.name, tensor.values, shape_of(tensor)));
  const auto add = [&](const char* name, const std::vector<double>& values) {
    if (!values.empty()) tensors.push_back(checkpoint::tensor_of<double>(name, values, {values.size()}));
  };
  if (model.scaling) {
    add(shift_name, model.scaling->shift);
    add(factor_name, model.scaling->factor);
  }
  if (model.task == data::Task::regression) {
    tensors.push_back(checkpoint::tensor_of<double>(mean_name, {&model.target.mean, 1}, {}));
    tensors.push_back(checkpoint::tensor_of<double>(scale_name, {&model.target.scale, 1}, {}));
  }
  return tensors;
}

/// Takes the entries of a file apart, with its name in every error.
class ModelReader {
 public:
  explicit ModelReader(const TensorFile& file) : file_(file) {}

  TrainedModel read() {
    check_format();
    TrainedModel model;
    read_metadata(model);
    read_parameters(model);
    read_scaling(model);
    for (const Tensor& tensor : file_.tensors()) {
      if (std::find(used_.begin(), used_.end(), tensor.name) == used_.end())
        throw input_error(file_.name(), "the tensor " + shown(tensor.name),
                          "no others than those of " + model.model.text() + ": " + joined(used_));
    }
    return model;
  }

 private:
  static std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
    return all;
  }

  [[nodiscard]] const std::string* find(const std::string& key) const {
    const auto found = file_.metadata().find(key);
    return found == file_.metadata().end() ? nullptr : &found->second;
  }

  [[nodiscard]] const std::string& text(const std::string& key) const {
    const std::string* const value = find(key);
    if (value == nullptr)
      throw input_error(file_.name(), "no " + key + " in __metadata__", "that of a model");
    return *value;
  }

  [[nodiscard]] Error wrong(const std::string& key, const std::string& accepted) const {
    return input_error(file_.name(), key + " " + shown(text(key)) + " in __metadata__", accepted);
  }

  /// A whole number from 1.
  [[nodiscard]] std::size_t count(const std::string& key) const {
    double value = 0;
    if (!parse_number(text(key), value) || !(value >= 1 && value <= 0x1p53) || value != std::trunc(value))
      throw wrong(key, "a whole number from 1");
    return static_cast<std::size_t>(value);
  }

  [[nodiscard]] bool is_second(const std::string& key, const char* first, const char* second) const {
    if (text(key) != first && text(key) != second) throw wrong(key, std::string(first) + " or " + second);
    return text(key) == second;
  }

  [[nodiscard]] std::vector<std::string> names(const std::string& key) const {
    if (find(key) == nullptr) return {};
    const Json json = Json::parse(text(key), nullptr, false);
    std::vector<std::string> result;
    if (json.is_array() && std::all_of(json.begin(), json.end(), [](const Json& n) { return n.is_string(); }))
      result.assign(json.begin(), json.end());
    if (result.empty()) throw wrong(key, "a list of texts in JSON");
    return result;
  }

  void check_format() const {
    const std::string* const found = find("format");
    if (found == nullptr || *found != model_format)
      throw input_error(file_.name(), "a safetensors file that is no model of thalweg",
                        "one that thalweg train --save has written");
    if (const std::size_t version = count("format_version"); version > format_version)
      throw input_error(file_.name(),
                        "format version " + std::to_string(version) + " of a newer thalweg (" +
                            (find("thalweg_version") != nullptr ? text("thalweg_version") : "?") + ")",
                        "version 1");
  }

  void read_metadata(TrainedModel& model) const {
    try {
      model.model = models::make_model(text("model"));
    } catch (const Error& error) {
      if (error.kind == Error::Kind::input) throw;
      throw wrong("model", std::string("a model that there is (") + error.what() + ")");
    }
    model.task = is_second("task", "classification", "regression") ? data::Task::regression
                                                                   : data::Task::classification;
    model.sparse = is_second("features", "dense", "sparse");
    model.columns = count("columns");
    model.class_names = names("class_names");
    model.feature_names = names("feature_names");
    const std::size_t classes = model.class_names.size();
    std::vector<std::string> sorted = model.class_names;
    std::sort(sorted.begin(), sorted.end());
    if (model.task == data::Task::regression ? classes > 0 : classes < 2)
      throw input_error(file_.name(), std::to_string(classes) + " class_names for a " + task_name(model.task),
                        model.task == data::Task::regression ? "none" : "two or more");
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
      throw wrong("class_names", "each name once");
    if (!model.feature_names.empty() && model.feature_names.size() != model.columns)
      throw input_error(file_.name(), std::to_string(model.feature_names.size()) + " feature_names",
                        std::to_string(model.columns) + ", one for each of the columns");
    if (find("label_name") != nullptr) model.label_name = text("label_name");
    if (find("label_column") != nullptr) model.label_column = count("label_column") - 1;
    if (find("hashing") != nullptr) model.hashing = hashing(model);
  }

  [[nodiscard]] data::Hashing hashing(const TrainedModel& model) const {
    const Json json = Json::parse(text("hashing"), nullptr, false);
    data::Hashing result;
    const auto flag = [&](const char* key) { return json.contains(key) && json[key].is_boolean(); };
    const auto number = [&](const char* key) { return json.contains(key) && json[key].is_number_unsigned(); };
    if (!json.is_object() || json.size() != 4 || !number("bits") || !number("seed") || !flag("with_sign") ||
        !flag("numbers_too") || json["bits"] > 31U || json["seed"] > 0xFFFFFFFFU)
      throw wrong("hashing", "bits and seed, numbers, with_sign and numbers_too, true or false, in JSON");
    result = {json["bits"], json["seed"], json["with_sign"], json["numbers_too"]};
    if (result.bits < 1 || model.columns != std::size_t{1} << result.bits || !model.sparse)
      throw wrong("hashing",
                  "2^bits = columns, which are " + std::to_string(model.columns) + ", and sparse features");
    return result;
  }

  template <class T>
  std::vector<T> numbers(const std::string& name, const Shape& shape) {
    std::vector<T> values = file_.numbers<T>(name, shape);
    const auto bad = std::find_if(values.begin(), values.end(), [](T x) { return !std::isfinite(x); });
    if (bad != values.end())
      throw input_error(
          file_.name() + ", tensor " + shown(name),
          number_text(static_cast<double>(*bad)) + " at place " + std::to_string(bad - values.begin()),
          "finite numbers");
    used_.push_back(name);
    return values;
  }

  void read_parameters(TrainedModel& model) {
    data::Dataset like;
    like.name = file_.name();
    like.task = model.task;
    like.class_names = model.class_names;
    like.features = data::DenseMatrix{0, model.columns, {}};
    try {
      model.parameters = models::layout<float>(model.model, like);
    } catch (const Error& error) {
      throw wrong("model", std::string("one that fits the task (") + error.what() + ")");
    }
    for (auto& tensor : model.parameters) tensor.values = numbers<float>(tensor.name, shape_of(tensor));
  }

  void read_scaling(TrainedModel& model) {
    if (file_.find(factor_name) != nullptr) {
      model.scaling.emplace();
      if (!model.sparse) model.scaling->shift = numbers<double>(shift_name, {model.columns});
      model.scaling->factor = numbers<double>(factor_name, {model.columns});
    }
    if (model.task == data::Task::classification) return;
    model.target = {numbers<double>(mean_name, {})[0], numbers<double>(scale_name, {})[0]};
    if (!(model.target.scale > 0))
      throw input_error(file_.name() + ", tensor " + shown(scale_name), number_text(model.target.scale),
                        "a number over 0");
  }

  const TensorFile& file_;
  std::vector<std::string> used_;
};

}  // namespace

TrainedModel trained_model(const data::Split& split, const models::ModelSpec& model,
                           const models::Parameters<float>& parameters) {
  const data::Dataset& d = split.train;
  TrainedModel trained;
  trained.model = model;
  trained.parameters = parameters;
  trained.task = d.task;
  trained.class_names = d.class_names;
  trained.columns = d.columns();
  trained.sparse = std::holds_alternative<data::SparseMatrix>(d.features);
  trained.feature_names = d.feature_names;
  trained.label_name = d.label_name;
  trained.label_column = d.label_column;
  trained.scaling = split.scaling;
  trained.target = split.target;
  return trained;
}

void write_model(const std::string& path, const TrainedModel& model) {
  checkpoint::write_tensor_file(path, tensors_of(model), metadata_of(path, model));
}

void check_model_path(const std::string& path, const TrainedModel& model) {
  static_cast<void>(metadata_of(path, model));
  data::check_writable(path);
}

TrainedModel read_model(const std::string& path) {
  const TensorFile file = checkpoint::read_tensor_file(path);
  return ModelReader(file).read();
}

}  // namespace thalweg::workbench
