// What an optimizer is made of, and the course of a step.

#include "engine/engine.h"

#include <algorithm>
#include <cmath>

#include <thalweg/thread_pool.h>

namespace thalweg {
namespace {

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

/// How each slot of a rule's form is stored beside numbers that are computed in `compute`.
State state_of(const AnyRule& rule, std::size_t form, const Storage& storage, Precision compute) {
  const StateType own = compute == Precision::float32 ? StateType::float32 : StateType::float64;
  std::vector<StateType> types;
  for (const std::size_t slot : rule.info().forms[form].slots) {
    const bool keeps = storage.state == StateType::automatic || rule.info().slots[slot].start == Start::theta;
    types.push_back(keeps ? own : storage.state);
  }
  return State(std::move(types));
}

}  // namespace

const KeyInfo* number_key(const AnyRule& rule, std::string_view key) {
  for (const auto& known : rule.info().keys) {
    if (known.name == key && known.kind == KeyInfo::Kind::number) return &known;
  }
  return nullptr;
}

Optimizer::Engine::Group::Group(const AnyRule& rule, const Storage& storage, std::uint64_t joined_at)
    : own(rule),
      now(rule),
      text(rule.text()),
      joined(joined_at),
      form(static_cast<std::size_t>((rule.validate(), rule.info().form(rule.object())))),
      lr(number_key(rule, "lr")),
      l2(rule.info().decays ? nullptr : number_key(rule, "l2")),
      weight_decay(rule.info().decays ? nullptr : number_key(rule, "weight_decay")),
      float32(state_of(rule, form, storage, Precision::float32)),
      float64(state_of(rule, form, storage, Precision::float64)),
      masters({sizeof(float) * Arena::group}) {
  coefficients.resize(own.info().coefficient_count);
  carry.resize(own.info().carried.size());
  own.info().start(own.object(), carry.data());
}

Optimizer::Engine::Engine(const AnyRule& rule, const Storage& storage, const Execution& execution)
    : storage_(storage),
      isa_(find_isa(execution.isa)),
      threads_(thread_count(execution)),
      chunk_(execution.chunk),
      executor_(execution.executor) {
  surround(groups_.emplace_back(rule, storage_, 0));
}

/// Refuses memory that is not there, or a tensor's already but for the one of this name.
void Optimizer::Engine::check_memory(const std::string& name, const ParameterView& view,
                                     const std::string* except) const {
  constexpr std::size_t most = std::size_t{1} << 48U;  // more than can be addressed; its bytes can be counted
  if (view.size > most)
    throw usage_error("tensor " + name, std::to_string(view.size) + " elements", "must have at most 2^48");
  if (view.size == 0) return;
  if (view.data == nullptr)
    throw usage_error("tensor " + name, "null", "must point to " + std::to_string(view.size) + " elements");
  const auto* begin = static_cast<const std::byte*>(view.data);
  const auto* end = begin + view.size * element_size(view.precision);
  auto other = memory_.lower_bound(begin);
  if (other != memory_.begin() && std::prev(other)->second.first > begin) --other;
  for (; other != memory_.end() && other->first < end; ++other) {
    if (except == nullptr || other->second.second != *except)
      throw usage_error("tensor", name, "must not overlap the memory of tensor " + other->second.second);
  }
}

void Optimizer::Engine::add(const std::string& name, const ParameterView& view, const GroupOptions& options,
                            const SparseOptions* sparse) {
  check_idle("add()");
  if (by_name_.count(name) != 0) throw usage_error("tensor", name, "another tensor has this name");
  check_memory(name, view);
  const AnyRule own = with_options(rule(), options);
  check_shared(own);
  if (sparse != nullptr) check_sparse(name, view, own, *sparse);
  const auto same = std::find_if(groups_.begin(), groups_.end(), [&, text = own.text()](const Group& g) {
    return g.joined == steps_ && g.text == text;
  });
  const auto group = static_cast<std::size_t>(same - groups_.begin());
  if (same == groups_.end()) surround(groups_.emplace_back(own, storage_, steps_));

  Group& g = groups_[group];
  const bool wide = view.precision == Precision::float64 || storage_.state == StateType::float64;
  const Precision compute = wide ? Precision::float64 : Precision::float32;
  const bool has_master = storage_.master && element_size(view.precision) == 2;
  State& state = wide ? g.float64 : g.float32;
  Tensor tensor{.view = view,
                .compute = compute,
                .has_master = has_master,
                .gradient = {nullptr, view.precision},
                .direct = nullptr,
                .group = group,
                .offset = sparse != nullptr ? 0 : state.extend(view.size),
                .first_index = size_,
                .rare = std::make_unique<Rare>()};
  tensor.rare->name = name;
  tensor.rare->master_offset = has_master ? g.masters.extend(view.size) : 0;
  tensor.rare->traffic = static_cast<double>(view.size) *
                         (3.0 * static_cast<double>(element_size(view.precision)) + state.traffic());
  for (std::size_t at = 0; at < view.size && sparse == nullptr; at += block_size)
    blocks_.push_back({tensors_.size(), at, std::min(block_size, view.size - at)});
  traffic_ += tensor.rare->traffic;
  by_name_.emplace(name, tensors_.size());
  if (view.size > 0) {
    const auto* const begin = static_cast<const std::byte*>(view.data);
    memory_.emplace(begin, std::make_pair(begin + view.size * element_size(view.precision), name));
  }
  if (steps_ > 0) {
    for (Tensor& known : tensors_) known.gradient.data = nullptr;  // it may overlap the new tensor
  }
  tensors_.push_back(std::move(tensor));
  Tensor& added = tensors_.back();
  if (sparse != nullptr) {
    added.rare->table = std::make_unique<Table>();
    added.rare->table->options = *sparse;
    ++sparse_;
  } else {
    added.direct = direct_kernel(added);
    start_slots(added);
    start_at_theta(added);
  }
  newcomers_ = true;
  plain_ = routine_ = false;
  size_ += view.size;
}

void Optimizer::Engine::check_idle(const char* call) const {
  if (stepping_) throw usage_error(call, "", "a step has begun: end_step() or cancel_step() comes first");
}

void Optimizer::Engine::check_gradient(const Tensor& tensor, const GradientView& g) const {
  const auto name = [&] { return "gradient of " + tensor.rare->name; };
  if (g.size != tensor.view.size) {
    throw usage_error(name(), std::to_string(g.size) + " elements",
                      "must have " + std::to_string(tensor.view.size));
  }
  if (g.size == 0) return;
  if (g.data == nullptr)
    throw usage_error(name(), "null", "must point to " + std::to_string(g.size) + " elements");
  const auto* begin = static_cast<const std::byte*>(g.data);
  const auto* end = begin + g.size * element_size(g.precision);
  const auto after = memory_.lower_bound(begin);
  if ((after != memory_.end() && after->first < end) ||
      (after != memory_.begin() && std::prev(after)->second.first > begin)) {
    throw usage_error(name(), "memory of parameters", "must not overlap them");
  }
}

void Optimizer::Engine::take_gradient(Tensor& tensor, const GradientView& gradient) {
  tensor.gradient.data = gradient.data;
  if (tensor.gradient.precision == gradient.precision) return;
  tensor.gradient.precision = gradient.precision;
  tensor.direct = direct_kernel(tensor);
}

void Optimizer::Engine::check_looked_ahead() const {
  if (looks_ahead() && !looking_ahead_) {
    throw usage_error(rule().name(), rule().text(),
                      "wants the gradient at the look-ahead point: call look_ahead() before computing it, or "
                      "step(evaluate), or choose "
                      "a form for gradients at the parameters");
  }
}

void Optimizer::Engine::finish() {
  if (looking_ahead_) {
    for (Tensor& tensor : tensors_) tensor.ahead = false;
  }
  looking_ahead_ = false;
  newcomers_ = false;
  if (sparse_ > 0) remember_step();
  ++steps_;
}

void Optimizer::Engine::step(const Gradients& gradients) {
  check_idle("step()");
  if (sparse_ > 0)
    throw usage_error("step()", "", "sparse tensors take begin_step(), step_tensor() and end_step()");
  if (gradients.size() != tensors_.size()) {
    throw usage_error("gradients", std::to_string(gradients.size()),
                      "must be one per tensor: " + std::to_string(tensors_.size()));
  }
  bool same = !newcomers_;  // as at the step before: then nothing has to be taken
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const GradientView& g = gradients[i];
    const Tensor& tensor = tensors_[i];
    if (tensor.takes(g)) continue;
    check_gradient(tensor, g);
    same = false;
  }
  check_looked_ahead();
  for (std::size_t i = 0; !same && i < tensors_.size(); ++i) take_gradient(tensors_[i], gradients[i]);
  const bool looks = policy_ != NonFinite::pass, by_norm = looks && norm_tells();
  if (looks && !by_norm && !screen()) return;
  for (Group& group : groups_) refresh(group);
  if (newcomers_ || needs_all_gradients()) come_back();  // otherwise each piece does, when it is stepped
  for (std::size_t i = 0; newcomers_ && i < tensors_.size(); ++i) start_at_theta(tensors_[i]);
  const double norm_before = last_norm_;
  prepare_stages();
  if (by_norm && !std::isfinite(last_norm_)) {
    last_norm_ = norm_before;
    if (!screen()) return;
    prepare_stages();
  }
  advance_carry();
  each_piece(pass_traffic(), 0, size_, [this](const Tensor& tensor, std::size_t begin, std::size_t count) {
    step_piece(tensor, begin, count);
  });
  finish();
}

