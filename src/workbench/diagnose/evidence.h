#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "workbench/diagnose/recorder.h"
#include "workbench/diagnose/subject.h"

namespace thalweg::workbench::diagnosis {

/// What was measured where a run stands. Losses and gradients are those of the whole set (or of the rows that
/// were looked at), not of a batch; "recent" is RecentMean. A number that could not be measured is NaN. Why
/// these and what is normal for each: docs/design/diagnose.md.
struct Evidence {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  // The run.
  std::uint64_t steps = 0;  ///< made so far
  std::size_t parameters = 0;
  double start_loss = unknown;    ///< before the first step
  double loss = unknown;          ///< where the run stands
  double recent_loss = unknown;   ///< mean of the last third's checkpoints
  double average_loss = unknown;  ///< at the mean of the recent points
  double third_ratio = unknown;   ///< mean excess over the lowest loss below, last third over the one before
  double slope = unknown;         ///< of the loss per step, over the last third
  double slope_error = unknown;   ///< its standard error
  double reference = unknown;     ///< loss of the best constant prediction; NaN for a problem
  std::optional<Breakdown> breakdown;  ///< where the numbers stopped being finite

  // Gradients and steps.
  double gradient_norm = unknown, parameter_norm = unknown;
  double gradient_cosine = unknown, step_cosine = unknown;  ///< between successive ones, recent mean
  double step_length = unknown, update_ratio = unknown;     ///< |step|, |step| / |parameters|, recent means
  double noise_scale = unknown;    ///< examples: tr(Sigma) / |G|^2, McCandlish et al. 2018, eq. 2.9
  double batch_size = 0;           ///< examples per step; 0: each step sees all
  double clipped = unknown;        ///< share of recent steps whose gradient was clipped; NaN without clipping
  double shortened = unknown;      ///< mean share of its length that a clipped gradient kept
  double clip_quantile = unknown;  ///< what nine of ten gradients would stay below

  // Curvature where the run stands.
  double largest = unknown, smallest = unknown;              ///< eigenvalues of the Hessian
  double largest_error = unknown, smallest_error = unknown;  ///< bounds of their errors
  Vector escape;               ///< unit vector of the smallest eigenvalue, towards the lower loss
  double escape_slope = 0;     ///< of the loss along it, here
  double escape_gain = 0;      ///< how much the loss falls along it, at best
  double escape_distance = 0;  ///< and how far away that is
  std::vector<std::pair<std::string, double>> escape_parts;  ///< share of its square in each tensor
  double steepness = unknown;          ///< largest eigenvalue of diag(rate) H: step size times curvature
  double average_steepness = unknown;  ///< the same at the mean of the recent points
  double start_steepness =
      unknown;  ///< the same at the start; NaN for adaptive rules, whose rates were others
  double start_curvature = unknown;        ///< largest eigenvalue of the Hessian at the start
  double limit = unknown;                  ///< of steepness, for the optimizer in use
  double lr = unknown, mean_lr = unknown;  ///< largest and mean of the last third
  bool adaptive = false;                   ///< whether each parameter has its own rate

  // What is left to gain: a short L-BFGS from here.
  double gain = unknown;            ///< how much lower it came
  double missing = unknown;         ///< in [0, 1]: what is left (at the end or in the recent mean, if
                                    ///< that is less), of all there was to gain or to go
  double way_curvature = unknown;   ///< mean curvature of the way there: 2 gain / |way|^2
  double way_length = unknown;      ///< of the first half of the gain
  double pace = unknown;            ///< share of the gain that as many steps again would bring at this slope
  double pace_error = unknown;      ///< its standard error
  double steps_needed = unknown;    ///< at the present rates, by the mean curvature of the way there
  double steps_at_best = unknown;   ///< at half the stability limit
  double steps_rescaled = unknown;  ///< at half the limit, with each parameter scaled by its own curvature
  double slope_share =
      unknown;  ///< of the gain: what the gradient here predicts; 2 in a bowl, 0 on a plateau
  double curvature_share = unknown;    ///< of the gain: what negative curvature along the way predicts
  double stretch = unknown;            ///< best multiple of a whole noise-free step, up to 2^12
  double first_step_change = unknown;  ///< of the loss, by one noise-free step at the present rates

  // Parameters.
  std::optional<UnitUse> units;
  double epsilon_share = unknown;    ///< of parameters where eps exceeds the root it is added to
  double median_root = unknown;      ///< that root's median
  double input_spread = 1;           ///< Subject::input_spread()
  double diagonal_spread = unknown;  ///< largest over smallest curvature along a parameter's axis, at rates
};

}  // namespace thalweg::workbench::diagnosis
