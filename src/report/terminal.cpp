#include "report/terminal.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "report/lines.h"
#include "report/summary.h"

namespace thalweg::report {
namespace {

using namespace workbench;

/// The setting without the optimizer's name, which has its own column.
std::string short_setting(const Participant& participant) {
  const std::string& spec = setting(participant);
  const std::string name = participant.label + ":";
  if (spec == participant.label) return "";
  return spec.compare(0, name.size(), name) == 0 ? spec.substr(name.size()) : spec;
}

double low_of(const Standing& s) { return s.score->low.value_or(s.score->mean); }
double high_of(const Standing& s) { return s.score->high.value_or(s.score->mean); }

/// What the bars span: all intervals, except for what lies far behind the better half.
std::pair<double, double> bar_axis(const std::vector<const Standing*>& scored) {
  const double best = scored.front()->score->mean, middle = scored[scored.size() / 2]->score->mean;
  double low = low_of(*scored.front()), high = high_of(*scored.front());
  const double far = std::max({4 * std::abs(best - middle), 3 * (high - low), 0.002 * std::abs(best)});
  for (const Standing* s : scored) {
    low = std::min(low, low_of(*s));
    high = std::max(high, high_of(*s));
  }
  low = std::max(low, best - far);
  high = std::min(high, best + far);
  return low < high ? std::pair{low, high} : std::pair{low - 0.01, high + 0.01};
}

Mark mark_of(const Standing& s) { return {s.score->mean, s.score->low, s.score->high}; }

std::string time_text(double seconds) {
  if (seconds < 0.00995) return fmt::format("{:.1f} ms", 1000 * seconds);
  if (seconds < 0.995) return fmt::format("{:.0f} ms", 1000 * seconds);
  return seconds < 9.95 ? fmt::format("{:.1f} s", seconds) : fmt::format("{:.0f} s", seconds);
}

/// "diverged at step 17"
std::string why_no_score(const Participant& participant) {
  const auto& runs = participant.chosen ? participant.runs : participant.trials;
  const auto bad =
      std::find_if(runs.begin(), runs.end(), [](const Run& run) { return run.divergence.has_value(); });
  const std::string step = bad == runs.end() ? "" : fmt::format(" at step {}", bad->divergence->step);
  return participant.chosen ? "diverged" + step : "every trial diverged";
}

}  // namespace

std::vector<std::string> ranking_lines(const Comparison& comparison, std::size_t width, bool color) {
  width = std::max<std::size_t>(width, 40);
  std::vector<const Standing*> scored;
  std::vector<std::size_t> sharing(comparison.ranking.size() + 1);  // of each rank, how many have it
  std::size_t name_width = 9, setting_width = 7, score_width = 8;
  for (const Standing& s : comparison.ranking) {
    const Participant& participant = comparison.participants[s.participant];
    name_width = std::max(name_width, columns(participant.label));
    setting_width = std::max(setting_width, columns(short_setting(participant)));
    if (!s.score) continue;
    scored.push_back(&s);
    ++sharing[*s.rank];
    score_width = std::max(score_width, columns(score_text(comparison, *s.score)));
  }
  if (scored.empty()) score_width = columns("every trial diverged");
  // What the fixed columns leave is shared by names, settings and bar.
  constexpr std::size_t rank_width = 3, time_width = 7, gap = 2;
  const bool has_time = width >= 72;
  const std::size_t fixed = rank_width + gap + score_width + (has_time ? gap + time_width : 0);
  const std::size_t shared = width - fixed - 2 * gap;
  name_width = std::min(name_width, shared / 2);
  const bool has_bar = shared >= name_width + 8 + gap + 8 && !scored.empty();
  const std::size_t beside_name = shared - name_width;
  // A long setting leaves the bar 16 columns if it keeps 8 itself.
  if (has_bar)
    setting_width =
        std::min(setting_width, std::max<std::size_t>(8, beside_name - std::min(beside_name, gap + 16)));
  setting_width = std::min(setting_width, beside_name);
  const std::size_t bar_width =
      has_bar ? std::min<std::size_t>(shared - name_width - setting_width - gap, 40) : 0;
  const auto axis = has_bar ? bar_axis(scored) : std::pair{0.0, 1.0};

  const std::string space(gap, ' ');
  const char* metric = comparison.measure() == Measure::accuracy ? "accuracy"
                       : comparison.measure() == Measure::rmse   ? "rmse"
                                                                 : "left of f";
  std::vector<std::string> lines;
  lines.push_back(
      styled(color, "1",
             trimmed(fitted("#", rank_width) + space + fitted("optimizer", name_width) + space +
                     fitted("setting", setting_width) + space + fitted(metric, score_width) +
                     (has_bar ? space + fitted(bar_width >= 13 ? "95 % interval" : "95 %", bar_width) : "") +
                     (has_time ? space + fitted("time", time_width, true) : ""))));
  for (const Standing& s : comparison.ranking) {
    const Participant& participant = comparison.participants[s.participant];
    std::string rank = s.rank ? std::to_string(*s.rank) + (sharing[*s.rank] > 1 ? "=" : "") : "–";
    std::string line = fitted(rank, rank_width) + space;
    line += styled(color, s.rank == 1U ? "1;36" : "36", fitted(participant.label, name_width)) + space;
    line += fitted(short_setting(participant), setting_width) + space;
    if (!s.score) {
      const std::size_t rest = score_width + (has_bar ? gap + bar_width : 0);
      line += styled(color, "33", fitted(why_no_score(participant), rest));
      if (has_time) line += space + std::string(time_width, ' ');
    } else {
      line += fitted(score_text(comparison, *s.score), score_width);
      if (has_bar) line += space + bar(mark_of(s), axis, bar_width);
      if (has_time) line += space + fitted(time_text(seconds_of_run(participant)), time_width, true);
    }
    lines.push_back(trimmed(line));
  }
  return lines;
}

}  // namespace thalweg::report