/// Whether something is computed from the gradients of all tensors before one moves.
bool Optimizer::Engine::needs_all_gradients() const {
  return rule().info().sum_count > 0 ||
         std::any_of(transforms_.begin(), transforms_.end(),
                     [](const AnyTransform& transform) { return transform.info().needs_norm; });
}

void Optimizer::Engine::begin_step() {
  check_idle("begin_step()");
  routine_ ? begin_routine() : prepare_step();
  for (Tensor& tensor : tensors_) tensor.stepped = false;
  stepping_ = true;
}

void Optimizer::Engine::prepare_step() {
  if (rule().info().sum_count > 0)
    throw usage_error(rule().name(), "begin_step()",
                      "measures the gradients of all tensors before one moves: use step()");
  for (const AnyTransform& transform : transforms_) {
    if (transform.info().needs_norm)
      throw usage_error(transform.name(), "begin_step()",
                        "needs the gradients of all tensors before one moves: use step()");
  }
  if (policy_ == NonFinite::skip)
    throw usage_error("NonFinite::skip", "begin_step()",
                      "needs the gradients of all tensors before one moves: use step()");
  check_looked_ahead();
  for (Group& group : groups_) refresh(group);
  prepare_stages();
  if (sparse_ > 0) prepare_sparse();
  advance_carry();
  if (policy_ != NonFinite::pass) {
    seen_.resize(tensors_.size());
    largest_.resize(blocks_.size());
  }
  if (!executor_ && threads_ > 1) executor_ = std::make_shared<ThreadPool>(threads_);
  routine_ = sparse_ > 0 && prepare_routine();
}

