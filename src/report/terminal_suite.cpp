#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/lines.h"
#include "report/summary.h"
#include "report/terminal.h"

namespace thalweg::report {
namespace {

using namespace workbench;

constexpr std::size_t gap = 2;

/// The share of the workloads at each of some ratios between 1 and the largest.
std::vector<double> sampled(const Profile& profile, std::size_t count) {
  std::vector<double> shares;
  for (std::size_t i = 0; i < count; ++i) {
    const double tau = 1 + (largest_ratio - 1) * static_cast<double>(i) /
                               static_cast<double>(std::max<std::size_t>(count - 1, 1));
    const auto next = std::upper_bound(profile.ratio.begin(), profile.ratio.end(), tau);
    shares.push_back(profile.share[static_cast<std::size_t>(next - profile.ratio.begin()) - 1]);
  }
  return shares;
}

}  // namespace

std::vector<std::string> overall_lines(const SuiteComparison& suite, std::size_t width, bool color) {
  width = std::max<std::size_t>(width, 40);
  std::size_t name_width = columns("optimizer");
  std::vector<std::size_t> sharing(suite.ranking.size() + 1);
  for (const Overall& one : suite.ranking) {
    name_width = std::max(name_width, columns(suite.label(one.participant)));
    ++sharing[one.rank];
  }
  constexpr std::size_t rank_width = 3, area_width = 4, reached_width = 7, place_width = 6;
  const bool has_place = width >= 72, has_profile = width >= 50;
  const std::size_t fixed =
      rank_width + area_width + reached_width + 3 * gap + (has_place ? place_width + gap : 0);
  name_width = std::min(name_width, (width - fixed) / 2);
  const std::size_t rest = width - fixed - name_width - gap;
  const std::size_t profile_width = has_profile ? std::min<std::size_t>(rest / 3, 13) : 0;
  const std::size_t bar_width = std::min<std::size_t>(rest - (has_profile ? profile_width + gap : 0), 36);
  const std::string space(gap, ' ');
  std::vector<std::string> lines;
  lines.push_back(styled(color, "1",
                         trimmed(fitted("#", rank_width) + space + fitted("optimizer", name_width) + space +
                                 fitted("area", area_width) + space +
                                 fitted(bar_width >= 13 ? "95 % interval" : "95 %", bar_width) +
                                 (has_profile ? space + fitted("1×–4×", profile_width) : "") + space +
                                 fitted("reached", reached_width, true) +
                                 (has_place ? space + fitted("place", place_width, true) : ""))));
  for (const Overall& one : suite.ranking) {
    const Mark mark{one.area, one.area_bounds.low, one.area_bounds.high};
    const std::string rank = std::to_string(one.rank) + (sharing[one.rank] > 1 ? "=" : "");
    const std::string profile = curve(sampled(one.steps, profile_width), 0, 1, profile_width);
    lines.push_back(trimmed(
        fitted(rank, rank_width) + space +
        styled(color, one.rank == 1 ? "1;36" : "36", fitted(suite.label(one.participant), name_width)) +
        space + fmt::format("{:.2f}", one.area) + space + bar(mark, {0, 1}, bar_width) +
        (has_profile ? space + profile : "") + space +
        fitted(fmt::format("{}/{}", one.reached, suite.workloads.size()), reached_width, true) +
        (has_place ? space + fitted(fmt::format("{:.1f}", one.mean_place), place_width, true) : "")));
  }
  return lines;
}

std::vector<std::string> workload_lines(const SuiteComparison& suite, std::size_t width, bool color) {
  struct Row {
    std::string name, best, score, soonest;
  };
  width = std::max<std::size_t>(width, 40);
  std::vector<Row> rows;
  std::size_t name_width = columns("workload"), best_width = columns("best score"), score_width = 0;
  for (const Comparison& comparison : suite.workloads) {
    Row row{comparison.options.id(), "–", "", "–"};
    if (const Standing& first = comparison.ranking.front(); first.score) {
      row.best = comparison.participants[first.participant].label;
      row.score = score_text(comparison, *first.score);
    }
    const auto steps = [](const Participant& p) {
      return p.to_target ? p.to_target->steps.median : INFINITY;
    };
    const auto& all = comparison.participants;
    const auto soonest =
        std::min_element(all.begin(), all.end(),
                         [&](const Participant& a, const Participant& b) { return steps(a) < steps(b); });
    if (!std::isinf(steps(*soonest)))
      row.soonest = fmt::format("{} ({})", soonest->label, count_text(steps(*soonest)));
    name_width = std::max(name_width, columns(row.name));
    best_width = std::max(best_width, columns(row.best));
    score_width = std::max(score_width, columns(row.score));
    rows.push_back(std::move(row));
  }
  const std::string space(gap, ' ');
  name_width = std::min(name_width, width / 3);
  best_width = std::min(best_width, width / 4);
  const std::size_t rest = width - name_width - best_width - 2 * gap;
  score_width = std::min(score_width, rest);
  const std::size_t soonest_width = rest >= score_width + gap + 12 ? rest - score_width - gap : 0;
  std::vector<std::string> lines;
  lines.push_back(styled(
      color, "1",
      trimmed(fitted("workload", name_width) + space + fitted("best score", best_width + gap + score_width) +
              (soonest_width > 0 ? space + fitted("soonest at target (steps)", soonest_width) : ""))));
  for (const Row& row : rows) {
    lines.push_back(trimmed(fitted(row.name, name_width) + space +
                            styled(color, "36", fitted(row.best, best_width)) + space +
                            fitted(row.score, score_width) +
                            (soonest_width > 0 ? space + trimmed(fitted(row.soonest, soonest_width)) : "")));
  }
  return lines;
}

}  // namespace thalweg::report
