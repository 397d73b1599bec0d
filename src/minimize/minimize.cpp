#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <limits>

#include <thalweg/error.h>
#include <thalweg/minimize.h>
#include <thalweg/optimizer.h>
#include <thalweg/registry.h>

#include "minimize/norm.h"
#include "minimize/print.h"

namespace thalweg {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string at(const char* what, std::size_t i) { return std::string(what) + "[" + std::to_string(i) + "]"; }

void check_options(const MinimizeOptions& o) {
  const auto check = [](const char* name, double value, const Range& range) {
    if (!range.contains(value)) throw usage_error(name, number_text(value), "must be " + range.text());
  };
  check("max_seconds", o.max_seconds, at_least(0));
  check("gradient_tolerance", o.gradient_tolerance, at_least(0));
  check("change_tolerance", o.change_tolerance, at_least(0));
  check("change_steps", static_cast<double>(o.change_steps), at_least(1));
  if (o.target) check("target", *o.target, any_number());
  if (o.plateau)
    detail::Erased<detail::ObjectInfo>(plateau_info(), std::make_shared<Plateau>(*o.plateau)).validate();
}

/// One minimization: the state of the loop.
class Run {
 public:
  Run(const Objective& f, std::vector<double> x0, const AnyRule& rule, const MinimizeOptions& options)
      : f_(f),
        options_(options),
        x_(std::move(x0)),
        gradient_(x_.size()),
        optimizer_(rule, options.execution) {
    optimizer_.add("x", x_);
    for (const auto& [key, schedule] : options.schedules) optimizer_.schedule(key, schedule);
    for (const auto& transform : options.transforms) optimizer_.transform(transform);
    if (options.plateau) plateau_.emplace(*options.plateau);
    result_.options = options;
    result_.problem = f.name();
    result_.rule = rule.text();
    result_.isa = optimizer_.isa();
    result_.analytic = f.has_gradient();
    result_.look_ahead = optimizer_.looks_ahead();
  }

  Result go() {
    evaluate_start();
    while (!stop()) {
      if (!step() || !arrive()) break;
    }
    if (options_.record > 0 && result_.trace.back().step != result_.last.step)
      result_.trace.push_back(result_.last);
    result_.steps = result_.last.step;
    result_.seconds.total = seconds_since(began_);
    return std::move(result_);
  }

 private:
  void evaluate_start() {
    const double value = evaluate();
    if (!std::isfinite(value)) throw usage_error("f(x0)", number_text(value), "must be finite");
    if (const auto bad = first_not_finite(gradient_))
      throw usage_error(at("gradient", *bad) + " at x0", number_text(gradient_[*bad]), "must be finite");
    step_cost_ = result_.evaluations.values * (result_.look_ahead ? 2 : 1);
    result_.start = result_.best = result_.last = {0, value, norm(gradient_), x_};
    note_point();
  }

  double evaluate() {
    const auto began = Clock::now();
    const double value = f_.evaluate(x_, gradient_, result_.evaluations);
    result_.seconds.objective += seconds_since(began);
    return value;
  }

  template <class Work>
  void optimize(Work work) {
    const auto began = Clock::now();
    work();
    result_.seconds.optimizer += seconds_since(began);
  }

  /// From a point to the next one, which is not evaluated yet. False: there is no gradient to go by.
  bool step() {
    if (result_.look_ahead) {
      optimize([&] { optimizer_.look_ahead(); });
      const bool reachable = !first_not_finite(x_);
      if (reachable) evaluate();
      const auto& numbers = reachable ? gradient_ : x_;
      if (const auto bad = first_not_finite(numbers)) {
        const std::string found =
            at(reachable ? "the gradient" : "x", *bad) + " is " + number_text(numbers[*bad]);
        return diverged(result_.last.step + 1, found + " where the rule looks ahead", bad);
      }
    }
    optimize([&] { optimizer_.step({gradient_}); });
    return true;
  }

  /// Evaluates the new point. False: it or what f says of it is not finite.
  bool arrive() {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    auto& last = result_.last;
    last = {optimizer_.steps(), nan, nan, x_};
    if (const auto bad = first_not_finite(x_))
      return diverged(last.step, at("x", *bad) + " is " + number_text(x_[*bad]), bad);
    last.value = evaluate();
    const auto bad = first_not_finite(gradient_);
    if (!std::isfinite(last.value))
      return diverged(last.step, "the value is " + number_text(last.value), bad);
    if (bad)
      return diverged(last.step, at("the gradient", *bad) + " is " + number_text(gradient_[*bad]), bad);
    last.gradient_norm = norm(gradient_);
    if (last.value < result_.best.value) result_.best = last;
    if (plateau_ && plateau_->observe(last.value)) optimizer_.scale("lr", plateau_->factor());
    note_point();
    return true;
  }

