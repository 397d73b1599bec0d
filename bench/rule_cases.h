#pragma once

#include <memory>
#include <vector>

#include <thalweg/optimizer.h>

#include "bench/data.h"

namespace thalweg::bench {

/// The name of the sum that a global norm is of, alone: in group "kernel" from the first-level cache, in
/// "chain" at a size.
inline constexpr const char* sum_case = "sum of squares for a norm";

/// Where and how cases of a block step.
struct Setting {
  std::shared_ptr<Data> data;
  std::vector<std::size_t> threads;  ///< 1, and all
  std::string isa;
};

/// An Optimizer for the data of a setting, ready to step.
class Stepper {
 public:
  Stepper(const Setting& setting, const AnyRule& rule, std::size_t threads,
          const std::vector<AnyTransform>& transforms = {});
  void step();
  [[nodiscard]] Optimizer& optimizer() { return optimizer_; }

 private:
  Optimizer optimizer_;
  Gradients gradients_;
  bool looks_ahead_;
};

/// Adds a rule's whole step on each number of threads, and its limits where the block has them not yet.
void add_rule(Block& block, const Setting& setting, const AnyRule& rule);

/// Adds the limit of these passes on each number of threads, unless it is there.
void add_limit(Block& block, const Setting& setting, const std::vector<Pass>& passes);

/// Adam with what surrounds it: clipping, penalties, decay, noise. Each is held against plain Adam, timed in
/// the same rounds, and the reads that its arithmetic demands.
void add_chains(Block& block, const Setting& setting);

/// Adam with parameters, gradients and state in fewer bits, with a loss scale, and tensor by tensor: for a
/// block in float32 that has plain Adam.
void add_storage(Block& block, const Setting& setting);

/// What a step costs beside its arithmetic: one tensor of 10 parameters, 10,000 of 10.
[[nodiscard]] Block overhead_block(const std::vector<std::size_t>& threads, const std::string& isa,
                                   std::size_t rounds);

/// Every rule's kernel on arrays that stay in the first-level cache, on one thread, beside the bare loops.
[[nodiscard]] Block kernel_block(const std::vector<AnyRule>& rules, Precision precision,
                                 const std::string& isa, std::size_t rounds);

}  // namespace thalweg::bench
