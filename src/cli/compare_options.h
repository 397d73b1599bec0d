#pragma once

#include <optional>
#include <string>
#include <vector>

#include "workbench/compare/suite.h"

namespace thalweg::cli {

class Arguments;
struct Shared;

/// The arguments of `compare` that say what to compare: an experiment's file, and flags that override it.
class CompareArguments {
 public:
  void declare(Arguments& arguments);
  /// What was asked for. Throws usage and input Errors, among them for flags that do not go together.
  [[nodiscard]] workbench::SuiteOptions options(const Shared& shared) const;

 private:
  [[nodiscard]] bool given(const char* name) const;
  void choose_workloads(workbench::SuiteOptions& options) const;
  void adapt_workloads(workbench::SuiteOptions& options) const;
  void refuse(const char* flag, const std::string& why) const;

  const Arguments* arguments_ = nullptr;
  workbench::CompareOptions flags_;  ///< holds the defaults where a flag is not given
  std::string experiment_, tuner_ = "search", tune_ = "lr", suite_;
};

/// Whether these options are for one workload, and its results of kind "comparison".
[[nodiscard]] bool is_single(const workbench::SuiteOptions& options);

}  // namespace thalweg::cli
