#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workbench/compare/compare.h"
#include "workbench/compare/profile.h"

namespace thalweg::workbench {

/// A line of the list of bundled workloads.
struct BundledWorkload {
  Workload workload;
  bool quick = false;  ///< in the suite "quick" too; all are in "full"
};
[[nodiscard]] const std::vector<BundledWorkload>& bundled_workloads();

/// The names of the suites: "quick", "full".
[[nodiscard]] const std::vector<std::string>& suite_names();
/// Throws a usage Error, with the nearest name.
[[nodiscard]] std::vector<Workload> suite_workloads(std::string_view suite);

/// Optimizers on several workloads.
struct SuiteOptions {
  CompareOptions common;  ///< all but the workload
  std::string suite;      ///< the name of a suite, or ""
  std::vector<Workload> workloads;

  /// The options of one of them.
  [[nodiscard]] CompareOptions of(std::size_t workload) const;
};

/// One participant over all workloads.
struct Overall {
  struct Bounds {
    double low = 0, high = 0;  ///< 95 % of the resamples lie within
  };

  std::size_t participant = 0;  ///< the same index in every workload's participants
  std::size_t rank = 0;         ///< 1 plus the number of others that are told apart as better
  double area = 0;              ///< under its performance profile by steps, 0 to 1
  Bounds area_bounds, rank_bounds;
  double first = 0;  ///< share of the resamples in which its area is the largest
  std::vector<std::size_t> tied_with;
  std::size_t reached = 0;                         ///< workloads whose target the median run reached
  std::vector<std::optional<std::size_t>> places;  ///< by mean score, per workload; none without a score
  double mean_place = 0;                           ///< of `places`, where having no score is the last place
  Bounds mean_place_bounds;
  std::optional<double> sensitivity;  ///< mean place by sensitivity where it is known
  Profile steps, seconds;             ///< by steps and by time to the target
};

/// All that a suite found out.
struct SuiteComparison {
  SuiteOptions options;
  std::vector<Comparison> workloads;
  std::vector<Overall> ranking;  ///< best first
  double seconds = 0;
  std::size_t threads = 1;

  [[nodiscard]] const std::string& label(std::size_t participant) const {
    return workloads.front().participants[participant].label;
  }
};

/// compare() on each workload, then all of them together. Throws before any work where one of them is wrong.
[[nodiscard]] SuiteComparison compare_suite(const SuiteOptions& options, const CompareObserver& observer = {},
                                            RunStore* store = nullptr);

/// The ranking over all workloads: by the area under the performance profile (see profile.h) of the median
/// steps to the target. Its uncertainty is a bootstrap of workloads, and of the seeds within each (both with
/// replacement, `resamples` times); A is told apart from B if the interval of the difference of their areas,
/// with confidence 1 - 0.05 / (number of others), excludes 0.
[[nodiscard]] std::vector<Overall> overall(const std::vector<Comparison>& workloads, std::uint64_t seed);

}  // namespace thalweg::workbench
