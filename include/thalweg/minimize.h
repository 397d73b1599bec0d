#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <thalweg/any_rule.h>
#include <thalweg/execution.h>
#include <thalweg/objective.h>
#include <thalweg/schedule.h>
#include <thalweg/schedules/plateau.h>
#include <thalweg/transform.h>

namespace thalweg {

/// A point of the path, as the callback sees it. Everything belongs to x, also for rules that look ahead.
struct Progress {
  std::uint64_t step = 0;  ///< 0 is the start
  double value = 0;
  double gradient_norm = 0;  ///< Euclidean
  std::span<const double> x, gradient;
};

/// When to stop and what to do on the way. A limit of 0 is none.
struct MinimizeOptions {
  std::uint64_t max_steps = 10'000;
  std::uint64_t max_evaluations = 0;  ///< of the function; never exceeded, but for the one at the start
  double max_seconds = 0;

  double gradient_tolerance = 1e-8;  ///< stops where the gradient's Euclidean norm is at most this
  double change_tolerance = 0;  ///< stops when the values of the last `change_steps` steps differ by at most
                                ///< this share of the last one
  std::uint64_t change_steps = 10;  ///< at least 1; a method that oscillates has a flat step now and then
  std::optional<double> target{};   ///< stops where the value is at most this
  std::function<bool(const Progress&)> callback{};  ///< called at the start and after every step; false stops

  std::vector<std::pair<std::string, Schedule>> schedules{};  ///< of hyper-parameters, by key
  std::vector<AnyTransform> transforms{};                     ///< of the gradient or the parameters, in order
  std::optional<Plateau> plateau{};  ///< of the learning rate; it sees the value after every step
  Execution execution{};
  std::uint64_t record = 0;  ///< keeps the start, every record-th point and the last one in Result::trace
};

/// Why minimize() stopped.
enum class StopReason { target, gradient, change, callback, steps, evaluations, time, diverged };

/// The reason in words: "gradient tolerance reached", "step limit reached", ...
[[nodiscard]] std::string text(StopReason reason);

/// What minimize() found, and how. operator<< prints it.
struct Result {
  struct Point {
    std::uint64_t step = 0;
    double value = 0, gradient_norm = 0;
    std::vector<double> x;
  };
  /// Time in seconds: in the objective, in the optimizer, and in all (callbacks and criteria too).
  struct Seconds {
    double objective = 0, optimizer = 0, total = 0;
  };

  StopReason reason = StopReason::steps;
  std::string why;  ///< the reason in a sentence with its numbers
  std::optional<std::size_t>
      coordinate;     ///< diverged: the first parameter that is not finite or has no finite gradient
  Point start, best;  ///< best: the lowest value, the earliest of equals
  Point last;         ///< after a divergence the point that is not finite, or where f or its
                      ///< gradient is not (NaN: unknown); or the one before it, if the
                      ///< rule could not look ahead
  std::uint64_t steps = 0;
  Evaluations evaluations;
  Seconds seconds;
  std::vector<Point> trace;  ///< if it was asked for

  std::string problem, rule;  ///< the problem's name or "", the rule's specification
  std::string isa;            ///< the instruction set that was used
  bool analytic = true;       ///< whether the gradient was; else central differences
  bool look_ahead =
      false;  ///< whether the rule took its gradients elsewhere, which costs a second evaluation a step
  MinimizeOptions options;  ///< as given

  /// Whether a tolerance or the target was met.
  [[nodiscard]] bool converged() const;
};

/// A report of at most 80 columns, in ASCII: the outcome, start, best and last point, every criterion with
/// its limit and what was reached, and where the time went.
std::ostream& operator<<(std::ostream& out, const Result& result);

/// Minimizes f from x0 with a rule.
///
/// f and its gradient are evaluated at every point of the path, so all values reported are f's own at the
/// point that they are reported for. A rule that looks ahead (Nesterov's method) takes its gradient at a
/// second point, with a second evaluation per step, which is counted too. After every step the criteria are
/// tried in the order of StopReason. A value, gradient or parameter that is not finite ends the run as
/// diverged, and the best point is kept.
///
/// Throws a usage Error for an x0 that is empty, not finite or not of the problem's dimension, an f without a
/// finite value and gradient there, and options out of their range. What f and the callback throw passes
/// through.
[[nodiscard]] Result minimize(const Objective& f, std::vector<double> x0, const AnyRule& rule,
                              const MinimizeOptions& options = {});

}  // namespace thalweg
