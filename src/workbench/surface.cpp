#include "workbench/surface.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <thalweg/error.h>
#include <thalweg/registry.h>

#include "workbench/surface_run.h"

namespace thalweg::workbench {
namespace {

double finite_or_nan(double value) {
  return std::isfinite(value) ? value : std::numeric_limits<double>::quiet_NaN();
}

void check(const Problem& problem, const SurfaceOptions& options) {
  if (problem.dimension != 2)
    throw usage_error(problem.name, std::to_string(problem.dimension) + " dimensions",
                      "a surface has two; give a problem of two, or a formula of x and y");
  if (!options.start.empty() && options.start.size() != 2)
    throw usage_error("start", std::to_string(options.start.size()) + " numbers", "must be two: x,y");
  if (options.steps == 0) throw usage_error("steps", "0", "must be at least 1");
  if (options.grid < 2) throw usage_error("grid", std::to_string(options.grid), "must be at least 2");
  for (const auto& [name, range] : {std::pair("x-range", options.x), std::pair("y-range", options.y)}) {
    if (range && !(range->low < range->high && std::isfinite(range->high - range->low)))
      throw usage_error(name, number_text(range->low) + ".." + number_text(range->high),
                        "must be two numbers, the lower one first: -2..2");
  }
}

/// The lowest point of a coarse grid and of the given points, followed down to a minimum.
std::optional<SurfacePoint> lowest_minimum(const Problem& problem, const Box& box,
                                           const std::vector<SurfaceRun>& runs) {
  constexpr std::size_t n = 41;
  SurfacePoint lowest{0, 0, std::numeric_limits<double>::infinity()};
  const auto consider = [&](double x, double y, double value) {
    if (value < lowest.value && box.contains(x, y)) lowest = {x, y, value};
  };
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < n; ++i) {
      const double x = grid_coordinate(box.x, i, n), y = grid_coordinate(box.y, j, n);
      consider(x, y, problem(std::array{x, y}));
    }
  }
  for (const SurfaceRun& run : runs) {
    for (std::size_t i = 0; i < run.x.size(); ++i) consider(run.x[i], run.y[i], run.value[i]);
  }
  if (!std::isfinite(lowest.value)) return std::nullopt;
  const auto found = nearest_minimum(problem, lowest.x, lowest.y, std::max(box.width(), box.height()) / 4);
  // One at the very edge may be the slope of something lower beyond it.
  return found && box.contains(found->x, found->y) ? found : std::nullopt;
}

/// What the picture is about before any path is known.
Box core_box(const Problem& problem, const std::vector<double>& start, const SurfaceOptions& options) {
  Box box{problem.view[0], problem.view[1]};
  box.include(start[0], start[1]);
  if (problem.name == "formula") {
    const auto lowest = lowest_minimum(problem, box, {});
    const double x = lowest ? lowest->x : start[0], y = lowest ? lowest->y : start[1];
    const double away_x = 1.5 * std::abs(start[0] - x), away_y = 1.5 * std::abs(start[1] - y);
    const double whole = std::max(away_x, away_y) > 0 ? std::max(away_x, away_y) : 5;
    const double half_x = std::max(away_x, whole / 3), half_y = std::max(away_y, whole / 3);
    box = {{x - half_x, x + half_x}, {y - half_y, y + half_y}};
  }
  if (options.x) box.x = *options.x;
  if (options.y) box.y = *options.y;
  return box;
}

/// The core, and of the paths what goes beyond it by up to half of its size.
Box picture(const Box& core, const std::vector<SurfaceRun>& runs, const SurfaceOptions& options) {
  const Box most = core.grown(0.5);
  Box box = core;
  for (const SurfaceRun& run : runs) {
    for (std::size_t i = 0; i < run.x.size(); ++i) {
      if (most.contains(run.x[i], run.y[i])) box.include(run.x[i], run.y[i]);
    }
  }
  const double air_x = 0.03 * box.width(), air_y = 0.03 * box.height();
  if (box.x.low < core.x.low) box.x.low -= air_x;
  if (box.x.high > core.x.high) box.x.high += air_x;
  if (box.y.low < core.y.low) box.y.low -= air_y;
  if (box.y.high > core.y.high) box.y.high += air_y;
  if (options.x) box.x = *options.x;
  if (options.y) box.y = *options.y;
  return box;
}

