#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg::cli {

/// The terminal columns that UTF-8 text takes: 0 for combining marks and escape sequences, 2 for wide
/// characters, 1 for the rest.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// The text, padded with spaces to `width` columns; longer text stays as it is.
[[nodiscard]] std::string pad_right(std::string_view text, std::size_t width);
[[nodiscard]] std::string pad_left(std::string_view text, std::size_t width);

/// The text, or as much of it as fits into `width` columns with "…" at its end.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width);

/// Lines of at most `width` columns, broken at spaces and after commas; a longer word is broken where the
/// line ends. A '\n' in the text breaks too. At least one line.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// wrapped(), as one text in which every line is indented and ends with '\n'.
[[nodiscard]] std::string paragraph(std::string_view text, std::size_t width, std::size_t indent = 0);

/// "thalweg ARGUMENTS" as a shell reads it: lines that are broken end with a backslash.
[[nodiscard]] std::string command_lines(std::string_view arguments, std::size_t width, std::size_t indent);

/// A word as a shell reads it back, in quotes where it needs them.
[[nodiscard]] std::string shell_word(const std::string& word);

/// `parts` with `between` between them.
[[nodiscard]] std::string joined(const std::vector<std::string>& parts, std::string_view between = ", ");

/// A number with up to `digits` significant digits, the same on every machine and in every locale: "0.001",
/// "-1.2", "1e-08". Negative zero is "0".
[[nodiscard]] std::string short_number(double value, int digits = 6);

/// A time for people: "0.4 s", "12 s", "3 min 20 s", "2 h 5 min".
[[nodiscard]] std::string duration(double seconds);

}  // namespace thalweg::cli
