#pragma once

// Every variant of every registered rule, found through the keys that it declares, so that a new rule is
// tested without an edit here.

#include <cctype>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <thalweg/registry.h>

namespace thalweg::test {

/// The values of a key that may select other code: all alternatives of a flag or choice, momentum off and on,
/// a list of every length. The key's default comes first.
inline std::vector<Value> alternatives(const detail::RuleInfo& info, const KeyInfo& key) {
  const AnyRule standard(info);
  std::vector<Value> values{standard.get(key.name)};
  switch (key.kind) {
    case KeyInfo::Kind::flag:
      values.emplace_back(!std::get<bool>(values[0]));
      break;
    case KeyInfo::Kind::choice:
      for (const std::string& choice : key.choices) {
        if (Value(choice) != values[0]) values.emplace_back(choice);
      }
      break;
    case KeyInfo::Kind::list:
      for (std::size_t length = key.shortest_list; length <= key.longest_list; ++length) {
        std::vector<double> list(length);
        for (std::size_t i = 0; i < length; ++i)
          list[i] = 1 - 1 / static_cast<double>(i * i + 1);  // 0, 0.5, 0.8, ...
        values.emplace_back(list);
      }
      break;
    case KeyInfo::Kind::number:
    case KeyInfo::Kind::count:
      if (key.name == "momentum" && values[0] == Value(0.0)) values.emplace_back(0.9);
      break;
  }
  return values;
}

/// All combinations of alternatives that the rule does not refuse.
inline std::vector<AnyRule> variants(const detail::RuleInfo& info) {
  std::vector<AnyRule> made{AnyRule(info)};
  for (const KeyInfo& key : info.keys) {
    const std::vector<Value> values = alternatives(info, key);
    const std::size_t before = made.size();
    for (std::size_t v = 1; v < values.size(); ++v) {
      for (std::size_t i = 0; i < before; ++i) {
        made.push_back(made[i]);
        made.back().set(key.name, values[v]);
      }
    }
  }
  std::erase_if(made, [](const AnyRule& rule) { return !rule.info().objection(rule.object()).empty(); });
  return made;
}

inline std::vector<AnyRule> all_variants() {
  std::vector<AnyRule> all;
  for (const detail::RuleInfo* info : rules()) {
    for (const AnyRule& rule : variants(*info)) all.push_back(rule);
  }
  return all;
}

inline std::vector<AnyRule> all_defaults() {
  std::vector<AnyRule> all;
  for (const detail::RuleInfo* info : rules()) all.emplace_back(*info);
  return all;
}

inline bool has_key(const AnyRule& rule, std::string_view name) {
  for (const KeyInfo& key : rule.info().keys) {
    if (key.name == name) return true;
  }
  return false;
}

/// Whether what the rule does to one parameter depends on all of them.
inline bool measures(const AnyRule& rule) { return rule.info().sum_count > 0; }

/// The slots that this variant of a rule keeps.
inline std::vector<std::string> slot_names(const AnyRule& rule) {
  const auto& info = rule.info();
  std::vector<std::string> names;
  for (const std::size_t slot : info.forms[static_cast<std::size_t>(info.form(rule.object()))].slots)
    names.emplace_back(info.slots[slot].name);
  return names;
}

/// A specification as the name of a test.
inline std::string test_name(std::string text) {
  for (char& c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return text;
}

/// For INSTANTIATE_TEST_SUITE_P over rules.
inline std::string rule_test_name(const ::testing::TestParamInfo<AnyRule>& rule) {
  return test_name(rule.param.text());
}

}  // namespace thalweg::test

namespace thalweg {
// GoogleTest prints parameters with this.
inline void PrintTo(const AnyRule& rule, std::ostream* out) { *out << rule.text(); }  // NOLINT: its name
}  // namespace thalweg
