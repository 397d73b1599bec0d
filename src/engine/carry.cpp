// What is carried from step to step: the numbers of rules that adapt themselves, the sums over all parameters
// that they are made of, and slots that start where the parameters are.

#include <cstring>

#include "engine/engine.h"

namespace thalweg {

/// What a rule measures is of all parameters, so all groups must measure with the same settings.
void Optimizer::Engine::check_shared(const AnyRule& own) const {
  if (own.info().sum_count == 0) return;
  for (const KeyInfo& key : own.info().keys) {
    if (key.name == "lr" || key.name == "l2" || key.name == "weight_decay") continue;
    const Value value = own.get(key.name);
    if (value != rule().get(key.name))
      throw usage_error(own.name() + ": " + key.name, value_text(value),
                        "is shared by all tensors, with what the rule measures over them; only lr, l2 and "
                        "weight_decay may differ");
  }
}

/// Sets the slots that start at the parameters to them. Again before a tensor's first step: until then its
/// owner may still change it.
void Optimizer::Engine::start_slots(const Tensor& tensor) const {
  const Group& group = groups_[tensor.group];
  if (group.joined != steps_ || tensor.view.size == 0) return;
  const auto& variant = group.variant();
  for (std::size_t row = 0; row < variant.slots.size(); ++row) {
    if (group.own.info().slots[variant.slots[row]].start != Start::theta) continue;
    std::memcpy(group.arena(tensor.view.precision).at(row, tensor.offset), tensor.view.data,
                tensor.view.size * element_size(tensor.view.precision));
  }
}

/// The numbers that a group's rule carries: those of all tensors where it measures them all.
const std::vector<double>& Optimizer::Engine::carry_of(const Group& group) const {
  return group.own.info().sum_count > 0 ? groups_.front().carry : group.carry;
}

void Optimizer::Engine::find_coefficients(Group& group) const {
  group.now.info().coefficients(group.now.object(), group_step(group), carry_of(group).data(),
                                group.coefficients.float64.data());
  group.coefficients.round();
}

/// Takes what the rules carry to this step, and what follows from it.
void Optimizer::Engine::advance_carry() {
  if (rule().info().carried.empty()) return;
  if (rule().info().sum_count > 0) {
    Group& first = groups_.front();
    const std::vector<double> sums = measure();
    first.now.info().advance(first.now.object(), group_step(first), sums.data(), first.carry.data());
  } else {
    for (Group& group : groups_)
      group.now.info().advance(group.now.object(), group_step(group), nullptr, group.carry.data());
  }
  for (Group& group : groups_) find_coefficients(group);
  fill_stages(0);
}

/// The learning rate of the step that `now` is of.
double Optimizer::Engine::rate_of(const Group& group) const {
  const detail::RuleInfo& info = group.now.info();
  if (info.rate != nullptr) return info.rate(group.now.object(), carry_of(group).data());
  return number_key(group.now, "lr") != nullptr ? std::get<double>(group.now.get("lr")) : 1;
}

double Optimizer::Engine::carried(std::string_view name, std::string_view tensor) const {
  const Group& group = tensor.empty() ? groups_.front() : groups_[find(tensor).group];
  std::vector<std::string> known;
  for (const Slot& slot : rule().info().carried) {
    if (slot.name == name) return carry_of(group)[known.size()];
    known.emplace_back(slot.name);
  }
  if (known.empty())
    throw usage_error("carried number", name, rule().name() + " carries none from step to step");
  throw unknown_name("carried number of " + rule().name(), name, known);
}

double Optimizer::Engine::rate(std::string_view tensor) const {
  const Group& group = tensor.empty() ? groups_.front() : groups_[find(tensor).group];
  return rate_of(group);
}

}  // namespace thalweg