  void note_point() {
    const auto& last = result_.last;
    if (options_.record > 0 && last.step % options_.record == 0) result_.trace.push_back(last);
    if (options_.change_tolerance > 0) {
      recent_.push_back(last.value);
      if (recent_.size() - 1 > options_.change_steps) recent_.pop_front();
    }
    go_on_ =
        !options_.callback || options_.callback({last.step, last.value, last.gradient_norm, x_, gradient_});
  }

  bool diverged(std::uint64_t step, const std::string& what, std::optional<std::size_t> coordinate) {
    result_.coordinate = coordinate;
    finish(StopReason::diverged, "in step " + std::to_string(step) + " " + what);
    return false;
  }

  bool finish(StopReason reason, std::string why) {
    result_.reason = reason;
    result_.why = std::move(why);
    return true;
  }

  /// Tries the criteria in the order of StopReason.
  bool stop() {
    const auto& [step, value, gradient_norm, x] = result_.last;
    const std::string here = "at step " + std::to_string(step);
    if (options_.target && value <= *options_.target)
      return finish(StopReason::target,
                    here + " the value is " + brief(value) + ", the target " + brief(*options_.target));
    if (options_.gradient_tolerance > 0 && gradient_norm <= options_.gradient_tolerance)
      return finish(StopReason::gradient, here + " the gradient's norm is " + brief(gradient_norm) +
                                              ", at most " + brief(options_.gradient_tolerance));
    if (options_.change_tolerance > 0 && recent_.size() - 1 == options_.change_steps) {
      const auto [low, high] = std::minmax_element(recent_.begin(), recent_.end());
      if (*high - *low <= options_.change_tolerance * std::abs(value))
        return finish(StopReason::change, here + " the values of the last " +
                                              std::to_string(options_.change_steps) + " steps differ by " +
                                              brief(*high - *low) + ", at most " +
                                              brief(options_.change_tolerance) + " of the value");
    }
    if (!go_on_) return finish(StopReason::callback, here + " the callback returned false");
    if (options_.max_steps > 0 && step >= options_.max_steps)
      return finish(StopReason::steps, "all " + std::to_string(step) + " steps are done");
    const std::uint64_t used = result_.evaluations.values;
    if (options_.max_evaluations > 0 &&
        (used > options_.max_evaluations || options_.max_evaluations - used < step_cost_))
      return finish(StopReason::evaluations,
                    here + " " + std::to_string(used) + " of " + std::to_string(options_.max_evaluations) +
                        " evaluations are used, and a step takes " + std::to_string(step_cost_));
    if (options_.max_seconds > 0) {
      const double used_seconds = seconds_since(began_);
      if (used_seconds >= options_.max_seconds)
        return finish(StopReason::time, here + " " + brief(used_seconds) + " s have passed, the limit is " +
                                            brief(options_.max_seconds) + " s");
    }
    return false;
  }

  const Objective& f_;
  const MinimizeOptions& options_;
  std::vector<double> x_, gradient_;
  Optimizer optimizer_;
  std::optional<PlateauTracker> plateau_;
  Result result_;
  Clock::time_point began_ = Clock::now();
  std::deque<double> recent_;    // the values of the last change_steps + 1 points
  std::uint64_t step_cost_ = 0;  // evaluations per step
  bool go_on_ = true;            // what the callback said
};

}  // namespace

Result minimize(const Objective& f, std::vector<double> x0, const AnyRule& rule,
                const MinimizeOptions& options) {
  if (x0.empty()) throw usage_error("x0", "empty", "must have at least one parameter");
  if (f.dimension() != 0 && x0.size() != f.dimension())
    throw usage_error("x0", std::to_string(x0.size()) + " parameters",
                      f.name() + " has " + std::to_string(f.dimension()));
  if (const auto bad = first_not_finite(x0))
    throw usage_error(at("x0", *bad), number_text(x0[*bad]), "must be finite");
  check_options(options);
  return Run(f, std::move(x0), rule, options).go();
}
}  // namespace thalweg
