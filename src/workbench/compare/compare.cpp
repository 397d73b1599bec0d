#include "workbench/compare/compare.h"

#include <algorithm>

#include <thalweg/error.h>
#include <thalweg/registry.h>
#include <thalweg/thread_pool.h>

#include "models/spec.h"
#include "workbench/compare/prepared.h"
#include "workbench/compare/rare_features.h"
#include "workbench/compare/scores.h"
#include "workbench/compare/trials.h"
#include "workbench/seconds.h"

namespace thalweg::workbench {
namespace {

std::vector<Participant> make_participants(const CompareOptions& options) {
  std::vector<Participant> participants;
  for (const std::string& spec : options.optimizers) {
    Participant participant;
    participant.contender = make_contender(spec, options.tune);
    for (const Participant& other : participants) {
      if (other.contender.given == spec) throw usage_error("optimizer", spec, "given twice");
    }
    participants.push_back(std::move(participant));
  }
  for (Participant& one : participants) {
    const auto same = [&](const Participant& p) { return p.contender.optimizer == one.contender.optimizer; };
    const bool alone = std::count_if(participants.begin(), participants.end(), same) == 1;
    one.label = alone ? one.contender.optimizer : one.contender.given;
  }
  return participants;
}

/// A key that no optimizer has is misspelled; one that some lack is skipped for those.
void check_tune(const CompareOptions& options) {
  std::vector<std::string> known;
  for (const std::string& spec : options.optimizers) {
    for (const KeyInfo& key : make_rule(parse_specification(spec).name).info().keys) {
      if (key.kind == KeyInfo::Kind::number && std::find(known.begin(), known.end(), key.name) == known.end())
        known.push_back(key.name);
    }
  }
  for (std::size_t i = 0; i < options.tune.size(); ++i) {
    const std::string& key = options.tune[i];
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw unknown_name("key to tune, which none of the optimizers has as a number,", key, known);
    if (std::find(options.tune.begin(), options.tune.begin() + static_cast<std::ptrdiff_t>(i), key) !=
        options.tune.begin() + static_cast<std::ptrdiff_t>(i))
      throw usage_error("tune", key, "given twice");
  }
}

}  // namespace

CompareOptions checked(const CompareOptions& options) {
  for (const auto& [name, value] : {std::pair{"trials", options.trials}, std::pair{"seeds", options.seeds},
                                    std::pair{"epochs", options.epochs}}) {
    if (value == 0) throw usage_error(name, "0", "must be at least 1");
  }
  CompareOptions complete = options;
  if (options.optimizers.empty()) {
    for (const auto* rule : rules()) complete.optimizers.emplace_back(rule->card.name);
  }
  (void)make_participants(complete);
  check_tune(complete);
  if (options.is_function())
    check_function(options);
  else
    (void)models::make_model(options.model);
  return complete;
}

Comparison compare(const CompareOptions& options, const CompareObserver& observer, RunStore* store) {
  const Clock::time_point begin = Clock::now();
  (void)checked(options);
  Comparison comparison = compare(options, prepare(options), observer, store);
  comparison.seconds = seconds_since(begin);
  return comparison;
}

Comparison compare(const CompareOptions& options, const Prepared& prepared, const CompareObserver& observer,
                   RunStore* store) {
  const Clock::time_point begin = Clock::now();
  Comparison comparison;
  comparison.options = checked(options);
  comparison.participants = make_participants(comparison.options);
  for (std::uint64_t i = 1; i <= options.seeds; ++i) comparison.seeds.push_back(options.seed + i);
  comparison.data = prepared.data;
  comparison.parameters = prepared.parameters;
  comparison.steps_per_epoch = prepared.steps_per_epoch;

  ThreadPool pool(options.threads);
  comparison.threads = pool.threads();
  const std::string workload = options.id() + " " + prepared.data.checksum;  // other data, other runs
  const TrainFunction train_new = [&](const RunRequest& request, const std::function<void()>& epoch_done) {
    if (store == nullptr) return prepared.train(request, epoch_done);
    if (std::optional<Run> known = store->find(workload, request)) return *std::move(known);
    Run run = prepared.train(request, epoch_done);
    store->add(workload, request, run);
    return run;
  };
  run_trials(comparison, train_new, pool, observer);
  score(comparison, prepared.resolution);
  if (prepared.split) comparison.feature_rates = feature_rates(comparison, *prepared.split, pool);
  comparison.seconds = seconds_since(begin);
  return comparison;
}

}  // namespace thalweg::workbench
