// From a checkpoint to the state of a PyTorch optimizer.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <thalweg/error.h>
#include <thalweg/registry.h>
#include <thalweg/torch_state.h>

#include "checkpoint/crc32.h"
#include "checkpoint/json.h"
#include "engine/checkpoint.h"
#include "files/files.h"
#include "torch/kinds.h"

namespace thalweg::torch {
namespace {

using checkpoint::Dtype;
using checkpoint::json_quoted;
using checkpoint::Tensor;
using files::shown;

/// The entries of a JSON array or object, with what stands between them.
void append(std::string& list, const std::string& entry, const char* between = ", ") {
  list += (list.empty() ? "" : between) + entry;
}

std::string member(const std::string& name, const std::string& value) {
  return json_quoted(name) + ": " + value;
}

std::string json_of(const Value& value) {
  if (const bool* const flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  return number_text(std::get<double>(value));
}

/// Tensors with the same settings.
struct ParamGroup {
  std::string text;  ///< of its rule
  AnyRule rule;
  std::string indices{};  ///< of its tensors
};

class Exporter {
 public:
  Exporter(const Checkpoint& checkpoint, const TorchExport& options)
      : path_(checkpoint.path()), contents_(checkpoint.contents()), options_(options) {}

  void write(const std::string& json_path, const std::string& tensors_path) {
    try {
      find_kind();
      check_surroundings();
      read_groups();
    } catch (const Error& error) {
      if (error.kind == Error::Kind::input) throw;
      throw refusal(error.what(), "rules, transforms and schedules of the library");
    }
    for (std::size_t i = 0; i < contents_.tensors.size(); ++i) add_tensor(i);
    const std::string header = checkpoint::tensor_file_header(tensors_path, arrays_, {});
    std::vector<std::string_view> pieces{header};
    for (const Tensor& tensor : arrays_) pieces.push_back(tensor.bytes);
    std::uint32_t sum = 0;
    for (const std::string_view piece : pieces) sum = checkpoint::crc32(piece, sum);
    files::check_writable(json_path);
    files::write_file(tensors_path, pieces);
    files::write_file(json_path, json(sum));
  }

 private:
  [[nodiscard]] Error refusal(const std::string& found, const std::string& accepted) const {
    return input_error(path_, found, accepted);
  }

  void find_kind() {
    const std::string name = parse_specification(contents_.groups.front().rule).name;
    std::string known;
    for (const Kind& kind : kinds()) {
      const std::string own = parse_specification(kind.rule).name;
      if (known.find(own) == known.npos) append(known, own);
      if (own != name) continue;
      // AMSGrad is both Adam's and AdamW's, by what pulls at the parameters.
      const bool pulls =
          *kind.pull_transform != '\0' &&
          std::any_of(contents_.transforms.begin(), contents_.transforms.end(), [&](const auto& text) {
            return parse_specification(text).name == kind.pull_transform;
          });
      if (kind_ == nullptr || pulls) kind_ = &kind;
    }
    if (kind_ == nullptr) throw refusal("the rule " + shown(name), "one that PyTorch has: " + known);
  }

  /// What is around the rule: a state dict has weight_decay alone.
  void check_surroundings() {
    constexpr const char* freeze =
        "none: TorchExport::freeze (--freeze) takes what they come to at the coming step";
    for (const std::string& text : contents_.transforms) {
      if (pull_ == 0 && parse_specification(text).name == kind_->pull_transform)
        pull_ = std::get<double>(make_transform(text).get("lambda"));
      else if (!options_.freeze)
        throw refusal("the transform " + shown(text),
                      "none that PyTorch's optimizer has not: TorchExport::freeze (--freeze) leaves it out");
    }
    if (options_.freeze) return;
    for (const auto& [key, text] : contents_.schedules)
      throw refusal("a schedule of " + key + ", " + shown(text), freeze);
    for (const auto& [key, factor] : contents_.scales) {
      if (factor != 1) throw refusal("the factor " + number_text(factor) + " of " + key, freeze);
    }
    if (contents_.loss_scale != 1)
      throw refusal("the loss scale " + number_text(contents_.loss_scale),
                    "1, as PyTorch keeps it elsewhere: TorchExport::freeze (--freeze) leaves it out");
  }

  void read_groups() {
    for (const Checkpoint::Contents::Group& from : contents_.groups) {
      AnyRule rule = read_rule(from.rule);
      std::string text = rule.text();
      const auto same = std::find_if(groups_.begin(), groups_.end(),
                                     [&](const ParamGroup& group) { return group.text == text; });
      group_of_.push_back(static_cast<std::size_t>(same - groups_.begin()));
      if (same == groups_.end()) groups_.push_back({std::move(text), std::move(rule)});
    }
  }

  /// A rule of the file in PyTorch's form, frozen if it is to be.
  [[nodiscard]] AnyRule read_rule(const std::string& text) const {
    AnyRule rule = make_rule(text);
    const AnyRule form = make_rule(kind_->rule);
    if (rule.name() != form.name())
      throw refusal("the rule " + shown(text), form.name() + " for all tensors");
    if (options_.freeze) freeze(rule);
    rule.validate();
    for (const KeyInfo& key : form.info().keys) {
      const bool free =
          key.name == kind_->pull_key || std::any_of(kind_->keys.begin(), kind_->keys.end(),
                                                     [&](const Key& known) { return key.name == known.own; });
      if (!free && rule.get(key.name) != form.get(key.name))
        throw refusal(rule.name() + " with " + key.name + "=" + value_text(rule.get(key.name)),
                      value_text(form.get(key.name)) + ", as PyTorch's " + kind_->optimizer + " has it");
    }
    if (needs_velocity(*kind_) && std::get<double>(rule.get("momentum")) == 0)
      throw refusal("momentum=0 in " + shown(text),
                    "momentum above 0, or the rule sgd: PyTorch keeps no velocity");
    return rule;
  }

  void freeze(AnyRule& rule) const {
    const AnyRule own = rule;
    const auto number = [&](const AnyRule& of, const std::string& key) {
      const Value value = of.get(key);
      if (const double* const found = std::get_if<double>(&value)) return *found;
      throw usage_error(of.name() + ": " + key, value_text(value), "only numbers can follow a schedule");
    };
    for (const auto& [key, text] : contents_.schedules) {
      const double t = static_cast<double>(contents_.steps) + 1;
      rule.set(key, make_schedule(text).at(t, number(own, key)));
    }
    for (const auto& [key, factor] : contents_.scales) rule.set(key, factor * number(rule, key));
  }

  void add_tensor(std::size_t index) {
    const Checkpoint::Contents::Tensor& tensor = contents_.tensors[index];
    ParamGroup& group = groups_[group_of_[tensor.group]];
    append(names_, json_quoted(tensor.name));
    append(group.indices, std::to_string(index));
    const std::string what = "tensor " + shown(tensor.name);
    if (!tensor.sparse.empty()) throw refusal("the sparse " + what, "dense ones alone");
    const Tensor& numbers = contents_.file.at(stored::parameter(tensor.name));
    if (numbers.dtype != Dtype::f32 && numbers.dtype != Dtype::f64)
      throw refusal(what + " in " + checkpoint::dtype_name(numbers.dtype),
                    "F32 or F64: PyTorch rounds 16 bits within a step, which the library does not");
    add(parameter_name(tensor.name), numbers);
    const std::uint64_t steps = contents_.steps - contents_.groups[tensor.group].joined;
    if (steps == 0 && !kind_->whole_state) return;  // PyTorch makes it at the first step
    for (const SlotName& slot : slots_of(*kind_, group.rule)) {
      const Tensor& state = contents_.file.at(stored::slot(slot.own, tensor.name));
      if (state.dtype != numbers.dtype || state.bytes.size() != numbers.bytes.size())
        throw refusal(
            std::string(slot.own) + " of " + what + " in " + checkpoint::dtype_name(state.dtype),
            checkpoint::dtype_name(numbers.dtype) +
                std::string(", as its parameters: load it with LoadOptions{.convert = true}, and save it"));
      add(state_name(tensor.name, slot.torch), state);
    }
    std::string scalars;
    if (kind_->counts) append(scalars, member("step", std::to_string(steps)));
    if (is_nadam())
      append(scalars, member("mu_product", number_text(mu_product(group.rule, static_cast<double>(steps)))));
    append(state_, member(std::to_string(index), "{" + scalars + "}"), ",\n    ");
  }

  void add(const std::string& name, const Tensor& from) {
    arrays_.push_back({name, from.dtype, {from.bytes.size() / dtype_size(from.dtype)}, from.bytes});
  }

  [[nodiscard]] bool is_nadam() const { return std::string_view(kind_->optimizer) == "NAdam"; }

  [[nodiscard]] std::string param_group(const ParamGroup& group) const {
    std::string all;
    for (std::size_t k = 0; k < kind_->keys.size(); ++k) {
      const Key& key = kind_->keys[k];
      std::string value = json_of(group.rule.get(key.own));
      if (key.place == 0) value = "[" + value + ", " + json_of(group.rule.get(kind_->keys[++k].own)) + "]";
      append(all, member(key.torch, value));
    }
    for (const Fixed& entry : kind_->fixed) {
      const bool flag =
          std::string_view(entry.torch) == "nesterov" || std::string_view(entry.torch) == "amsgrad";
      append(all, member(entry.torch, flag ? json_of(entry.value != 0) : json_of(entry.value)));
    }
    const bool by_rule = *kind_->pull_key != '\0';
    append(all, member("weight_decay", json_of(by_rule ? group.rule.get(kind_->pull_key) : Value(pull_))));
    append(all, member("maximize", "false"));
    if (is_nadam()) append(all, member("foreach", "true"));  // whose formula is right before 2.0 too
    return "{" + all + ", " + member("params", "[" + group.indices + "]") + "}";
  }

  [[nodiscard]] std::string json(std::uint32_t sum) const {
    std::string groups;
    for (const ParamGroup& group : groups_) {
      if (!group.indices.empty() || names_.empty()) append(groups, param_group(group), ",\n    ");
    }
    std::string all;
    const auto add_line = [&](const char* name, const std::string& value) {
      append(all, member(name, value), ",\n  ");
    };
    add_line("optimizer", json_quoted(kind_->optimizer));
    add_line("thalweg_version", json_quoted(THALWEG_VERSION));
    add_line("steps", std::to_string(contents_.steps));
    add_line("crc32", std::to_string(sum));
    add_line("names", "[" + names_ + "]");
    add_line("param_groups", "[\n    " + groups + "\n  ]");
    add_line("state", state_.empty() ? "{}" : "{\n    " + state_ + "\n  }");
    return "{\n  " + all + "\n}\n";
  }

  const std::string& path_;
  const Checkpoint::Contents& contents_;
  const TorchExport& options_;
  const Kind* kind_ = nullptr;
  double pull_ = 0;  ///< weight_decay, where a transform does it
  std::vector<ParamGroup> groups_;
  std::vector<std::size_t> group_of_;  ///< of a group of the file
  std::vector<Tensor> arrays_;
  std::string names_, state_;
};

}  // namespace
}  // namespace thalweg::torch

namespace thalweg {

void export_torch_state(const Checkpoint& checkpoint, const std::string& path, const TorchExport& options) {
  const std::string numbers = torch::tensors_beside(path);
  torch::check_apart(path, checkpoint.path());
  torch::check_apart(numbers, checkpoint.path());
  torch::Exporter(checkpoint, options).write(path, numbers);
}

}  // namespace thalweg
