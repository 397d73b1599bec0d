#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "files/files.h"

namespace thalweg::data {

using files::shown;

/// "FILE:LINE", as errors name a place; lines count from 1.
[[nodiscard]] std::string at_line(const std::string& file, std::size_t line);

/// Whether the whole of `text` is spelled as a number, of any size; "nan" and "inf" are.
[[nodiscard]] bool is_number(std::string_view text);

/// Reads the whole of `text` as a finite float, whatever the locale; a value under the smallest float is 0.
/// Returns nullptr, or what would have been accepted.
[[nodiscard]] const char* parse_float(std::string_view text, float& value);

/// "", "?", "NA", "N/A", "null", "none", "nan": what tables write where a value is missing, in any case.
[[nodiscard]] bool is_missing(std::string_view text);

/// The order in which people sort names: runs of digits by value, so that "class_2" comes before "class_10".
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace thalweg::data
