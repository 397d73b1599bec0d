#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

/// A mistake of the user, as opposed to one of the programmer (those are assertions): a name, the value
/// that was given and the constraint that it violates. `what()` is one line that says all three.
class Error : public std::runtime_error {
 public:
  /// What kind of mistake; the command exits with 2 for usage and with 3 for input.
  enum class Kind {
    usage,  ///< an argument, an option, a specification
    input,  ///< a file or data that cannot be read or is invalid
  };

  /// The message may quote what was given: control characters in it, which could break the line or speak to a
  /// terminal, become '?'.
  Error(Kind what_kind, std::string where, std::string found, std::string accepted,
        const std::string& message);

  Kind kind;
  std::string name;        ///< what was wrong: a hyper-parameter, an option, "file:line"
  std::string value;       ///< what was found there
  std::string constraint;  ///< what is accepted
};

/// "NAME = VALUE: CONSTRAINT", for an argument; for example "lr = -1: must be at least 0".
[[nodiscard]] Error usage_error(std::string_view name, std::string_view value, std::string_view constraint);

/// "WHERE: found FOUND; expected ACCEPTED", for a file; for example "a.csv:17: found 'x' in column 3;
/// expected a number". `where` is the file's name, with ":LINE" where there is one (1 is the first line).
[[nodiscard]] Error input_error(std::string_view where, std::string_view found, std::string_view accepted);

/// "unknown THING 'NAME': did you mean 'NEAREST'? (known: ...)".
[[nodiscard]] Error unknown_name(std::string_view thing, std::string_view name,
                                 const std::vector<std::string>& known);

/// The candidate nearest to `name` by edit distance (swaps count once), or "" where none is near enough to be
/// meant: more than a third of its letters would have to change.
[[nodiscard]] std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

/// The shortest decimal text that reads back as the same number: "0.001", "1e-08", "inf".
[[nodiscard]] std::string number_text(double value);

/// The number that the whole of `text` spells, whatever the locale, or nothing: "1e-3", "+2", "inf", "nan".
[[nodiscard]] bool parse_number(std::string_view text, double& value);

}  // namespace thalweg
