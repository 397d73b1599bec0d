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
  find_followed();
  plain_ = routine_ = false;
}

void Optimizer::Engine::scale(const std::string& key, double factor) {
  check_number(key);
  scales_[key] = factor;
  find_followed();
  plain_ = routine_ = false;
}

void Optimizer::Engine::find_followed() {
  followed_.clear();
  for (const KeyInfo& key : rule().info().keys) {
    const auto schedule = schedules_.find(key.name);
    const auto scale = scales_.find(key.name);
    if (schedule == schedules_.end() && scale == scales_.end()) continue;
    followed_.push_back({&key, schedule == schedules_.end() ? nullptr : &schedule->second,
                         scale == scales_.end() ? nullptr : &scale->second});
  }
}

void Optimizer::Engine::set_scales(const std::map<std::string, double>& scales) {
  scales_ = scales;
  find_followed();
}

/// Sets `now` to what the group's rule is at the coming step.
void Optimizer::Engine::follow_schedules(const Group& group, AnyRule& now) const {
  const auto t = static_cast<double>(steps_ + 1);
  for (const auto& [key, schedule, scale] : followed_) {
    const auto set = [&, known = key](double value) {
      const Value given(value);
      try {
        known->check(now.info().card.name, given);
      } catch (const Error& error) {
        throw usage_error(error.name + " (scheduled, step " + number_text(t) + ")", error.value,
                          error.constraint);
      }
      known->set(const_cast<void*>(now.object()), given);  // as now.set() does when it has found the key
    };
    double value = std::get<double>(key->get(group.own.object()));
    if (schedule != nullptr) set(value = schedule->at(t, value));
    if (scale != nullptr) set(*scale * value);
  }
}

/// Lets a group's rule follow the schedules, if there are any: otherwise it is as it was when it joined.
void Optimizer::Engine::follow(Group& group) const {
  if (followed_.empty()) return;
  follow_schedules(group, group.now);
  const std::string objection = group.now.info().objection(group.now.object());
  if (!objection.empty()) throw usage_error(group.now.name(), group.now.text(), objection);
  if (static_cast<std::size_t>(group.now.info().form(group.now.object())) != group.form) {
    throw usage_error(group.now.name(), group.now.text(),
                      "the schedule would change which state the rule keeps; start it from a value above 0");
  }
}

void Optimizer::Engine::refresh(Group& group) const {
  follow(group);
  if (!followed_.empty()) surround(group);
  find_coefficients(group);
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
