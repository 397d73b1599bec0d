#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "report/lines.h"
#include "report/summary.h"
#include "report/terminal.h"
#include "workbench/compare/scores.h"

namespace thalweg::report {
namespace {

using namespace workbench;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// log10 of the validation error: half a row stands for a part without errors.
double log_error(const Comparison& comparison, double metric) {
  switch (comparison.measure()) {
    case Measure::accuracy:
      return std::log10(1 - metric +
                        0.5 / static_cast<double>(std::max<std::size_t>(comparison.data.validation_rows, 1)));
    case Measure::rmse:
      return std::log10(std::max(metric, std::numeric_limits<double>::min()));
    case Measure::log10_gap:
      break;
  }
  return metric;
}

/// The median over the runs that have come so far, by epoch.
std::vector<double> median_curve(const Comparison& comparison, const Participant& participant) {
  std::vector<std::vector<double>> by_epoch(comparison.options.epochs);
  for (const Run& run : participant.runs) {
    for (const CurvePoint& point : run.curve) {
      if (point.epoch >= 1 && point.epoch <= by_epoch.size())
        by_epoch[point.epoch - 1].push_back(log_error(comparison, point.validation.metric));
    }
  }
  std::vector<double> medians;
  for (const auto& values : by_epoch)
    medians.push_back(values.empty() ? std::nan("") : quantile(values, 0.5));
  return medians;
}

std::string steps_text(const std::optional<ToTarget>& to_target) {
  if (!to_target) return "";
  if (std::isinf(to_target->steps.median))
    return to_target->reached == 0 ? "never" : fmt::format("{} of {}", to_target->reached, to_target->runs);
  return count_text(to_target->steps.median);
}

}  // namespace

std::vector<std::string> way_lines(const Comparison& comparison, std::size_t width, bool color,
                                   std::size_t most) {
  struct Row {
    std::string name, steps, cost;
    std::vector<double> errors;
  };
  std::vector<Row> rows;
  double low = infinity, high = -infinity;
  for (const Standing& standing : comparison.ranking) {
    if (rows.size() == most || !standing.score) break;
    const Participant& p = comparison.participants[standing.participant];
    Row row{p.label, steps_text(p.to_target),
            p.sensitivity ? difference_text(comparison, *p.sensitivity) : "–", median_curve(comparison, p)};
    for (const double error : row.errors) {
      if (std::isnan(error)) continue;
      low = std::min(low, error);
      high = std::max(high, error);
    }
    rows.push_back(std::move(row));
  }
  if (rows.empty() || (comparison.options.epochs < 2 && !comparison.target)) return {};

  width = std::max<std::size_t>(width, 40);
  const std::string curve_title = comparison.measure() == Measure::log10_gap ? "left of f by epoch, log scale"
                                                                             : "validation error by epoch";
  const std::string steps_title = "steps to target", cost_title = "rate off";
  std::size_t name_width = columns("optimizer"), steps_width = columns("to target"),
              cost_width = columns(cost_title);
  for (const Row& row : rows) {
    name_width = std::max(name_width, columns(row.name));
    steps_width = std::max(steps_width, columns(row.steps));
    cost_width = std::max(cost_width, columns(row.cost));
  }
  constexpr std::size_t gap = 2;
  name_width = std::min(name_width, width / 3);
  if (width >= 72) steps_width = std::max(steps_width, columns(steps_title));
  const std::size_t curve_width =
      std::min<std::size_t>(40, width - name_width - steps_width - cost_width - 3 * gap);
  const std::string space(gap, ' ');
  std::vector<std::string> lines;
  lines.push_back(
      styled(color, "1",
             trimmed(fitted("optimizer", name_width) + space +
                     fitted(columns(curve_title) <= curve_width ? curve_title : "by epoch", curve_width) +
                     space + fitted(width >= 72 ? steps_title : "to target", steps_width, true) + space +
                     fitted(cost_title, cost_width, true))));
  for (const Row& row : rows) {
    lines.push_back(trimmed(styled(color, "36", fitted(row.name, name_width)) + space +
                            fitted(curve(row.errors, low, high, curve_width), curve_width) + space +
                            fitted(row.steps, steps_width, true) + space +
                            fitted(row.cost, cost_width, true)));
  }
  return lines;
}

}  // namespace thalweg::report
