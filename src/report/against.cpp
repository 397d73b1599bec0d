#include "report/against.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <thalweg/error.h>

#include "report/results_json.h"
#include "workbench/compare/statistics.h"

namespace thalweg::report {
namespace {

using workbench::Interval;
using Verdict = OptimizerChange::Verdict;

std::vector<double> values_of(const std::map<std::uint64_t, double>& scores) {
  std::vector<double> all;
  for (const auto& score : scores) all.push_back(score.second);
  return all;
}

/// The difference of the scores of the same optimizer. Pairs are the sharper the more the runs have in
/// common.
void add_change(OptimizerChange& change, const ReadOptimizer& before, const ReadOptimizer& after,
                double confidence) {
  if (!before.mean || !after.mean) return;
  change.change = *after.mean - *before.mean;
  std::vector<double> differences;
  for (const auto& [seed, score] : after.scores) {
    if (const auto old = before.scores.find(seed); old != before.scores.end())
      differences.push_back(score - old->second);
  }
  Interval interval{0, 0, 0};
  if (differences.size() >= 2) {
    change.paired_seeds = differences.size();
    interval = workbench::mean_interval(differences, confidence);
    change.change = interval.mean;
  } else if (before.scores.size() >= 2 && after.scores.size() >= 2) {
    interval = workbench::welch_interval(values_of(before.scores), values_of(after.scores), confidence);
  } else {
    return;
  }
  change.low = interval.low;
  change.high = interval.high;
}

Verdict verdict(const OptimizerChange& change, bool higher_is_better) {
  if (!change.low) return Verdict::unknown;
  if (*change.low > 0) return higher_is_better ? Verdict::better : Verdict::worse;
  if (*change.high < 0) return higher_is_better ? Verdict::worse : Verdict::better;
  return Verdict::same;
}

std::vector<SettingChange> setting_changes(const ReadComparison& before, const ReadComparison& after) {
  std::vector<SettingChange> all;
  const auto value = [](const ReadComparison& comparison, const std::string& name) -> std::string {
    for (const auto& setting : comparison.settings) {
      if (setting.first == name) return setting.second;
    }
    return "";
  };
  for (const auto& [name, new_value] : after.settings) {
    if (const std::string old = value(before, name); old != new_value) all.push_back({name, old, new_value});
  }
  for (const auto& [name, old_value] : before.settings) {
    if (value(after, name).empty()) all.push_back({name, old_value, ""});
  }
  return all;
}

const ReadOptimizer* find(const ReadComparison& comparison, const std::string& label) {
  const auto found = std::find_if(comparison.optimizers.begin(), comparison.optimizers.end(),
                                  [&](const ReadOptimizer& one) { return one.label == label; });
  return found == comparison.optimizers.end() ? nullptr : &*found;
}

WorkloadChange workload_change(const ReadResults& old_results, const ReadComparison& before,
                               const ReadComparison& after) {
  const auto refuse = [&](const std::string& found, const std::string& wanted) {
    throw input_error(old_results.file, found, wanted + ", or the scores cannot be compared");
  };
  if (before.data != after.data) refuse("results on " + before.data, "results on " + after.data);
  if (before.score != after.score) refuse("scores of " + before.score, after.score);
  if (before.checksum != after.checksum) {
    refuse(fmt::format("{} with the checksum {}", before.data, before.checksum),
           fmt::format("{}, the same numbers in the same split", after.checksum));
  }
  WorkloadChange change{
      after.workload, after.place, after.score, after.higher_is_better, after.test_rows, {}, {}, {}, {}};
  change.settings = setting_changes(before, after);
  std::size_t common = 0;
  for (const ReadOptimizer& one : after.optimizers) common += find(before, one.label) != nullptr ? 1 : 0;
  const double confidence = 1 - 0.05 / static_cast<double>(std::max<std::size_t>(common, 1));
  for (const ReadOptimizer& one : after.optimizers) {
    const ReadOptimizer* old = find(before, one.label);
    if (old == nullptr) {
      change.only_after.push_back(one.label);
      continue;
    }
    OptimizerChange both;
    both.label = one.label;
    both.before = old->mean;
    both.after = one.mean;
    both.rank_before = old->rank;
    both.rank_after = one.rank;
    both.spec_before = old->spec;
    both.spec_after = one.spec;
    add_change(both, *old, one, confidence);
    both.verdict = verdict(both, after.higher_is_better);
    change.optimizers.push_back(both);
  }
  for (const ReadOptimizer& one : before.optimizers) {
    if (find(after, one.label) == nullptr) change.only_before.push_back(one.label);
  }
  return change;
}

Json value_json(const std::string& value) { return value.empty() ? Json() : Json::parse(value); }

void add_workload(Json& json, const WorkloadChange& change) {
  json["settings"] = Json::array();
  for (const SettingChange& s : change.settings)
    json["settings"].push_back(
        {{"name", s.name}, {"old", value_json(s.before)}, {"new", value_json(s.after)}});
  json["optimizers"] = Json::array();
  for (const OptimizerChange& one : change.optimizers) {
    json["optimizers"].push_back({{"optimizer", one.label},
                                  {"old_mean", or_null(one.before)},
                                  {"new_mean", or_null(one.after)},
                                  {"change", or_null(one.change)},
                                  {"change_low", or_null(one.low)},
                                  {"change_high", or_null(one.high)},
                                  {"paired_seeds", one.paired_seeds},
                                  {"verdict", verdict_name(one.verdict)},
                                  {"old_rank", or_null(one.rank_before)},
                                  {"new_rank", or_null(one.rank_after)},
                                  {"old_spec", one.spec_before},
                                  {"new_spec", one.spec_after}});
  }
  json["only_old"] = change.only_before;
  json["only_new"] = change.only_after;
}

Json json_of(const Change& change) {
  Json json{{"old", change.before}, {"created", change.created}};
  if (!change.is_suite) {
    add_workload(json, change.workloads.front());
    return json;
  }
  json["workloads"] = Json::array();
  for (const WorkloadChange& one : change.workloads) {
    Json workload{{"workload", one.workload}};
    add_workload(workload, one);
    json["workloads"].push_back(workload);
  }
  json["overall"] = Json::array();
  for (const OverallChange& one : change.overall) {
    json["overall"].push_back({{"optimizer", one.label},
                               {"old_area", one.area_before},
                               {"new_area", one.area_after},
                               {"old_rank", one.rank_before},
                               {"new_rank", one.rank_after}});
  }
  json["only_old_workloads"] = change.only_before;
  json["only_new_workloads"] = change.only_after;
  return json;
}

}  // namespace

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return "better";
    case Verdict::worse:
      return "worse";
    case Verdict::same:
      return "same";
    case Verdict::unknown:
      break;
  }
  return "unknown";
}

