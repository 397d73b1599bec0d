#pragma once

#include <string>
#include <vector>

#include "workbench/compare/suite.h"

namespace thalweg::report {

/// One sentence: what won and by how much, with its uncertainty; ties as ties.
[[nodiscard]] std::string headline(const workbench::Comparison& comparison);

[[nodiscard]] std::string headline(const workbench::SuiteComparison& suite);

/// What a reader must know to judge the ranking, a sentence each: diverged runs, rates that were not tuned,
/// best rates at the edge of what was tried, a single seed. Often none.
[[nodiscard]] std::vector<std::string> notes(const workbench::Comparison& comparison);

[[nodiscard]] std::vector<std::string> notes(const workbench::SuiteComparison& suite);

/// Where the target comes from, a sentence; "" where there is none.
[[nodiscard]] std::string target_text(const workbench::Comparison& comparison);

/// The command that repeats the comparison, quoted for a shell.
[[nodiscard]] std::string command_line(const workbench::CompareOptions& options);

/// The same for a suite; one without a name is repeated from its experiment.toml.
[[nodiscard]] std::string command_line(const workbench::SuiteOptions& options);

/// "digits", "rosenbrock": what results.json calls the data
[[nodiscard]] std::string data_name(const workbench::Workload& workload);
/// "digits (mlp:64)", "rosenbrock"
[[nodiscard]] std::string place_text(const workbench::Workload& workload);

/// A score as people read it: "97.3 %", a root mean squared error with 4 digits, or "10^-7.32", what is left
/// of a function's way to its minimum.
[[nodiscard]] std::string score_text(const workbench::Comparison& comparison, double score);
/// A score with its interval: "97.3 % ± 0.4", the "±" only where there is an interval.
[[nodiscard]] std::string score_text(const workbench::Comparison& comparison,
                                     const workbench::Standing::Score& score);

/// A difference of scores: "0.9 points", "0.43 decades".
[[nodiscard]] std::string difference_text(const workbench::Comparison& comparison, double difference);

/// The chosen specification of an optimizer, or what was given where every trial diverged.
[[nodiscard]] const std::string& setting(const workbench::Participant& participant);
/// The mean time of its judged runs; 0 without any.
[[nodiscard]] double seconds_of_run(const workbench::Participant& participant);

}  // namespace thalweg::report
