#include "engine/engine.h"

#include <algorithm>
#include <cmath>

#include <thalweg/transforms/decay.h>

namespace thalweg {
namespace {

constexpr std::size_t block_size = 8192;

AnyRule with_options(AnyRule rule, const GroupOptions& options) {
  const std::pair<const char*, const std::optional<double>*> fields[] = {
      {"lr", &options.lr},       {"momentum", &options.momentum},
      {"rho", &options.rho},     {"beta1", &options.beta1},
      {"beta2", &options.beta2}, {"eps", &options.eps},
      {"l2", &options.l2},       {"weight_decay", &options.weight_decay}};
  for (const auto& [key, value] : fields) {
    if (value->has_value()) rule.set(key, **value);
  }
  for (const auto& [key, value] : options.others) rule.set(key, value);
  return rule;
}

}  // namespace

const KeyInfo* number_key(const AnyRule& rule, std::string_view key) {
  for (const auto& known : rule.info().keys) {
    if (known.name == key && known.kind == KeyInfo::Kind::number) return &known;
  }
  return nullptr;
}

Optimizer::Engine::Group::Group(const AnyRule& rule, std::uint64_t joined_at)
    : own(rule),
      now(rule),
      text(rule.text()),
      joined(joined_at),
      form(static_cast<std::size_t>((rule.validate(), rule.info().form(rule.object())))),
      float32(variant().slots.size(), sizeof(float)),
      float64(variant().slots.size(), sizeof(double)) {
  coefficients.resize(own.info().coefficient_count);
  carry.resize(own.info().carried.size());
  own.info().start(own.object(), carry.data());
}

Optimizer::Engine::Engine(const AnyRule& rule, const Execution& execution)
    : isa_(find_isa(execution.isa)),
      threads_(thread_count(execution)),
      chunk_(execution.chunk == 0 ? block_size : std::min(execution.chunk, block_size)),
      executor_(execution.executor) {
  groups_.emplace_back(rule, 0);
}

void Optimizer::Engine::add(const std::string& name, const ParameterView& view, const GroupOptions& options) {
  if (by_name_.count(name) != 0) throw usage_error("tensor", name, "another tensor has this name");
  if (view.size > 0 && view.data == nullptr)
    throw usage_error("tensor " + name, "null", "must point to " + std::to_string(view.size) + " elements");
  const auto* begin = static_cast<const std::byte*>(view.data);
  const auto* end = begin + view.size * element_size(view.precision);
  if (view.size > 0) {
    const auto after = memory_.lower_bound(begin);
    const auto overlap = after != memory_.end() && after->first < end ? after
                         : after != memory_.begin() && std::prev(after)->second.first > begin
                             ? std::prev(after)
                             : memory_.end();
    if (overlap != memory_.end())
      throw usage_error("tensor", name, "must not overlap the memory of tensor " + overlap->second.second);
  }

  const AnyRule own = with_options(rule(), options);
  check_shared(own);
  const auto same = std::find_if(groups_.begin(), groups_.end(), [&, text = own.text()](const Group& g) {
    return g.joined == steps_ && g.text == text;
  });
  const auto group = static_cast<std::size_t>(same - groups_.begin());
  if (same == groups_.end()) groups_.emplace_back(own, steps_);

  Group& g = groups_[group];
  const std::size_t offset = (view.precision == Precision::float32 ? g.float32 : g.float64).extend(view.size);
  for (std::size_t row = 0; row < g.variant().slots.size(); ++row) {
    const double initial = g.own.info().initial(g.own.object(), g.variant().slots[row]);
    void* const state = g.arena(view.precision).at(row, offset);
    if (view.precision == Precision::float32)
      std::fill_n(static_cast<float*>(state), view.size, static_cast<float>(initial));
    else
      std::fill_n(static_cast<double*>(state), view.size, initial);
  }
  for (std::size_t at = 0; at < view.size; at += block_size)
    blocks_.push_back({tensors_.size(), at, std::min(block_size, view.size - at)});
  by_name_.emplace(name, tensors_.size());
  if (view.size > 0) memory_.emplace(begin, std::make_pair(end, name));
  if (steps_ > 0) {
    for (Tensor& known : tensors_) known.gradient.data = nullptr;  // it may overlap the new tensor
  }
  tensors_.push_back({name, view, group, offset, size_, GradientView(std::vector<float>{}), {}});
  start_slots(tensors_.back());
  size_ += view.size;
}

void Optimizer::Engine::check_number(const std::string& key) const {
  if (rule().info().key(key).kind != KeyInfo::Kind::number) {
    throw usage_error(rule().name() + ": " + key, value_text(rule().get(key)),
                      "only numbers can follow a schedule");
  }
}

void Optimizer::Engine::schedule(const std::string& key, const Schedule& schedule) {
  check_number(key);
  schedules_.insert_or_assign(key, schedule);
}

void Optimizer::Engine::scale(const std::string& key, double factor) {
  check_number(key);
  scales_[key] = factor;
}

void Optimizer::Engine::transform(const AnyTransform& transform) {
  transform.validate();
  transforms_.push_back(transform);
}

/// Sets `now` to what the group's rule is at the coming step.
void Optimizer::Engine::follow_schedules(const Group& group, AnyRule& now) const {
  const auto t = static_cast<double>(steps_ + 1);
  const auto set = [&](const std::string& key, double value) {
    try {
      now.set(key, value);
    } catch (const Error& error) {
      throw usage_error(error.name + " (scheduled, step " + number_text(t) + ")", error.value,
                        error.constraint);
    }
  };
  for (const auto& [key, schedule] : schedules_)
    set(key, schedule.at(t, std::get<double>(group.own.get(key))));
  for (const auto& [key, factor] : scales_) {
    const bool scheduled = schedules_.count(key) != 0;
    set(key, factor * std::get<double>((scheduled ? now : group.own).get(key)));
  }
}

void Optimizer::Engine::refresh(Group& group) const {
  follow_schedules(group, group.now);
  const std::string objection = group.now.info().objection(group.now.object());
  if (!objection.empty()) throw usage_error(group.now.name(), group.now.text(), objection);
  if (static_cast<std::size_t>(group.now.info().form(group.now.object())) != group.form) {
    throw usage_error(group.now.name(), group.now.text(),
                      "the schedule would change which state the rule keeps; start it from a value above 0");
  }
  find_coefficients(group);
}

double Optimizer::Engine::group_step(const Group& group) const {
  return static_cast<double>(steps_ + 1 - group.joined);
}

/// The transforms of the coming step with their coefficients; a global norm is computed when its turn comes.
void Optimizer::Engine::prepare_stages() {
  last_norm_ = std::numeric_limits<double>::quiet_NaN();
  norms_.assign(transforms_.size(), 0);
  for (Group& group : groups_) {
    group.around.clear();
    const auto surround = [&group](AnyTransform transform, const char* key) {
      if (number_key(group.now, key) == nullptr || std::get<double>(group.now.get(key)) == 0) return;
      transform.set("lambda", group.now.get(key));
      group.around.push_back(std::move(transform));
    };
    surround(L2{}, "l2");
    if (!group.now.info().decays) surround(Decay{}, "weight_decay");
    group.stages.resize(transforms_.size() + group.around.size());
  }
  for (std::size_t j = 0; j < transforms_.size(); ++j) {
    if (transforms_[j].info().needs_norm) {
      norms_[j] = norm(j);
      if (std::isnan(last_norm_)) last_norm_ = norms_[j];
    }
    for (Group& group : groups_) fill_stage(group, j, transforms_[j], norms_[j]);
  }
  fill_stages(transforms_.size());
}

void Optimizer::Engine::fill_stage(Group& group, std::size_t stage, const AnyTransform& transform,
                                   double norm_here) const {
  CoefficientSet& set = group.stages[stage];
  set.resize(transform.info().coefficient_count);
  transform.info().coefficients(
      transform.object(), {static_cast<double>(steps_ + 1), rate_of(group), norm_here}, set.float64.data());
  set.round();
}

/// The coefficients of the transforms from the `from`th on, once their norms are known.
void Optimizer::Engine::fill_stages(std::size_t from) {
  for (Group& group : groups_) {
    for (std::size_t j = from; j < group.stages.size(); ++j) {
      const bool own = j >= transforms_.size();
      fill_stage(group, j, own ? group.around[j - transforms_.size()] : transforms_[j], own ? 0 : norms_[j]);
    }
  }
}

void Optimizer::Engine::check(const Gradients& gradients) {
  if (gradients.size() != tensors_.size()) {
    throw usage_error("gradients", std::to_string(gradients.size()),
                      "must be one per tensor: " + std::to_string(tensors_.size()));
  }
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const Tensor& tensor = tensors_[i];
    const GradientView& g = gradients[i];
    const std::string name = "gradient of " + tensor.name;
    if (g.size != tensor.view.size)
      throw usage_error(name, std::to_string(g.size) + " elements",
                        "must have " + std::to_string(tensor.view.size));
    if (g.size == 0) continue;
    if (g.precision != tensor.view.precision)
      throw usage_error(name, precision_name(g.precision),
                        std::string("must be ") + precision_name(tensor.view.precision));
    if (g.data == nullptr)
      throw usage_error(name, "null", "must point to " + std::to_string(g.size) + " elements");
    if (g.data == tensor.gradient.data) continue;  // found good at the last step
    const auto* begin = static_cast<const std::byte*>(g.data);
    const auto* end = begin + g.size * element_size(g.precision);
    const auto after = memory_.lower_bound(begin);
    if ((after != memory_.end() && after->first < end) ||
        (after != memory_.begin() && std::prev(after)->second.first > begin)) {
      throw usage_error(name, "memory of parameters", "must not overlap them");
    }
  }
}

