#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "workbench/train.h"

namespace thalweg::workbench {

/// The learning-rate range test (Smith 2017, "Cyclical Learning Rates", section 3.3; arXiv:1506.01186): a
/// training whose rate grows geometrically from step to step, until the loss has risen well over its start.
struct RateTestOptions {
  double low = 1e-6, high = 100;  ///< 0 < low < high
  /// At least 4. Left out: as many as make the test as long as the training that it is for, within 10 to 25:
  /// a short training wants higher rates than a long one.
  std::optional<std::uint64_t> steps_per_decade{};
  std::uint64_t repeats = 5;  ///< with other seeds, at least 1; their mean is judged
};

/// One step of the test.
struct RatePoint {
  double rate = 0;
  double loss = 0;      ///< of the step's batch, before the step
  double smoothed = 0;  ///< exponential mean of the losses so far, corrected for its start
};

/// One run through the rates.
struct RateRun {
  /// Why it ended: the highest rate was reached, the loss had doubled, or numbers were not finite any more.
  enum class End { range_done, loss_rose, diverged };

  std::uint64_t seed = 0;
  std::vector<RatePoint> points;
  End end = End::range_done;
  double start = 0;   ///< mean loss over the first tenth of the planned steps, where nothing moves yet
  double lowest = 0;  ///< the lowest smoothed loss
  std::optional<double> lowest_at;  ///< its rate
  std::optional<double> steepest;   ///< the rate at which the smoothed loss fell fastest per decade
  /// The rate at which the smoothed loss had made 85 % of its fall; none if it did not fall by more than its
  /// noise.
  std::optional<double> suggestion;
};

/// "range_done"
[[nodiscard]] const char* end_name(RateRun::End end);

struct RateTest {
  RateTestOptions options;  ///< with the steps per decade that were made
  std::vector<RateRun> runs;
  RateRun mean;                      ///< of the runs' losses, step by step, as far as the first of them came
  std::optional<double> suggestion;  ///< that of the mean, to 2 digits
  double low = 0, high = 0;          ///< the lowest and highest suggestion of a run
  bool at_low_edge = false;   ///< the loss was falling at the lowest rates already: `low` should be lower
  bool at_high_edge = false;  ///< it was still falling at the highest
};

/// Makes one step at this rate, and returns the loss of its batch before the step, or nothing if the loss or
/// a gradient is not finite (then the step was not made).
using RateStep = std::function<std::optional<double>(double rate)>;

/// Reads a suggestion out of recorded rates and losses, of which `planned` were to be made: fills in
/// everything but seed and end.
void judge(RateRun& run, std::size_t planned, double momentum);

/// One run through the rates with a step of one's own, for any training loop (with 25 steps per decade, if
/// nothing else is said). Whatever `step` changes is for the caller to put back. `momentum` in [0, 1) is the
/// decay of the optimizer's mean of gradients: what the loss shows belongs to a rate some steps ago.
[[nodiscard]] RateRun run_rate_test(const RateTestOptions& options, const RateStep& step,
                                    double momentum = 0);

/// Called after each step with the share that is done, 0 to 1; returning false stops the test.
using RateObserver = std::function<bool(double)>;

/// The range test of a training: every repeat starts from fresh parameters, state and order of the rows, and
/// none of them outlives it, so a training before or after is not touched. The rate of `train.optimizer` is
/// replaced; tensors in groups with a rate of their own keep their share of it. The result depends on the
/// arguments alone. Throws a usage Error for options out of range, for a rule that has no rate to find, and
/// where something else moves the rate (a schedule of lr, plateau, cooldown).
[[nodiscard]] RateTest find_rate(const data::Split& split, const models::ModelSpec& model,
                                 const TrainOptions& train, const RateTestOptions& options = {},
                                 const RateObserver& observer = {});

}  // namespace thalweg::workbench
