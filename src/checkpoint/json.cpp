#include "checkpoint/json.h"

namespace thalweg::checkpoint {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

void append_utf8(std::string& text, unsigned code) {
  const auto add = [&](unsigned byte) { text += static_cast<char>(byte); };
  const auto rest = [&](unsigned shift) { add(0x80U | (code >> shift & 0x3FU)); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0U | code >> 6U);
    rest(0);
  } else if (code < 0x10000) {
    add(0xE0U | code >> 12U);
    rest(6);
    rest(0);
  } else {
    add(0xF0U | code >> 18U);
    rest(12);
    rest(6);
    rest(0);
  }
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80) return 0;
  }
  const unsigned second = byte_at(text, 1);  // no longer than needed, no half of a pair, nothing above 10FFFF
  const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                   (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return bad ? 0 : length;
}

std::string json_quoted(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (std::size_t i = 0, length = 0; i < text.size(); i += length) {
    length = utf8_length(text.substr(i));
    if (length == 0) return {};
    const char c = text[i];
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (length == 1 && byte_at(text, i) < 0x20) {
      quoted += {'\\', 'u', '0', '0', digits[byte_at(text, i) >> 4U], digits[byte_at(text, i) & 15U]};
    } else {
      quoted += text.substr(i, length);
    }
  }
  return quoted + '"';
}

char JsonTokens::peek() {
  while (at_ < text_.size() && (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r' &&
                                                      text_[at_] != '\v' && text_[at_] != '\f')))
    ++at_;
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonTokens::take(char c) {
  if (peek() != c || at_ == text_.size()) return false;
  ++at_;
  return true;
}

void JsonTokens::expect(char c) {
  if (!take(c)) throw broken();
}

void JsonTokens::end() {
  static_cast<void>(peek());
  if (at_ != text_.size()) throw broken();
}

unsigned JsonTokens::hex() {
  unsigned code = 0;
  for (int k = 0; k < 4; ++k, ++at_) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!is_digit(lower) && (lower < 'a' || lower > 'f')) throw broken();
    code = code * 16 + static_cast<unsigned>(is_digit(lower) ? lower - '0' : lower - 'a' + 10);
  }
  return code;
}

/// What follows a backslash.
void JsonTokens::escape(std::string& into) {
  static constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  const char c = at_ < text_.size() ? text_[at_] : '\0';
  if (const std::size_t found = names.find(c); found != names.npos) {
    into += meanings[found];
    ++at_;
    return;
  }
  if (c != 'u') throw broken();
  ++at_;
  unsigned code = hex();
  if (code >= 0xDC00 && code < 0xE000) throw broken();
  if (code >= 0xD800 && code < 0xDC00) {
    if (text_.substr(at_, 2) != "\\u") throw broken();
    at_ += 2;
    const unsigned low = hex();
    if (low < 0xDC00 || low >= 0xE000) throw broken();
    code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
  }
  append_utf8(into, code);
}

std::string JsonTokens::string() {
  expect('"');
  std::string value;
  for (;;) {
    if (at_ == text_.size() || byte_at(text_, at_) < 0x20) throw broken();
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return value;
    }
    if (c == '\\') {
      ++at_;
      escape(value);
      continue;
    }
    const std::size_t length = utf8_length(text_.substr(at_));
    if (length == 0) throw broken();
    value += text_.substr(at_, length);
    at_ += length;
  }
}

void JsonTokens::digits() {
  if (at_ == text_.size() || !is_digit(text_[at_])) throw broken();
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
}

std::string_view JsonTokens::number() {
  static_cast<void>(peek());
  const std::size_t begin = at_;
  const auto comes = [&](std::string_view any) {
    return at_ < text_.size() && any.find(text_[at_]) != any.npos;
  };
  if (comes("-")) ++at_;
  if (comes("0"))
    ++at_;
  else
    digits();
  if (comes(".")) {
    ++at_;
    digits();
  }
  if (comes("eE")) {
    ++at_;
    if (comes("+-")) ++at_;
    digits();
  }
  return text_.substr(begin, at_ - begin);
}

std::string_view JsonTokens::word() {
  static_cast<void>(peek());
  for (const std::string_view known : {"true", "false", "null"}) {
    if (text_.substr(at_, known.size()) != known) continue;
    at_ += known.size();
    return known;
  }
  throw broken();
}

}  // namespace thalweg::checkpoint
