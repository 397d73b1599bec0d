#include "workbench/diagnose/states.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace thalweg::workbench::diagnosis {
namespace {

// What the words of the rules mean; why so much is in docs/design/diagnose.md.

/// As many steps again would bring less than this share of what is left: the run is stuck.
constexpr double stuck_pace = 0.15;
/// Less than this share left to gain is nothing.
constexpr double nothing_left = 0.01;
/// More than this share left, and standing still is worth an alarm.
constexpr double much_left = 0.05;
/// The slope is this many of its standard errors from 0.
constexpr double significant = 2;

/// How far a number is beyond a threshold, as a ratio; below 1 the condition does not hold.
double at_least(double x, double threshold) { return std::isnan(x) ? 0 : std::min(x / threshold, 1e9); }
double at_most(double x, double threshold) {
  if (!std::isfinite(x)) return 0;
  return x <= 0 ? 1e9 : threshold / x;
}
/// For shares, by their odds: 0.99 is as far from 0.9 as 0.5 is from 0.1.
double share_at_least(double x, double threshold) {
  if (std::isnan(x)) return 0;
  return x >= 1 ? 1e9 : x / (1 - x) * (1 - threshold) / threshold;
}
double holds(bool condition) { return condition ? 1e9 : 0; }

double all(std::initializer_list<double> margins) { return std::min(margins); }
double any(std::initializer_list<double> margins) { return std::max(margins); }

/// Numbers that several rules use.
struct Summary {
  const Evidence& e;
  bool falls = false;       ///< the slope is down, beyond its noise
  double pace = 0;          ///< 0 where the loss does not fall beyond its noise
  double best_pace = 0;     ///< at the steepest slope that the noise allows
  double excess = 0;        ///< recent mean loss over the lowest that was found below
  double excess_share = 0;  ///< of the reference loss
  double hover = 0;         ///< share of the excess that is gone at the mean of the recent points
  double steepness = 0;     ///< largest of the three, over the limit
  double here = 0;          ///< of the two where the run is now, over the limit

