#include "data/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace thalweg::data {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Removes the run of digits that `text` starts with and returns it without leading zeros.
std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  std::string_view run = text.substr(0, count);
  text.remove_prefix(count);
  run.remove_prefix(std::min(run.find_first_not_of('0'), run.size()));
  return run;
}

/// from_chars on the whole of `text`, of which it takes a leading plus away.
std::errc parse_wide(std::string_view& text, double& value) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return stop == text.data() + text.size() ? error : std::errc::invalid_argument;
}

}  // namespace

std::string at_line(const std::string& file, std::size_t line) { return file + ":" + std::to_string(line); }

bool is_number(std::string_view text) {
  double value = 0;
  return parse_wide(text, value) != std::errc::invalid_argument;
}

const char* parse_float(std::string_view text, float& value) {
  double wide = 0;
  const std::errc error = parse_wide(text, wide);
  if (error == std::errc::invalid_argument) return "a number";
  if (error == std::errc::result_out_of_range) {
    const std::size_t exponent = text.find_first_of("eE");
    const bool tiny = exponent == text.npos ? text.find('.') < 300 : text[exponent + 1] == '-';
    wide = tiny ? 0 : std::numeric_limits<double>::max();
  }
  if (!std::isfinite(wide)) return "a finite number";
  if (std::abs(wide) > static_cast<double>(std::numeric_limits<float>::max())) {
    return "a number of at most 3.4e38 in size";
  }
  // Straight to float where that works: by way of double it would be rounded twice.
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc())
    value = static_cast<float>(wide);
  return nullptr;
}

bool is_missing(std::string_view text) {
  static constexpr std::array<std::string_view, 7> markers{"", "?", "na", "n/a", "null", "none", "nan"};
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::find(markers.begin(), markers.end(), lower) != markers.end();
}

bool natural_less(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a, whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view x = take_digits(a), y = take_digits(b);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a.front() != b.front()) return a.front() < b.front();
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  if (a.empty() != b.empty()) return a.empty();
  return whole_a < whole_b;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

}  // namespace thalweg::data
