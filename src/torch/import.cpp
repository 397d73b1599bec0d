// From the state of a PyTorch optimizer to a checkpoint.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <thalweg/error.h>
#include <thalweg/registry.h>
#include <thalweg/torch_state.h>

#include "checkpoint/crc32.h"
#include "engine/checkpoint.h"
#include "files/files.h"
#include "torch/entries.h"
#include "torch/kinds.h"

namespace thalweg::torch {
namespace {

using checkpoint::Dtype;
using checkpoint::JsonValue;
using checkpoint::Tensor;
using files::shown;

std::string count_text(double count) { return std::to_string(static_cast<std::uint64_t>(count)); }

/// What a param group becomes.
struct Group {
  std::string rule;
  double pull = 0;  ///< weight_decay, where a transform does it
};

struct Parameter {
  std::string name;
  std::size_t group = 0;  ///< of the param groups
  double steps = 0;       ///< that it was stepped
  bool has_state = false;
};

/// The parts of a state dict in the order in which they explain each other.
class Importer {
 public:
  Importer(const std::string& path, const JsonValue& root, const checkpoint::TensorFile& file)
      : entries_(path), root_(root), file_(file) {}

  void write(const std::string& checkpoint) {
    entries_.only(root_, "",
                  {"optimizer", "torch_version", "thalweg_version", "steps", "crc32", "names", "param_groups",
                   "state"});
    read_optimizer();
    read_names();
    read_groups();
    read_state();
    read_steps();
    lay_out();
    if (file_.tensors().size() != taken_.size()) refuse_rest();
    checkpoint::write_checked_file(checkpoint, std::move(arrays_), std::move(metadata_));
  }

 private:
  void read_optimizer() {
    optimizer_ = entries_.text(root_, "", "optimizer");
    std::string known;
    for (const Kind& kind : kinds()) {
      if (kind.optimizer == optimizer_) return;
      if (known.find(kind.optimizer) == known.npos)
        known += (known.empty() ? "" : ", ") + std::string(kind.optimizer);
    }
    throw entries_.wrong("optimizer", shown(optimizer_), "one of " + known);
  }

  void read_names() {
    std::set<std::string> known;
    for (const JsonValue& name : entries_.array(root_, "", "names")) {
      if (name.kind != JsonValue::Kind::text) throw entries_.wrong("names", found_text(name), "texts");
      if (!known.insert(name.text).second)
        throw entries_.wrong("names", shown(name.text) + " twice", "each name once");
      parameters_.push_back({name.text});
    }
  }

  void read_groups() {
    const std::vector<JsonValue>& groups = entries_.array(root_, "", "param_groups");
    if (groups.empty()) throw entries_.wrong("param_groups", "none", "at least one");
    std::vector<bool> seen(parameters_.size());
    for (std::size_t k = 0; k < groups.size(); ++k) {
      const std::string where = "param_groups[" + std::to_string(k) + "]";
      const Kind& kind = kind_of(groups[k], where);
      if (kind_ != nullptr && kind_ != &kind)
        throw entries_.wrong(where, std::string(kind.rule) + " beside " + kind_->rule,
                             "groups that are all of one rule");
      kind_ = &kind;
      groups_.push_back(read_group(groups[k], where));
      if (groups_[k].pull != groups_[0].pull)
        throw entries_.wrong(where + ".weight_decay", number_text(groups_[k].pull),
                             number_text(groups_[0].pull) + " as in param_groups[0]: " + kind.rule +
                                 " has no weight decay of its own, but a transform that all groups share");
      for (const JsonValue& index : entries_.array(groups[k], where, "params")) {
        const auto count = static_cast<double>(parameters_.size());
        const bool whole = index.kind == JsonValue::Kind::number && std::floor(index.number) == index.number;
        if (!whole || index.number < 0 || index.number >= count)
          throw entries_.wrong(where + ".params", found_text(index), "numbers of names, from 0");
        const auto i = static_cast<std::size_t>(index.number);
        if (seen[i])
          throw entries_.wrong(where + ".params", found_text(index) + " again", "each number once");
        seen[i] = true;
        parameters_[i].group = k;
      }
    }
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (!seen[i])
        throw entries_.wrong("param_groups", "no group with " + shown(parameters_[i].name), "all of names");
    }
  }

