#pragma once

#include <memory>
#include <vector>

#include "cli/command.h"

namespace thalweg::cli {

/// Finds the command that the words (without the program's name) begin with, parses the rest and runs it.
/// Prints errors as "thalweg: error: ..." on stderr and returns the exit code.
int run_command_line(const std::vector<std::unique_ptr<Command>>& commands,
                     const std::vector<std::string>& words);

}  // namespace thalweg::cli
