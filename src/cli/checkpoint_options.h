#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "workbench/train_checkpoints.h"

namespace thalweg::cli {

class Arguments;

/// --checkpoint, --every, --keep and --resume.
struct CheckpointOptions {
  std::string folder, every = "1epoch", resume;
  std::uint64_t keep = 3;

  void declare(Arguments& arguments);
  [[nodiscard]] bool given() const { return !folder.empty() || !resume.empty(); }
  /// Refuses what needs checkpoints where there are none, and epochs with --online, where `every` is a minute
  /// unless it is given.
  void check(const Arguments& arguments, bool online);
  [[nodiscard]] workbench::TrainCheckpoints::Options options() const;

  /// Says on standard error where a training goes on, and what was skipped for it. `after`: "12 lines", where
  /// it is not told by steps.
  void print_start(const workbench::TrainCheckpoints& checkpoints, const std::string& after = "") const;
  [[nodiscard]] static nlohmann::ordered_json json(const workbench::TrainCheckpoints& checkpoints);
  /// Says what an interrupted training has left, and ends the process as the signal would have.
  [[noreturn]] static void end(const Session& session, const workbench::TrainingInterrupted& interrupted,
                               const std::string& folder);
};

}  // namespace thalweg::cli
