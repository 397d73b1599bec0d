#include "workbench/lr_find.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <deque>
#include <limits>
#include <numeric>

#include <thalweg/error.h>

#include "workbench/trainer.h"

namespace thalweg::workbench {
namespace {

// Chosen on the bundled data (docs/design/lr-find.md): neighbours do nearly as well.
constexpr double smoothing_share = 0.1;  ///< of the planned steps: the memory of the smoothed loss
constexpr double start_share = 0.1;      ///< of the planned steps, over which the start is measured
constexpr double fall_share = 0.85;      ///< of the fall that is made at the suggested rate
constexpr double lag_share = 0.5;        ///< of the mean age of the gradients in a momentum
constexpr double edge_share = 0.15;      ///< of the range: a suggestion there was cut off by its low end
constexpr std::uint64_t fewest_per_decade = 10, most_per_decade = 25;  ///< steps per decade, if left to us
constexpr double risen = 2;  ///< times the start: nothing lower comes after it

void check(const RateTestOptions& options) {
  if (!(options.low > 0 && std::isfinite(options.low)))
    throw usage_error("low", number_text(options.low), "must be a rate over 0");
  if (!(options.high > options.low && std::isfinite(options.high)))
    throw usage_error("high", number_text(options.high), "must be over low, " + number_text(options.low));
  if (options.steps_per_decade && *options.steps_per_decade < 4)
    throw usage_error("steps_per_decade", std::to_string(*options.steps_per_decade), "must be at least 4");
  if (options.repeats == 0) throw usage_error("repeats", "0", "must be at least 1");
}

std::size_t planned_steps(const RateTestOptions& options) {
  const double decades = std::log10(options.high / options.low);
  return std::max<std::size_t>(
      8, static_cast<std::size_t>(std::llround(
             decades * static_cast<double>(options.steps_per_decade.value_or(most_per_decade)))) +
             1);
}

/// The steps over which the start is measured.
std::size_t beginning(std::size_t planned) {
  return std::max<std::size_t>(3, static_cast<std::size_t>(start_share * static_cast<double>(planned)));
}

/// To 2 significant digits.
double to_two_digits(double rate) {
  std::array<char, 32> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), rate, std::chars_format::scientific, 1);
  double value = rate;
  std::from_chars(text.data(), end.ptr, value);
  return value;
}

TrainOptions prepared(const TrainOptions& train) {
  const auto& keys = train.optimizer.info().keys;
  if (std::none_of(keys.begin(), keys.end(), [](const KeyInfo& key) { return key.name == "lr"; }))
    throw usage_error("optimizer", train.optimizer.name(), "must have a learning rate, for one to be found");
  if (train.optimizer.info().rate_free)
    throw usage_error("optimizer", train.optimizer.name(),
                      "must have a learning rate to tune; this one finds its own: use it as it is");
  const auto moves = std::find_if(train.schedules.begin(), train.schedules.end(),
                                  [](const auto& schedule) { return schedule.first == "lr"; });
  if (moves != train.schedules.end() || train.plateau)
    throw usage_error("schedule", moves != train.schedules.end() ? moves->second.text() : "plateau",
                      "must not be of lr, because the test moves it itself");
  if (train.cooldown > 0)
    throw usage_error("cooldown", number_text(train.cooldown), "must be 0, because the test moves lr itself");
  TrainOptions options = train;
  options.epochs = std::numeric_limits<std::uint32_t>::max();
  options.max_steps = std::nullopt;
  options.patience = 0;
  options.target = std::nullopt;
  return options;
}

/// The decay of the optimizer's mean of gradients; 0 if it has none.
double momentum_of(const AnyRule& rule) {
  for (const KeyInfo& key : rule.info().keys)
    if (key.name == "momentum" || key.name == "beta1") return std::get<double>(rule.get(key.name));
  return 0;
}

}  // namespace

const char* end_name(RateRun::End end) {
  switch (end) {
    case RateRun::End::range_done:
      return "range_done";
    case RateRun::End::loss_rose:
      return "loss_rose";
    case RateRun::End::diverged:
      break;
  }
  return "diverged";
}

void judge(RateRun& run, std::size_t planned, double momentum) {
  auto& points = run.points;
  const double steps = static_cast<double>(planned);
  const std::size_t begin = beginning(planned);
  if (points.size() < std::max<std::size_t>(begin, 3)) return;
  const double keep = 1 - 1 / std::max(1.0, smoothing_share * steps);
  double mean = 0, weight = 0, squares = 0;
  for (RatePoint& point : points) {
    mean = keep * mean + (1 - keep) * point.loss;
    weight = keep * weight + (1 - keep);
    point.smoothed = mean / weight;
  }
  for (std::size_t i = 0; i < begin; ++i) run.start += points[i].loss / static_cast<double>(begin);
  for (std::size_t i = 0; i < begin; ++i) squares += std::pow(points[i].loss - run.start, 2);

  const auto lower = [](const RatePoint& a, const RatePoint& b) { return a.smoothed < b.smoothed; };
  // The first smoothed losses are means of few.
  const auto lowest =
      std::min_element(points.begin() + static_cast<std::ptrdiff_t>(begin) - 1, points.end(), lower);
  run.lowest = lowest->smoothed;
  run.lowest_at = lowest->rate;
  double steepest = 0;
  for (auto at = points.begin() + static_cast<std::ptrdiff_t>(begin); at < lowest; ++at) {
    const double slope = (at + 1)->smoothed - (at - 1)->smoothed;
    if (slope >= steepest) continue;
    steepest = slope;
    run.steepest = at->rate;
  }
  // The smoothed loss is about as noisy as the mean of twice its memory of losses; so is the start.
  const double memory = std::max(1.0, 2 * smoothing_share * steps), count = static_cast<double>(begin);
  const double noise = std::sqrt(squares / (count - 1) * (1 / memory + 1 / count));
  const double fall = run.start - run.lowest;
  if (!(fall > 4 * noise) || !(fall > 1e-3 * std::abs(run.start))) return;
  const auto made =
      std::find_if(points.begin() + static_cast<std::ptrdiff_t>(begin) - 1, lowest,
                   [&](const RatePoint& point) { return point.smoothed <= run.start - fall_share * fall; });
  const double lag = lag_share * momentum / (1 - momentum);
  run.suggestion = made->rate * std::pow(points[0].rate / points[1].rate, lag);
}

