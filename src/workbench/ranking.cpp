#include "workbench/ranking.h"

#include <algorithm>
#include <cmath>

#include "workbench/statistics.h"

namespace thalweg::workbench {
namespace {

constexpr double significance = 0.05;

/// The test scores of all seeds; empty if there is no such thing, or one diverged.
std::vector<double> scores(const Participant& participant) {
  std::vector<double> all;
  for (const Run& run : participant.runs) {
    if (!run.result) return {};
    all.push_back(run.result->test->metric);
  }
  return all;
}

Standing::Score bounded(const Interval& interval) {
  if (std::isinf(interval.low)) return {interval.mean, {}, {}};
  return {interval.mean, interval.low, interval.high};
}

Standing::Score score(const std::vector<double>& values, bool higher_is_better) {
  Standing::Score result = bounded(mean_interval(values, 1 - significance));
  if (result.low) {
    // No accuracy is outside of [0, 1], and no error below 0.
    result.low = std::max(*result.low, 0.0);
    if (higher_is_better) result.high = std::min(*result.high, 1.0);
  }
  return result;
}

}  // namespace

std::vector<Standing> rank(const std::vector<Participant>& participants, bool higher_is_better) {
  std::vector<Standing> ranking, without_score;
  std::vector<std::vector<double>> values;
  for (std::size_t i = 0; i < participants.size(); ++i) {
    values.push_back(scores(participants[i]));
    Standing standing;
    standing.participant = i;
    if (!values[i].empty()) standing.score = score(values[i], higher_is_better);
    (standing.score ? ranking : without_score).push_back(standing);
  }
  std::stable_sort(ranking.begin(), ranking.end(), [&](const Standing& a, const Standing& b) {
    return higher_is_better ? a.score->mean > b.score->mean : a.score->mean < b.score->mean;
  });

  for (std::size_t i = 1; i < ranking.size(); ++i) {
    const auto &first = values[ranking[0].participant], &own = values[ranking[i].participant];
    ranking[i].behind = bounded(higher_is_better ? welch_difference(first, own, 1 - significance)
                                                 : welch_difference(own, first, 1 - significance));
  }
  for (std::size_t leader = 0; leader < ranking.size();) {
    std::vector<double> p;
    for (std::size_t i = leader + 1; i < ranking.size(); ++i)
      p.push_back(welch_p(values[ranking[leader].participant], values[ranking[i].participant]));
    p = holm(p);
    std::size_t end = leader + 1;
    while (end < ranking.size() && p[end - leader - 1] > significance) ++end;
    for (std::size_t i = leader; i < end; ++i) {
      ranking[i].rank = leader + 1;
      for (std::size_t other = leader; other < end; ++other) {
        if (other != i) ranking[i].tied_with.push_back(ranking[other].participant);
      }
    }
    leader = end;
  }
  ranking.insert(ranking.end(), without_score.begin(), without_score.end());
  return ranking;
}

}  // namespace thalweg::workbench
