// What is told, in other languages: the English texts stand in the declarations, their translations in the
// messages.

#include <array>
#include <string_view>

#include <fmt/format.h>

#include <thalweg/registry.h>

#include "cli/explanation.h"

namespace thalweg::cli {
namespace {

using messages::Language;

/// Sentences around a value; what is accepted may hold another one: "a whole number at least 1".
constexpr std::array patterns{"a list of {} to {} numbers, each {}",
                              "a whole number {}",
                              "one of {}",
                              "at least {}",
                              "at most {}",
                              "greater than {}",
                              "less than {}",
                              "in {}",
                              "{} (any from {})"};

/// What stands in the places of the {} of `pattern`, if the text is of its form.
std::vector<std::string> matched(std::string_view pattern, std::string_view text) {
  std::vector<std::string> values;
  while (true) {
    const auto place = pattern.find("{}");
    if (text.substr(0, place) != pattern.substr(0, place)) return {};
    if (place == std::string_view::npos)
      return text.size() == pattern.size() ? values : std::vector<std::string>{};
    text.remove_prefix(place);
    pattern.remove_prefix(place + 2);
    const std::string_view next = pattern.substr(0, pattern.find("{}"));
    const auto end = next.empty() ? text.size() : text.find(next);
    if (end == std::string_view::npos) return {};
    values.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

}  // namespace

std::string told(Language language, std::string_view english) {
  if (messages::has_translation(language, english))
    return std::string(messages::translated(language, english));
  for (const char* pattern : patterns) {
    std::vector<std::string> values = matched(pattern, english);
    if (values.empty()) continue;
    for (std::string& value : values) value = told(language, value);
    return told(language, pattern, values);
  }
  return std::string(english);
}

std::string told(Language language, std::string_view english, const std::vector<std::string>& values) {
  std::string text(messages::translated(language, english));
  std::size_t at = 0;
  for (const std::string& value : values) {
    at = text.find("{}", at);
    text.replace(at, 2, value);
    at += value.size();
  }
  return text;
}

void translate(Explanation& all, Language language) {
  const auto say = [&](std::string& text) { text = told(language, text); };
  if (all.kind == "schedule" && all.title.find(", then ") != std::string::npos) {
    all.title.clear();
    all.idea.clear();
    const Schedule schedule = make_schedule(all.specification);
    for (const Segment& segment : schedule.segments()) {
      if (!all.title.empty()) all.title += told(language, ", then ");
      all.title += told(language, segment.info().card.title);
      all.idea += told(language, segment.info().card.idea);
    }
  } else {
    say(all.title);
    say(all.idea);
  }
  say(all.symbols);
  for (auto& fact : all.facts) {
    say(fact.name);
    say(fact.text);
  }
  for (auto& key : all.keys) {
    say(key.accepted);
    say(key.meaning);
  }
  for (auto& slot : all.slots) say(slot.meaning);
  for (auto& number : all.carried) say(number.meaning);
  if (all.worked) {
    say(all.worked->title);
    for (auto& row : all.worked->rows) say(row.name);
  }
  if (all.curve) say(all.curve->title);
}

}  // namespace thalweg::cli
