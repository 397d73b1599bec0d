#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <thalweg/any_rule.h>
#include <thalweg/views.h>

#include "bench/record.h"

namespace thalweg::bench {

/// What is measured.
struct Options {
  std::vector<std::string> only;   ///< of kinds(); all if empty
  std::vector<AnyRule> rules;      ///< in their default form
  std::vector<std::string> sizes;  ///< "L1", "1e6", "10000x1000"
  std::vector<Precision> precisions{Precision::float32, Precision::float64};
  std::size_t threads = 0;   ///< that "all" stands for; 0: hardware_threads()
  std::uint64_t rounds = 0;  ///< 0: 11, of 1e7 parameters 7, of 1e8 5
  std::string isa = "best";
  std::size_t load_bytes = 64'000'000;  ///< of each file that is loaded
  std::string peers;                    ///< a folder with their modules, "" for none
  std::string command, version;         ///< for the record
};

/// What can be measured, each by itself: "steps" (limits, rules, what surrounds them, peers), "training"
/// (epochs of dense networks), "sparse" (linear models on sparse rows), "load" (files).
[[nodiscard]] const std::vector<std::string>& kinds();

/// The sizes of a whole run.
[[nodiscard]] std::vector<std::string> all_sizes();

/// Throws a usage Error for `option` unless a size is "L1" or what make_shape() takes.
void check_size(const std::string& option, const std::string& size);

/// Measures, a size and a precision after the other. `progress` gets the share that is done and what runs; it
/// may throw to end it. Throws a usage Error for a size that is none.
[[nodiscard]] Record run_suite(const Options& options,
                               const std::function<void(double, const std::string&)>& progress);

}  // namespace thalweg::bench
