#pragma once

#include <string>
#include <vector>

#include "workbench/compare/comparison.h"

namespace thalweg::workbench {

/// A participant with judged runs of these test scores; NaN is a run that diverged at step 7.
inline Participant participant(const std::string& name, const std::vector<double>& scores) {
  Participant made;
  made.label = name;
  made.contender = {name, name, name, {}};
  made.chosen = 0;
  made.trials.emplace_back();
  for (const double score : scores) {
    Run run;
    run.seed = made.runs.size() + 1;
    if (score == score)
      run.result = Run::Result{{0.5, score}, models::Scores{0.5, score}};
    else
      run.divergence = Divergence{7, "loss is not finite"};
    made.runs.push_back(run);
  }
  return made;
}

}  // namespace thalweg::workbench
