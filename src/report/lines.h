#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace thalweg::report {

// What the terminal's tables are made of: UTF-8 text in columns.

/// The number of characters of UTF-8 text; all that is printed here is one column wide, but for names from
/// outside.
[[nodiscard]] std::size_t columns(const std::string& text);

/// The text in exactly `width` columns: cut with "…", or padded, on the left if it goes to the right.
[[nodiscard]] std::string fitted(std::string text, std::size_t width, bool to_right = false);

/// Without spaces at its end.
[[nodiscard]] std::string trimmed(const std::string& line);

/// In a style of the terminal's ("1" is bold, "36" cyan), if there is color.
[[nodiscard]] std::string styled(bool color, const char* code, const std::string& text);

/// Lines of at most `width` columns, broken at spaces.
[[nodiscard]] std::vector<std::string> broken(const std::string& text, std::size_t width);

/// A point with its interval on an axis, in `width` columns: "  ├──●──┤   "; an arrow where the point lies
/// outside.
struct Mark {
  double at = 0;
  std::optional<double> low, high;
};
[[nodiscard]] std::string bar(const Mark& mark, const std::pair<double, double>& axis, std::size_t width);

/// A curve of block characters in one line: the values at `width` places from the first to the last, from low
/// (the lowest block) to high. NaN leaves a gap.
[[nodiscard]] std::string curve(const std::vector<double>& values, double low, double high,
                                std::size_t width);

/// "480", "12.3k", "4.56M"
[[nodiscard]] std::string count_text(double count);

}  // namespace thalweg::report
