#include "messages/messages.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include <thalweg/error.h>

#include "messages/embedded.h"

namespace thalweg::messages {
namespace {

constexpr std::string_view declared = "explain";  // the subject whose keys are English texts

struct Catalog {
  nlohmann::ordered_json subjects;
  std::map<std::string, std::string, std::less<>> texts;  // by "subject.id"
};

const Catalog& catalog_of(Language language) {
  static const auto catalogs = [] {
    std::array<Catalog, all_languages.size()> all;
    for (const Language one : all_languages) {
      Catalog& made = all.at(static_cast<std::size_t>(one));
      made.subjects = nlohmann::ordered_json::parse(embedded(std::string(tag(one)) + ".json"));
      for (const auto& [subject, messages] : made.subjects.items())
        for (const auto& [id, text] : messages.items())
          made.texts.emplace(subject + "." + id, text.get<std::string>());
    }
    return all;
  }();
  return catalogs.at(static_cast<std::size_t>(language));
}

const std::string* find(Language language, std::string_view id) {
  const auto& texts = catalog_of(language).texts;
  const auto found = texts.find(id);
  return found == texts.end() ? nullptr : &found->second;
}

std::string declared_id(std::string_view english) {
  return std::string(declared) + "." + std::string(english);
}

/// The language of a locale's name in lower case and with dashes, if it is one of ours.
std::optional<Language> language_named(std::string name) {
  name = name.substr(0, name.find_first_of(".@"));
  const auto begins = [&](std::string_view prefix) {
    return name == prefix || (name.starts_with(prefix) && name[prefix.size()] == '-');
  };
  if (name == "c" || name == "posix" || begins("en")) return Language::english;
  if (!begins("zh")) return std::nullopt;
  for (const char* part : {"-hant", "-tw", "-hk", "-mo"})
    if (name.find(part) != std::string::npos) return Language::traditional_chinese;
  return Language::simplified_chinese;
}

std::string folded(std::string_view name) {
  std::string low(name);
  for (char& c : low) c = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return low;
}

}  // namespace

const char* tag(Language language) {
  static constexpr std::array tags{"en", "zh-Hant", "zh-Hans"};
  return tags.at(static_cast<std::size_t>(language));
}

Language parse_language(std::string_view name) {
  if (const auto language = language_named(folded(name))) return *language;
  throw usage_error("language", name, "must be en, zh-Hant (zh-TW) or zh-Hans (zh-CN)");
}

Language language_of_environment() {
  for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): read before any thread
    if (value && *value) return language_named(folded(value)).value_or(Language::english);
  }
  return Language::english;
}

std::string_view text(Language language, std::string_view id) {
  if (const std::string* found = find(language, id)) return *found;
  throw std::out_of_range(fmt::format("no message {} in {}.json", id, tag(language)));
}

std::string_view translated(Language language, std::string_view english) {
  if (language == Language::english || english.empty()) return english;
  const std::string* found = find(language, declared_id(english));
  return found ? std::string_view(*found) : english;
}

bool has_translation(Language language, std::string_view english) {
  return language == Language::english || english.empty() || find(language, declared_id(english));
}

std::string catalog(Language language, std::string_view subject) {
  const auto& subjects = catalog_of(language).subjects;
  const auto found = subjects.find(std::string(subject));
  return found == subjects.end() ? "{}" : found->dump();
}

}  // namespace thalweg::messages
