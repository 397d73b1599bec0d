#pragma once

#include <bit>
#include <string_view>
#include <type_traits>

#include <thalweg/detail/bfloat16_sweep.h>
#include <thalweg/detail/erased.h>
#include <thalweg/number.h>

namespace thalweg::detail {

/// Everything that the engine, the command line and the documentation need of a rule, made from its
/// declaration.
struct RuleInfo : ObjectInfo {
  /// One variant: the slots that it has (indices into `slots`) and its kernels. Other ways of storing than
  /// these, which are common, go through copies in float32 or float64.
  struct Form {
    std::vector<std::size_t> slots;
    Kernels float32{}, float64{};                       ///< all numbers in the type that the rule computes in
    std::array<Kernels, 2> prepared32{}, prepared64{};  ///< the same after Prepared<T, false>, <T, true>
    Kernels bfloat16_state{};                           ///< slots in bfloat16, all else in float32; or null
    Kernels bfloat16{};                                 ///< all numbers in bfloat16; or null
  };

  std::vector<Formula> formula;
  std::vector<Slot> slots;
  std::vector<Preset> presets;
  std::vector<Form> forms;
  Kernels look_ahead_float32{}, look_ahead_float64{};   ///< null unless the rule has look_ahead
  MeasureKernels measure_float32{}, measure_float64{};  ///< null unless the rule measures
  std::size_t coefficient_count = 0, sum_count = 0;
  std::vector<Slot> carried;   ///< numbers that go from step to step, one for all parameters
  bool rate_free = false;      ///< lr is a factor that nobody needs to tune
  bool schedule_free = false;  ///< averages instead of letting lr fall
  Idle idle = Idle::moves;     ///< what a gradient of 0 does
  bool linear = false;         ///< a step is theta - c g
  bool decays = false;         ///< does its weight_decay or l2 itself

