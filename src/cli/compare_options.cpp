#include "cli/compare_options.h"

#include <algorithm>

#include <thalweg/error.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/text.h"
#include "workbench/compare/experiment.h"

namespace thalweg::cli {
namespace {

using workbench::SuiteOptions;
using workbench::Workload;

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> all;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find(',', begin);
    all.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
  }
  return all;
}

}  // namespace

void CompareArguments::declare(Arguments& a) {
  arguments_ = &a;
  a.text("EXPERIMENT", "FILE", experiment_,
         "a TOML file that says what to compare; the options override it (docs/compare.md)");
  a.text("--data,-d", "NAME|FILE|FOLDER", flags_.data, "what to learn from");
  a.text("--model,-m", "SPEC", flags_.model, "linear, logistic, softmax or mlp:UNITS,UNITS,...");
  a.texts("--optimizer,-o", "SPEC", flags_.optimizers, "one to compare, repeatable; all if left out");
  a.group("Other workloads");
  a.text("--suite", "quick|full", suite_,
         "functions, linear models and networks together: a performance profile and an overall ranking");
  a.text("--problem", "NAME", flags_.problem,
         "a function to minimize instead: one of `thalweg list problems`");
  a.count("--dimension", flags_.dimension, at_least(1), "of the problem; else its own");
  a.group("How much");
  a.count("--trials", flags_.trials, at_least(1), "what tuning may cost each optimizer, in whole runs");
  a.text("--tuner", "search|grid|halving", tuner_,
         "rates spread over the range, then closer to the best; an even grid; or successive halving");
  a.text("--tune", "KEY,KEY,...", tune_, "the keys to tune, such as lr,beta1,weight_decay");
  a.count("--seeds", flags_.seeds, at_least(1), "runs with the best setting");
  a.count("--epochs,-e", flags_.epochs, at_least(1), "passes over the training part in each run");
  a.count("--batch,-b", flags_.batch, at_least(0), "examples per step; 0: all of them");
  a.count("--steps", flags_.steps, at_least(1), "in each epoch of a problem");
  a.number("--target", flags_.target, any_number(),
           "score on the validation part that counts as done, for steps-to-target; else derived");
  a.group("Data");
  a.text("--label", "NAME|INDEX", flags_.label,
         "the column to predict, by name or from 1; the last one if left out");
  a.text("--test", "FILE", flags_.test, "file of the test set");
}

bool CompareArguments::given(const char* name) const { return arguments_->given(name); }

void CompareArguments::refuse(const char* flag, const std::string& why) const {
  if (given(flag)) throw Error(Error::Kind::usage, flag, "given", why, std::string(flag) + " " + why);
}

SuiteOptions CompareArguments::options(const Shared& shared) const {
  SuiteOptions options;
  options.workloads = {Workload{}};
  if (given("EXPERIMENT")) options = workbench::read_experiment(experiment_);
  workbench::CompareOptions& common = options.common;
  common.threads = shared.threads;
  common.isa = shared.isa;
  if (given("--seed") || !given("EXPERIMENT")) common.seed = shared.seed;
  if (given("--optimizer")) common.optimizers = flags_.optimizers;
  if (given("--tuner")) common.tuner = workbench::parse_tuner(tuner_);
  if (given("--tune")) common.tune = split_at_commas(tune_);
  if (given("--trials")) common.trials = flags_.trials;
  if (given("--seeds")) common.seeds = flags_.seeds;
  choose_workloads(options);
  adapt_workloads(options);
  // What is misspelled is said before anything is made.
  for (std::size_t i = 0; i < options.workloads.size(); ++i)
    common.optimizers = workbench::checked(options.of(i)).optimizers;
  return options;
}

void CompareArguments::choose_workloads(SuiteOptions& options) const {
  if (given("--suite")) {
    for (const char* flag :
         {"--data", "--model", "--problem", "--dimension", "--target", "--label", "--test"})
      refuse(flag, "is for one workload, and goes not with --suite");
    options.suite = suite_;
    options.workloads = workbench::suite_workloads(suite_);
    return;
  }
  if (!given("--data") && !given("--problem")) return;
  if (given("--data")) refuse("--problem", "is a workload of its own, and goes not with --data");
  // One workload in place of all others; what the experiment says of a single one of its kind still holds.
  const bool single = options.workloads.size() == 1 && options.suite.empty();
  Workload workload = single ? options.workloads.front() : Workload{};
  if (given("--problem") != workload.is_function()) workload = Workload{};
  workload.name.clear();
  workload.problem = given("--problem") ? flags_.problem : "";
  if (given("--data")) workload.data = flags_.data;
  options.suite.clear();
  options.workloads = {workload};
}

void CompareArguments::adapt_workloads(SuiteOptions& options) const {
  if (!is_single(options)) {
    for (const char* flag : {"--model", "--dimension", "--target", "--label", "--test"})
      refuse(flag, "is for one workload, but the experiment has several; name one with --data or --problem");
  } else {
    Workload& one = options.workloads.front();
    if (one.is_function()) {
      for (const char* flag : {"--model", "--label", "--test", "--batch"})
        refuse(flag, "is for a model on data, but this is a problem");
    } else {
      for (const char* flag : {"--dimension", "--steps"})
        refuse(flag, "is for a problem: name it with --problem");
    }
    if (given("--model")) one.model = flags_.model;
    if (given("--label")) one.label = flags_.label;
    if (given("--test")) one.test = flags_.test;
    if (given("--dimension")) one.dimension = flags_.dimension;
    if (given("--target")) one.target = flags_.target;
  }
  for (Workload& workload : options.workloads) {
    if (given("--epochs")) workload.epochs = flags_.epochs;
    if (given("--batch")) workload.batch = flags_.batch;
    if (given("--steps")) workload.steps = flags_.steps;
  }
  // With other numbers it is no longer the suite of that name.
  if (given("--epochs") || given("--batch") || given("--steps")) options.suite.clear();
}

bool is_single(const SuiteOptions& options) { return options.workloads.size() == 1 && options.suite.empty(); }

}  // namespace thalweg::cli
