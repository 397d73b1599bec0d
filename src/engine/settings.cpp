// Hyper-parameters of the coming step: as given, as scheduled, as scaled.

#include "engine/engine.h"

namespace thalweg {

void Optimizer::Engine::check_number(const std::string& key) const {
  if (rule().info().key(key).kind != KeyInfo::Kind::number) {
    throw usage_error(rule().name() + ": " + key, value_text(rule().get(key)),
                      "only numbers can follow a schedule");
  }
}

void Optimizer::Engine::schedule(const std::string& key, const Schedule& schedule) {
  check_number(key);
  schedules_.insert_or_assign(key, schedule);
  plain_ = false;
}

void Optimizer::Engine::scale(const std::string& key, double factor) {
  check_number(key);
  scales_[key] = factor;
  plain_ = false;
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
  if (!schedules_.empty() || !scales_.empty()) {  // otherwise it is as it was when it joined
    follow_schedules(group, group.now);
    const std::string objection = group.now.info().objection(group.now.object());
    if (!objection.empty()) throw usage_error(group.now.name(), group.now.text(), objection);
    if (static_cast<std::size_t>(group.now.info().form(group.now.object())) != group.form) {
      throw usage_error(
          group.now.name(), group.now.text(),
          "the schedule would change which state the rule keeps; start it from a value above 0");
    }
    surround(group);
  }
  find_coefficients(group);
}

double Optimizer::Engine::group_step(const Group& group) const {
  return static_cast<double>(steps_ + 1 - group.joined);
}

/// The learning rate of the step that `now` is of.
double Optimizer::Engine::rate_of(const Group& group) const {
  const detail::RuleInfo& info = group.now.info();
  if (info.rate != nullptr) return info.rate(group.now.object(), carry_of(group).data());
  return group.lr != nullptr ? std::get<double>(group.lr->get(group.now.object())) : 1;
}

double Optimizer::Engine::rate(std::string_view tensor) const {
  return rate_of(tensor.empty() ? groups_.front() : groups_[find(tensor).group]);
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

}  // namespace thalweg
