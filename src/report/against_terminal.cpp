#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/against.h"
#include "report/lines.h"

namespace thalweg::report {
namespace {

using Verdict = OptimizerChange::Verdict;

/// A score or a difference of scores, in the unit of its table.
std::string number(const WorkloadChange& workload, double value, bool sign) {
  const char* plus = sign && value > 0 ? "+" : "";
  if (workload.score == "test_accuracy")
    return fmt::format("{}{:.{}f}", plus, 100 * value, workload.test_rows < 2000 ? 1 : 2);
  if (workload.score == "test_log10_gap") return fmt::format("{}{:.2f}", plus, value);
  return fmt::format("{}{:.4g}", plus, value);
}

std::string rank_text(const OptimizerChange& one) {
  const auto text = [](const std::optional<std::size_t>& rank) { return rank ? std::to_string(*rank) : "–"; };
  const std::string before = text(one.rank_before), after = text(one.rank_after);
  return before == after ? before : before + " → " + after;
}

std::string change_text(const WorkloadChange& workload, const OptimizerChange& one) {
  if (!one.change) return one.before ? "diverges now" : one.after ? "diverged before" : "diverges";
  std::string text = number(workload, *one.change, true);
  if (one.low) text += " ± " + number(workload, (*one.high - *one.low) / 2, false);
  return text;
}

std::string with_commas(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

/// How many optimizers have each verdict, in words.
std::string tally(const std::vector<WorkloadChange>& workloads) {
  std::size_t better = 0, worse = 0, same = 0, unknown = 0;
  for (const WorkloadChange& workload : workloads) {
    for (const OptimizerChange& one : workload.optimizers) {
      better += one.verdict == Verdict::better ? 1 : 0;
      worse += one.verdict == Verdict::worse ? 1 : 0;
      same += one.verdict == Verdict::same ? 1 : 0;
      unknown += one.verdict == Verdict::unknown ? 1 : 0;
    }
  }
  std::vector<std::string> parts;
  const auto add = [&](std::size_t count, const char* what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, what));
  };
  add(better, "better beyond chance");
  add(worse, "worse beyond chance");
  add(same, "not told apart from before");
  add(unknown, "without an interval");
  return parts.empty() ? "no optimizer in both" : with_commas(parts);
}

void add_workload(std::vector<std::string>& lines, const WorkloadChange& workload, std::size_t width,
                  bool color) {
  const auto add = [&](const std::string& text) {
    for (const std::string& line : broken(text, width)) lines.push_back(line);
  };
  std::vector<std::string> settings;
  for (const SettingChange& s : workload.settings)
    settings.push_back(fmt::format("{} {} → {}", s.name, s.before.empty() ? "–" : s.before,
                                   s.after.empty() ? "–" : s.after));
  add(settings.empty() ? "The settings are the same."
                       : "Settings that differ: " + with_commas(settings) + ".");
  std::size_t paired = 0;
  for (const OptimizerChange& one : workload.optimizers) paired = std::max(paired, one.paired_seeds);
  if (paired > 0) add(fmt::format("Changes are seed by seed over the {} seeds of both.", paired));
  std::size_t name_width = columns("optimizer"), change_width = columns("change"),
              score_width = columns("before"), rank_width = columns("rank");
  for (const OptimizerChange& one : workload.optimizers) {
    name_width = std::max(name_width, columns(one.label));
    change_width = std::max(change_width, columns(change_text(workload, one)));
    rank_width = std::max(rank_width, columns(rank_text(one)));
    for (const auto& mean : {one.before, one.after}) {
      if (mean) score_width = std::max(score_width, columns(number(workload, *mean, false)));
    }
  }
  constexpr std::size_t verdict_width = 7;
  const std::string space = "  ";
  name_width = std::min(name_width, width / 3);
  change_width = std::min(change_width, width / 3);
  rank_width = std::min(rank_width, width / 5);
  const bool has_scores =
      width >= name_width + change_width + rank_width + 2 * score_width + verdict_width + 10;
  const bool has_verdict = width >= name_width + change_width + rank_width + verdict_width + 6;
  const auto row = [&](const std::string& name, const std::string& before, const std::string& after,
                       const std::string& change, const std::string& verdict, const std::string& rank) {
    return fitted(name, name_width) + space +
           (has_scores ? fitted(before, score_width, true) + space + fitted(after, score_width, true) + space
                       : "") +
           fitted(change, change_width) + space +
           (has_verdict ? fitted(verdict, verdict_width) + space : "") + rank;
  };
  lines.push_back(styled(color, "1", row("optimizer", "before", "now", "change", "", "rank")));
  for (const OptimizerChange& one : workload.optimizers) {
    const auto score = [&](const std::optional<double>& mean) {
      return mean ? number(workload, *mean, false) : "–";
    };
    const std::string line =
        trimmed(row(one.label, score(one.before), score(one.after), change_text(workload, one),
                    one.verdict == Verdict::unknown ? "" : verdict_name(one.verdict),
                    fitted(rank_text(one), rank_width)));
    const char* code = one.verdict == Verdict::better ? "32" : one.verdict == Verdict::worse ? "31" : "";
    lines.push_back(*code == '\0' ? line : styled(color, code, line));
  }
  if (!workload.only_before.empty()) add("No longer there: " + with_commas(workload.only_before) + ".");
  if (!workload.only_after.empty()) add("New: " + with_commas(workload.only_after) + ".");
}

}  // namespace

std::vector<std::string> change_lines(const Change& change, std::size_t width, bool color) {
  width = std::max<std::size_t>(width, 40);
  std::vector<std::string> lines;
  const auto add = [&](const std::string& text) {
    for (const std::string& line : broken(text, width)) lines.push_back(line);
  };
  add(fmt::format("Against {} of {}: {}.", change.before, change.created, tally(change.workloads)));
  for (const WorkloadChange& workload : change.workloads) {
    if (change.is_suite) {
      lines.emplace_back();
      lines.push_back(
          styled(color, "1", fitted(workload.workload, std::min(width, columns(workload.workload)))));
    }
    add_workload(lines, workload, width, color);
  }
  if (!change.only_before.empty()) add("Workloads no longer there: " + with_commas(change.only_before) + ".");
  if (!change.only_after.empty()) add("New workloads: " + with_commas(change.only_after) + ".");
  if (!change.overall.empty()) {
    lines.emplace_back();
    lines.push_back(styled(color, "1", "Over all workloads: area under the profile, rank"));
    std::size_t name_width = 0;
    for (const OverallChange& one : change.overall) name_width = std::max(name_width, columns(one.label));
    name_width = std::min(name_width, width / 2);
    for (const OverallChange& one : change.overall) {
      const std::string rank = one.rank_before == one.rank_after
                                   ? std::to_string(one.rank_after)
                                   : fmt::format("{} → {}", one.rank_before, one.rank_after);
      lines.push_back(fmt::format("{}  {:.2f} → {:.2f}  {}", fitted(one.label, name_width), one.area_before,
                                  one.area_after, rank));
    }
  }
  return lines;
}

}  // namespace thalweg::report