void Optimizer::Engine::step(const Gradients& gradients) {
  check(gradients);
  if (looks_ahead() && !looking_ahead_) {
    throw usage_error(rule().name(), rule().text(),
                      "wants the gradient at the look-ahead point: call look_ahead() before computing it, or "
                      "step(evaluate), or choose "
                      "a form for gradients at the parameters");
  }
  for (Group& group : groups_) refresh(group);
  come_back();
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    start_slots(tensors_[i]);
    tensors_[i].gradient = gradients[i];
  }
  prepare_stages();
  advance_carry();
  for_each_block([this](std::size_t b) { step_block(blocks_[b]); });
  ++steps_;
}

bool Optimizer::Engine::looks_ahead() const {
  return std::any_of(groups_.begin(), groups_.end(),
                     [](const Group& g) { return g.own.info().looks_ahead(g.own.object()); });
}

void Optimizer::Engine::look_ahead() {
  if (looking_ahead_) return;
  for (Group& group : groups_) refresh(group);
  for (Tensor& tensor : tensors_) {
    const Group& group = groups_[tensor.group];
    const detail::RuleInfo& info = group.own.info();
    if (!info.looks_ahead(group.own.object()) || tensor.view.size == 0) continue;
    start_slots(tensor);
    const auto* bytes = static_cast<const std::byte*>(tensor.view.data);
    tensor.before_look_ahead.assign(bytes, bytes + tensor.view.size * element_size(tensor.view.precision));
    const auto& kernels =
        tensor.view.precision == Precision::float32 ? info.look_ahead_float32 : info.look_ahead_float64;
    kernels[static_cast<std::size_t>(isa_)]({tensor.view.data, nullptr, slots_at(tensor, 0).data(),
                                             group.coefficients.in(tensor.view.precision), tensor.view.size});
    looking_ahead_ = true;
  }
  looking_ahead_ = looking_ahead_ || looks_ahead();
}

