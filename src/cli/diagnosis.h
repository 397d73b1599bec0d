#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/terminal.h"
#include "messages/messages.h"
#include "workbench/diagnose/advice.h"
#include "workbench/diagnose/subject.h"

namespace thalweg::cli {

/// A command as it was typed: its name with positional arguments, and its options.
struct Invocation {
  std::string command;
  std::vector<std::pair<std::string, std::string>> options;  ///< a flag has no value

  /// What follows "thalweg", quoted for a shell.
  [[nodiscard]] std::string text() const;
  /// With the advised option in place of what it had.
  [[nodiscard]] Invocation advised(const workbench::diagnosis::Advice& advice) const;
};

/// State, evidence and advice in words: lines for the terminal.
[[nodiscard]] std::string diagnosis_text(const workbench::diagnosis::Diagnosis& diagnosis,
                                         const Invocation& invocation, const Terminal& terminal,
                                         messages::Language language, bool with_evidence = true);

/// The same for machines: numbers that are not known are null.
[[nodiscard]] nlohmann::ordered_json diagnosis_json(const workbench::diagnosis::Diagnosis& diagnosis,
                                                    const Invocation& invocation,
                                                    messages::Language language);

}  // namespace thalweg::cli
