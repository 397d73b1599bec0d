#include "cli/command_line.h"

int main(int count, char** words) {
  using namespace thalweg::cli;
  std::vector<std::unique_ptr<Command>> commands;
  for (const auto make : {list_command, explain_command, minimize_command, replay_command, docs_command})
    commands.push_back(make());
  commands.push_back(train_command());
  commands.push_back(predict_command());
  commands.push_back(inspect_command());
  commands.push_back(convert_command());
  commands.push_back(lr_find_command());
  commands.push_back(diagnose_command());
  commands.push_back(compare_command());
  commands.push_back(surface_command());
  commands.push_back(bench_command());
  return run_command_line(commands, {words + 1, words + count});
}