Change changes(const ReadResults& before, const ReadResults& after) {
  if (before.is_suite != after.is_suite) {
    throw input_error(
        before.file, before.is_suite ? "results of a suite" : "results on one workload",
        after.is_suite ? "those of a suite, as the others are" : "those on one, as the others are");
  }
  Change change{before.file, before.created, after.is_suite, {}, {}, {}, {}};
  if (!after.is_suite) {
    change.workloads.push_back(workload_change(before, before.workloads.front(), after.workloads.front()));
    return change;
  }
  const auto in = [](const ReadResults& results, const std::string& workload) {
    return std::find_if(results.workloads.begin(), results.workloads.end(),
                        [&](const ReadComparison& one) { return one.workload == workload; });
  };
  for (const ReadComparison& one : after.workloads) {
    const auto old = in(before, one.workload);
    if (old == before.workloads.end())
      change.only_after.push_back(one.workload);
    else
      change.workloads.push_back(workload_change(before, *old, one));
  }
  for (const ReadComparison& one : before.workloads) {
    if (in(after, one.workload) == after.workloads.end()) change.only_before.push_back(one.workload);
  }
  if (change.workloads.empty())
    throw input_error(before.file, "a suite of other workloads", "one with a workload of the same name");
  for (const ReadOverall& one : after.overall) {
    for (const ReadOverall& old : before.overall) {
      if (old.label == one.label)
        change.overall.push_back({one.label, old.area, one.area, old.rank, one.rank});
    }
  }
  return change;
}

std::string change_json(const Change& change) { return json_of(change).dump(); }

std::string with_change(const std::string& results, const Change& change) {
  Json json = Json::parse(results);
  json["against"] = json_of(change);
  return dumped(json);
}

}  // namespace thalweg::report