  /// The form of the optimizer that a param group is of.
  const Kind& kind_of(const JsonValue& group, const std::string& where) const {
    if (group.kind != JsonValue::Kind::object) throw entries_.wrong(where, found_text(group), "an object");
    std::string found;
    for (const Kind& kind : kinds()) {
      if (kind.optimizer != optimizer_) continue;
      bool fits = true;
      found.clear();
      for (const Fixed& entry : kind.fixed) {
        const double value = entries_.number_or(group, where, entry.torch, 0);
        fits = fits && value == entry.value;
        found += (found.empty() ? "" : ", ") + std::string(entry.torch) + " " + number_text(value);
      }
      if (fits) return kind;
    }
    throw entries_.wrong(where, found, "a form of " + optimizer_ + " that PyTorch has");
  }

  Group read_group(const JsonValue& group, const std::string& where) const {
    std::vector<std::string> known{"params", "weight_decay", "maximize", "decoupled_weight_decay"};
    AnyRule rule = make_rule(kind_->rule);
    for (const Key& key : kind_->keys) {
      if (key.place <= 0) known.emplace_back(key.torch);
      const JsonValue& entry = entries_.member(group, where, key.torch);
      const std::string name =
          key.place < 0 ? key.torch : key.torch + ("[" + std::to_string(key.place) + "]");
      entries_.set(rule, key.own,
                   key.place < 0 ? entry : entries_.item(entry, where + "." + key.torch, key.place, 2),
                   where + "." + name);
    }
    for (const Fixed& entry : kind_->fixed) known.emplace_back(entry.torch);
    // How PyTorch computes, what belongs to a scheduler, which has a state of its own, and names.
    known.insert(known.end(), {"foreach", "fused", "capturable", "differentiable", "initial_lr", "max_lr",
                               "min_lr", "base_momentum", "max_momentum", "name", "param_names"});
    entries_.only(group, where, known);
    entries_.must_be(group, where, "maximize", false);
    entries_.must_be(group, where, "decoupled_weight_decay", optimizer_ == "AdamW");
    check_product(group, where);
    if (needs_velocity(*kind_) && std::get<double>(rule.get("momentum")) == 0)
      throw entries_.wrong(where + ".momentum", "0", "above 0: without it, PyTorch keeps no velocity");
    Group made;
    const JsonValue& decay = entries_.member(group, where, "weight_decay");
    if (*kind_->pull_key != '\0')
      entries_.set(rule, kind_->pull_key, decay, where + ".weight_decay");
    else
      made.pull = entries_.number(decay, where + ".weight_decay", at_least(0));
    try {
      rule.validate();
    } catch (const Error& error) {
      throw entries_.wrong(where, error.value, error.constraint);
    }
    made.rule = rule.text();
    return made;
  }

  /// PyTorch before 2.0 multiplies a momentum too many into the coming product, but for foreach.
  void check_product(const JsonValue& group, const std::string& where) const {
    if (optimizer_ != "NAdam") return;
    const JsonValue* const foreach = group.find("foreach");
    const JsonValue* const version = root_.find("torch_version");
    double major = 0;
    if (version != nullptr && version->kind == JsonValue::Kind::text)
      static_cast<void>(parse_number(version->text.substr(0, version->text.find('.')), major));
    if (major >= 2 || (foreach != nullptr && foreach->boolean)) return;
    throw entries_.wrong(
        where + ".foreach", foreach == nullptr ? "nothing" : found_text(*foreach),
        "true, or a torch_version from 2.0 on: without it, PyTorch before that steps NAdam by a "
        "wrong product");
  }

  void read_state() {
    const JsonValue& state = entries_.object(root_, "", "state");
    std::vector<const JsonValue*> of(parameters_.size());
    for (std::size_t k = 0; k < state.names.size(); ++k) {
      const std::string& name = state.names[k];
      std::size_t index = of.size();
      std::from_chars(name.data(), name.data() + name.size(), index);
      if (index >= of.size() || std::to_string(index) != name)
        throw entries_.wrong("state", shown(name), "numbers of names, from 0");
      of[index] = &state.items[k];
    }
    const JsonValue none{.kind = JsonValue::Kind::object};
    for (std::size_t i = 0; i < of.size(); ++i)
      read_state_of(parameters_[i], of[i] == nullptr ? none : *of[i], "state." + std::to_string(i));
  }

