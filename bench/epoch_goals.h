#pragma once

#include <vector>

#include "bench/goals.h"

namespace thalweg::bench {

/// Adds the goals for files, dense training and sparse rows, each with what the record says that it is bound
/// by.
void add_epoch_goals(const Record& record, std::vector<Goal>& goals);

}  // namespace thalweg::bench
