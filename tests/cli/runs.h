#pragma once

// Trainings with checkpoints, started and ended from outside.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "core/checkpoint_files.h"
#include "program.h"

namespace thalweg::test {

/// A run in a folder of its own.
struct Folder : Scratch {
  [[nodiscard]] std::string run() const { return path("run"); }
  [[nodiscard]] std::string model(const std::string& name = "model") const { return path(name); }
  [[nodiscard]] Words checkpoints() const { return checkpoints_in(run()); }
  [[nodiscard]] static Words checkpoints_in(const std::string& folder) {
    Words names;
    if (!std::filesystem::exists(folder)) return names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
};

/// Starts the command with its output in files, and does not wait.
inline pid_t start(
    const Words& words, const Folder& folder, const std::function<void()>& before = [] {}) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::dup2(::open((folder.path("out")).c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600), STDOUT_FILENO);
  ::dup2(::open((folder.path("err")).c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600), STDERR_FILENO);
  before();
  become_command(words, {});
}

inline Output end_of(pid_t child, const Folder& folder) {
  const int code = exit_code(child);
  return {code, file_text(folder.path("out")), file_text(folder.path("err"))};
}

/// A report but for the seconds and what tells where it was kept.
inline nlohmann::json report(const std::string& text) {
  nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  for (const char* key : {"seconds", "saved", "checkpoints"}) json.erase(key);
  for (nlohmann::json& epoch : json["history"]) epoch.erase("seconds");
  return json;
}

/// Steps of the newest checkpoint.
inline std::size_t newest(const Folder& folder) {
  const Words names = folder.checkpoints();
  return names.empty() ? 0 : std::stoul(names.back().substr(5, 12));
}

/// A training of 4 steps an epoch, and more options.
inline Words training(const Words& more) {
  Words words{"train",       "--data",       "iris",           "--model",    "mlp:8",
              "--optimizer", "adam:lr=0.01", "--batch",        "32",         "--epochs",
              "30",          "--transform",  "noise:eta=0.01", "--patience", "20"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// The same until a step; its trajectory does not depend on where it is to end.
inline Words until(std::size_t step, const Words& more) {
  Words words = training({"--cooldown", "0", "--max-steps", std::to_string(step)});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace thalweg::test
