#include "cli/command_line.h"

int main(int count, char** words) {
  using namespace thalweg::cli;
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(list_command());
  commands.push_back(train_command());
  return run_command_line(commands, {words + 1, words + count});
}
