#pragma once

#include <string>
#include <vector>

#include "bench/record.h"

namespace thalweg::bench {

/// One thing that is promised, and what became of it.
struct Goal {
  std::string what;      ///< "every elementwise rule at 95 % of its memory limit: 1e8, 2 threads"
  std::string figure;    ///< "92.1 % (amsgrad, float64)"
  double shortfall = 0;  ///< by how much it was missed, as a part of what was asked for; 0: met
  std::string binds;     ///< what keeps it from more, from the figures of the same run

  [[nodiscard]] bool met() const { return shortfall <= 0; }
  [[nodiscard]] std::string verdict() const;  ///< "met" or "short by 3.1 %"
};

/// The goals that a record has figures for. Where a goal is about all rules or sizes, the worst one counts.
[[nodiscard]] std::vector<Goal> goals_of(const Record& record);

}  // namespace thalweg::bench
