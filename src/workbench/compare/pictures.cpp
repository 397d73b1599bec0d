#include "workbench/compare/pictures.h"

#include <thalweg/problems.h>
#include <thalweg/registry.h>

#include "data/load.h"
#include "workbench/surface_slice.h"

namespace thalweg::workbench {
namespace {

constexpr std::size_t most_paths = 5;
constexpr std::size_t function_grid = 51, slice_grid = 31;
constexpr double most_work = 2e10;  // multiplications over the grid of a slice: seconds

/// The best with a score, and their specifications with the rate.
std::vector<std::size_t> best_of(const Comparison& comparison, std::vector<std::string>& specs) {
  std::vector<std::size_t> best;
  for (const Standing& standing : comparison.ranking) {
    const Participant& one = comparison.participants[standing.participant];
    if (best.size() == most_paths || !standing.score || one.runs.empty()) break;
    best.push_back(standing.participant);
    specs.push_back(spec_with_rate(make_rule(one.runs.front().spec)));
  }
  return best;
}

Surface of_function(const CompareOptions& options, const Problem& problem, std::vector<std::string> specs) {
  SurfaceOptions drawn;
  drawn.optimizers = std::move(specs);
  drawn.steps = options.epochs * options.steps;
  drawn.grid = function_grid;
  drawn.points = 100;
  drawn.execution = {.threads = options.threads, .isa = options.isa};
  return draw_surface(problem, drawn);
}

Surface of_model(const Comparison& comparison, std::vector<std::string> specs) {
  const CompareOptions& options = comparison.options;
  data::LoadOptions load;
  load.label = options.label;
  load.test = options.test;
  load.standardize_target = true;
  load.seed = options.seed;
  SliceOptions drawn;
  drawn.optimizers = std::move(specs);
  drawn.train.epochs = options.epochs;
  drawn.train.batch = options.batch;
  drawn.train.seed = comparison.seeds.front();
  drawn.train.threads = options.threads;
  drawn.train.isa = options.isa;
  drawn.grid = slice_grid;
  drawn.points = 60;
  return draw_slice(data::load_split(options.data, load), models::make_model(options.model), drawn);
}

}  // namespace

std::optional<Surface> picture_of(const Comparison& comparison) {
  std::vector<std::string> specs;
  const std::vector<std::size_t> best = best_of(comparison, specs);
  if (best.empty()) return std::nullopt;
  const CompareOptions& options = comparison.options;
  std::optional<Surface> surface;
  if (options.is_function()) {
    const Problem problem = make_problem(options.problem, options.dimension);
    if (problem.dimension == 2) surface = of_function(options, problem, std::move(specs));
  } else if (static_cast<double>(comparison.parameters) * static_cast<double>(comparison.data.train_rows) *
                 static_cast<double>(slice_grid * slice_grid) <=
             most_work) {
    surface = of_model(comparison, std::move(specs));
  }
  for (std::size_t i = 0; surface && i < best.size(); ++i)
    surface->paths[i].label = comparison.participants[best[i]].label;
  return surface;
}

}  // namespace thalweg::workbench
