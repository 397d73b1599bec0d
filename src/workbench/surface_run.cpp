#include "workbench/surface_run.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>

namespace thalweg::workbench {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// How suitable a run is: less is better. Runs that leave the picture upwards, or jump over a fifth of it,
/// come after all others.
struct Suitability {
  bool unruly = true;
  double cost = std::numeric_limits<double>::infinity();

  bool operator<(const Suitability& other) const {
    return unruly != other.unruly ? other.unruly : cost < other.cost;
  }
};

/// The mean over the steps of log10 of the height that is left, as a share of that at the start, and the same
/// at the end; and a third for each picture's width that the path is long, so that of two rates that are
/// equally good the calmer one is taken.
Suitability judge(const SurfaceRun& run, const Box& core, double low, std::uint64_t steps) {
  if (run.result.reason == StopReason::diverged) return {};
  const Box around = core.grown(0.25);
  const double whole = std::max(run.value.front() - low, std::numeric_limits<double>::min());
  Suitability found{false, 0};
  double left = 0, sum = 0, length = 0;
  std::uint64_t made = 0;
  for (std::size_t i = 1; i < run.x.size(); ++i) {
    const double step = core.share(run.x[i] - run.x[i - 1], run.y[i] - run.y[i - 1]);
    const bool outside = !around.contains(run.x[i], run.y[i]);
    left = std::log10(std::clamp((run.value[i] - low) / whole, 1e-8, 1e8));
    sum += left;
    ++made;
    if (step > 0.2 || (outside && run.value[i] > low)) found.unruly = true;
    if (outside && run.value[i] <= low) break;  // down and out: where it goes from there says nothing
    length += step;
  }
  // A run that ended early, at a point without a slope or below the picture, stays there.
  sum += left * static_cast<double>(steps - std::min(made, steps));
  found.cost = sum / static_cast<double>(steps) + left + length / 3;
  return found;
}

/// Two digits, as people write rates.
double rounded(double rate) {
  double value = 0;
  (void)parse_number(fmt::format("{:.1e}", rate), value);
  return value;
}

}  // namespace

void Box::include(double at_x, double at_y) {
  x = {std::min(x.low, at_x), std::max(x.high, at_x)};
  y = {std::min(y.low, at_y), std::max(y.high, at_y)};
}

Box Box::grown(double times) const {
  const double dx = times * width(), dy = times * height();
  return {{x.low - dx, x.high + dx}, {y.low - dy, y.high + dy}};
}

double Box::share(double dx, double dy) const { return std::hypot(dx / width(), dy / height()); }

SurfaceRun run_on_surface(const Problem& problem, const std::vector<double>& start, const Box& core,
                          const AnyRule& rule, const SurfaceOptions& options) {
  SurfaceRun run;
  const Box far = core.grown(1000);
  double before_x = nan, before_y = nan, now_x = nan, now_y = nan;  // the last two points with a gradient
  const Objective f([&](std::span<const double> x, std::span<double> gradient) {
    before_x = std::exchange(now_x, x[0]);
    before_y = std::exchange(now_y, x[1]);
    return problem(x, gradient);
  });
  const bool ahead = Optimizer(rule, options.execution).looks_ahead();
  MinimizeOptions how;
  how.max_steps = options.steps;
  if (!options.transforms.empty()) how.gradient_tolerance = 0;  // noise goes on where the slope ends
  how.schedules = options.schedules;
  how.transforms = options.transforms;
  how.plateau = options.plateau;
  how.execution = options.execution;
  how.callback = [&](const Progress& p) {
    if (ahead && p.step > 0) {
      run.ahead_x.back() = before_x;
      run.ahead_y.back() = before_y;
    }
    run.x.push_back(p.x[0]);
    run.y.push_back(p.x[1]);
    run.value.push_back(p.value);
    if (ahead) {
      run.ahead_x.push_back(nan);
      run.ahead_y.push_back(nan);
    }
    run.far = !far.contains(p.x[0], p.x[1]);
    return !run.far;
  };
  run.result = minimize(f, start, rule, how);
  return run;
}

bool wants_rate(const std::string& spec) {
  const AnyRule rule = make_rule(spec);
  const auto& keys = rule.info().keys;
  if (std::none_of(keys.begin(), keys.end(), [](const KeyInfo& key) { return key.name == "lr"; }))
    return false;
  for (const auto& [name, text] : parse_specification(spec).settings) {
    if (name == "lr") return false;
  }
  return std::get<double>(rule.get("lr")) != 1;
}

AnyRule with_suitable_rate(const std::string& spec, const Problem& problem, const std::vector<double>& start,
                           const Box& core, double low, const SurfaceOptions& options) {
  SurfaceOptions shorter = options;
  shorter.steps = std::min<std::uint64_t>(options.steps, 2000);
  AnyRule rule = make_rule(spec);
  double best_rate = std::get<double>(rule.get("lr"));
  Suitability best;
  const auto attempt = [&](double rate) {
    rule.set("lr", rounded(rate));
    const Suitability found =
        judge(run_on_surface(problem, start, core, rule, shorter), core, low, shorter.steps);
    if (!(found < best)) return;
    best = found;
    best_rate = rounded(rate);
  };
  attempt(best_rate);  // which stays where no other is better
  for (int half_decade = -16; half_decade <= 4; ++half_decade) attempt(std::pow(10.0, half_decade / 2.0));
  const double middle = best_rate;
  for (const int sixth : {-2, -1, 1, 2}) attempt(middle * std::pow(10.0, sixth / 6.0));
  rule.set("lr", best_rate);
  return rule;
}

}  // namespace thalweg::workbench
