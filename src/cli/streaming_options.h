#pragma once

#include <cstdint>
#include <string>

#include "data/stream.h"
#include "workbench/online.h"

namespace thalweg::cli {

class Arguments;
struct Shared;
struct TrainingOptions;

/// --online and --stream of a training, and what goes with them.
struct StreamingOptions {
  bool online = false, stream = false, follow = false;
  std::string classes;  ///< names with commas between
  std::uint64_t columns = 0, hash_bits = 0, window = workbench::OnlineRun{}.window, shuffle_buffer = 0;
  bool hash_numbers = false;
  std::string from;  ///< file of a model to go on from, or ""

  void declare(Arguments& arguments);
  /// Throws a usage Error for an option that was given and cannot be honoured beside the others.
  void check(const Arguments& arguments) const;
  /// How the lines are read.
  [[nodiscard]] data::StreamOptions source() const;
};

/// How the model of a training learns from a stream. Throws a usage Error for a plateau.
[[nodiscard]] workbench::OnlineOptions online_options(const TrainingOptions& training, const Shared& shared);

}  // namespace thalweg::cli
