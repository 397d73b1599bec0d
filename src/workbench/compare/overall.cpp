#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "workbench/compare/bootstrap.h"
#include "workbench/compare/ranking.h"
#include "workbench/compare/scores.h"
#include "workbench/compare/statistics.h"
#include "workbench/compare/suite.h"

namespace thalweg::workbench {
namespace {

using Matrix = std::vector<std::vector<double>>;

/// What counts of a workload: per participant and seed the steps to the target and the error (lower is
/// better); infinite where the target was not reached, or there is no score.
struct Costs {
  Matrix steps, errors;
  std::size_t seeds = 0;
};

Costs costs_of(const Comparison& comparison) {
  Costs costs;
  costs.seeds = comparison.seeds.size();
  const bool higher = comparison.higher_is_better();
  for (const Participant& p : comparison.participants) {
    std::vector<double> steps(costs.seeds, infinity), errors(costs.seeds, infinity);
    for (std::size_t i = 0; i < p.runs.size(); ++i) {
      const Run& run = p.runs[i];
      if (run.result) errors[i] = higher ? -run.result->test->metric : run.result->test->metric;
      const auto epoch =
          comparison.target ? epoch_of_target(run, comparison.target->value, higher) : std::nullopt;
      if (epoch) steps[i] = static_cast<double>(*epoch * comparison.steps_per_epoch);
    }
    costs.steps.push_back(steps);
    costs.errors.push_back(errors);
  }
  return costs;
}

/// Areas and places of all participants on one workload, with these seeds.
struct Outcome {
  std::vector<double> areas, places;
};

Outcome outcome(const Costs& costs, const std::vector<std::size_t>& seeds) {
  const std::size_t count = costs.steps.size();
  std::vector<double> medians(count), means(count), drawn(seeds.size());
  for (std::size_t p = 0; p < count; ++p) {
    for (std::size_t i = 0; i < seeds.size(); ++i) drawn[i] = costs.steps[p][seeds[i]];
    medians[p] = reached_by(drawn, 0.5);
    for (const std::size_t i : seeds) means[p] += costs.errors[p][i];
  }
  Outcome result;
  for (const double ratio : ratios(medians)) result.areas.push_back(area(ratio));
  const std::vector<std::size_t> all = places(means);
  for (std::size_t p = 0; p < count; ++p)
    result.places.push_back(std::isinf(means[p]) ? static_cast<double>(count) : static_cast<double>(all[p]));
  return result;
}

/// Means over workloads.
struct Means {
  std::vector<double> areas, places;

