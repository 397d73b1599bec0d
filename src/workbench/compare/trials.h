#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include <thalweg/thread_pool.h>

#include "workbench/compare/comparison.h"

namespace thalweg::workbench {

/// How far a comparison is.
struct CompareProgress {
  enum class Phase { spread, closer, judged };  ///< the first round of tuning; the others; the seeds

  double fraction = 0;  ///< of all work, 0 to 1, counted in epochs
  std::size_t runs_done = 0, runs = 0;
  Phase phase = Phase::spread;
  std::string running;   ///< the specification that was worked on last
  std::string workload;  ///< of a suite, else ""
};
/// Called from one thread at a time, though not always the same. What it throws ends the comparison.
using CompareObserver = std::function<void(const CompareProgress&)>;

/// A run to make: all that it depends on beside the workload.
struct RunRequest {
  std::string spec;
  std::uint64_t seed = 0;
  std::size_t epochs = 0;
};

/// Trains once and calls `epoch_done` after each epoch. Called from several threads at once. It fills in
/// everything of the Run that is not known from the request.
using TrainFunction = std::function<Run(const RunRequest&, const std::function<void()>& epoch_done)>;

/// Keeps finished runs, so that an interrupted comparison need not make them again. Used by several threads
/// at once.
class RunStore {
 public:
  RunStore() = default;
  virtual ~RunStore() = default;
  RunStore(const RunStore&) = delete;
  RunStore& operator=(const RunStore&) = delete;

  /// The run of this request, as add() was given it.
  [[nodiscard]] virtual std::optional<Run> find(const std::string& workload, const RunRequest& request) = 0;
  virtual void add(const std::string& workload, const RunRequest& request, const Run& run) = 0;
};

/// The procedure of compare(): fills in `trials`, `chosen`, `at_edge`, `runs` and `off_best` of every
/// participant of `comparison`, whose options and seeds it follows. The result depends on the trainer alone,
/// not on the threads of the pool.
void run_trials(Comparison& comparison, const TrainFunction& train, ThreadPool& pool,
                const CompareObserver& observer);

}  // namespace thalweg::workbench
