#pragma once

// The JSON of safetensors headers, from its specification (RFC 8259): the core has no library for it.

#include <cstddef>
#include <string>
#include <string_view>

namespace thalweg::checkpoint {

/// Thrown where a text is no JSON: the byte, from 1, at which that shows.
struct BrokenJson {
  std::size_t byte;
};

/// Reads a text token by token. What is expected where is the caller's; what a token is, is seen to here.
class JsonTokens {
 public:
  explicit JsonTokens(std::string_view text) : text_(text) {}

  /// The next character that is not blank, not taken; 0 at the end.
  [[nodiscard]] char peek();
  /// Takes this character, or throws.
  void expect(char c);
  /// Takes this character if it comes next.
  [[nodiscard]] bool take(char c);
  /// A text in quotes, of well-formed UTF-8.
  [[nodiscard]] std::string string();
  /// A number as it is spelled.
  [[nodiscard]] std::string_view number();
  /// true, false or null.
  [[nodiscard]] std::string_view word();
  /// Throws unless nothing but blanks is left.
  void end();

 private:
  [[nodiscard]] BrokenJson broken() const { return {at_ + 1}; }
  void digits();
  [[nodiscard]] unsigned hex();
  void escape(std::string& into);

  std::string_view text_;
  std::size_t at_ = 0;
};

/// The length of the UTF-8 sequence that a text begins with, or 0 if it is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// The text in quotes; "" for one that is not UTF-8.
[[nodiscard]] std::string json_quoted(std::string_view text);

}  // namespace thalweg::checkpoint
