// The numbers that rules which adapt themselves carry from step to step.

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

}  // namespace thalweg
