#include "cli/arguments.h"

#include <algorithm>
#include <cmath>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <thalweg/error.h>

#include "cli/table.h"
#include "cli/text.h"

namespace thalweg::cli {
namespace {

/// The name by which errors speak of an argument: the first one, "--steps".
std::string first_name(const std::string& names) { return names.substr(0, names.find(',')); }

double checked_number(const std::string& name, const std::string& text, const Range& range) {
  double value = 0;
  if (!parse_number(text, value)) throw usage_error(name, "'" + text + "'", "must be a number");
  if (!range.contains(value)) throw usage_error(name, text, "must be " + range.text());
  return value;
}

}  // namespace

struct Arguments::Parser {
  CLI::App app;
  CLI::Option* last = nullptr;
};

Arguments::Arguments() : parser_(std::make_unique<Parser>()) {}
Arguments::~Arguments() = default;

Arguments::Entry& Arguments::add(const std::string& names, const std::string& placeholder,
                                 const std::string& meaning, const std::string& default_text,
                                 const std::function<void(const std::string&)>& set, bool repeatable) {
  CLI::Option*& option = parser_->last;
  if (placeholder.empty()) {
    option = parser_->app.add_flag_function(names, [set](std::int64_t times) {
      if (times > 0) set("");
    });
  } else {
    const auto set_all = [set](const std::vector<std::string>& words) {
      for (const std::string& word : words) set(word);
      return true;
    };
    option = parser_->app.add_option(names, set_all);
    option->type_size(1);
    if (repeatable) {
      option->expected(1, 1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
  std::string text = meaning;
  if (!default_text.empty()) text += " (default: " + default_text + ")";
  if (repeatable) text += " (repeatable)";
  entries_.push_back({names, placeholder, text, group_, names.front() == '-'});
  return entries_.back();
}

void Arguments::flag(const std::string& names, bool& value, const std::string& meaning) {
  add(names, "", meaning, "", [&value](const std::string&) { value = true; });
}

void Arguments::number(const std::string& names, double& value, const Range& range,
                       const std::string& meaning) {
  add(names, "NUMBER", meaning, number_text(value),
      [&value, range, name = first_name(names)](const std::string& t) {
        value = checked_number(name, t, range);
      });
}

void Arguments::number(const std::string& names, std::optional<double>& value, const Range& range,
                       const std::string& meaning) {
  add(names, "NUMBER", meaning, value ? number_text(*value) : "",
      [&value, range, name = first_name(names)](const std::string& t) {
        value = checked_number(name, t, range);
      });
}

void Arguments::count(const std::string& names, std::uint64_t& value, const Range& range,
                      const std::string& meaning) {
  Range whole = range;
  whole.low = std::max(whole.low, 0.0);
  whole.high = std::min(whole.high, 0x1p53);
  add(names, "N", meaning, std::to_string(value),
      [&value, range, whole, name = first_name(names)](const std::string& t) {
        double number = 0;
        const bool good = parse_number(t, number) && whole.contains(number) && number == std::floor(number);
        Range shown = whole;
        if (!std::isfinite(range.high)) shown.high = range.high;  // 2^53 would only distract
        if (!good) throw usage_error(name, t, "must be a whole number " + shown.text());
        value = static_cast<std::uint64_t>(number);
      });
}

void Arguments::numbers(const std::string& names, std::vector<double>& value, const Range& range,
                        const std::string& meaning) {
  add(names, "NUMBER,...", meaning, "", [&value, range, name = first_name(names)](const std::string& t) {
    value.clear();
    for (std::size_t begin = 0; begin <= t.size();) {
      const std::size_t comma = std::min(t.find(',', begin), t.size());
      value.push_back(checked_number(name, t.substr(begin, comma - begin), range));
      begin = comma + 1;
    }
  });
}

void Arguments::text(const std::string& names, const std::string& placeholder, std::string& value,
                     const std::string& meaning) {
  add(names, placeholder, meaning, value, [&value](const std::string& t) { value = t; });
}

void Arguments::texts(const std::string& names, const std::string& placeholder,
                      std::vector<std::string>& value, const std::string& meaning) {
  add(
      names, placeholder, meaning, joined(value, " "), [&value](const std::string& t) { value.push_back(t); },
      true);
}

void Arguments::choice(const std::string& names, const std::vector<std::string>& choices, std::string& value,
                       const std::string& meaning) {
  add(names, joined(choices, "|"), meaning, value,
      [&value, choices, name = first_name(names)](const std::string& t) {
        if (std::find(choices.begin(), choices.end(), t) == choices.end()) {
          const std::string near = nearest_name(t, choices);
          throw usage_error(
              name, "'" + t + "'",
              "must be one of " + joined(choices) + (near.empty() ? "" : "; did you mean '" + near + "'?"));
        }
        value = t;
      });
}

void Arguments::required() {
  parser_->last->required();
  entries_.back().is_required = true;
}

void Arguments::group(const std::string& title) { group_ = title; }

bool Arguments::parse(std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());  // as the parser takes them
  try {
    parser_->app.parse(std::move(words));
    return true;
  } catch (const CLI::CallForHelp&) {
    return false;
  } catch (const CLI::ParseError& error) {
    // An unknown option explains the other errors, such as a required one that is missing.
    std::vector<std::string> known{"--help"};
    for (const Entry& entry : entries_) {
      if (entry.is_option) known.push_back(first_name(entry.names));
    }
    for (const std::string& word : parser_->app.remaining()) {
      if (word.size() < 2 || word.front() != '-') continue;
      const std::string name = word.substr(0, word.find('='));
      const std::string near = nearest_name(name, known);
      throw Error(Error::Kind::usage, name, name, "one of " + joined(known),
                  "unknown option " + name + (near.empty() ? "" : ": did you mean " + near + "?"));
    }
    if (const auto rest = parser_->app.remaining(); !rest.empty())
      throw Error(Error::Kind::usage, "argument", rest.front(), "nothing",
                  "too many arguments: '" + rest.front() + "' is one more than expected");
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
      for (std::size_t i = 0; i < entries_.size(); ++i) {
        const Entry& entry = entries_[i];
        const std::string name = first_name(entry.names);
        if (entry.is_required && parser_->app.get_option(name)->empty()) {
          const std::string wanted = entry.is_option ? name + " " + entry.placeholder : name;
          throw Error(Error::Kind::usage, name, "", entry.meaning, wanted + " is missing: " + entry.meaning);
        }
      }
    }
    // The parser says no more than which argument it was about: "--steps: 1 required  missing".
    const std::string message = error.what();
    const std::string name = message.substr(0, message.find(':'));
    for (const Entry& entry : entries_) {
      if (name != first_name(entry.names)) continue;
      const bool given = !parser_->app.get_option(name)->empty();
      if (entry.placeholder.empty()) throw usage_error(name, "a value", "is a flag and takes none");
      throw Error(Error::Kind::usage, name, "", entry.placeholder,
                  given ? name + " is given more than once" : name + " needs a value: " + entry.placeholder);
    }
    throw Error(Error::Kind::usage, "arguments", "", "", message);
  }
}

bool Arguments::given(const std::string& name) const { return !parser_->app.get_option(name)->empty(); }

std::string Arguments::usage() const {
  std::string options, rest;
  for (const Entry& entry : entries_) {
    if (entry.is_option && entry.is_required)
      options += " " + first_name(entry.names) + " " + entry.placeholder;
    if (!entry.is_option) rest += entry.is_required ? " " + entry.names : " [" + entry.names + "]";
  }
  return rest + options + " [OPTION...]";
}

std::string Arguments::help(const Terminal& terminal) const {
  std::vector<std::string> groups;
  for (const Entry& entry : entries_) {
    if (std::find(groups.begin(), groups.end(), entry.group) == groups.end()) groups.push_back(entry.group);
  }
  std::string all;
  for (const std::string& group : groups) {
    Table table({{.style = Table::Style::accent}, {}});
    for (const Entry& entry : entries_) {
      if (entry.group != group) continue;
      std::string left = entry.names;
      if (const std::size_t comma = left.find(','); comma != left.npos) left.insert(comma + 1, " ");
      if (entry.is_option && !entry.placeholder.empty()) left += " " + entry.placeholder;
      table.add({left, entry.meaning});
    }
    all += "\n" + terminal.bold((group.empty() ? "Options" : group) + ":") + "\n" + table.text(terminal);
  }
  return all;
}

}  // namespace thalweg::cli
