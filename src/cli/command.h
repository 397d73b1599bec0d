#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <thalweg/execution.h>

#include "cli/terminal.h"

namespace thalweg::cli {

class Arguments;

/// What the command exits with. A thrown Error becomes `usage` or `input`, by its kind.
enum Exit : int {
  done = 0,
  missed = 1,  ///< it ran, but did not reach what was asked: diverged, target missed
  usage = 2,
  input = 3,  ///< unreadable or invalid input, or an output that cannot be written
};

/// The options that every command has.
struct Shared {
  bool json = false;   ///< print one JSON object (the last line of standard output) instead of text
  bool quiet = false;  ///< no progress and no notes: results and errors only
  std::uint64_t seed = 0;
  std::size_t threads = 0;
  std::string isa = "best";

  [[nodiscard]] Execution execution() const { return {.threads = threads, .isa = isa}; }
};

/// Where a command runs: its shared options and what it prints on. Results go to stdout, all else to stderr.
struct Session {
  Shared options;
  Terminal terminal;
};

/// One subcommand; each is a file of this folder, with its maker declared below.
class Command {
 public:
  struct Example {
    std::string arguments;  ///< what follows "thalweg"
    std::string meaning;
  };
  struct About {
    std::string name;
    std::string summary;  ///< one line, for the list of commands
    std::string details;  ///< paragraphs for its own help, may be empty
    std::vector<Example> examples;
    bool hidden = false;  ///< not in the list of commands
  };

  Command() = default;
  virtual ~Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  [[nodiscard]] virtual About about() const = 0;
  /// Declares the arguments; they are parsed into the command's own members before run().
  virtual void declare(Arguments& arguments) = 0;
  /// Does it and returns the exit code. A mistake of the user is thrown as an Error.
  virtual int run(const Session& session) = 0;
};

std::unique_ptr<Command> list_command();
std::unique_ptr<Command> explain_command();
std::unique_ptr<Command> minimize_command();
std::unique_ptr<Command> replay_command();
std::unique_ptr<Command> docs_command();
std::unique_ptr<Command> train_command();
std::unique_ptr<Command> predict_command();
std::unique_ptr<Command> inspect_command();
std::unique_ptr<Command> convert_command();
std::unique_ptr<Command> compare_command();
std::unique_ptr<Command> diagnose_command();
std::unique_ptr<Command> lr_find_command();
std::unique_ptr<Command> surface_command();
std::unique_ptr<Command> bench_command();

}  // namespace thalweg::cli
