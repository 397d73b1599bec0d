#pragma once

#include <algorithm>

#include "cli/training_options.h"
#include "workbench/diagnose/advice.h"
#include "workbench/diagnose/watch.h"

namespace thalweg::cli {

/// What advice has to know of a training.
[[nodiscard]] inline workbench::diagnosis::Setting setting_of(const TrainingOptions& given,
                                                              const workbench::TrainOptions& options,
                                                              const data::Split& split) {
  workbench::diagnosis::Setting setting{options.optimizer, options.transforms, options.epochs};
  setting.model = models::make_model(given.model);
  setting.rows = split.train.rows();
  setting.batch = options.batch == 0 ? setting.rows : options.batch;
  setting.cooldown = options.cooldown;
  setting.scheduled =
      options.plateau || std::any_of(options.schedules.begin(), options.schedules.end(),
                                     [](const auto& schedule) { return schedule.first == "lr"; });
  setting.standardized = !given.raw;
  return setting;
}

}  // namespace thalweg::cli