  explicit Means(std::size_t participants) : areas(participants, 0.0), places(participants, 0.0) {}
  void add(const Outcome& one, std::size_t workloads) {
    for (std::size_t p = 0; p < areas.size(); ++p) {
      areas[p] += one.areas[p] / static_cast<double>(workloads);
      places[p] += one.places[p] / static_cast<double>(workloads);
    }
  }
};

Means resampled(const std::vector<Costs>& costs, std::size_t participants, std::uint64_t seed,
                std::size_t resample) {
  Means means(participants);
  for (std::size_t k = 0; k < costs.size(); ++k) {
    const Costs& drawn = costs[draw(seed, resample, k, costs.size())];
    std::vector<std::size_t> seeds(drawn.seeds);
    for (std::size_t i = 0; i < seeds.size(); ++i)
      seeds[i] = draw(seed, resample, (k + 1) * 100'000 + i, drawn.seeds);
    means.add(outcome(drawn, seeds), costs.size());
  }
  return means;
}

std::vector<double> column(const std::vector<Means>& all, std::vector<double> Means::*what, std::size_t p) {
  std::vector<double> values;
  for (const Means& one : all) values.push_back((one.*what)[p]);
  return values;
}

Overall::Bounds bounds(const std::vector<double>& values, double confidence) {
  return {quantile(values, (1 - confidence) / 2), quantile(values, (1 + confidence) / 2)};
}

/// Places by score on each workload, and how sensitive it is compared with the others.
void add_workloads(Overall& one, const std::vector<Comparison>& workloads) {
  double sensitivity_places = 0;
  std::size_t known = 0;
  std::vector<double> steps, seconds;
  for (const Comparison& comparison : workloads) {
    const auto standing = std::find_if(comparison.ranking.begin(), comparison.ranking.end(),
                                       [&](const Standing& s) { return s.participant == one.participant; });
    if (standing->score)
      one.places.emplace_back(static_cast<std::size_t>(standing - comparison.ranking.begin()) + 1);
    else
      one.places.emplace_back();
    std::vector<double> all, step_costs, second_costs;
    for (const Participant& p : comparison.participants) {
      all.push_back(p.sensitivity.value_or(std::nan("")));
      step_costs.push_back(p.to_target ? p.to_target->steps.median : infinity);
      second_costs.push_back(p.to_target ? p.to_target->seconds.median : infinity);
    }
    steps.push_back(ratios(step_costs)[one.participant]);
    seconds.push_back(ratios(second_costs)[one.participant]);
    one.reached += std::isinf(step_costs[one.participant]) ? 0 : 1;
    if (!std::isnan(all[one.participant])) {
      sensitivity_places += static_cast<double>(places(all)[one.participant]);
      ++known;
    }
  }
  if (known > 0) one.sensitivity = sensitivity_places / static_cast<double>(known);
  one.steps = profile(steps);
  one.seconds = profile(seconds);
}

}  // namespace

std::vector<Overall> overall(const std::vector<Comparison>& workloads, std::uint64_t seed) {
  const std::size_t participants = workloads.front().participants.size();
  std::vector<Costs> costs;
  Means exact(participants);
  for (const Comparison& comparison : workloads) {
    costs.push_back(costs_of(comparison));
    std::vector<std::size_t> all(costs.back().seeds);
    std::iota(all.begin(), all.end(), std::size_t{0});
    exact.add(outcome(costs.back(), all), workloads.size());
  }
  std::vector<Means> drawn;
  Places ranks(participants);
  for (std::size_t i = 0; i < resamples; ++i) {
    drawn.push_back(resampled(costs, participants, seed, i));
    std::vector<double> loss;
    for (const double a : drawn.back().areas) loss.push_back(-a);
    ranks.add(loss);
  }

  std::vector<Overall> ranking;
  Matrix areas;  // by participant
  for (std::size_t p = 0; p < participants; ++p) {
    areas.push_back(column(drawn, &Means::areas, p));
    Overall one;
    one.participant = p;
    one.area = exact.areas[p];
    one.mean_place = exact.places[p];
    one.area_bounds = bounds(areas[p], 1 - significance);
    one.mean_place_bounds = bounds(column(drawn, &Means::places, p), 1 - significance);
    const Places::Summary place = ranks.of(p);
    one.rank_bounds = {place.low, place.high};
    one.first = place.first;
    one.rank = 1;
    add_workloads(one, workloads);
    ranking.push_back(one);
  }
  std::stable_sort(ranking.begin(), ranking.end(), [](const Overall& a, const Overall& b) {
    return a.area != b.area ? a.area > b.area : a.mean_place < b.mean_place;
  });
  const double confidence =
      1 - significance / static_cast<double>(std::max<std::size_t>(participants, 2) - 1);
  for (std::size_t i = 0; i < ranking.size(); ++i) {
    for (std::size_t j = i + 1; j < ranking.size(); ++j) {
      std::vector<double> lead(resamples);
      for (std::size_t r = 0; r < resamples; ++r)
        lead[r] = areas[ranking[i].participant][r] - areas[ranking[j].participant][r];
      if (quantile(std::move(lead), (1 - confidence) / 2) > 0) {
        ++ranking[j].rank;
      } else {
        ranking[i].tied_with.push_back(ranking[j].participant);
        ranking[j].tied_with.push_back(ranking[i].participant);
      }
    }
  }
  return ranking;
}

}  // namespace thalweg::workbench
