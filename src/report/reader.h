#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace thalweg::report {

/// What a results.json says of one optimizer on one workload.
struct ReadOptimizer {
  std::string label, spec;
  std::optional<double> mean;              ///< none where a run diverged
  std::optional<std::size_t> rank;         ///< none without a score
  std::map<std::uint64_t, double> scores;  ///< on the test part, by seed, of the runs that ended well
};

/// And of one workload.
struct ReadComparison {
  std::string workload;  ///< its name
  std::string place;     ///< for people: "digits (mlp:64)"
  std::string score;     ///< "test_accuracy"
  bool higher_is_better = true;
  std::size_t test_rows = 0;
  std::string data, checksum;
  std::vector<std::pair<std::string, std::string>> settings;  ///< name, value as JSON
  std::vector<ReadOptimizer> optimizers;                      ///< in the order of the ranking
};

/// An optimizer's place over all workloads of a suite.
struct ReadOverall {
  std::string label;
  double area = 0;
  std::size_t rank = 0;
};

/// What --against needs of a results.json.
struct ReadResults {
  std::string file, created;
  bool is_suite = false;
  std::vector<ReadComparison> workloads;  ///< one, unless it is a suite
  std::vector<ReadOverall> overall;       ///< of a suite, in the order of the ranking
};

/// Reads the text of results.json, with the file's name for errors. Throws an input Error for what is no
/// results file of a schema that this version knows.
[[nodiscard]] ReadResults parse_results(const std::string& text, const std::string& file);
/// The same from a file.
[[nodiscard]] ReadResults read_results(const std::string& file);

}  // namespace thalweg::report