  explicit Summary(const Evidence& evidence) : e(evidence) {
    excess = e.recent_loss - (e.loss - e.gain);
    excess_share = std::isfinite(e.reference) ? excess / std::max(e.reference, excess) : e.missing;
    hover = excess > 0 ? (e.recent_loss - e.average_loss) / excess : 0;
    // Where the loss jumps about by chance, so does its slope, and neighbouring losses are no independent
    // ones.
    const bool jumps = e.batch_size > 0 && hover >= 0.3;
    falls = e.slope < -(jumps ? 3 * significant : significant) * e.slope_error;
    pace = falls && std::isfinite(e.pace) ? e.pace : 0;
    best_pace = e.pace + significant * e.pace_error;
    // The loss of a heavy ball swings as it falls: no line fits it, but its mean halves.
    if (!falls && e.batch_size == 0 && e.third_ratio <= 0.5) {
      falls = true;
      pace = 1;
    }
    const auto over = [&](double x) { return std::isfinite(x) ? std::max(0.0, x) / e.limit : 0; };
    here = std::max(over(e.steepness), over(e.average_steepness));
    steepness = std::max(here, over(e.start_steepness));
  }
};

// Each rule returns by how much it holds: the smallest ratio of a number to its threshold, under 1 if it
// does not.

/// Hardly any unit of some layer passes a gradient, or half of them do not and nothing was learned: nothing
/// below that layer can learn, whatever else is the case.
double layer_is_dead(const Summary& s) {
  if (!s.e.units) return 0;
  return any({share_at_least(s.e.units->dead, 0.9),
              all({share_at_least(s.e.units->dead, 0.5), at_least(s.e.loss, 0.9 * s.e.reference)})});
}

/// The same for tanh units, which saturate.
double layer_is_saturated(const Summary& s) {
  return s.e.units ? all({share_at_least(s.e.units->saturated, 0.9), at_least(s.e.loss, 0.9 * s.e.reference)})
                   : 0;
}

double no_gain_left(const Summary& s) { return at_most(s.e.missing, 1e-3); }

/// The loss jumps about far above what lies between the points that it jumps between.
double steps_too_long(const Summary& s) {
  const bool noisy = s.e.batch_size > 0;
  const double jumps = all({at_least(s.hover, 0.3), at_least(s.excess_share, noisy ? nothing_left : 1e-3),
                            noisy ? any({at_least(s.here, 0.8),
                                         at_least((s.e.recent_loss - s.e.average_loss) / s.e.reference, 0.1),
                                         at_most(s.e.noise_scale, s.e.batch_size)})
                                  : 1e9});
  const double unstable = all({at_least(s.here, 1.2), at_least(s.e.missing, much_left), holds(!s.falls)});
  // What a line through the last losses says of bursts is chance.
  const double bursts =
      any({all({at_least(s.here, 2), at_least(s.excess, 2 * s.e.gain), at_least(s.e.missing, much_left)}),
           all({at_least(s.e.recent_loss, s.e.reference), at_least(s.hover, 0.5),
                at_least(s.e.recent_loss, 2 * s.e.average_loss)})});
  return any({bursts, all({at_most(s.pace, stuck_pace), any({jumps, unstable})})});
}

/// Every gradient is cut short, while the rate as it is would do. (A rule that divides by the size of its
/// gradients does not feel a constant factor.)
double clips_all(const Summary& s) {
  return all({holds(!s.e.adaptive), share_at_least(s.e.clipped, 0.9), at_most(s.e.shortened, 0.3),
              at_least(s.e.missing, 0.1), at_most(s.pace, 1), at_most(s.here, 1),
              at_most(s.e.steps_needed, static_cast<double>(s.e.steps) / 2)});
}

/// eps is the denominator, and the steps are short for it.
double eps_rules(const Summary& s) {
  return all({share_at_least(s.e.epsilon_share, 0.6), at_least(s.e.missing, 0.1), at_most(s.pace, 0.5),
              at_most(s.here, 0.05)});
}

double goes_on(const Summary& s) {
  return all({holds(s.falls), any({at_least(s.pace, stuck_pace),
                                   all({at_most(s.e.missing, 0.15), at_least(s.pace, 0.03)})})});
}

/// The batches' noise keeps the run above a minimum that their mean has reached.
double noise_holds(const Summary& s) {
  return all({holds(s.e.batch_size > 0), at_least(s.hover, 0.3), at_least(s.excess_share, nothing_left),
              at_least(s.e.noise_scale, s.e.batch_size), at_most(s.pace, stuck_pace)});
}

double little_left(const Summary& s) { return at_most(s.e.missing, nothing_left); }

/// Noise that could hide a fall is no proof that there is none.
double stuck(const Summary& s) {
  return all({at_least(s.e.missing, much_left), at_most(std::max(s.pace, s.best_pace), stuck_pace)});
}

double units_are_dead(const Summary& s) {
  return all({stuck(s), s.e.units ? share_at_least(s.e.units->dead, 0.5) : 0});
}

/// The slope predicts little of what lies below, negative curvature most of it; and where that curvature
/// leads out, its pull is stronger than the gradient.
double on_saddle(const Summary& s) {
  return all({stuck(s), holds(s.e.escape_gain > 0), at_most(s.e.slope_share, 0.4),
              at_least(s.e.curvature_share, 0.3),
              at_most(s.e.gradient_norm, std::abs(s.e.smallest) * s.e.escape_distance / 2)});
}

/// Neither slope nor curvature here say that there is anything to gain; or nearly every unit is saturated.
double on_plateau(const Summary& s) {
  return any({all({stuck(s), at_most(s.e.slope_share, 0.3), at_most(std::abs(s.e.curvature_share), 0.3)}),
              all({s.e.units ? share_at_least(s.e.units->saturated, 0.9) : 0, at_most(s.pace, stuck_pace),
                   at_least(s.e.missing, much_left)})});
}

/// The rate is far below what is stable, and at half of that the run would arrive.
double rate_too_small(const Summary& s) {
  const auto steps = static_cast<double>(s.e.steps);
  return all({stuck(s), at_least(s.e.missing, 0.2), at_most(s.steepness, 0.1),
              at_least(s.e.steps_needed, steps),
              any({holds(s.e.lr == 0), at_most(s.e.steps_at_best, steps / 2)})});
}

/// No rate would do, but one for each parameter: the inputs differ in scale (if they are not centered either,
/// rescaling alone would not do), or rescaling the parameters would do.
double scales_differ(const Summary& s) {
  return all(
      {stuck(s), at_least(s.e.steps_at_best, static_cast<double>(s.e.steps) / 2),
       any({at_least(s.e.input_spread, 30), all({at_least(s.e.diagonal_spread, 1000),
                                                 at_most(s.e.steps_rescaled, s.e.steps_at_best / 10)})})});
}

/// No rate would do: what is stable across is too short along; or the valley bends so much that the straight
/// way leads over its walls.
double in_ravine(const Summary& s) {
  return all({stuck(s), any({at_least(s.e.steps_at_best, static_cast<double>(s.e.steps) / 2),
                             at_least(-s.e.curvature_share, 5)})});
}

struct Rule {
  State state;
  double (*margin)(const Summary&);
};

constexpr Rule rules[] = {
    {State::dead_units, layer_is_dead},
    {State::plateau, layer_is_saturated},
    {State::minimum, no_gain_left},
    {State::clipping_saturated, clips_all},
    {State::epsilon_dominates, eps_rules},
    {State::learning_rate_too_large, steps_too_long},
    {State::progressing, goes_on},
    {State::noise_floor, noise_holds},
    {State::minimum, little_left},
    {State::dead_units, units_are_dead},
    {State::saddle, on_saddle},
    {State::plateau, on_plateau},
    {State::learning_rate_too_small, rate_too_small},
    {State::scale_mismatch, scales_differ},
    {State::ravine, in_ravine},
};

}  // namespace

