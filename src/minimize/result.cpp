#include <algorithm>
#include <array>
#include <ostream>

#include <thalweg/error.h>
#include <thalweg/minimize.h>
#include <thalweg/registry.h>

#include "minimize/print.h"

namespace thalweg {
namespace {

constexpr std::size_t label_width = 20, column = 20;

void row(std::ostream& out, std::string_view label, const std::array<std::string, 3>& cells) {
  out << left(label, label_width);
  for (const auto& cell : cells) out << right(cell, column);
  out << '\n';
}

void criterion(std::ostream& out, std::string_view label, const std::string& given,
               const std::string& reached, bool stopped) {
  out << left(label, label_width) << right(given, column) << right(reached, column)
      << (stopped ? "  <- stopped" : "") << '\n';
}

std::string limit(double value) { return value > 0 ? brief(value) : "none"; }
std::string limit(std::uint64_t value) { return value > 0 ? std::to_string(value) : "none"; }

void print_setting(std::ostream& out, const Result& r) {
  const MinimizeOptions& o = r.options;
  const std::size_t n = r.start.x.size();
  print_folded(out, "Objective",
               (r.problem.empty() ? "" : r.problem + ", ") + std::to_string(n) +
                   (n == 1 ? " parameter, " : " parameters, ") +
                   (r.analytic ? "analytic gradient" : "gradient by central differences"));
  print_folded(out, "Optimizer", r.rule + (r.look_ahead ? " (gradients at the look-ahead point)" : ""));
  for (const auto& [key, schedule] : o.schedules) print_folded(out, "Schedule", key + ": " + schedule.text());
  for (const auto& transform : o.transforms) print_folded(out, "Transform", transform.text());
  if (o.plateau) {
    const detail::Erased<detail::ObjectInfo> plateau(plateau_info(), std::make_shared<Plateau>(*o.plateau));
    print_folded(out, "Plateau", plateau.text());
  }
  print_folded(out, "Instructions", r.isa + " (given: " + o.execution.isa + ")");
}

void print_criteria(std::ostream& out, const Result& r) {
  const MinimizeOptions& o = r.options;
  const auto is = [&](StopReason reason) { return r.reason == reason; };
  out << left("Criterion", label_width) << right("given", column) << right("reached", column) << '\n';
  criterion(out, "Target value", o.target ? brief(*o.target) : "none", brief(r.last.value),
            is(StopReason::target));
  criterion(out, "Gradient norm", limit(o.gradient_tolerance), brief(r.last.gradient_norm),
            is(StopReason::gradient));
  criterion(out, "Change of value", limit(o.change_tolerance),
            o.change_tolerance > 0 ? "in " + std::to_string(o.change_steps) + " steps" : "-",
            is(StopReason::change));
  criterion(out, "Callback", o.callback ? "yes" : "none", "-", is(StopReason::callback));
  criterion(out, "Steps", limit(o.max_steps), std::to_string(r.steps), is(StopReason::steps));
  criterion(out, "Evaluations", limit(o.max_evaluations), std::to_string(r.evaluations.values),
            is(StopReason::evaluations));
  criterion(out, "  with gradient", "-", std::to_string(r.evaluations.gradients), false);
  criterion(out, "Seconds", limit(o.max_seconds), brief(r.seconds.total), is(StopReason::time));
  criterion(out, "  in the objective", "-", brief(r.seconds.objective), false);
  criterion(out, "  in the optimizer", "-", brief(r.seconds.optimizer), false);
}

}  // namespace

std::string text(StopReason reason) {
  switch (reason) {
    case StopReason::target:
      return "target value reached";
    case StopReason::gradient:
      return "gradient tolerance reached";
    case StopReason::change:
      return "value stopped changing";
    case StopReason::callback:
      return "stopped by the callback";
    case StopReason::steps:
      return "step limit reached";
    case StopReason::evaluations:
      return "evaluation limit reached";
    case StopReason::time:
      return "time limit reached";
    case StopReason::diverged:
      return "diverged";
  }
  return "?";
}

bool Result::converged() const {
  return reason == StopReason::target || reason == StopReason::gradient || reason == StopReason::change;
}

std::ostream& operator<<(std::ostream& out, const Result& r) {
  const char* outcome = r.converged()                      ? "converged"
                        : r.reason == StopReason::diverged ? "diverged"
                                                           : "not converged";
  print_folded(out, "Result",
               std::string(outcome) + (r.reason == StopReason::diverged ? "" : ": " + text(r.reason)));
  print_folded(out, "", r.why);
  print_setting(out, r);
  out << '\n';
  row(out, "", {"start", "best", "last"});
  row(out, "Step", {std::to_string(r.start.step), std::to_string(r.best.step), std::to_string(r.last.step)});
  row(out, "Value", {brief(r.start.value), brief(r.best.value), brief(r.last.value)});
  row(out, "Gradient norm",
      {brief(r.start.gradient_norm), brief(r.best.gradient_norm), brief(r.last.gradient_norm)});
  constexpr std::size_t shown = 8;
  for (std::size_t i = 0; i < std::min(shown, r.best.x.size()); ++i)
    row(out, "x[" + std::to_string(i) + "]", {brief(r.start.x[i]), brief(r.best.x[i]), brief(r.last.x[i])});
  if (r.best.x.size() > shown) out << "... and " << r.best.x.size() - shown << " more parameters\n";
  out << '\n';
  print_criteria(out, r);
  return out;
}

}  // namespace thalweg
