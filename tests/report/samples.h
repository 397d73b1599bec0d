#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "report/results.h"
#include "workbench/compare/ranking.h"

namespace thalweg::report {

inline const double diverged = std::numeric_limits<double>::quiet_NaN();

/// An optimizer with two trials (lr 0.1, and 0.2 which diverged at step 17), and one judged run per test
/// score; `diverged` is a run that diverged at step 7.
inline workbench::Participant participant(const std::string& name, const std::vector<double>& scores) {
  workbench::Participant made;
  made.label = name;
  made.contender = {name, name, name, {0.1, 0.2, workbench::RateRange::Origin::around_default, {}}};
  workbench::Run good, bad;
  good.spec = name + ":lr=0.1";
  good.rate = 0.1;
  good.result = workbench::Run::Result{{0.30000000000000004, 0.9}, {}};
  bad.spec = name + ":lr=0.2";
  bad.rate = 0.2;
  bad.divergence = workbench::Divergence{17, "gradient of layer1.weights is not finite"};
  made.trials = {good, bad};
  made.chosen = 0;
  for (const double score : scores) {
    workbench::Run run = good;
    run.seed = made.runs.size() + 1;
    run.seconds = 0.5;
    run.curve = {{1, 1.0 / 3, {0.5, 0.8}}, {2, 0.1, {0.4, 0.9}}};
    if (std::isnan(score)) {
      run.result.reset();
      run.divergence = workbench::Divergence{7, "loss is not finite"};
    } else {
      run.result->test = models::Scores{0.25, score};
    }
    made.runs.push_back(run);
  }
  return made;
}

inline workbench::Comparison comparison(const std::vector<workbench::Participant>& participants,
                                        data::Task task = data::Task::classification) {
  workbench::Comparison made;
  made.participants = participants;
  for (const auto& p : participants) made.options.optimizers.push_back(p.contender.given);
  made.options.trials = 2;
  made.options.epochs = 2;
  made.data = {"0badcafe", task, 64, 10, 1257, 270, 270};
  made.parameters = 4810;
  made.seeds = {1, 2, 3};
  made.ranking = workbench::rank(participants, made.measure(), 0);
  made.seconds = 12.5;
  made.threads = 2;
  return made;
}

inline Environment environment() { return {"0.1.0", "2024-05-17T09:30:00Z", "x86-64-v3", "g++ 12", 2}; }

}  // namespace thalweg::report