const std::vector<State>& states() {
  static const std::vector<State> all_states{State::minimum,
                                             State::saddle,
                                             State::ravine,
                                             State::learning_rate_too_large,
                                             State::learning_rate_too_small,
                                             State::plateau,
                                             State::noise_floor,
                                             State::dead_units,
                                             State::scale_mismatch,
                                             State::clipping_saturated,
                                             State::epsilon_dominates,
                                             State::diverged,
                                             State::progressing,
                                             State::unclear};
  return all_states;
}

const char* state_name(State state) {
  constexpr const char* names[] = {"minimum",
                                   "saddle",
                                   "ravine",
                                   "learning_rate_too_large",
                                   "learning_rate_too_small",
                                   "plateau",
                                   "noise_floor",
                                   "dead_units",
                                   "scale_mismatch",
                                   "clipping_saturated",
                                   "epsilon_dominates",
                                   "diverged",
                                   "progressing",
                                   "unclear"};
  return names[static_cast<std::size_t>(state)];
}

bool is_healthy(State state) { return state == State::minimum || state == State::progressing; }

Verdict decide(const Evidence& e) {
  if (e.breakdown) return {State::diverged, 1, {}};
  if (!std::isfinite(e.gain)) return {State::unclear, 1, "other_rows"};
  const Summary s(e);
  // A few steps show no trend, but what holds without one holds.
  const bool trend = std::isfinite(e.slope) && e.steps >= 12;
  for (const Rule& rule : rules) {
    if (!trend && rule.margin != layer_is_dead && rule.margin != layer_is_saturated &&
        rule.margin != no_gain_left)
      continue;
    const double margin = rule.margin(s);
    if (margin >= 1) return {rule.state, 1 - 0.5 / margin, {}};
  }
  return {State::unclear, 1, trend ? (s.falls ? "more_steps" : "smaller_rate") : "more_steps"};
}

}  // namespace thalweg::workbench::diagnosis