  int (*form)(const void* rule) = nullptr;
  double (*initial)(const void* rule, std::size_t slot) = nullptr;
  bool (*looks_ahead)(const void* rule) = nullptr;
  /// Writes coefficient_count numbers; `carry` has those of `carried`, as start() and advance() write them.
  void (*coefficients)(const void* rule, double t, const double* carry, double* out) = nullptr;
  void (*start)(const void* rule, double* carry) = nullptr;
  void (*advance)(const void* rule, double t, const double* sums, double* carry) = nullptr;
  double (*rate)(const void* rule, const double* carry) = nullptr;  ///< null where it is lr
};

/// The numbers of a coefficient struct of type double, in the order of its members.
template <class Coefficients>
auto coefficient_numbers(const Coefficients& c) {
  static_assert(std::is_trivially_copyable_v<Coefficients> && sizeof(Coefficients) % sizeof(double) == 0,
                "Coefficients<T> has members of type T only");
  return std::bit_cast<std::array<double, sizeof(Coefficients) / sizeof(double)>>(c);
}

/// Whether a slot starts at the parameters: such a one is never stored in fewer bits than it is computed in.
template <class Rule>
constexpr bool keeps_theta(int form) {
  for (std::size_t s = 0; s < Rule::slots.size(); ++s) {
    if (uses_slot<Rule>(form, s) && Rule::slots[s].start == Start::theta) return true;
  }
  return false;
}

/// Whether a rule is one of the library's, which may be asked to compute in Lanes: a user's own rule may say
/// std::sqrt, which takes no such number. The generated library_rules.h says so.
template <class Rule>
inline constexpr bool in_library = false;

/// Whether a rule's formula has a square root.
template <class Rule>
constexpr bool takes_root() {
  for (const Formula& line : Rule::formula) {
    if (std::string_view(line.text).find("√") != std::string_view::npos) return true;
  }
  return false;
}

/// Whether a rule has kernels that compute in Lanes.
template <class Rule>
constexpr bool has_lanes() {
  return mixes && in_library<Rule> && takes_root<Rule>();
}

/// All numbers in bfloat16.
template <class Rule, int form>
Kernels bfloat16_kernels() {
  using Stored = Layout<float, bfloat16, bfloat16>;
  constexpr Kernels kernels = for_each_isa<Bfloat16Body<Rule, form, Stored>, Sweep>();
  if constexpr (has_lanes<Rule>())
    return with_bfloat16_instruction<NativeBfloat16Body<Rule, form, Stored>>(kernels);
  else
    return kernels;
}

/// Slots in bfloat16, all else in float32.
template <class Rule, int form>
Kernels bfloat16_state_kernels() {
  using Stored = Layout<float, float, bfloat16>;
  using Body = SweepBody<Rule, form, Stored>;
  if constexpr (mixes && in_library<Rule>) {
    constexpr Kernels kernels = for_each_isa<Body, Sweep, Bfloat16SlotsBody<Rule, form, Stored>>();
    if constexpr (has_lanes<Rule>())
      return with_bfloat16_instruction<NativeBfloat16SlotsBody<Rule, form, Stored>>(kernels);
    else
      return kernels;
  } else {
    return for_each_isa<Body, Sweep>();
  }
}

template <class Rule, int form>
RuleInfo::Form form_info() {
  RuleInfo::Form info;
  for (std::size_t s = 0; s < Rule::slots.size(); ++s) {
    if (uses_slot<Rule>(form, s)) info.slots.push_back(s);
  }
  using InFloat = SweepBody<Rule, form, Layout<float>>;
  if constexpr (has_lanes<Rule>())
    info.float32 = for_each_isa<InFloat, Sweep, MixedBody<Rule, form>>();
  else
    info.float32 = for_each_isa<InFloat, Sweep>();
  info.float64 = for_each_isa<SweepBody<Rule, form, Layout<double>>, Sweep>();
  info.prepared32 = {for_each_isa<PreparedBody<Rule, form, float, false>, Sweep>(),
                     for_each_isa<PreparedBody<Rule, form, float, true>, Sweep>()};
  info.prepared64 = {for_each_isa<PreparedBody<Rule, form, double, false>, Sweep>(),
                     for_each_isa<PreparedBody<Rule, form, double, true>, Sweep>()};
  if constexpr (!keeps_theta<Rule>(form)) {
    info.bfloat16 = bfloat16_kernels<Rule, form>();
    if constexpr (slot_count<Rule>(form) > 0)
      info.bfloat16_state = bfloat16_state_kernels<Rule, form>();
    else
      info.bfloat16_state = info.float32;
  }
  return info;
}

template <class Rule>
using CarryOf = std::array<double, carry_count<Rule>()>;

template <class Rule>
CarryOf<Rule> read_carry(const double* numbers) {
  CarryOf<Rule> carry{};
  for (std::size_t i = 0; i < carry.size(); ++i) carry[i] = numbers[i];
  return carry;
}

template <class Numbers>
void write_numbers(const Numbers& numbers, double* out) {
  for (std::size_t i = 0; i < numbers.size(); ++i) out[i] = numbers[i];
}

/// What carrying and measuring rules have besides.
template <class Rule>
void describe_carry(RuleInfo& info) {
  if constexpr (carry_count<Rule>() > 0) {
    info.carried.assign(Rule::carried.begin(), Rule::carried.end());
    info.advance = [](const void* r, double t, const double* sums, double* numbers) {
      auto carry = read_carry<Rule>(numbers);
      if constexpr (sum_count<Rule>() > 0) {
        std::array<double, sum_count<Rule>()> all{};
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = sums[i];
        static_cast<const Rule*>(r)->advance(carry, all, t);
      } else {
        static_cast<const Rule*>(r)->advance(carry, t);
      }
      write_numbers(carry, numbers);
    };
    if constexpr (requires(const Rule& x, CarryOf<Rule> carry) { x.rate(carry); })
      info.rate = [](const void* r, const double* carry) -> double {
        return static_cast<const Rule*>(r)->rate(read_carry<Rule>(carry));
      };
  }
  info.start = [](const void* r, double* carry) {
    if constexpr (requires(const Rule& x) { x.start(); })
      write_numbers(static_cast<const Rule*>(r)->start(), carry);
    else
      write_numbers(CarryOf<Rule>{}, carry);
  };
  if constexpr (sum_count<Rule>() > 0) {
    static_assert(form_count<Rule>() == 1 && carry_count<Rule>() > 0,
                  "a rule that measures has one form, and carries what it makes of the sums");
    info.sum_count = sum_count<Rule>();
    info.measure_float32 = for_each_isa<MeasureBody<Rule, float>, Measurement>();
    info.measure_float64 = for_each_isa<MeasureBody<Rule, double>, Measurement>();
  }
  if constexpr (requires { Rule::rate_free; }) info.rate_free = Rule::rate_free;
  if constexpr (requires { Rule::schedule_free; }) info.schedule_free = Rule::schedule_free;
  if constexpr (requires { Rule::idle; }) info.idle = Rule::idle;
  if constexpr (requires { Rule::linear; }) info.linear = Rule::linear;
  if constexpr (requires { Rule::decays; }) info.decays = Rule::decays;
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
  if constexpr (may_look_ahead<Rule>) {
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
    if constexpr (may_look_ahead<Rule>)
      return static_cast<const Rule*>(r)->looks_ahead();
    else
      return false;
  };
  info.coefficients = [](const void* r, double t, [[maybe_unused]] const double* carry, double* out) {
    if constexpr (carry_count<Rule>() > 0)
      write_numbers(coefficient_numbers(static_cast<const Rule*>(r)->at(t, read_carry<Rule>(carry))), out);
    else
      write_numbers(coefficient_numbers(static_cast<const Rule*>(r)->at(t)), out);
  };
  describe_carry<Rule>(info);
  return info;
}

/// The description of a rule; made once, on first use.
template <class Rule>
const RuleInfo& rule_info() {
  static const RuleInfo info = make_rule_info<Rule>();
  return info;
}

}  // namespace thalweg::detail
