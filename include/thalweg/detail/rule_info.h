#pragma once

#include <bit>
#include <type_traits>

#include <thalweg/detail/erased.h>
#include <thalweg/detail/kernel.h>

namespace thalweg::detail {

/// Everything that the engine, the command line and the documentation need of a rule, made from its
/// declaration.
struct RuleInfo : ObjectInfo {
  /// One variant: the slots that it has (indices into `slots`) and its kernels.
  struct Form {
    std::vector<std::size_t> slots;
    Kernels float32{}, float64{};
  };

  std::vector<Formula> formula;
  std::vector<Slot> slots;
  std::vector<Preset> presets;
  std::vector<Form> forms;
  Kernels look_ahead_float32{}, look_ahead_float64{};  ///< null unless the rule has look_ahead
  std::size_t coefficient_count = 0;

  int (*form)(const void* rule) = nullptr;
  double (*initial)(const void* rule, std::size_t slot) = nullptr;
  bool (*looks_ahead)(const void* rule) = nullptr;
  void (*coefficients)(const void* rule, double t,
                       double* out) = nullptr;  ///< writes coefficient_count numbers
};

/// The numbers of a coefficient struct of type double, in the order of its members.
template <class Coefficients>
auto coefficient_numbers(const Coefficients& c) {
  static_assert(std::is_trivially_copyable_v<Coefficients> && sizeof(Coefficients) % sizeof(double) == 0,
                "Coefficients<T> has members of type T only");
  return std::bit_cast<std::array<double, sizeof(Coefficients) / sizeof(double)>>(c);
}

template <class Rule, int form>
RuleInfo::Form form_info() {
  RuleInfo::Form info;
  for (std::size_t s = 0; s < Rule::slots.size(); ++s) {
    if (uses_slot<Rule>(form, s)) info.slots.push_back(s);
  }
  info.float32 = for_each_isa<SweepBody<Rule, form, float>, Sweep>();
  info.float64 = for_each_isa<SweepBody<Rule, form, double>, Sweep>();
  return info;
}

template <class Rule>
RuleInfo make_rule_info() {
  static_assert(sizeof(typename Rule::template Coefficients<float>) * 2 ==
                    sizeof(typename Rule::template Coefficients<double>),
                "Coefficients<T> has members of type T only");
  RuleInfo info;
  describe<Rule>(info);
  info.formula.assign(Rule::formula.begin(), Rule::formula.end());
  info.slots.assign(Rule::slots.begin(), Rule::slots.end());
  info.presets.assign(Rule::presets.begin(), Rule::presets.end());
  [&]<int... form>(std::integer_sequence<int, form...>) {
    (info.forms.push_back(form_info<Rule, form>()), ...);
  }
  (std::make_integer_sequence<int, form_count<Rule>()>());
  if constexpr (requires(const Rule& r) { r.looks_ahead(); }) {
    info.look_ahead_float32 = for_each_isa<LookAheadBody<Rule, float>, Sweep>();
    info.look_ahead_float64 = for_each_isa<LookAheadBody<Rule, double>, Sweep>();
  }
  info.coefficient_count = sizeof(typename Rule::template Coefficients<double>) / sizeof(double);
  info.form = [](const void* r) {
    if constexpr (form_count<Rule>() > 1)
      return static_cast<const Rule*>(r)->form_index();
    else
      return 0;
  };
  info.initial = [](const void* r, std::size_t slot) -> double {
    if constexpr (requires(const Rule& x) { x.initial(slot); })
      return static_cast<const Rule*>(r)->initial(slot);
    else
      return 0;
  };
  info.looks_ahead = [](const void* r) {
    if constexpr (requires(const Rule& x) { x.looks_ahead(); })
      return static_cast<const Rule*>(r)->looks_ahead();
    else
      return false;
  };
  info.coefficients = [](const void* r, double t, double* out) {
    const auto numbers = coefficient_numbers(static_cast<const Rule*>(r)->at(t));
    for (std::size_t i = 0; i < numbers.size(); ++i) out[i] = numbers[i];
  };
  return info;
}

/// The description of a rule; made once, on first use.
template <class Rule>
const RuleInfo& rule_info() {
  static const RuleInfo info = make_rule_info<Rule>();
  return info;
}

}  // namespace thalweg::detail
