#pragma once

// The recorded trajectories of tests/golden.

#include <filesystem>
#include <string>
#include <vector>

namespace thalweg::test {

using Table = std::vector<std::vector<double>>;

/// A float64 array of one or two dimensions, in C order; one row if it has one dimension.
Table read_npy(const std::filesystem::path& path);

std::filesystem::path golden_folder();

struct GoldenCase {
  std::string name, optimizer;
  std::string specification;  ///< as the command line would write it
  Table theta;                ///< after each step
};
/// The names of all cases in the folder, in order. Reads none of them: every start of the tests' program
/// asks.
std::vector<std::string> golden_names();

GoldenCase golden_case(const std::string& name);

/// All cases, by name.
std::vector<GoldenCase> golden_cases();

}  // namespace thalweg::test
