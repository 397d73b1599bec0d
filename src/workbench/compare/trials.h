#pragma once

#include <functional>
#include <string>

#include <thalweg/thread_pool.h>

#include "workbench/compare/compare.h"

namespace thalweg::workbench {

/// Trains once with this specification and seed, and calls `epoch_done` after each epoch. Called from several
/// threads at once. It fills in everything of the Run that is not known from its arguments.
using TrainFunction =
    std::function<Run(const std::string& spec, std::uint64_t seed, const std::function<void()>& epoch_done)>;

/// The procedure of compare(): fills in `trials`, `chosen`, `at_edge` and `runs` of every participant of
/// `comparison`, whose options and seeds it follows. The result depends on the trainer alone,
/// not on the threads of the pool.
void run_trials(Comparison& comparison, const TrainFunction& train, ThreadPool& pool,
                const CompareObserver& observer);

}  // namespace thalweg::workbench
