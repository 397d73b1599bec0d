#include "workbench/surface_slice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>
#include <thalweg/thread_pool.h>

#include "models/batch_loss.h"
#include "workbench/surface_plane.h"
#include "workbench/surface_run.h"
#include "workbench/trainer.h"

namespace thalweg::workbench {
namespace {

using Flat = std::vector<float>;
using Parameters = models::Parameters<float>;

Flat flat(const Parameters& parameters) {
  Flat all;
  for (const auto& tensor : parameters) all.insert(all.end(), tensor.values.begin(), tensor.values.end());
  return all;
}

/// The mean loss of the training part at any parameters.
class TrainingLoss {
 public:
  TrainingLoss(const data::Split& split, const models::ModelSpec& model, std::size_t threads)
      : data_(&split.train), network_(model, split.train), shape_(network_.initial(0)), pool_(threads) {}

  /// At many points, several at a time: at(i, parameters) writes those of point i. Not finite becomes NaN.
  template <class At>
  std::vector<double> at_all(std::size_t count, const At& at) {
    constexpr std::size_t parts = 64;
    std::vector<double> losses(count);
    pool_.run(parts, [&](std::size_t part) {
      models::BatchLoss<float> loss(network_, pool_);
      Parameters parameters = shape_;
      Flat point;
      for (std::size_t i = part; i < count; i += parts) {
        at(i, point);
        auto from = point.begin();
        for (auto& tensor : parameters) {
          const auto to = from + static_cast<std::ptrdiff_t>(tensor.values.size());
          std::copy(from, to, tensor.values.begin());
          from = to;
        }
        const double value = loss.evaluate(*data_, parameters).loss;
        losses[i] = std::isfinite(value) ? value : std::numeric_limits<double>::quiet_NaN();
      }
    });
    return losses;
  }