  void read_state_of(Parameter& parameter, const JsonValue& state, const std::string& where) {
    const AnyRule rule = make_rule(groups_[parameter.group].rule);
    const std::vector<SlotName> slots = slots_of(*kind_, rule);
    for (const SlotName& slot : slots)
      parameter.has_state =
          parameter.has_state || file_.find(state_name(parameter.name, slot.torch)) != nullptr;
    std::vector<std::string> known;
    if (kind_->counts) known.emplace_back("step");
    if (optimizer_ == "NAdam") known.emplace_back("mu_product");
    entries_.only(state, where, known);
    if (!kind_->counts) return;
    const JsonValue* const step = state.find("step");
    if (step == nullptr && parameter.has_state)
      throw entries_.wrong(where, "no step", "one, of " + shown(parameter.name) + ", which has state");
    if (step == nullptr) return;
    parameter.steps = entries_.count(*step, where + ".step");
    if (parameter.steps > 0 && !parameter.has_state)
      throw entries_.wrong(where + ".step", found_text(*step),
                           "state of " + shown(parameter.name) + " in " + file_.name());
    if (optimizer_ == "NAdam" && parameter.has_state) check_momenta(rule, parameter.steps, state, where);
  }

  /// The library makes the product anew from the step, so that it has to be the one of these settings.
  void check_momenta(const AnyRule& rule, double steps, const JsonValue& state,
                     const std::string& where) const {
    const double product =
        entries_.number(entries_.member(state, where, "mu_product"), where + ".mu_product", any_number());
    const double own = mu_product(rule, steps);
    if (std::abs(product - own) <= 1e-6 * (1 + steps) * own + 1e-37)
      return;  // PyTorch rounds each to float32
    throw entries_.wrong(where + ".mu_product", number_text(product),
                         number_text(own) + ", as " + rule.text() + " has it after " + number_text(steps) +
                             " steps: betas and momentum_decay have to be those of the whole run");
  }

  void read_steps() {
    const JsonValue* const given = root_.find("steps");
    if (given == nullptr && !kind_->counts)
      throw entries_.wrong("steps", "nothing", "the steps done, of which " + optimizer_ + " keeps no count");
    for (const Parameter& parameter : parameters_) steps_ = std::max(steps_, parameter.steps);
    if (given == nullptr) return;
    const double least = steps_;
    steps_ = entries_.count(*given, "steps");
    if (steps_ < least)
      throw entries_.wrong("steps", found_text(*given), "at least " + number_text(least) + ", as in state");
    if (kind_->counts) return;
    for (Parameter& parameter : parameters_) {
      if (parameter.has_state && steps_ == 0)
        throw entries_.wrong("steps", "0", "at least 1, as " + shown(parameter.name) + " has state");
      if (parameter.has_state || kind_->slots.empty()) parameter.steps = steps_;
    }
  }

  void lay_out() {
    metadata_ = {{"format", checkpoint_format},
                 {"format_version", std::to_string(checkpoint_version)},
                 {"thalweg_version", THALWEG_VERSION},
                 {"steps", count_text(steps_)},
                 {"rounding", rounding_text({})},
                 {"loss_scale", "1"},
                 {"last_norm", "nan"}};
    if (groups_[0].pull > 0)
      metadata_["transform.0"] =
          make_transform(kind_->pull_transform + (":lambda=" + number_text(groups_[0].pull))).text();
    std::map<std::pair<std::string, double>, std::size_t> numbers;
    const auto number_of = [&](const std::string& rule, double joined) {
      const auto [found, is_new] = numbers.try_emplace({rule, joined}, numbers.size());
      const std::string name = "group." + std::to_string(found->second);
      if (is_new) metadata_[name + ".rule"] = rule;
      if (is_new) metadata_[name + ".joined"] = count_text(joined);
      return found->second;
    };
    number_of(groups_[0].rule, 0);  // the optimizer's own
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const Parameter& parameter = parameters_[i];
      const std::string name = "tensor." + std::to_string(i), &rule = groups_[parameter.group].rule;
      metadata_[name + ".name"] = parameter.name;
      metadata_[name + ".group"] = std::to_string(number_of(rule, steps_ - parameter.steps));
      add_arrays(parameter, make_rule(rule));
    }
  }

