#include "cli/command_line.h"

#include <cstdio>
#include <exception>
#include <new>

#include <fmt/format.h>

#include <thalweg/error.h>

#include "cli/arguments.h"
#include "cli/table.h"
#include "cli/text.h"

namespace thalweg::cli {
namespace {

void declare_shared(Arguments& arguments, Shared& shared) {
  arguments.group("Common options");
  arguments.flag("--json", shared.json, "print one JSON object instead of text");
  arguments.count("--seed", shared.seed, at_least(0), "which random numbers");
  arguments.count("--threads", shared.threads, in_closed(0, 1024),
                  "0: all processors; the result is the same");
  arguments.text("--isa", "NAME", shared.isa,
                 "instruction set of the kernels: best, " + joined(isa_names()) + "; the result is the same");
  arguments.flag("--quiet,-q", shared.quiet, "no progress and no notes");
}

std::string example_lines(const std::vector<Command::Example>& examples, const Terminal& terminal) {
  std::string all;
  for (const Command::Example& example : examples) {
    all += paragraph(example.meaning, terminal.width, 2);
    all += command_lines(example.arguments, terminal.width, 4);
  }
  return all;
}

std::string command_help(const Command::About& about, const Arguments& arguments, const Terminal& terminal) {
  std::string all = paragraph("thalweg " + about.name + ": " + about.summary, terminal.width);
  all += "\n" + paragraph("usage: thalweg " + about.name + arguments.usage(), terminal.width);
  if (!about.details.empty()) all += "\n" + paragraph(about.details, terminal.width);
  all += arguments.help(terminal);
  all += "\n" + terminal.bold("Examples:") + "\n" + example_lines(about.examples, terminal);
  return all;
}

std::string general_help(const std::vector<std::unique_ptr<Command>>& commands, const Terminal& terminal) {
  Table table({{.style = Table::Style::accent}, {}});
  for (const auto& command : commands) {
    const Command::About about = command->about();
    if (!about.hidden) table.add({about.name, about.summary});
  }
  const std::vector<Command::Example> examples{
      {"list", "What there is:"},
      {"explain adam", "The formula of an optimizer, every key, and its first steps in numbers:"}};
  return paragraph(
             "thalweg: first-order optimization. Every gradient-descent optimizer with an adaptive learning "
             "rate, and a workbench that compares them fairly.",
             terminal.width) +
         "\nusage: thalweg COMMAND [ARGUMENT...]\n\n" + terminal.bold("Commands:") + "\n" +
         table.text(terminal) + "\n" + terminal.bold("Examples:") + "\n" + example_lines(examples, terminal) +
         "\n" +
         paragraph(
             "thalweg COMMAND --help tells more. Exit codes: 0 done; 1 ran, but did not reach what was "
             "asked (diverged, target missed); 2 usage; 3 unreadable or invalid input.",
             terminal.width);
}

/// The command of this name, or a usage Error that suggests the nearest.
Command& find_command(const std::vector<std::unique_ptr<Command>>& commands, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& command : commands) {
    const Command::About about = command->about();
    if (about.name == name) return *command;
    if (!about.hidden) known.push_back(about.name);
  }
  if (name.front() == '-') {
    throw Error(Error::Kind::usage, "option", name, "a command first",
                "unknown option " + name + ": options follow the command, as in: thalweg list " + name);
  }
  throw unknown_name("command", name, known);
}

int run(const std::vector<std::unique_ptr<Command>>& commands, std::vector<std::string> words) {
  Session session;
  session.terminal = Terminal::of_stdout();
  if (words.empty()) {
    fmt::print(stderr, "{}", general_help(commands, Terminal{}));
    return Exit::usage;
  }
  const bool help = words.front() == "help" && words.size() > 1;  // "help NAME" is "NAME --help"
  if (help) words.erase(words.begin());
  const std::string name = words.front();
  if (name == "--help" || name == "-h" || name == "help") {
    fmt::print("{}", general_help(commands, session.terminal));
    return Exit::done;
  }
  if (name == "--version" || name == "version") {
    fmt::print("thalweg {}\n", THALWEG_VERSION);
    return Exit::done;
  }
  Command& command = find_command(commands, name);
  Arguments arguments;
  arguments.group("");
  command.declare(arguments);
  declare_shared(arguments, session.options);
  words.erase(words.begin());
  if (help || !arguments.parse(words)) {
    fmt::print("{}", command_help(command.about(), arguments, session.terminal));
    return Exit::done;
  }
  if (session.options.isa != "best") (void)find_isa(session.options.isa);
  return command.run(session);
}

}  // namespace

int run_command_line(const std::vector<std::unique_ptr<Command>>& commands,
                     const std::vector<std::string>& words) {
  const auto fail = [](const char* message, int code) {
    fmt::print(stderr, "thalweg: error: {}\n", message);
    return code;
  };
  try {
    const int code = run(commands, words);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      return fail("standard output cannot be written", Exit::input);
    return code;
  } catch (const Error& error) {
    return fail(error.what(), error.kind == Error::Kind::usage ? Exit::usage : Exit::input);
  } catch (const std::bad_alloc&) {
    return fail("not enough memory", Exit::input);
  } catch (const std::exception& error) {
    return fail(error.what(), Exit::input);
  }
}

}  // namespace thalweg::cli
