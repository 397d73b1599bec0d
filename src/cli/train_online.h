#pragma once

#include <string>

#include "cli/arguments.h"
#include "cli/checkpoint_options.h"
#include "cli/command.h"
#include "cli/streaming_options.h"
#include "cli/training_options.h"

namespace thalweg::cli {

/// thalweg train --online: learns from a stream, prints how well as it goes, and what came of it.
/// Writes the model to `save`, unless that is "".
int train_online(const Session& session, const TrainingOptions& training, const StreamingOptions& streaming,
                 const CheckpointOptions& kept, const std::string& save, const Arguments& arguments);

/// Says on the terminal that the model was written to a file (unless that is ""), or why it was not.
void print_saved(const Session& session, const std::string& file, bool saved);

}  // namespace thalweg::cli
