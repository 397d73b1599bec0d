#include "workbench/compare/ranking.h"

#include <algorithm>
#include <cmath>

#include "workbench/compare/statistics.h"

namespace thalweg::workbench {
namespace {

/// The test scores of all seeds; empty if there is no such thing, or one diverged.
std::vector<double> scores(const Participant& participant) {
  std::vector<double> all;
  for (const Run& run : participant.runs) {
    if (!run.result) return {};
    all.push_back(run.result->test->metric);
  }
  return all;
}

Standing::Score score(const std::vector<double>& values, Measure measure) {
  const Interval interval = mean_interval(values, 1 - significance);
  Standing::Score result{interval.mean, {}, {}};
  if (values.size() > 1) {
    // No accuracy is outside of [0, 1], and no error below 0.
    result.low = measure == Measure::log10_gap ? interval.low : std::max(interval.low, 0.0);
    result.high = measure == Measure::accuracy ? std::min(interval.high, 1.0) : interval.high;
  }
  return result;
}

/// How much better `a` is than `b`, seed by seed.
std::vector<double> leads(const std::vector<double>& a, const std::vector<double>& b, bool higher_is_better) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i)
    differences.push_back(higher_is_better ? a[i] - b[i] : b[i] - a[i]);
  return differences;
}

}  // namespace

std::vector<Standing> rank(const std::vector<Participant>& participants, Measure measure, double resolution) {
  const bool higher_is_better = measure == Measure::accuracy;
  std::vector<Standing> ranking, without_score;
  std::vector<std::vector<double>> values;
  for (std::size_t i = 0; i < participants.size(); ++i) {
    values.push_back(scores(participants[i]));
    Standing standing;
    standing.participant = i;
    if (!values[i].empty()) standing.score = score(values[i], measure);
    (standing.score ? ranking : without_score).push_back(standing);
  }
  std::stable_sort(ranking.begin(), ranking.end(), [&](const Standing& a, const Standing& b) {
    return higher_is_better ? a.score->mean > b.score->mean : a.score->mean < b.score->mean;
  });

  const std::size_t others = std::max<std::size_t>(ranking.size(), 2) - 1;
  const double confidence = 1 - significance / static_cast<double>(others);
  const auto lead = [&](const Standing& a, const Standing& b) {
    return mean_interval(leads(values[a.participant], values[b.participant], higher_is_better), confidence);
  };
  for (Standing& own : ranking) own.rank = 1;
  for (std::size_t i = 0; i < ranking.size(); ++i) {
    for (std::size_t j = i + 1; j < ranking.size(); ++j) {
      const Interval ahead = lead(ranking[i], ranking[j]);
      if (i == 0) {
        ranking[j].behind = Standing::Score{ahead.mean, {}, {}};
        if (!std::isinf(ahead.low)) ranking[j].behind = Standing::Score{ahead.mean, ahead.low, ahead.high};
      }
      if (ahead.low > 0 && ahead.mean > resolution) {
        ++*ranking[j].rank;
      } else {
        ranking[i].tied_with.push_back(ranking[j].participant);
        ranking[j].tied_with.push_back(ranking[i].participant);
      }
    }
  }
  ranking.insert(ranking.end(), without_score.begin(), without_score.end());
  return ranking;
}

}  // namespace thalweg::workbench
