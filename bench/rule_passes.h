#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <thalweg/any_rule.h>
#include <thalweg/execution.h>
#include <thalweg/views.h>

#include "bench/loops.h"

namespace thalweg::bench {

/// The passes over memory that a step of this rule cannot do without: of what it measures before (only the
/// arrays that the sums depend on), of its look-ahead (which writes the point over the parameters and keeps
/// those elsewhere, from where the step reads them), and of the step: parameters, gradient and slots are
/// read, all but the gradient written.
[[nodiscard]] std::vector<Pass> passes_of(const AnyRule& rule);

/// Bytes that those passes move for each parameter, in the precision of the step.
[[nodiscard]] double bytes_of(const std::vector<Pass>& passes, std::size_t element_size);

/// Slots in the rule's form, as it is set.
[[nodiscard]] std::size_t slots_of(const AnyRule& rule);

/// One call of the rule's kernel as the engine makes it, without the engine: of step 1000, with coefficients
/// of its own.
class KernelCall {
 public:
  KernelCall(const AnyRule& rule, Precision precision, Isa isa);
  /// `arrays`: parameters, gradient, then the slots.
  void operator()(void* const* arrays, std::size_t count) const;
  /// From now on calls another kernel of the same coefficients, which applies transforms with the numbers at
  /// `before` first.
  void prepare(detail::Kernel kernel, const void* before);

 private:
  detail::Kernel kernel_;
  const void* before_ = nullptr;
  std::vector<double> float64_;
  std::vector<float> float32_;
  bool single_;
};

}  // namespace thalweg::bench