RateRun run_rate_test(const RateTestOptions& options, const RateStep& step, double momentum) {
  check(options);
  const std::size_t planned = planned_steps(options);
  const double growth = std::log(options.high / options.low);
  const std::size_t begin = beginning(planned), memory = std::max<std::size_t>(1, planned / 20);
  RateRun run;
  double start = 0;
  std::deque<double> recent;  // the last losses, of which the mean tells that it is over
  for (std::size_t i = 0; i < planned; ++i) {
    const double rate =
        options.low * std::exp(growth * static_cast<double>(i) / static_cast<double>(planned - 1));
    const std::optional<double> loss = step(rate);
    if (!loss || !std::isfinite(*loss)) {
      run.end = RateRun::End::diverged;
      break;
    }
    run.points.push_back({rate, *loss, 0});
    recent.push_back(*loss);
    if (recent.size() > memory) recent.pop_front();
    if (i < begin) {
      start += *loss / static_cast<double>(begin);
    } else if (std::accumulate(recent.begin(), recent.end(), 0.0) >
               risen * std::abs(start) * static_cast<double>(recent.size())) {
      run.end = RateRun::End::loss_rose;
      break;
    }
  }
  judge(run, planned, momentum);
  return run;
}

namespace {

/// The runs' losses averaged step by step, as far as all of them came.
RateRun mean_of(const std::vector<RateRun>& runs, std::size_t planned, double momentum) {
  const auto shortest = std::min_element(runs.begin(), runs.end(), [](const RateRun& a, const RateRun& b) {
    return a.points.size() < b.points.size();
  });
  RateRun mean;
  if (shortest == runs.end()) return mean;
  mean.end = shortest->end;
  mean.points = shortest->points;
  for (std::size_t i = 0; i < mean.points.size(); ++i) {
    mean.points[i].loss = 0;
    for (const RateRun& run : runs)
      mean.points[i].loss += run.points[i].loss / static_cast<double>(runs.size());
  }
  judge(mean, planned, momentum);
  return mean;
}

}  // namespace

RateTest find_rate(const data::Split& split, const models::ModelSpec& model, const TrainOptions& train,
                   const RateTestOptions& asked, const RateObserver& observer) {
  check(asked);
  TrainOptions prepared_options = prepared(train);
  RateTestOptions options = asked;
  if (!options.steps_per_decade) {
    const double steps = static_cast<double>(Trainer(split, model, train).planned_steps());
    options.steps_per_decade = static_cast<std::uint64_t>(
        std::clamp(std::round(steps / std::log10(options.high / options.low)),
                   static_cast<double>(fewest_per_decade), static_cast<double>(most_per_decade)));
  }
  const double base = std::get<double>(train.optimizer.get("lr"));
  if (!(base > 0)) prepared_options.optimizer.set("lr", 1.0);
  const double unit = base > 0 ? base : 1;

  RateTest test;
  test.options = options;
  const std::size_t planned = planned_steps(options);
  const double momentum = momentum_of(train.optimizer);
  const auto total = static_cast<double>(planned * options.repeats);
  double done = 0;
  for (std::uint64_t repeat = 0; repeat < options.repeats; ++repeat) {
    prepared_options.seed = train.seed + repeat;
    Trainer trainer(split, model, prepared_options);
    bool cancelled = false;
    RateRun run = run_rate_test(
        options,
        [&](double rate) -> std::optional<double> {
          if (cancelled) return std::nullopt;
          trainer.scale_rate(rate / unit);
          const bool made = trainer.step();
          cancelled = observer && !observer(++done / total);
          if (!made) return std::nullopt;
          return trainer.last_loss().data;
        },
        momentum);
    if (cancelled) break;
    done = static_cast<double>(planned * (repeat + 1));
    run.seed = prepared_options.seed;
    test.runs.push_back(std::move(run));
  }

  for (const RateRun& run : test.runs) {
    if (!run.suggestion) continue;
    test.low = test.low > 0 ? std::min(test.low, *run.suggestion) : *run.suggestion;
    test.high = std::max(test.high, *run.suggestion);
  }
  test.mean = mean_of(test.runs, planned, momentum);
  if (!test.mean.suggestion) return test;
  test.suggestion = to_two_digits(*test.mean.suggestion);
  const double edge = std::pow(options.low, 1 - edge_share) * std::pow(options.high, edge_share);
  test.at_low_edge = *test.mean.suggestion <= edge;
  test.at_high_edge = *test.mean.lowest_at >= 0.8 * options.high;
  return test;
}

}  // namespace thalweg::workbench