  void add_arrays(const Parameter& parameter, const AnyRule& rule) {
    const Tensor& numbers = take(parameter_name(parameter.name));
    if (numbers.dtype != Dtype::f32 && numbers.dtype != Dtype::f64)
      throw wrong_tensor(numbers, checkpoint::dtype_name(numbers.dtype),
                         "F32 or F64: PyTorch rounds 16 bits within a step, which the library does not");
    add(stored::parameter(parameter.name), numbers);
    for (const SlotName& slot : slots_of(*kind_, rule)) {
      const std::string name = stored::slot(slot.own, parameter.name);
      if (!parameter.has_state) {
        add_start(name, numbers, rule, slot.own);
        continue;
      }
      const Tensor& state = take(state_name(parameter.name, slot.torch));
      if (state.dtype != numbers.dtype || state.bytes.size() != numbers.bytes.size())
        throw wrong_tensor(state, text_of(state), text_of(numbers) + " as its parameter");
      add(name, state);
    }
  }

  /// What a slot of a parameter starts from that never had a gradient.
  void add_start(const std::string& name, const Tensor& like, const AnyRule& rule, const std::string& own) {
    const std::vector<Slot>& slots = rule.info().slots;
    const auto slot = std::find_if(slots.begin(), slots.end(), [&](const Slot& s) { return s.name == own; });
    const double start = rule.info().initial(rule.object(), static_cast<std::size_t>(slot - slots.begin()));
    std::string& bytes = kept_.emplace_back();
    const auto fill = [&](auto number) {
      for (std::size_t i = 0; i < like.bytes.size() / sizeof number; ++i)
        bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
    };
    if (like.dtype == Dtype::f64)
      fill(start);
    else
      fill(static_cast<float>(start));
    arrays_.push_back({name, like.dtype, {bytes.size() / dtype_size(like.dtype)}, bytes});
  }

  void add(const std::string& name, const Tensor& from) {
    arrays_.push_back({name, from.dtype, {from.bytes.size() / dtype_size(from.dtype)}, from.bytes});
  }

  const Tensor& take(const std::string& name) {
    const Tensor& tensor = file_.at(name);
    taken_.insert(name);
    return tensor;
  }

  void refuse_rest() const {
    for (const Tensor& tensor : file_.tensors()) {
      if (!taken_.contains(tensor.name))
        throw input_error(file_.name(), "a tensor " + shown(tensor.name),
                          "those of the names, and of state that " + optimizer_ + " has here");
    }
  }

  [[nodiscard]] Error wrong_tensor(const Tensor& tensor, const std::string& found,
                                   const std::string& accepted) const {
    return input_error(file_.name() + ", tensor " + shown(tensor.name), found, accepted);
  }

  static std::string text_of(const Tensor& tensor) {
    return checkpoint::dtype_name(tensor.dtype) + (" of the shape " + checkpoint::shape_text(tensor.shape));
  }

  Entries entries_;
  const JsonValue& root_;
  const checkpoint::TensorFile& file_;
  std::string optimizer_;
  const Kind* kind_ = nullptr;
  std::vector<Parameter> parameters_;
  std::vector<Group> groups_;
  double steps_ = 0;
  std::set<std::string> taken_;
  std::deque<std::string> kept_;
  std::vector<Tensor> arrays_;
  checkpoint::Metadata metadata_;
};

/// Whether the numbers are those that the text was written with.
void check_pair(const Entries& entries, const JsonValue& root, const std::string& file,
                const std::string& bytes) {
  const double sum = entries.count(entries.member(root, "", "crc32"), "crc32");
  const double own = checkpoint::crc32(bytes);
  if (sum != own)
    throw entries.wrong("crc32", count_text(sum),
                        count_text(own) + ", that of " + file + ": the two were not written together");
}

}  // namespace
}  // namespace thalweg::torch

namespace thalweg {

void import_torch_state(const std::string& path, const std::string& checkpoint) {
  const std::string numbers = torch::tensors_beside(path);
  torch::check_apart(checkpoint, path);
  torch::check_apart(checkpoint, numbers);
  const checkpoint::JsonValue root = checkpoint::parse_json(path, files::read_bytes(path));
  std::string bytes = files::read_bytes(numbers);
  torch::check_pair(torch::Entries(path), root, numbers, bytes);
  torch::Importer(path, root, checkpoint::TensorFile(numbers, std::move(bytes))).write(checkpoint);
}

}  // namespace thalweg
