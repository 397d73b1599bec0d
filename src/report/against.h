#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/reader.h"

namespace thalweg::report {

/// A setting that two runs do not share; values as JSON, "" where one has no such setting.
struct SettingChange {
  std::string name, before, after;
};

/// What became of an optimizer between two runs.
struct OptimizerChange {
  enum class Verdict { better, worse, same, unknown };

  std::string label;
  std::optional<double> before, after;      ///< mean scores
  std::optional<double> change, low, high;  ///< after - before, and its interval
  std::size_t paired_seeds = 0;             ///< that the interval is taken over; 0: the runs are independent
  Verdict verdict = Verdict::unknown;
  std::optional<std::size_t> rank_before, rank_after;
  std::string spec_before, spec_after;
};

/// What changed on one workload.
struct WorkloadChange {
  std::string workload, place, score;
  bool higher_is_better = true;
  std::size_t test_rows = 0;
  std::vector<SettingChange> settings;
  std::vector<OptimizerChange> optimizers;  ///< of both runs, in the order of the new ranking
  std::vector<std::string> only_before, only_after;
};

struct OverallChange {
  std::string label;
  double area_before = 0, area_after = 0;
  std::size_t rank_before = 0, rank_after = 0;
};

/// What changed between two runs.
struct Change {
  std::string before, created;  ///< the older file, and when it was made
  bool is_suite = false;
  std::vector<WorkloadChange> workloads;
  std::vector<OverallChange> overall;
  std::vector<std::string> only_before, only_after;  ///< workloads
};

/// Compares two results. The change of an optimizer's mean has a t interval: of the differences seed by seed,
/// where at least two seeds coincide and neither lacks one (they share the initial parameters and the order
/// of the rows), else Welch's of independent runs. Its confidence is 1 - 0.05 / (number of optimizers), so
/// that of a pair of runs in which nothing changed at most 5 % show a "better" or "worse" by chance. Throws
/// an input Error where scores do not compare: other data, another split, another score.
[[nodiscard]] Change changes(const ReadResults& before, const ReadResults& after);

/// "better"
[[nodiscard]] const char* verdict_name(OptimizerChange::Verdict verdict);

/// As results.json has it under "against".
[[nodiscard]] std::string change_json(const Change& change);
/// The text of a results file with "against" added.
[[nodiscard]] std::string with_change(const std::string& results, const Change& change);

/// For people: what changed, in lines of at most `width` columns, without line ends. One sentence first.
[[nodiscard]] std::vector<std::string> change_lines(const Change& change, std::size_t width, bool color);

}  // namespace thalweg::report
