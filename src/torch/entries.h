#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <thalweg/any_rule.h>
#include <thalweg/error.h>

#include "checkpoint/json_value.h"
#include "checkpoint/tensor_file.h"

namespace thalweg::torch {

/// Reads entries of a state dict's JSON, and says in every error where in which file they stand. `where` is
/// the path of an object within it, "" for the whole.
class Entries {
 public:
  using Json = checkpoint::JsonValue;

  explicit Entries(std::string file) : file_(std::move(file)) {}

  [[nodiscard]] Error wrong(const std::string& where, const std::string& found,
                            const std::string& accepted) const;

  /// The member of an object. Throws an input Error where there is none.
  [[nodiscard]] const Json& member(const Json& object, const std::string& where,
                                   const std::string& name) const;
  [[nodiscard]] const std::string& text(const Json& object, const std::string& where,
                                        const std::string& name) const;
  [[nodiscard]] const std::vector<Json>& array(const Json& object, const std::string& where,
                                               const std::string& name) const;
  [[nodiscard]] const Json& object(const Json& object, const std::string& where,
                                   const std::string& name) const;
  /// A number or a flag (0 or 1) of this name, or `missing`.
  [[nodiscard]] double number_or(const Json& object, const std::string& where, const std::string& name,
                                 double missing) const;

  // From here on `where` is the path of the value itself.
  [[nodiscard]] double number(const Json& value, const std::string& where, const Range& range) const;
  /// A whole number that a double counts exactly.
  [[nodiscard]] double count(const Json& value, const std::string& where) const;
  /// One of an array of `size`.
  [[nodiscard]] const Json& item(const Json& value, const std::string& where, int place,
                                 std::size_t size) const;
  /// Sets a number or a flag of a rule.
  void set(AnyRule& rule, const std::string& key, const Json& value, const std::string& where) const;

  /// Throws for a flag of this name that is there and not so.
  void must_be(const Json& object, const std::string& where, const std::string& name, bool value) const;
  /// Throws for a member of another name, and suggests the nearest.
  void only(const Json& object, const std::string& where, const std::vector<std::string>& known) const;

 private:
  std::string file_;
};

}  // namespace thalweg::torch
