#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <thalweg/keys.h>

#include "cli/terminal.h"

namespace thalweg::cli {

/// The arguments of a command: declared once, from which parsing, checks and help come. Hides the parser,
/// which is slow to compile, from the commands.
///
/// `names` are "--name" or "--name,-n" for an option and "NAME" for a positional argument, `meaning` is for
/// the help. The variables must live until parse(), which leaves those that are not given as they are; what
/// they hold at the declaration is shown as the default. Numbers are checked against their range, and read
/// independently of the locale.
class Arguments {
 public:
  Arguments();
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  void flag(const std::string& names, bool& value, const std::string& meaning);
  void number(const std::string& names, double& value, const Range& range, const std::string& meaning);
  void number(const std::string& names, std::optional<double>& value, const Range& range,
              const std::string& meaning);
  /// A whole number; its range is cut to [0, 2^53].
  void count(const std::string& names, std::uint64_t& value, const Range& range, const std::string& meaning);
  /// A list of numbers with commas between.
  void numbers(const std::string& names, std::vector<double>& value, const Range& range,
               const std::string& meaning);
  /// `placeholder` stands for the text in the help: "FILE".
  void text(const std::string& names, const std::string& placeholder, std::string& value,
            const std::string& meaning);
  /// Repeatable.
  void texts(const std::string& names, const std::string& placeholder, std::vector<std::string>& value,
             const std::string& meaning);
  void choice(const std::string& names, const std::vector<std::string>& choices, std::string& value,
              const std::string& meaning);
  /// Makes the argument that was declared last a required one.
  void required();
  /// Heads the options that are declared from here on in the help.
  void group(const std::string& title);

  /// Parses what follows the command's name. Throws a usage Error, which suggests the nearest option for an
  /// unknown one. Returns false if the help was asked for.
  [[nodiscard]] bool parse(std::vector<std::string> words);
  /// Whether parse() met the argument of this name ("--seed", "FILE").
  [[nodiscard]] bool given(const std::string& name) const;

  /// "[OPTION...] FILE", and the lists of arguments and options.
  [[nodiscard]] std::string usage() const;
  [[nodiscard]] std::string help(const Terminal& terminal) const;

 private:
  struct Parser;
  struct Entry {
    std::string names, placeholder, meaning, group;
    bool is_option = true, is_required = false;
  };

  Entry& add(const std::string& names, const std::string& placeholder, const std::string& meaning,
             const std::string& default_text, const std::function<void(const std::string&)>& set,
             bool repeatable = false);

  std::unique_ptr<Parser> parser_;
  std::vector<Entry> entries_;
  std::string group_;
};

}  // namespace thalweg::cli
