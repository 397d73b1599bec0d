#pragma once

#include <map>
#include <string>

#include "data/split.h"
#include "models/spec.h"
#include "workbench/stream_train.h"
#include "workbench/train.h"

namespace thalweg::workbench {

/// What makes a training's bits, as texts by the names of the command's options.
using RunSettings = std::map<std::string, std::string>;

/// Data (their size and a checksum of all numbers), model, optimizer, schedules, ... Not threads, instruction
/// set and time, nor, as long as lr does not fall towards the end, when it ends.
[[nodiscard]] RunSettings run_settings(const data::Split& split, const models::ModelSpec& model,
                                       const TrainOptions& options);

/// The same of StreamTrainer; the data are known by their size and a checksum of the file's text.
[[nodiscard]] RunSettings run_settings(const data::StreamSurvey& survey, const data::StreamOptions& how,
                                       const models::ModelSpec& model, const StreamTrainOptions& options);

/// The same of learn_online(), of a learner that began with the model of a file, `from`, or "". The data are
/// whatever comes.
[[nodiscard]] RunSettings run_settings(const models::ModelSpec& model, const OnlineOptions& options,
                                       const OnlineRun& run, const data::StreamOptions& how,
                                       const std::string& from);

}  // namespace thalweg::workbench