/// What kind of point the run came to rest at, if it did.
PathEnd rest(const Problem& problem, const SurfaceRun& run, const Box& box, double height) {
  const std::size_t last = run.x.size() - 1, before = last - std::min(last, last / 10 + 1);
  const double x = run.x[last], y = run.y[last];
  if (box.share(x - run.x[before], y - run.y[before]) > 0.01) return PathEnd::under_way;
  // In units of the picture, so that axes of different scale compare.
  std::array<double, 2> g{};
  problem(std::array{x, y}, g);
  Problem scaled;
  scaled.dimension = 2;
  scaled.name = problem.name;
  scaled.evaluate = [&](std::span<const double> at, std::span<double> gradient) {
    const double value = problem(std::array{at[0] * box.width(), at[1] * box.height()}, gradient);
    if (!gradient.empty()) {
      gradient[0] *= box.width();
      gradient[1] *= box.height();
    }
    return value;
  };
  const auto [low, high] = curvatures(scaled, x / box.width(), y / box.height(), 1);
  const double slope = std::hypot(g[0] * box.width(), g[1] * box.height());
  if (slope <= 1e-3 * height && std::max(std::abs(low), std::abs(high)) <= 1e-2 * height)
    return PathEnd::flat;
  const double to_go = slope / std::min(std::abs(low), std::abs(high));  // at most, by Newton's method
  if (low < 0 && slope <= 0.02 * std::max(std::abs(low), std::abs(high)) && to_go <= 0.05)
    return PathEnd::saddle;
  return low > 0 && to_go <= 0.01 ? PathEnd::local_minimum : PathEnd::under_way;
}

void judge_end(SurfacePath& path, const Problem& problem, const SurfaceRun& run, const Surface& surface,
               double lowest, double highest) {
  const Box box{surface.x, surface.y};
  const double x = run.x.back(), y = run.y.back();
  double nearest = std::numeric_limits<double>::infinity();
  for (const SurfacePoint& optimum : surface.optima) {
    nearest = std::min(nearest, box.share(x - optimum.x, y - optimum.y));
    const double distance = std::hypot(x - optimum.x, y - optimum.y);
    path.distance = std::min(path.distance.value_or(distance), distance);
  }
  const bool below = !box.contains(x, y) && run.value.back() < std::min(lowest, run.value.front());
  if (run.result.reason == StopReason::diverged) {
    path.end = PathEnd::diverged;
    path.why = run.result.why;
  } else if (below || run.far) {
    path.end = below ? PathEnd::left : PathEnd::diverged;
  } else {
    path.end = nearest <= 0.01 ? PathEnd::reached : rest(problem, run, box, highest - lowest);
  }
}

/// Keeps about `points` points of a run: every so many steps, and the last one.
void keep_points(SurfacePath& path, const SurfaceRun& run, std::size_t points) {
  const std::size_t every = std::max<std::size_t>(1, run.x.size() / std::max<std::size_t>(points, 2));
  for (std::size_t i = 0; i < run.x.size(); ++i) {
    if (i % every != 0 && i + 1 != run.x.size()) continue;
    path.step.push_back(i);
    path.x.push_back(run.x[i]);
    path.y.push_back(run.y[i]);
    path.value.push_back(finite_or_nan(run.value[i]));
    if (run.ahead_x.empty()) continue;
    path.ahead_x.push_back(run.ahead_x[i]);
    path.ahead_y.push_back(run.ahead_y[i]);
  }
  path.steps = run.result.steps;
}

}  // namespace

const char* end_name(PathEnd end) {
  switch (end) {
    case PathEnd::reached:
      return "reached";
    case PathEnd::local_minimum:
      return "local_minimum";
    case PathEnd::saddle:
      return "saddle";
    case PathEnd::flat:
      return "flat";
    case PathEnd::under_way:
      return "under_way";
    case PathEnd::left:
      return "left";
    case PathEnd::finished:
      return "finished";
    case PathEnd::diverged:
      break;
  }
  return "diverged";
}

const std::vector<std::string>& default_surface_optimizers() {
  static const std::vector<std::string> names{"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"};
  return names;
}

std::vector<std::string> path_labels(const std::vector<std::string>& specs) {
  std::vector<std::string> labels;
  for (const std::string& spec : specs) {
    const auto name = [](const std::string& text) { return text.substr(0, text.find(':')); };
    const auto same = std::count_if(specs.begin(), specs.end(),
                                    [&](const std::string& other) { return name(other) == name(spec); });
    std::string label = same > 1 ? spec : name(spec);
    const auto again = std::count(labels.begin(), labels.end(), label);
    labels.push_back(again > 0 ? label + " #" + std::to_string(again + 1) : label);
  }
  return labels;
}

