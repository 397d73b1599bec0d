#include "cli/text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace thalweg::cli {
namespace {

/// A character of UTF-8 text: its bytes, and the columns that it takes.
struct Character {
  std::size_t bytes, width;
};

bool between(std::uint32_t c, std::uint32_t low, std::uint32_t high) { return c >= low && c <= high; }

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) == 0x1b && text.size() > 1 && text[1] == '[') {  // an escape sequence, up to its letter
    std::size_t end = 2;
    while (end < text.size() && !between(byte(end), 0x40, 0x7e)) ++end;
    return {std::min(end + 1, text.size()), 0};
  }
  const std::size_t wanted = byte(0) < 0xc0 ? 1 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
  if (wanted == 1 || wanted > text.size()) return {1, 1};
  std::uint32_t c = byte(0) & (0xffU >> (wanted + 1));
  for (std::size_t i = 1; i < wanted; ++i) c = c << 6 | (byte(i) & 0x3fU);
  const bool combining = between(c, 0x300, 0x36f) || between(c, 0x1ab0, 0x1aff) ||
                         between(c, 0x1dc0, 0x1dff) || between(c, 0x200b, 0x200f) ||
                         between(c, 0x20d0, 0x20ff) || between(c, 0xfe00, 0xfe0f);
  const bool wide = between(c, 0x1100, 0x115f) || between(c, 0x2e80, 0xa4cf) || between(c, 0xac00, 0xd7a3) ||
                    between(c, 0xf900, 0xfaff) || between(c, 0xfe30, 0xfe6f) || between(c, 0xff00, 0xff60) ||
                    between(c, 0x1f300, 0x1faff) || between(c, 0x20000, 0x3fffd);
  return {wanted, combining ? 0U : wide ? 2U : 1U};
}

/// The bytes of the longest beginning that takes at most `width` columns.
std::size_t fitting(std::string_view text, std::size_t width) {
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const Character next = first_character(text.substr(bytes));
    if (next.width > width) break;
    width -= next.width;
    bytes += next.bytes;
  }
  return bytes;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character next = first_character(text);
    width += next.width;
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string pad_right(std::string_view text, std::size_t width) {
  const std::size_t have = display_width(text);
  return std::string(text) + std::string(have < width ? width - have : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t have = display_width(text);
  return std::string(have < width ? width - have : 0, ' ') + std::string(text);
}

std::string shortened(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::string_view kept = text.substr(0, fitting(text, width - 1));
  while (!kept.empty() && (kept.back() == ' ' || kept.back() == ',')) kept.remove_suffix(1);
  return std::string(kept) + "…";
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  width = std::max<std::size_t>(width, 1);
  std::vector<std::string> lines;
  while (true) {
    const std::string_view line = text.substr(0, text.find('\n'));
    std::string_view rest = line;
    while (display_width(rest) > width) {
      const std::size_t most = fitting(rest, width);
      std::size_t cut = rest.rfind(' ', most);
      if (cut == rest.npos || cut == 0) {
        const std::size_t comma = rest.rfind(',', most - 1);
        cut = comma == rest.npos ? std::max<std::size_t>(most, 1) : comma + 1;
      }
      std::string_view first = rest.substr(0, cut);
      while (!first.empty() && first.back() == ' ') first.remove_suffix(1);
      lines.emplace_back(first);
      rest.remove_prefix(cut);
      while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    }
    lines.emplace_back(rest);
    if (line.size() == text.size()) return lines;
    text.remove_prefix(line.size() + 1);
  }
}

std::string paragraph(std::string_view text, std::size_t width, std::size_t indent) {
  std::string all;
  for (const std::string& line : wrapped(text, width > indent ? width - indent : 1))
    all += std::string(line.empty() ? 0 : indent, ' ') + line + "\n";
  return all;
}

std::string command_lines(std::string_view arguments, std::size_t width, std::size_t indent) {
  std::string all;
  const std::size_t margin = indent + 4;  // of the following lines; two columns go to the backslash
  for (const std::string& line :
       wrapped("thalweg " + std::string(arguments), width > margin + 2 ? width - margin - 2 : 1))
    all += (all.empty() ? std::string(indent, ' ') : " \\\n" + std::string(margin, ' ')) + line;
  return all + "\n";
}

std::string shell_word(const std::string& word) {
  const std::string plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string joined(const std::vector<std::string>& parts, std::string_view between_parts) {
  return fmt::format("{}", fmt::join(parts, between_parts));
}

std::string short_number(double value, int digits) {
  return fmt::format("{:.{}g}", value == 0 ? 0.0 : value, digits);
}

std::string duration(double seconds) {
  if (!(seconds < 1e9)) return "?";
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace thalweg::cli