void Optimizer::Engine::step_tensor(std::size_t index, const GradientView& gradient) {
  if (!stepping_) throw usage_error("step_tensor()", std::to_string(index), "begin_step() comes first");
  if (index >= tensors_.size()) {
    throw usage_error("tensor", std::to_string(index),
                      "there are " + std::to_string(tensors_.size()) + ", counted from 0");
  }
  Tensor& tensor = tensors_[index];
  if (tensor.rare->table)
    throw usage_error("tensor", tensor.rare->name, "is sparse: its gradient is a SparseGradient");
  if (tensor.stepped) throw usage_error("tensor", tensor.rare->name, "was stepped already in this step");
  if (newcomers_ || !tensor.takes(gradient)) check_gradient(tensor, gradient);
  if (newcomers_ && !tensor.ahead) start_at_theta(tensor);
  take_gradient(tensor, gradient);
  if (policy_ != NonFinite::pass) screen_tensor(index);
  step_whole(tensor);
  tensor.ahead = false;
  tensor.stepped = true;
}

void Optimizer::Engine::end_step() {
  if (!stepping_) throw usage_error("end_step()", "", "begin_step() comes first");
  for (const Tensor& tensor : tensors_) {
    if (!tensor.stepped && tensor.view.size > 0)
      throw usage_error("tensor", tensor.rare->name, "was not stepped since begin_step()");
  }
  stepping_ = false;
  finish();
}

void Optimizer::Engine::cancel_step() {
  stepping_ = false;
  come_back();
}

const Optimizer::Engine::Tensor& Optimizer::Engine::find(std::string_view tensor) const {
  const auto found = by_name_.find(std::string(tensor));
  if (found != by_name_.end()) return tensors_[found->second];
  std::vector<std::string> known;
  for (const auto& t : tensors_) known.push_back(t.rare->name);
  throw unknown_name("tensor", tensor, known);
}

const void* Optimizer::Engine::slot(std::string_view tensor, std::string_view slot, Precision precision,
                                    std::size_t& size) const {
  const Tensor& t = find(tensor);
  const State& state = groups_[t.group].state(t.compute);
  const std::size_t row = find_slot(t, slot);
  if (t.rare->table)
    throw usage_error("slot " + std::string(slot) + " of " + t.rare->name, precision_name(precision),
                      "lies beside sparse parameters; slot_values() gathers it");
  static constexpr const char* names[] = {"", "float32", "float64", "bfloat16", "int8"};
  const char* const kept = names[static_cast<std::size_t>(state.type(row))];
  if (kept != std::string_view(precision_name(precision)))
    throw usage_error("slot " + std::string(slot) + " of " + t.rare->name, precision_name(precision),
                      std::string("it is stored in ") + kept + "; slot_values() converts");
  size = t.view.size;
  return state.at(row, t.offset);
}

std::size_t Optimizer::Engine::find_slot(const Tensor& tensor, std::string_view slot) const {
  const Group& group = groups_[tensor.group];
  std::vector<std::string> known;
  for (std::size_t row = 0; row < group.variant().slots.size(); ++row) {
    known.emplace_back(group.own.info().slots[group.variant().slots[row]].name);
    if (known.back() == slot) return row;
  }
  throw unknown_name("slot", slot, known);
}

}  // namespace thalweg