void Optimizer::Engine::come_back() {
  if (!looking_ahead_) return;
  for (Tensor& tensor : tensors_) {
    std::copy(tensor.before_look_ahead.begin(), tensor.before_look_ahead.end(),
              static_cast<std::byte*>(tensor.view.data));
    tensor.before_look_ahead.clear();
  }
  looking_ahead_ = false;
}

const Optimizer::Engine::Tensor& Optimizer::Engine::find(std::string_view tensor) const {
  const auto found = by_name_.find(std::string(tensor));
  if (found != by_name_.end()) return tensors_[found->second];
  std::vector<std::string> known;
  for (const auto& t : tensors_) known.push_back(t.name);
  throw unknown_name("tensor", tensor, known);
}

double Optimizer::Engine::value(std::string_view key, std::string_view tensor) const {
  const Group& group = tensor.empty() ? groups_.front() : groups_[find(tensor).group];
  AnyRule now = group.own;
  follow_schedules(group, now);
  const Value found = now.get(key);
  if (!std::holds_alternative<double>(found))
    throw usage_error(rule().name() + ": " + std::string(key), value_text(found), "is not a number");
  return std::get<double>(found);
}

const void* Optimizer::Engine::slot(std::string_view tensor, std::string_view slot, Precision precision,
                                    std::size_t& size) const {
  const Tensor& t = find(tensor);
  const Group& group = groups_[t.group];
  if (t.view.precision != precision)
    throw usage_error("slot of " + t.name, precision_name(precision),
                      std::string("the tensor is ") + precision_name(t.view.precision));
  size = t.view.size;
  std::vector<std::string> known;
  for (std::size_t row = 0; row < group.variant().slots.size(); ++row) {
    known.emplace_back(group.own.info().slots[group.variant().slots[row]].name);
    if (known.back() == slot) return group.arena(precision).at(row, t.offset);
  }
  throw unknown_name("slot", slot, known);
}

}  // namespace thalweg
