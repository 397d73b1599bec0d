#pragma once

#include <cstddef>
#include <string>

#include "workbench/compare/suite.h"

namespace thalweg::report {

/// Raised when a field of results.json changes its meaning or goes away; new fields do not raise it.
inline constexpr int schema_version = 1;

/// What a comparison was run with. None of it changes a result but for the seconds.
struct Environment {
  std::string version;  ///< of thalweg
  std::string created;  ///< UTC, "2024-05-17T09:30:00Z"
  std::string isa, compiler;
  std::size_t cores = 1;  ///< that the process may use

  /// This program on this machine now, with the instruction set of an Execution.
  [[nodiscard]] static Environment present(const std::string& isa = "best");
};

/// The text of results.json: everything that compare() found out, what it takes to repeat it, and the
/// sentences of summary.h. All that may differ between two runs with the same options is in "environment" and
/// in fields called "seconds". Numbers read back to the same bits.
[[nodiscard]] std::string results_json(const workbench::Comparison& comparison,
                                       const Environment& environment);

/// The same of a suite, of kind "suite"; docs/design/compare.md has the schema of both.
[[nodiscard]] std::string results_json(const workbench::SuiteComparison& suite,
                                       const Environment& environment);

}  // namespace thalweg::report
