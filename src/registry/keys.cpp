#include <algorithm>
#include <cmath>
#include <limits>

#include <thalweg/error.h>
#include <thalweg/keys.h>

#include "registry/trim.h"

namespace thalweg {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

}  // namespace

bool Range::contains(double value) const {
  return std::isfinite(value) && (low_open ? value > low : value >= low) &&
         (high_open ? value < high : value <= high);
}

std::string Range::text() const {
  const bool below = std::isfinite(low), above = std::isfinite(high);
  if (below && above)
    return std::string("in ") + (low_open ? "(" : "[") + number_text(low) + ", " + number_text(high) +
           (high_open ? ")" : "]");
  if (below) return (low_open ? "greater than " : "at least ") + number_text(low);
  if (above) return (high_open ? "less than " : "at most ") + number_text(high);
  return "any finite number";
}

std::string KeyInfo::accepted() const {
  switch (kind) {
    case Kind::number:
      return range.text();
    case Kind::count: {
      Range shown = range;  // 2^53, up to which doubles count, would only distract
      if (shown.high == 0x1p53) shown.high = std::numeric_limits<double>::infinity();
      return "a whole number " + shown.text();
    }
    case Kind::flag:
      return "true or false";
    case Kind::choice:
      return "one of " + join(choices);
    case Kind::list:
      return "a list of " + std::to_string(shortest_list) + " to " + std::to_string(longest_list) +
             " numbers, each " + range.text();
  }
  return {};
}

void KeyInfo::check(std::string_view owner, const Value& value) const {
  const auto accepts = [&](double x) {
    return range.contains(x) && (kind != Kind::count || x == std::floor(x));
  };
  bool good = false;
  switch (kind) {
    case Kind::number:
    case Kind::count:
      good = std::holds_alternative<double>(value) && accepts(std::get<double>(value));
      break;
    case Kind::flag:
      good = std::holds_alternative<bool>(value);
      break;
    case Kind::choice:
      good = std::holds_alternative<std::string>(value) &&
             std::count(choices.begin(), choices.end(), std::get<std::string>(value)) == 1;
      break;
    case Kind::list:
      if (const auto* list = std::get_if<std::vector<double>>(&value)) {
        good = list->size() >= shortest_list && list->size() <= longest_list &&
               std::all_of(list->begin(), list->end(), accepts);
      }
      break;
  }
  if (!good) throw usage_error(std::string(owner) + ": " + name, value_text(value), "must be " + accepted());
}

Value KeyInfo::parse(std::string_view owner, std::string_view text) const {
  text = trim(text);
  const auto refuse = [&] {
    return usage_error(std::string(owner) + ": " + name, text, "must be " + accepted());
  };
  const auto number = [&](std::string_view word) {
    double x = 0;
    if (!parse_number(trim(word), x)) throw refuse();
    return x;
  };
  Value value;
  switch (kind) {
    case Kind::number:
    case Kind::count:
      value = number(text);
      break;
    case Kind::flag:
      if (text != "true" && text != "false") throw refuse();
      value = text == "true";
      break;
    case Kind::choice:
      if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
        const std::string near = nearest_name(text, choices);
        throw usage_error(std::string(owner) + ": " + name, text,
                          "must be " + accepted() + (near.empty() ? "" : "; did you mean '" + near + "'?"));
      }
      value = std::string(text);
      break;
    case Kind::list: {
      if (text.size() < 2 || text.front() != '[' || text.back() != ']') throw refuse();
      std::vector<double> list;
      const std::string_view inside = text.substr(1, text.size() - 2);
      for (std::size_t at = 0; !trim(inside).empty() && at <= inside.size();) {
        const std::size_t comma = std::min(inside.find(',', at), inside.size());
        list.push_back(number(inside.substr(at, comma - at)));
        at = comma + 1;
      }
      value = std::move(list);
      break;
    }
  }
  check(owner, value);
  return value;
}

std::string value_text(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return number_text(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* name = std::get_if<std::string>(&value)) return *name;
  std::string all;
  for (const double entry : std::get<std::vector<double>>(value))
    all += (all.empty() ? "" : ",") + number_text(entry);
  return "[" + all + "]";
}

}  // namespace thalweg
