#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace thalweg {

/// The numbers that a key accepts. Non-finite numbers are never accepted.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false, high_open = false;  ///< whether the bound itself is excluded

  [[nodiscard]] bool contains(double value) const;
  [[nodiscard]] std::string text() const;  ///< "at least 0", "in [0, 1)"
};

constexpr Range any_number() { return {}; }
constexpr Range at_least(double low) { return {.low = low}; }
constexpr Range above(double low) { return {.low = low, .low_open = true}; }
constexpr Range in_closed(double low, double high) { return {.low = low, .high = high}; }
constexpr Range in_half_open(double low, double high) {
  return {.low = low, .high = high, .high_open = true};
}

/// A key's value outside of its C++ type: a number (counts too), a flag, a choice by name, a list.
using Value = std::variant<double, bool, std::string, std::vector<double>>;

/// One hyper-parameter of a rule, transform or schedule: everything that parsing, help, validation and
/// documentation need to know of it. Made from the one declaration in `keys()` of its owner.
struct KeyInfo {
  enum class Kind { number, count, flag, choice, list };

  std::string name;    ///< the name on the command line and of the C++ field
  std::string symbol;  ///< the paper's symbol, or ""
  std::string meaning;
  Kind kind = Kind::number;
  Range range;                       ///< of a number, a count or each entry of a list
  std::vector<std::string> choices;  ///< of a choice
  std::size_t shortest_list = 0, longest_list = 0;
  std::function<Value(const void*)> get;         ///< reads the field of an owner
  std::function<void(void*, const Value&)> set;  ///< writes it; the value must have passed check()

  /// What is accepted, in words: "at least 0", "one of inside, outside", "true or false".
  [[nodiscard]] std::string accepted() const;
  /// Throws a usage Error naming `owner` and this key unless `value` is accepted.
  void check(std::string_view owner, const Value& value) const;
  /// The value that `text` spells ("1e-3", "true", "inside", "[0,0.9]"), checked. Errors as check().
  [[nodiscard]] Value parse(std::string_view owner, std::string_view text) const;
};

/// The text that KeyInfo::parse reads back as the same value.
[[nodiscard]] std::string value_text(const Value& value);

// What `keys()` of a rule, transform or schedule lists; the overloads of key() make them.

template <class Owner>
KeyInfo key(double Owner::*field, const char* name, const char* symbol, Range range, const char* meaning) {
  KeyInfo info{name, symbol, meaning, KeyInfo::Kind::number, range, {}, 0, 0, {}, {}};
  info.get = [field](const void* o) { return Value(static_cast<const Owner*>(o)->*field); };
  info.set = [field](void* o, const Value& v) { static_cast<Owner*>(o)->*field = std::get<double>(v); };
  return info;
}

template <class Owner>
KeyInfo key(std::uint64_t Owner::*field, const char* name, const char* symbol, Range range,
            const char* meaning) {
  KeyInfo info{name, symbol, meaning, KeyInfo::Kind::count, range, {}, 0, 0, {}, {}};
  info.get = [field](const void* o) {
    return Value(static_cast<double>(static_cast<const Owner*>(o)->*field));
  };
  info.set = [field](void* o, const Value& v) {
    static_cast<Owner*>(o)->*field = static_cast<std::uint64_t>(std::get<double>(v));
  };
  return info;
}

template <class Owner>
KeyInfo key(bool Owner::*field, const char* name, const char* meaning) {
  KeyInfo info{name, "", meaning, KeyInfo::Kind::flag, {}, {}, 0, 0, {}, {}};
  info.get = [field](const void* o) { return Value(static_cast<const Owner*>(o)->*field); };
  info.set = [field](void* o, const Value& v) { static_cast<Owner*>(o)->*field = std::get<bool>(v); };
  return info;
}

/// A list of `shortest` to `longest` numbers, each in `range`.
template <class Owner>
KeyInfo key(std::vector<double> Owner::*field, const char* name, const char* symbol, Range range,
            std::size_t shortest, std::size_t longest, const char* meaning) {
  KeyInfo info{name, symbol, meaning, KeyInfo::Kind::list, range, {}, shortest, longest, {}, {}};
  info.get = [field](const void* o) { return Value(static_cast<const Owner*>(o)->*field); };
  info.set = [field](void* o, const Value& v) {
    static_cast<Owner*>(o)->*field = std::get<std::vector<double>>(v);
  };
  return info;
}

/// One of the named enumerators; another enumerator of the same type is refused.
template <class Owner, class Enum, std::size_t N>
KeyInfo key(Enum Owner::*field, const char* name, const std::pair<Enum, const char*> (&choices)[N],
            const char* meaning) {
  KeyInfo info{name, "", meaning, KeyInfo::Kind::choice, {}, {}, 0, 0, {}, {}};
  const auto named = std::to_array(choices);
  for (const auto& choice : named) info.choices.emplace_back(choice.second);
  info.get = [field, named](const void* o) {
    const Enum value = static_cast<const Owner*>(o)->*field;
    for (const auto& choice : named) {
      if (choice.first == value) return Value(std::string(choice.second));
    }
    return Value("#" + std::to_string(static_cast<int>(value)));
  };
  info.set = [field, named](void* o, const Value& v) {
    for (const auto& choice : named) {
      if (choice.second == std::get<std::string>(v)) static_cast<Owner*>(o)->*field = choice.first;
    }
  };
  return info;
}

}  // namespace thalweg
