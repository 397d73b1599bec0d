#include "cli/explanation.h"

#include <algorithm>
#include <limits>

#include <thalweg/error.h>
#include <thalweg/problems.h>
#include <thalweg/registry.h>

#include "data/load.h"
#include "models/spec.h"

namespace thalweg::cli {
namespace {

struct Kind {
  std::string name;
  std::vector<std::string> known;
  Explanation (*explain)(std::string_view);
};

template <class List>
std::vector<std::string> card_names(const List& list) {
  std::vector<std::string> names;
  for (const auto* info : list) names.emplace_back(info->card.name);
  return names;
}

template <class List>
std::vector<std::string> plain_names(const List& list) {
  std::vector<std::string> names;
  for (const auto& info : list) names.push_back(info.name);
  return names;
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = [] {
    std::vector<std::string> schedules = card_names(segments());
    schedules.emplace_back(plateau_info().card.name);
    schedules.emplace_back("absolute");
    return std::vector<Kind>{{"optimizer", card_names(rules()), explain_optimizer},
                             {"schedule", schedules, explain_schedule},
                             {"transform", card_names(transforms()), explain_transform},
                             {"problem", plain_names(problems()), explain_problem},
                             {"model", plain_names(models::models()), explain_model},
                             {"data", plain_names(data::bundled()), explain_data}};
  }();
  return all;
}

/// The name that a specification of any kind begins with.
std::string leading_name(std::string_view text) {
  text = text.substr(0, text.find_first_of(":|"));
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

const std::vector<std::string>& explanation_kinds() {
  static const std::vector<std::string> names = plain_names(kinds());
  return names;
}

Explanation explain(std::string_view specification, std::string_view kind) {
  const std::string name = leading_name(specification);
  std::vector<const Kind*> having;
  std::vector<std::string> known;
  for (const Kind& candidate : kinds()) {
    if (!kind.empty() && candidate.name != kind) continue;
    known.insert(known.end(), candidate.known.begin(), candidate.known.end());
    if (std::count(candidate.known.begin(), candidate.known.end(), name) > 0) having.push_back(&candidate);
  }
  if (having.empty()) {
    const std::string thing = kind.empty() ? "name" : std::string(kind);
    const std::string near = nearest_name(name, known);
    const std::string hint = near.empty() ? "" : ": did you mean '" + near + "'?";
    throw Error(Error::Kind::usage, thing, name, "a name that `thalweg list` shows",
                "unknown " + thing + " '" + name + "'" + hint + " (thalweg list shows all names)");
  }
  Explanation result = having.front()->explain(specification);
  for (std::size_t i = 1; i < having.size(); ++i) result.other_kinds.push_back(having[i]->name);
  return result;
}

}  // namespace thalweg::cli