 private:
  const data::Dataset* data_;
  models::Network<float> network_;
  Parameters shape_;
  ThreadPool pool_;
};

struct Training {
  std::vector<std::uint64_t> step;
  std::vector<Flat> points;
  std::vector<double> loss;
  std::uint64_t steps = 0, batch = 0;
  std::optional<Divergence> divergence;
};

/// Trains, and keeps the parameters of about `points` steps.
Training trained(const data::Split& split, const models::ModelSpec& model, const TrainOptions& options,
                 std::size_t points) {
  Training made;
  Trainer trainer(split, model, options);
  const auto keep = [&] {
    made.step.push_back(trainer.steps());
    made.points.push_back(flat(trainer.parameters()));
  };
  keep();
  const std::uint64_t planned = trainer.planned_steps();
  const std::uint64_t every = std::max<std::uint64_t>(1, planned / std::max<std::size_t>(points, 2));
  while (trainer.steps() < planned && trainer.step()) {
    if (trainer.epoch_ended() && !trainer.finish_epoch()) break;
    if (trainer.steps() % every == 0 || trainer.steps() == planned) keep();
  }
  made.divergence = trainer.divergence();
  made.steps = trainer.steps();
  made.batch = trainer.batch();
  return made;
}

/// The rule with the best of five rates.
AnyRule with_good_rate(const std::string& spec, const data::Split& split, const models::ModelSpec& model,
                       TrainOptions options, TrainingLoss& loss) {
  AnyRule rule = make_rule(spec);
  const double standard = std::get<double>(rule.get("lr"));
  double best = standard, lowest = std::numeric_limits<double>::infinity();
  for (const double factor : {0.1, 0.3, 1.0, 3.0, 10.0}) {
    double rate = 0;
    (void)parse_number(fmt::format("{:.2g}", factor * standard), rate);
    rule.set("lr", rate);
    options.optimizer = rule;
    const Training training = trained(split, model, options, 2);
    if (training.divergence) continue;
    const double end = loss.at_all(1, [&](std::size_t, Flat& point) { point = training.points.back(); })[0];
    if (!(end < lowest)) continue;
    lowest = end;
    best = rate;
  }
  rule.set("lr", best);
  return rule;
}

/// What the paths need, with some air, and not too slim.
Problem::Interval range_of(const std::vector<double>& numbers, double least) {
  const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
  const double middle = (*low + *high) / 2, half = std::max({0.65 * (*high - *low), least / 2, 1e-6});
  return {middle - half, middle + half};
}

}  // namespace

Surface draw_slice(const data::Split& split, const models::ModelSpec& model, const SliceOptions& options,
                   const SurfaceObserver& observer) {
  models::check_fit(model, split.train);
  if (options.grid < 2) throw usage_error("grid", std::to_string(options.grid), "must be at least 2");
  const std::vector<std::string>& given =
      options.optimizers.empty() ? default_surface_optimizers() : options.optimizers;
  for (const std::string& spec : given) (void)make_rule(spec);
  const std::size_t points = std::max<std::size_t>(2, std::min(options.points, 300 / given.size()));
  TrainingLoss loss(split, model, options.train.threads);

  Surface surface;
  surface.seed = options.train.seed;
  surface.columns = surface.rows = options.grid;
  const std::vector<std::string> labels = path_labels(given);
  std::vector<Training> trainings;
  std::vector<Flat> spanning;  // what turns the plane
  std::size_t lowest = 0;
  for (std::size_t k = 0; k < given.size(); ++k) {
    if (observer) observer(0.6 * static_cast<double>(k) / static_cast<double>(given.size()), given[k]);
    SurfacePath path;
    path.label = labels[k];
    path.tuned = wants_rate(given[k]);
    TrainOptions train = options.train;
    train.optimizer =
        path.tuned ? with_good_rate(given[k], split, model, options.train, loss) : make_rule(given[k]);
    path.spec = spec_with_rate(train.optimizer);
    Training training = trained(split, model, train, points);
    training.loss =
        loss.at_all(training.points.size(), [&](std::size_t i, Flat& point) { point = training.points[i]; });
    for (std::size_t i = 0; i < training.points.size(); ++i) {
      if (training.loss[i] <= 3 * training.loss.front()) spanning.push_back(training.points[i]);
    }
    path.step = training.step;
    path.value = training.loss;
    path.steps = training.steps;
    path.end = training.divergence ? PathEnd::diverged : PathEnd::finished;
    if (training.divergence) path.why = training.divergence->what;
    trainings.push_back(std::move(training));
    surface.paths.push_back(std::move(path));
    if (surface.paths[k].value.back() < surface.paths[lowest].value.back()) lowest = k;
  }

  if (observer) observer(0.6, "plane");
  const Flat origin = trainings[lowest].points.back();
  const Plane plane = principal_plane(spanning);
  const auto along = [&](const std::vector<double>& direction, const Flat& point) {
    double sum = 0;
    for (std::size_t i = 0; i < origin.size(); ++i)
      sum += direction[i] * (static_cast<double>(point[i]) - static_cast<double>(origin[i]));
    return sum;
  };
  std::vector<double> all_x, all_y;
  for (const Flat& point : spanning) {
    all_x.push_back(along(plane.first, point));
    all_y.push_back(along(plane.second, point));
  }
  for (std::size_t k = 0; k < trainings.size(); ++k) {
    for (const Flat& point : trainings[k].points) {
      surface.paths[k].x.push_back(along(plane.first, point));
      surface.paths[k].y.push_back(along(plane.second, point));
    }
  }
  const Problem::Interval wide = range_of(all_x, 0);
  surface.y = options.y.value_or(range_of(all_y, 0.5 * (wide.high - wide.low)));
  surface.x = options.x.value_or(range_of(all_x, 0.5 * (surface.y.high - surface.y.low)));
  for (SurfacePath& path : surface.paths) cut_path(path, surface);
  surface.values = loss.at_all(options.grid * options.grid, [&](std::size_t i, Flat& point) {
    const double x = grid_coordinate(surface.x, i % options.grid, options.grid);
    const double y = grid_coordinate(surface.y, i / options.grid, options.grid);
    point.resize(origin.size());
    for (std::size_t k = 0; k < origin.size(); ++k)
      point[k] =
          static_cast<float>(static_cast<double>(origin[k]) + x * plane.first[k] + y * plane.second[k]);
  });
  surface.name = "slice";
  surface.title = split.train.name + ", " + model.text();
  surface.slice = SliceInfo{split.train.name,   model.text(),         origin.size(),
                            split.train.rows(), options.train.epochs, trainings[lowest].batch,
                            plane.share_first,  plane.share_second,   surface.paths[lowest].label};
  return surface;
}

}  // namespace thalweg::workbench
