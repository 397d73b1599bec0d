#include "workbench/compare/scores.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "workbench/compare/bootstrap.h"
#include "workbench/compare/ranking.h"
#include "workbench/compare/statistics.h"

namespace thalweg::workbench {
namespace {

constexpr double strictest_gap = -7;

/// The best score on the validation part within so many epochs, as an error (lower is better).
double best_error(const Run& run, std::size_t epochs, bool higher_is_better) {
  double best = infinity;
  for (const CurvePoint& point : run.curve) {
    if (point.epoch > epochs) break;
    best = std::min(best, higher_is_better ? -point.validation.metric : point.validation.metric);
  }
  return best;
}

/// The bootstrap of those that have a score.
void add_bootstrap(Comparison& comparison) {
  if (comparison.seeds.size() < 2) return;
  std::vector<Standing*> scored;
  std::vector<std::vector<double>> errors;
  for (Standing& standing : comparison.ranking) {
    if (!standing.score) continue;
    scored.push_back(&standing);
    std::vector<double>& own = errors.emplace_back();
    for (const Run& run : comparison.participants[standing.participant].runs)
      own.push_back(comparison.higher_is_better() ? -run.result->test->metric : run.result->test->metric);
  }
  const auto all = bootstrap_ranks(errors, comparison.options.seed);
  for (std::size_t i = 0; i < scored.size(); ++i)
    scored[i]->bootstrap = Bootstrap{all[i].low, all[i].high, all[i].first};
}

ToTarget::Quartiles quartiles(const std::vector<double>& values) {
  return {reached_by(values, 0.25), reached_by(values, 0.5), reached_by(values, 0.75)};
}

}  // namespace

double quantile(std::vector<double> values, double probability) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const double place = probability * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double weight = place - static_cast<double>(below);
  if (weight == 0) return values[below];
  if (std::isinf(values[below + 1])) return values[below + 1];
  return values[below] + weight * (values[below + 1] - values[below]);
}

double reached_by(std::vector<double> values, double share) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

std::optional<Target> target_of(const Comparison& comparison) {
  if (comparison.options.target) return Target{*comparison.options.target, true, "", false};
  const auto is_reference = [](const Participant& p) {
    const std::string& name = p.contender.optimizer;
    return name == "adamw" || name == "nadam" || name == "nesterov" || name == "momentum";
  };
  const auto& all = comparison.participants;
  const bool standard = std::any_of(all.begin(), all.end(), is_reference);
  const bool higher = comparison.higher_is_better();
  const std::size_t epochs = std::max<std::size_t>(1, (3 * comparison.options.epochs) / 4);
  std::optional<Target> target;
  double best = infinity;
  for (const Participant& p : all) {
    if (p.runs.empty() || (standard && !is_reference(p))) continue;
    std::vector<double> errors;
    for (const Run& run : p.runs) errors.push_back(run.result ? best_error(run, epochs, higher) : infinity);
    double middle = quantile(errors, 0.5);
    if (comparison.measure() == Measure::log10_gap) middle = std::max(middle, strictest_gap);
    if (middle < best) {
      best = middle;
      target = Target{higher ? -middle : middle, false, p.label, standard};
    }
  }
  return target;
}

std::optional<std::size_t> epoch_of_target(const Run& run, double target, bool higher_is_better) {
  if (!run.result) return {};
  for (const CurvePoint& point : run.curve) {
    const double score = point.validation.metric;
    if (higher_is_better ? score >= target : score <= target) return point.epoch;
  }
  return {};
}

ToTarget to_target(const Participant& participant, double target, bool higher_is_better,
                   std::size_t steps_per_epoch) {
  ToTarget result;
  result.runs = participant.runs.size();
  std::vector<double> steps, seconds;
  for (const Run& run : participant.runs) {
    const auto epoch = epoch_of_target(run, target, higher_is_better);
    result.reached += epoch ? 1 : 0;
    steps.push_back(epoch ? static_cast<double>(*epoch * steps_per_epoch) : infinity);
    const auto at = std::find_if(run.curve.begin(), run.curve.end(),
                                 [&](const CurvePoint& point) { return point.epoch == epoch; });
    seconds.push_back(epoch ? at->seconds : infinity);
  }
  if (steps.empty()) return result;
  result.steps = quartiles(steps);
  result.seconds = quartiles(seconds);
  return result;
}

std::optional<double> sensitivity(const Participant& participant, bool higher_is_better) {
  if (!participant.chosen || participant.off_best.size() != off_best_factors.size()) return {};
  const Run& chosen = participant.trials[*participant.chosen];
  const auto error = [&](const Run& run) -> std::optional<double> {
    if (!run.result) return {};
    return higher_is_better ? -run.result->validation.metric : run.result->validation.metric;
  };
  std::vector<std::optional<double>> errors;  // from a tenth to ten times the rate
  for (const Run& run : participant.off_best) errors.push_back(error(run));
  errors.insert(errors.begin() + off_best_factors.size() / 2, error(chosen));
  double untrained = infinity;
  if (chosen.start) untrained = higher_is_better ? -chosen.start->metric : chosen.start->metric;
  double best = untrained;
  for (const auto& e : errors) best = std::min(best, e.value_or(infinity));
  double sum = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const double excess = std::min(errors[i].value_or(infinity), untrained) - best;
    sum += i == 0 || i + 1 == errors.size() ? excess / 2 : excess;
  }
  if (!std::isfinite(sum)) return {};  // diverged, and the start is not known
  return sum / static_cast<double>(errors.size() - 1);
}

void score(Comparison& comparison, double resolution) {
  comparison.ranking = rank(comparison.participants, comparison.measure(), resolution);
  add_bootstrap(comparison);
  comparison.target = target_of(comparison);
  const bool higher = comparison.higher_is_better();
  for (Participant& p : comparison.participants) {
    p.sensitivity = sensitivity(p, higher);
    if (comparison.target && !p.runs.empty())
      p.to_target = to_target(p, comparison.target->value, higher, comparison.steps_per_epoch);
  }
}

}  // namespace thalweg::workbench
