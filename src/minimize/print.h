#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

// What the reports of this folder are printed with: independent of the locale and of the stream's flags.
namespace thalweg {

/// The number with seven digits: "1.234568e-17".
inline std::string brief(double value) {
  std::array<char, 32> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, 7);
  return error == std::errc() ? std::string(buffer.data(), end) : std::string("?");
}

inline std::string left(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(width > text.size() ? width - text.size() : 0, ' ');
}

inline std::string right(std::string_view text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + std::string(text);
}

/// "label   text", the text folded after commas and spaces so that no line is longer than 80 columns.
inline void print_folded(std::ostream& out, std::string_view label, std::string_view text) {
  constexpr std::size_t indent = 14, width = 80 - indent;
  out << left(label, indent);
  while (text.size() > width) {
    std::size_t cut = text.find_last_of(", ", width - 1);
    cut = cut == std::string_view::npos ? width : cut + 1;
    const std::string_view line = text.substr(0, cut);
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n' << std::string(indent, ' ');
    text.remove_prefix(cut);
  }
  out << text << '\n';
}

}  // namespace thalweg
