#pragma once

#include <array>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <thalweg/optimizer.h>
#include <thalweg/thread_pool.h>

#include "engine/arena.h"

namespace thalweg {

constexpr std::size_t element_size(Precision p) {
  return p == Precision::float32 ? sizeof(float) : sizeof(double);
}

/// The key of this name if the rule has it and it is a number, or null.
[[nodiscard]] const KeyInfo* number_key(const AnyRule& rule, std::string_view key);

/// The coefficients of one step, in both precisions.
struct CoefficientSet {
  std::vector<double> float64;
  std::vector<float> float32;

  void resize(std::size_t count) {
    float64.resize(count);
    float32.resize(count);
  }
  /// Rounds what was written to float64.
  void round() {
    for (std::size_t i = 0; i < float64.size(); ++i) float32[i] = static_cast<float>(float64[i]);
  }
  [[nodiscard]] const void* in(Precision p) const {
    return p == Precision::float32 ? static_cast<const void*>(float32.data()) : float64.data();
  }
};

class Optimizer::Engine {
 public:
  Engine(const AnyRule& rule, const Execution& execution);

  void add(const std::string& name, const ParameterView& view, const GroupOptions& options);
  void schedule(const std::string& key, const Schedule& schedule);
  void scale(const std::string& key, double factor);
  void transform(const AnyTransform& transform);
  void step(const Gradients& gradients);
  void look_ahead();
  void come_back();

  [[nodiscard]] bool looks_ahead() const;
  [[nodiscard]] double value(std::string_view key, std::string_view tensor) const;
  [[nodiscard]] double carried(std::string_view name, std::string_view tensor) const;
  [[nodiscard]] double rate(std::string_view tensor) const;
  [[nodiscard]] const void* slot(std::string_view tensor, std::string_view slot, Precision precision,
                                 std::size_t& size) const;
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const AnyRule& rule() const { return groups_.front().own; }
  [[nodiscard]] double last_norm() const { return last_norm_; }
  [[nodiscard]] Isa isa() const { return isa_; }

 private:
  /// Parameters that share hyper-parameters and the step at which they joined.
  struct Group {
    Group(const AnyRule& rule, std::uint64_t joined_at);

    AnyRule own, now;      ///< as given, and as scheduled for the coming step
    std::string text;      ///< of `own`: tensors with the same options share a group
    std::uint64_t joined;  ///< steps done before it joined
    std::size_t form;
    std::vector<AnyTransform> around;  ///< the rule's own l2 or weight decay
    CoefficientSet coefficients;
    std::vector<double> carry;           ///< of a rule that measures: used in the first group only, for all
    std::vector<CoefficientSet> stages;  ///< of the optimizer's transforms, then of `around`
    Arena float32, float64;

    [[nodiscard]] const detail::RuleInfo::Form& variant() const { return own.info().forms[form]; }
    [[nodiscard]] const Arena& arena(Precision p) const {
      return p == Precision::float32 ? float32 : float64;
    }
  };
  struct Tensor {
    std::string name;
    ParameterView view;
    std::size_t group, offset;
    std::uint64_t first_index;
    GradientView gradient;
    std::vector<std::byte> before_look_ahead;
  };
  /// A piece of a tensor that one thread does in one go; reductions add up per block, so their size is fixed.
  struct Block {
    std::size_t tensor, begin, count;
  };
  struct Stage {
    const detail::TransformInfo* info;
    const CoefficientSet* coefficients;
    std::uint64_t seed;
  };

  void check(const Gradients& gradients);
  void check_number(const std::string& key) const;
  void follow_schedules(const Group& group, AnyRule& now) const;
  void refresh(Group& group) const;
  [[nodiscard]] double group_step(const Group& group) const;
  [[nodiscard]] const std::vector<double>& carry_of(const Group& group) const;
  void check_shared(const AnyRule& own) const;
  void start_slots(const Tensor& tensor) const;
  void find_coefficients(Group& group) const;
  void advance_carry();
  [[nodiscard]] double rate_of(const Group& group) const;
  void prepare_stages();
  void fill_stage(Group& group, std::size_t stage, const AnyTransform& transform, double norm_here) const;
  void fill_stages(std::size_t from);
  [[nodiscard]] std::vector<double> measure() const;
  void measure_block(const Block& block, double* sums) const;
  [[nodiscard]] double norm(std::size_t stages) const;
  [[nodiscard]] double block_sum(const Block& block, std::size_t stages, double scale) const;
  [[nodiscard]] double block_largest(const Block& block, std::size_t stages) const;
  template <class Visit>
  void for_each_tile(const Block& block, std::size_t stages, Visit visit) const;
  void step_block(const Block& block) const;
  [[nodiscard]] std::array<void*, 16> slots_at(const Tensor& tensor, std::size_t begin) const;
  void step_range(const Tensor& tensor, void* theta, const void* gradient, std::size_t begin,
                  std::size_t count) const;
  void apply_stages(const Tensor& tensor, std::size_t stages, void* theta, void* gradient, std::size_t begin,
                    std::size_t count) const;
  void for_each_block(const std::function<void(std::size_t)>& visit) const;
  [[nodiscard]] const Tensor& find(std::string_view tensor) const;

  Isa isa_;
  std::size_t threads_, chunk_;
  std::vector<Group> groups_;
  std::vector<Tensor> tensors_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::map<const std::byte*, std::pair<const std::byte*, std::string>> memory_;  ///< begin -> end, name
  std::vector<Block> blocks_;
  std::vector<AnyTransform> transforms_;
  std::map<std::string, Schedule> schedules_;
  std::map<std::string, double> scales_;
  std::vector<double> norms_;  ///< that the transforms saw in this step, 0 for those that need none
  std::size_t size_ = 0;
  std::uint64_t steps_ = 0;
  bool looking_ahead_ = false;
  double last_norm_ = std::numeric_limits<double>::quiet_NaN();
  mutable std::shared_ptr<Executor>
      executor_;  ///< the caller's, or made by the first step that is large enough
};

}  // namespace thalweg
