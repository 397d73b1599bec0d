#include "workbench/compare/suite.h"

#include <algorithm>

#include <thalweg/error.h>

#include "workbench/compare/prepared.h"
#include "workbench/seconds.h"

namespace thalweg::workbench {
namespace {

Workload learn(const char* name, const char* data, const char* model, std::uint64_t epochs,
               std::uint64_t batch) {
  Workload workload;
  workload.name = name;
  workload.data = data;
  workload.model = model;
  workload.epochs = epochs;
  workload.batch = batch;
  return workload;
}

Workload minimize(const char* name, const char* problem, std::uint64_t dimension, std::uint64_t epochs,
                  std::uint64_t steps) {
  Workload workload;
  workload.name = name;
  workload.problem = problem;
  workload.dimension = dimension;
  workload.epochs = epochs;
  workload.steps = steps;
  return workload;
}

/// About how long an epoch takes, for the progress.
double cost(const Workload& workload, const Prepared& prepared) {
  const auto steps = static_cast<double>(prepared.steps_per_epoch);
  const auto parameters = static_cast<double>(prepared.parameters);
  const auto rows = static_cast<double>(prepared.data.train_rows);
  const double epoch = workload.is_function() ? 1e3 * steps : 5e3 * steps + rows * (300 + parameters / 2);
  return static_cast<double>(workload.epochs) * epoch;
}

}  // namespace

const std::vector<BundledWorkload>& bundled_workloads() {
  static const std::vector<BundledWorkload> list{
      // convex functions
      {minimize("ravine", "ravine", 2, 30, 20), true},
      {minimize("ravine-20", "ravine", 20, 30, 20), true},
      {minimize("scales", "scales", 0, 30, 20), true},
      {minimize("booth", "booth", 0, 30, 20), false},
      // functions with curved valleys, plateaus and several minima
      {minimize("rosenbrock", "rosenbrock", 2, 50, 40), true},
      {minimize("rosenbrock-10", "rosenbrock", 10, 50, 40), true},
      {minimize("beale", "beale", 0, 50, 20), true},
      {minimize("himmelblau", "himmelblau", 0, 30, 20), true},
      {minimize("styblinski-5", "styblinski_tang", 5, 30, 20), true},
      // convex models
      {learn("diabetes-linear", "diabetes", "linear", 20, 32), true},
      {learn("cancer-logistic", "breast_cancer", "logistic", 15, 32), true},
      {learn("wine-softmax", "wine", "softmax", 15, 16), true},
      {learn("digits-softmax", "digits", "softmax", 10, 32), true},
      {learn("agaricus-sparse", "agaricus", "logistic", 2, 64), true},
      // networks
      {learn("wine-mlp", "wine", "mlp:16", 15, 16), true},
      {learn("diabetes-mlp", "diabetes", "mlp:32", 20, 32), true},
      {learn("digits-mlp", "digits", "mlp:32", 10, 32), true},
      {learn("digits-tanh", "digits", "mlp:64,64,activation=tanh", 40, 32), false},
      {learn("agaricus-mlp", "agaricus", "mlp:32", 10, 64), false},
  };
  return list;
}

const std::vector<std::string>& suite_names() {
  static const std::vector<std::string> names{"quick", "full"};
  return names;
}

std::vector<Workload> suite_workloads(std::string_view suite) {
  const auto& names = suite_names();
  if (std::find(names.begin(), names.end(), suite) == names.end()) throw unknown_name("suite", suite, names);
  std::vector<Workload> all;
  for (const BundledWorkload& one : bundled_workloads()) {
    if (one.quick || suite == "full") all.push_back(one.workload);
  }
  return all;
}

CompareOptions SuiteOptions::of(std::size_t workload) const {
  CompareOptions options = common;
  static_cast<Workload&>(options) = workloads[workload];
  return options;
}

SuiteComparison compare_suite(const SuiteOptions& options, const CompareObserver& observer, RunStore* store) {
  const Clock::time_point begin = Clock::now();
  SuiteComparison suite;
  suite.options = options;
  if (options.workloads.empty()) throw usage_error("workloads", "none", "must be at least one");
  std::vector<Prepared> prepared;
  double total = 0, done = 0;
  for (std::size_t i = 0; i < options.workloads.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (options.workloads[j].id() == options.workloads[i].id())
        throw usage_error("workload", options.workloads[i].id(), "named twice");
    }
    suite.options.common.optimizers = checked(options.of(i)).optimizers;
    prepared.push_back(prepare(options.of(i)));
    total += cost(options.workloads[i], prepared.back());
  }
  for (std::size_t i = 0; i < options.workloads.size(); ++i) {
    const double share = cost(options.workloads[i], prepared[i]) / total;
    CompareObserver one;
    if (observer) {
      one = [&](CompareProgress progress) {
        progress.fraction = done + share * progress.fraction;
        progress.workload = options.workloads[i].id();
        observer(progress);
      };
    }
    suite.workloads.push_back(compare(suite.options.of(i), prepared[i], one, store));
    done += share;
  }
  suite.threads = suite.workloads.front().threads;
  suite.ranking = overall(suite.workloads, options.common.seed);
  suite.seconds = seconds_since(begin);
  return suite;
}

}  // namespace thalweg::workbench
