#pragma once

// Runs the built command as a user does.

#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <cwchar>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/temporary.h"

namespace thalweg::test {

using Words = std::vector<std::string>;
using Environment = std::vector<std::pair<std::string, std::string>>;

/// What a run left behind.
struct Output {
  int code = -1;
  std::string out, err;
};

inline std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

[[noreturn]] inline void become_command(const Words& words, const Environment& environment) {
  for (const char* name : {"COLUMNS", "NO_COLOR", "TERM", "LC_ALL", "LC_MESSAGES", "LANG"}) ::unsetenv(name);
  ::setenv("TERM", "xterm-256color", 1);
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments{const_cast<char*>("thalweg")};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(THALWEG_COMMAND, arguments.data());
  ::_exit(127);
}

inline int exit_code(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// With stdout and stderr in files, as in a pipe, and stdin from one ("": as it is).
inline Output thalweg(const Words& words, const Environment& environment = {},
                      const std::string& input = "") {
  const data::TemporaryFolder folder;
  const std::string out = folder.path() + "/out", err = folder.path() + "/err";
  const pid_t child = ::fork();
  if (child == 0) {
    if (!input.empty()) ::dup2(::open(input.c_str(), O_RDONLY), STDIN_FILENO);
    ::dup2(::open(out.c_str(), O_CREAT | O_WRONLY, 0600), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_CREAT | O_WRONLY, 0600), STDERR_FILENO);
    become_command(words, environment);
  }
  const int code = exit_code(child);
  return {code, file_text(out), file_text(err)};
}

/// On a terminal of `columns` columns, where both streams arrive as one.
inline Output thalweg_on_terminal(const Words& words, unsigned short columns,
                                  const Environment& environment = {}) {
  winsize size{24, columns, 0, 0};
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) become_command(words, environment);
  Output result;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(terminal, buffer, sizeof buffer)) > 0;)
    result.out.append(buffer, static_cast<std::size_t>(count));
  ::close(terminal);
  result.code = exit_code(child);
  return result;
}

inline nlohmann::json json_of(const Output& output) {
  EXPECT_EQ(output.err, "");
  return nlohmann::json::parse(output.out, nullptr, false);
}

inline Words lines_of(const std::string& text) {
  std::istringstream stream(text);
  Words lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The columns of a line as the C library counts them.
inline int columns_of(const std::string& line) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  std::vector<wchar_t> wide(line.size() + 1);
  const std::size_t count = std::mbstowcs(wide.data(), line.c_str(), wide.size());
  return count == static_cast<std::size_t>(-1) ? -1 : ::wcswidth(wide.data(), count);
}

/// That every line is valid text and has at most `limit` columns, and none of it is an escape code.
inline void expect_fits(const Output& output, int limit, const std::string& what) {
  for (const std::string& line : lines_of(output.out)) {
    EXPECT_LE(columns_of(line), limit) << what << ": " << line;
    EXPECT_GE(columns_of(line), 0) << what << ": " << line;
    EXPECT_EQ(line.find('\x1b'), std::string::npos) << what << ": " << line;
    EXPECT_TRUE(line.empty() || line.back() != ' ') << what << ": '" << line << "'";
  }
}

}  // namespace thalweg::test
