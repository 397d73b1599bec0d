#include <algorithm>

#include <thalweg/registry.h>

#include "registry/trim.h"

namespace thalweg {
namespace {

/// The parts of `text` between separators outside of brackets, trimmed.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size()) depth += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
    if (i == text.size() || (text[i] == separator && depth == 0)) {
      parts.emplace_back(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  return parts;
}

template <class Info>
const Info& find(const std::vector<const Info*>& all, std::string_view thing, const std::string& name) {
  std::vector<std::string> known;
  for (const Info* info : all) {
    if (info->card.name == name) return *info;
    known.emplace_back(info->card.name);
  }
  throw unknown_name(thing, name, known);
}

/// Sets what a specification says on an object of its kind.
template <class Object>
void apply(Object& object, const Specification& specification) {
  for (const auto& [name, text] : specification.settings) {
    const KeyInfo& known = object.info().key(name);
    object.set(name, known.parse(object.name(), text));
  }
  object.validate();
}

constexpr const char* libraries[] = {"paper", "torch", "keras", "optax", "ensmallen"};

/// Sets a library's preset, after checking that the explicit settings do not contradict it.
void apply_preset(AnyRule& rule, const std::string& library, const Specification& specification) {
  const std::vector<std::string> known(std::begin(libraries), std::end(libraries));
  if (std::find(known.begin(), known.end(), library) == known.end())
    throw unknown_name("library", library, known);
  if (library == "paper") return;
  const auto& presets = rule.info().presets;
  const auto preset =
      std::find_if(presets.begin(), presets.end(), [&](const Preset& p) { return library == p.library; });
  if (preset == presets.end()) {
    std::string have = "paper";
    for (const Preset& p : presets) have += std::string(", ") + p.library;
    throw usage_error(rule.name() + ": like", library,
                      library + " has no " + rule.name() + "; available here: " + have);
  }
  const Specification fixed =
      parse_specification(rule.name() + (*preset->settings == '\0' ? "" : ":") + preset->settings);
  apply(rule, fixed);
  const std::vector<std::string> lacking = split(preset->lacks, ',');
  for (const auto& [name, text] : specification.settings) {
    if (std::find(lacking.begin(), lacking.end(), name) != lacking.end()) {
      throw usage_error(rule.name() + ": " + name, text,
                        library + "'s " + rule.name() + " has no such option (like=" + library + ")");
    }
    if (name == "like") continue;
    const KeyInfo& key = rule.info().key(name);
    const bool form = key.kind == KeyInfo::Kind::choice || key.kind == KeyInfo::Kind::flag;
    for (const auto& setting : fixed.settings) {
      if (form && setting.first == name && setting.second != text) {
        throw usage_error(
            rule.name() + ": " + name, text,
            "like=" + library + " means " + name + "=" + setting.second + "; leave one of the two out");
      }
    }
  }
}

}  // namespace

namespace detail {

const KeyInfo& ObjectInfo::key(std::string_view name) const {
  std::vector<std::string> known;
  for (const KeyInfo& info : keys) {
    if (info.name == name) return info;
    known.push_back(info.name);
  }
  throw unknown_name(std::string("key of ") + card.name, name, known);
}

}  // namespace detail

Specification parse_specification(std::string_view text) {
  Specification result;
  const std::size_t colon = std::min(text.find(':'), text.size());
  result.name = trim(text.substr(0, colon));
  if (result.name.empty())
    throw usage_error("specification", "'" + std::string(text) + "'", "must be NAME or NAME:key=value,...");
  if (colon == text.size()) return result;
  for (const std::string& part : split(text.substr(colon + 1), ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw usage_error(result.name, "'" + part + "'",
                        "must be key=value, with commas between (" + std::string(text) + ")");
    }
    const std::string name(trim(std::string_view(part).substr(0, equals)));
    for (const auto& setting : result.settings) {
      if (setting.first == name)
        throw usage_error(result.name + ": " + name, part.substr(equals + 1), "is given twice");
    }
    result.settings.emplace_back(name, trim(std::string_view(part).substr(equals + 1)));
  }
  return result;
}

AnyRule make_rule(std::string_view text) {
  Specification specification = parse_specification(text);
  AnyRule rule(find(rules(), "optimizer", specification.name));
  auto& settings = specification.settings;
  const auto like =
      std::find_if(settings.begin(), settings.end(), [](const auto& s) { return s.first == "like"; });
  if (like != settings.end()) {
    const std::string library = like->second;
    settings.erase(like);
    apply_preset(rule, library, specification);
  }
  apply(rule, specification);
  return rule;
}

Optimizer make_optimizer(std::string_view specification, const Execution& execution) {
  return Optimizer(make_rule(specification), execution);
}

AnyTransform make_transform(std::string_view text) {
  const Specification specification = parse_specification(text);
  AnyTransform transform(find(transforms(), "transform", specification.name));
  apply(transform, specification);
  return transform;
}

Schedule make_schedule(std::string_view text) {
  std::vector<std::string> parts = split(text, '|');
  const bool absolute = parts.front() == "absolute";
  if (absolute) parts.erase(parts.begin());
  if (parts.empty()) throw usage_error("schedule", "'" + std::string(text) + "'", "must name a segment");
  std::vector<Schedule> made;
  for (const std::string& part : parts) {
    const Specification specification = parse_specification(part);
    if (specification.name == plateau_info().card.name) {
      throw usage_error("schedule", part,
                        "plateau follows a metric, not the step: it stands alone, not between '|'");
    }
    Segment segment(find(segments(), "schedule", specification.name));
    apply(segment, specification);
    made.emplace_back(segment);
  }
  Schedule whole = made.front();
  for (std::size_t i = 1; i < made.size(); ++i) whole = whole.then(made[i]);
  return absolute ? whole.absolute() : whole;
}

Plateau make_plateau(std::string_view text) {
  const Specification specification = parse_specification(text);
  if (specification.name != plateau_info().card.name)
    throw unknown_name("schedule", specification.name, {plateau_info().card.name});
  auto settings = std::make_shared<Plateau>();
  detail::Erased<detail::ObjectInfo> object(plateau_info(), settings);
  apply(object, specification);
  return *settings;
}

}  // namespace thalweg