void cut_path(SurfacePath& path, const Surface& surface) {
  path.shown = path.x.size();
  if (path.end != PathEnd::diverged && path.end != PathEnd::left) return;
  const Box around = Box{surface.x, surface.y}.grown(0.5);
  for (std::size_t i = 0; i < path.x.size(); ++i) {
    if (around.contains(path.x[i], path.y[i])) continue;
    path.shown = i + 1;
    return;
  }
}

std::string spec_with_rate(const AnyRule& rule) {
  const std::string text = rule.text();
  const auto settings = parse_specification(text).settings;
  const auto is_rate = [](const auto& key) { return key.first == "lr"; };
  const auto& keys = rule.info().keys;
  if (std::any_of(settings.begin(), settings.end(), is_rate) ||
      std::none_of(keys.begin(), keys.end(), [](const KeyInfo& key) { return key.name == "lr"; }))
    return text;
  const std::size_t colon = std::min(text.find(':'), text.size());
  return text.substr(0, colon) + ":lr=" + value_text(rule.get("lr")) +
         (colon < text.size() ? "," + text.substr(colon + 1) : "");
}

double grid_coordinate(const Problem::Interval& axis, std::size_t i, std::size_t n) {
  const double share = static_cast<double>(i) / static_cast<double>(n - 1);
  return axis.low + share * (axis.high - axis.low);
}

Surface draw_surface(const Problem& problem, const SurfaceOptions& options, const SurfaceObserver& observer) {
  check(problem, options);
  const std::vector<double> start = options.start.empty() ? problem.start : options.start;
  const std::vector<std::string>& given =
      options.optimizers.empty() ? default_surface_optimizers() : options.optimizers;
  for (const std::string& spec : given) (void)make_rule(spec);  // what is misspelled is said before the work

  Surface surface;
  surface.name = problem.name;
  surface.title = problem.title;
  surface.formula = problem.formula;
  surface.source = problem.source;
  surface.note = problem.note;
  surface.seed = options.seed;
  surface.minimum = problem.minimum;
  for (const auto& optimum : problem.optima)
    surface.optima.push_back({optimum[0], optimum[1], *problem.minimum});
  surface.optima_known = !problem.optima.empty();

  const Box core = core_box(problem, start, options);
  const auto search_minimum = [&](const Box& box, const std::vector<SurfaceRun>& runs) {
    if (surface.optima_known) return;
    const auto found = lowest_minimum(problem, box, runs);
    surface.optima.clear();
    surface.minimum.reset();
    if (!found) return;
    surface.optima.push_back(*found);
    surface.minimum = found->value;
  };
  search_minimum(core, {});
  double low = problem(start);  // what counts as the bottom while rates are searched
  for (std::size_t k = 0; k < 41 * 41; ++k)
    low = std::min(
        low, problem(std::array{grid_coordinate(core.x, k % 41, 41), grid_coordinate(core.y, k / 41, 41)}));
  if (surface.minimum) low = *surface.minimum;

  std::vector<SurfaceRun> runs;
  for (std::size_t k = 0; k < given.size(); ++k) {
    if (observer) observer(static_cast<double>(k) / static_cast<double>(given.size()), given[k]);
    SurfacePath path;
    path.tuned = wants_rate(given[k]);
    const AnyRule rule =
        path.tuned ? with_suitable_rate(given[k], problem, start, core, low, options) : make_rule(given[k]);
    path.spec = spec_with_rate(rule);
    runs.push_back(run_on_surface(problem, start, core, rule, options));
    surface.paths.push_back(std::move(path));
  }
  const std::vector<std::string> labels = path_labels(given);

  const Box box = picture(core, runs, options);
  surface.x = box.x;
  surface.y = box.y;
  search_minimum(box, runs);
  surface.columns = surface.rows = options.grid;
  surface.values.reserve(options.grid * options.grid);
  double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
  for (std::size_t j = 0; j < options.grid; ++j) {
    for (std::size_t i = 0; i < options.grid; ++i) {
      const double value = finite_or_nan(problem(
          std::array{grid_coordinate(box.x, i, options.grid), grid_coordinate(box.y, j, options.grid)}));
      surface.values.push_back(value);
      if (std::isnan(value)) continue;
      lowest = std::min(lowest, value);
      highest = std::max(highest, value);
    }
  }
  for (std::size_t k = 0; k < runs.size(); ++k) {
    SurfacePath& path = surface.paths[k];
    path.label = labels[k];
    keep_points(path, runs[k], options.points);
    judge_end(path, problem, runs[k], surface, lowest, highest);
    cut_path(path, surface);
  }
  return surface;
}

}  // namespace thalweg::workbench
