#pragma once

#include "workbench/diagnose/evidence.h"
#include "workbench/diagnose/rates.h"

namespace thalweg::workbench::diagnosis {

/// What a diagnosis may spend, in gradients of the whole set.
struct Effort {
  std::size_t lanczos = 24;  ///< products per spectrum, two gradients each
  std::size_t descent = 60;  ///< of the descent
  std::size_t exact = 64;    ///< up to so many parameters, the Hessian's diagonal is exact
  std::size_t samples = 16;  ///< products for an estimated one
  std::uint64_t seed = 0;
};

/// Measures where the recorded run stands (or, after a breakdown, where it last stood). Any run will do that
/// was recorded from some point on: a whole one, or a few steps after a resume.
[[nodiscard]] Evidence gather(Subject& subject, const Recorder& run, const Rates& rates,
                              const Effort& effort = {});

}  // namespace thalweg::workbench::diagnosis
