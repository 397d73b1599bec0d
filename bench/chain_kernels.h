#pragma once

#include <string>
#include <vector>

#include <thalweg/transform.h>

#include "bench/rule_passes.h"

namespace thalweg::bench {

/// Transforms around Adam, under the name that the case has behind "adam + ".
struct Chain {
  std::string name;
  std::vector<AnyTransform> transforms;
};
[[nodiscard]] const std::vector<Chain>& chains();

/// Whether a global norm is wanted, and so a pass that sums squares before the step.
[[nodiscard]] bool needs_norm(const Chain& chain);

/// What a chain computes in float32, without the engine: the sum of squares if it needs one, then the kernel
/// that applies transforms and rule at once where there is one, or the transforms' kernels and the rule's.
class ChainCall {
 public:
  ChainCall(const AnyRule& rule, const Chain& chain, Isa isa);
  /// `arrays`: parameters, gradient, then the slots.
  void operator()(void* const* arrays, std::size_t count) const;

 private:
  void find_prepared(const AnyRule& rule, const Chain& chain);

  KernelCall rule_;
  std::size_t arrays_;
  std::vector<void (*)(const detail::TransformSweep&)> transforms_;  ///< none where the rule's kernel does it
  std::vector<std::vector<float>> coefficients_;                     ///< of each transform
  std::vector<float> before_;
  Isa isa_;
  bool sums_;
};

/// The sum of squares of `count` floats as the engine takes it for a global norm, tile by tile.
[[nodiscard]] double sum_of_gradient(const float* gradient, std::size_t count, Isa isa);

}  // namespace thalweg::bench
