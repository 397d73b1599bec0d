#pragma once

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/streaming_options.h"
#include "cli/training_options.h"

namespace thalweg::cli {

/// thalweg train --online: learns from a stream, prints how well as it goes, and what came of it.
int train_online(const Session& session, const TrainingOptions& training, const StreamingOptions& streaming,
                 const Arguments& arguments);

}  // namespace thalweg::cli
