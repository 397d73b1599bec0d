#pragma once

#include <string>
#include <utility>
#include <vector>

#include "workbench/train.h"

namespace thalweg::cli {

class Arguments;

/// How a training stores its numbers, for every command that makes one.
struct PrecisionOptions {
  std::string parameters = "float32", state = "float32", rounding = "nearest";
  bool master = false;
  double loss_scale = 1;

  void declare(Arguments& arguments);  ///< in a group of their own
  /// Throws a usage Error for options that contradict each other.
  [[nodiscard]] workbench::TrainPrecision precision() const;
  /// Those that are not at their defaults, as they would be typed; a flag has no value.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> words() const;
};

/// "parameters in bfloat16 with a copy in float32, state in int8, rounded stochastically, loss scale 1024";
/// "" for what is usual.
[[nodiscard]] std::string precision_text(const workbench::TrainPrecision& precision);

}  // namespace thalweg::cli
