#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace thalweg::checkpoint {

/// A JSON text as a tree, for what may come in any order.
struct JsonValue {
  enum class Kind { null, boolean, number, text, array, object };

  Kind kind = Kind::null;
  bool boolean = false;
  double number = 0;                 ///< rounded to nearest where no double has it
  std::string text{};                ///< in UTF-8
  std::vector<JsonValue> items{};    ///< of an array, and what an object's members are
  std::vector<std::string> names{};  ///< of an object's members, as they stand there, each once

  /// The member of this name, or null.
  [[nodiscard]] const JsonValue* find(std::string_view name) const;
};

/// Reads the text of `file`. Throws an input Error with the byte where it is no JSON, and for a name that is
/// there twice, a number beyond the largest double, and more than 32 levels.
[[nodiscard]] JsonValue parse_json(const std::string& file, std::string_view text);

/// A value as an error shows it: "0.5", "'text'", "an array".
[[nodiscard]] std::string found_text(const JsonValue& value);

}  // namespace thalweg::checkpoint
