#include "cli/step_options.h"

#include <algorithm>

#include <thalweg/error.h>

#include "cli/arguments.h"

namespace thalweg::cli {
namespace {

/// The key (lr by default) and the schedule of "lr=warmup:steps=500 | cosine" or "warmup:steps=500 | cosine".
std::pair<std::string, std::string> key_and_schedule(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || text.find_first_of(":|") < equals) return {"lr", text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

bool is_plateau(const std::string& schedule) {
  const std::string name = plateau_info().card.name;
  return schedule == name || schedule.rfind(name + ":", 0) == 0;
}

}  // namespace

void StepOptions::declare(Arguments& arguments) {
  arguments.text("--optimizer,-o", "SPEC", optimizer,
                 "NAME or NAME:key=value,... (see: thalweg list optimizers)");
  if (optimizer.empty()) arguments.required();
  declare_around(arguments);
}

void StepOptions::declare_around(Arguments& arguments) {
  arguments.texts(
      "--schedule", "KEY=SPEC", schedules,
      "let a hyper-parameter (lr, if left out) follow a schedule: lr=warmup:steps=500 | cosine:steps=9500");
  arguments.texts("--transform", "SPEC", transforms,
                  "change the gradient before the rule, in this order: clip_norm:max=1");
}

std::vector<std::pair<std::string, std::string>> StepOptions::words() const {
  std::vector<std::pair<std::string, std::string>> all{{"--optimizer", optimizer}};
  for (const std::string& schedule : schedules) all.emplace_back("--schedule", schedule);
  for (const std::string& transform : transforms) all.emplace_back("--transform", transform);
  return all;
}

std::vector<AnyTransform> StepOptions::made_transforms(std::uint64_t seed) const {
  const auto is_seed = [](const auto& setting) { return setting.first == "seed"; };
  const auto is_seed_key = [](const KeyInfo& key) { return key.name == "seed"; };
  std::vector<AnyTransform> made;
  for (const std::string& text : transforms) {
    AnyTransform transform = make_transform(text);
    const auto& settings = parse_specification(text).settings;
    const auto& keys = transform.info().keys;
    if (std::any_of(keys.begin(), keys.end(), is_seed_key) &&
        std::none_of(settings.begin(), settings.end(), is_seed))
      transform.set("seed", static_cast<double>(seed));
    made.push_back(std::move(transform));
  }
  return made;
}

std::vector<std::pair<std::string, Schedule>> StepOptions::made_schedules() const {
  std::vector<std::pair<std::string, Schedule>> made;
  for (const std::string& text : schedules) {
    const auto [key, schedule] = key_and_schedule(text);
    if (is_plateau(schedule)) continue;
    const auto same_key = [&, name = key](const auto& other) { return other.first == name; };
    if (std::any_of(made.begin(), made.end(), same_key))
      throw usage_error("--schedule", text, key + " has a schedule already; join them with '|'");
    made.emplace_back(key, make_schedule(schedule));
  }
  return made;
}

std::optional<Plateau> StepOptions::plateau() const {
  std::optional<Plateau> found;
  for (const std::string& text : schedules) {
    const auto [key, schedule] = key_and_schedule(text);
    if (!is_plateau(schedule)) continue;
    if (key != "lr") throw usage_error("--schedule", text, "plateau lowers lr only");
    if (found) throw usage_error("--schedule", text, "there is a plateau already");
    found = make_plateau(schedule);
  }
  return found;
}

}  // namespace thalweg::cli
