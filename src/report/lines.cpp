#include "report/lines.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace thalweg::report {

std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & '\xC0') != '\x80'; }));
}

std::string fitted(std::string text, std::size_t width, bool to_right) {
  if (columns(text) > width) {
    while (columns(text) >= width) {
      while ((text.back() & '\xC0') == '\x80') text.pop_back();
      text.pop_back();
    }
    text += "…";
  }
  const std::string space(width - columns(text), ' ');
  return to_right ? space + text : text + space;
}

std::string trimmed(const std::string& line) { return line.substr(0, line.find_last_not_of(' ') + 1); }

std::string styled(bool color, const char* code, const std::string& text) {
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::vector<std::string> broken(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!lines.back().empty() && columns(lines.back()) + 1 + columns(word) > width) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + (columns(word) > width ? fitted(word, width) : word);
    begin = end + 1;
  }
  return lines;
}

std::string bar(const Mark& mark, const std::pair<double, double>& axis, std::size_t width) {
  const auto place = [&](double value) {
    const double share = std::clamp((value - axis.first) / (axis.second - axis.first), 0.0, 1.0);
    return static_cast<std::size_t>(std::lround(share * static_cast<double>(width - 1)));
  };
  std::vector<const char*> cells(width, " ");
  if (mark.low) {
    const std::size_t low = place(*mark.low), high = place(*mark.high);
    for (std::size_t i = low; i <= high; ++i) cells[i] = "─";
    if (*mark.low >= axis.first) cells[low] = "├";
    if (*mark.high <= axis.second) cells[high] = "┤";
  }
  cells[place(mark.at)] = mark.at < axis.first ? "◂" : mark.at > axis.second ? "▸" : "●";
  std::string text;
  for (const char* cell : cells) text += cell;
  return text;
}

std::string curve(const std::vector<double>& values, double low, double high, std::size_t width) {
  static constexpr const char* blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string text;
  for (std::size_t i = 0; i < width && !values.empty(); ++i) {
    const double at = width == 1 ? 0
                                 : static_cast<double>(i) * static_cast<double>(values.size() - 1) /
                                       static_cast<double>(width - 1);
    const double value = values[static_cast<std::size_t>(std::lround(at))];
    if (std::isnan(value)) {
      text += " ";
      continue;
    }
    const double share = high > low ? std::clamp((value - low) / (high - low), 0.0, 1.0) : 0;
    text += blocks[static_cast<std::size_t>(std::lround(7 * share))];
  }
  return text;
}

std::string count_text(double count) {
  if (count >= 1e6) return fmt::format("{:.3g}M", count / 1e6);
  if (count >= 1e5) return fmt::format("{:.3g}k", count / 1e3);
  return fmt::format("{:.0f}", count);
}

}  // namespace thalweg::report
