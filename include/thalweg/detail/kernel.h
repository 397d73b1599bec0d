#pragma once

// The sweep of a rule or transform over an array, compiled once per instruction set. The loop is plain; the
// compiler vectorizes it for the target of the function into which it is inlined, remainder included, and the
// same scalar formula gives the same bits in each of them (the build turns off contraction into FMA).

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <utility>

#include <thalweg/execution.h>

#if defined(__clang__)
#define THALWEG_INDEPENDENT_ITERATIONS _Pragma("clang loop vectorize(assume_safety)")
#define THALWEG_STAY_ROLLED
#define THALWEG_V4 "arch=x86-64-v4"  // clang 14 has no attribute for wider vectors than 256 bits
#else
#define THALWEG_V4 "arch=x86-64-v4,prefer-vector-width=512"
#define THALWEG_INDEPENDENT_ITERATIONS _Pragma("GCC ivdep")
#define THALWEG_STAY_ROLLED _Pragma("GCC unroll 1")  // g++ unrolls a short loop before it would vectorize it
#endif

#if defined(__x86_64__) && !defined(__clang__) && !defined(THALWEG_BASELINE_KERNELS)
#define THALWEG_MIXES  // clang 14 has other builtins
#endif

namespace thalweg::detail {

/// Whether there are kernels that mix two square roots (lanes.h).
#if defined(THALWEG_MIXES)
inline constexpr bool mixes = true;
#else
inline constexpr bool mixes = false;
#endif

/// One call of a rule's kernel. Arrays do not overlap.
struct Sweep {
  void* theta = nullptr;
  const void* gradient = nullptr;
  void* const* slots = nullptr;
  const void* coefficients = nullptr;
  std::size_t count = 0;
  const void* before = nullptr;  ///< of a prepared kernel: a Prepared
  const void* from = nullptr;    ///< of a rule that looks ahead: where the parameters are, if not at theta
  void* kept = nullptr;          ///< of a look-ahead: where the parameters are kept
};
using Kernel = void (*)(const Sweep&);
/// One kernel per instruction set.
using Kernels = std::array<Kernel, isa_count>;

/// One call of a rule's measuring kernel, which adds to `sums`.
struct Measurement {
  const void* theta = nullptr;
  const void* gradient = nullptr;
  const void* const* slots = nullptr;
  const double* coefficients = nullptr;
  std::size_t count = 0;
  double* sums = nullptr;
};
using MeasureKernels = std::array<void (*)(const Measurement&), isa_count>;

/// The number of variants of a rule.
template <class Rule>
constexpr int form_count() {
  if constexpr (requires { Rule::forms; })
    return Rule::forms;
  else
    return 1;
}

template <class Rule>
constexpr bool uses_slot(int form, std::size_t slot) {
  if constexpr (requires { Rule::uses(form, slot); })
    return Rule::uses(form, slot);
  else
    return true;
}

template <class Rule>
constexpr std::size_t slot_count(int form) {
  std::size_t count = 0;
  for (std::size_t s = 0; s < Rule::slots.size(); ++s) count += uses_slot<Rule>(form, s) ? 1U : 0U;
  return count;
}

/// How many numbers a rule carries from step to step.
template <class Rule>
constexpr std::size_t carry_count() {
  if constexpr (requires { Rule::carried; })
    return Rule::carried.size();
  else
    return 0;
}

/// How many sums over all parameters a rule wants before its step.
template <class Rule>
constexpr std::size_t sum_count() {
  if constexpr (requires { &Rule::measure; })
    return std::tuple_size_v<decltype(Rule::measure(0.0, 0.0, std::array<double, slot_count<Rule>(0)>{},
                                                    typename Rule::template Coefficients<double>{}))>;
  else
    return 0;
}

/// Whether a rule may want its gradient elsewhere than at the parameters.
template <class Rule>
inline constexpr bool may_look_ahead = requires(const Rule& rule) {
  rule.looks_ahead();
};

/// The types in which a sweep finds its numbers; it computes in T whatever they are.
template <class T, class Number = T, class State = T>
struct Layout {
  using Compute = T;
  using Parameter = Number;
  using Gradient = Number;
  using Slot = State;
};

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"  // a body may call functions, as noise does: not vectorized
#endif
/// The arrays of a sweep, in the types that they have.
template <class Rule, int form, class Stored>
struct Arrays {
  explicit Arrays(const Sweep& s)
      : theta(static_cast<typename Stored::Parameter*>(s.theta)),
        source(theta),
        gradient(static_cast<const typename Stored::Gradient*>(s.gradient)) {
    if constexpr (may_look_ahead<Rule>) {
      if (s.from != nullptr) source = static_cast<const typename Stored::Parameter*>(s.from);
    }
    for (std::size_t k = 0; k < slots.size(); ++k) slots[k] = static_cast<typename Stored::Slot*>(s.slots[k]);
  }
  typename Stored::Parameter* theta;
  const typename Stored::Parameter* source;  ///< of the parameters
  const typename Stored::Gradient* gradient;
  std::array<typename Stored::Slot*, slot_count<Rule>(form)> slots;
};

/// What the commonest transforms do to an entry before the rule sees it: unscale, clip_norm, l2, decay, in
/// this order. A factor of 1 changes no bit; adding 0 theta could, so that there are kernels with and
/// without.
template <class T, bool penalized>
struct Prepared {
  T unscale, clip, lambda, keep;

  [[gnu::always_inline]] void apply(T& theta, T& g) const {
    g *= unscale;
    g *= clip;
    if constexpr (penalized) g += lambda * theta;
    theta *= keep;
  }
};
struct Unprepared {
  template <class T>
  [[gnu::always_inline]] void apply(T&, T&) const {}
};

/// Steps `count` entries from `begin` on, computing in T.
template <class Rule, int form, class Stored, class T, class Before = Unprepared>
[[gnu::always_inline]] inline void sweep_part(const Arrays<Rule, form, Stored>& arrays, std::size_t begin,
                                              std::size_t count,
                                              const typename Rule::template Coefficients<T>& c,
                                              const Before& before = {}) {
  constexpr std::size_t n = slot_count<Rule>(form);
  using Compute = typename Stored::Compute;
  auto* const theta = arrays.theta + begin;
  const auto* const source = arrays.source + begin;
  const auto* const gradient = arrays.gradient + begin;
  auto slots = arrays.slots;
  for (std::size_t k = 0; k < n; ++k) slots[k] += begin;
  THALWEG_INDEPENDENT_ITERATIONS
  THALWEG_STAY_ROLLED
  for (std::size_t i = 0; i < count; ++i) {
    std::array<T, n> state;
    for (std::size_t k = 0; k < n; ++k) state[k] = static_cast<T>(slots[k][i]);
    T parameter = static_cast<T>(source[i]), g = static_cast<T>(gradient[i]);
    before.apply(parameter, g);
    if constexpr (form_count<Rule>() > 1)
      Rule::template update<T, form>(parameter, g, state, c);
    else
      Rule::update(parameter, g, state, c);
    theta[i] = static_cast<typename Stored::Parameter>(static_cast<Compute>(parameter));
    for (std::size_t k = 0; k < n; ++k)
      slots[k][i] = static_cast<typename Stored::Slot>(static_cast<Compute>(state[k]));
  }
}

template <class Rule, int form, class Stored>
[[gnu::always_inline]] inline void sweep(const Sweep& s) {
  using T = typename Stored::Compute;
  const auto c = *static_cast<const typename Rule::template Coefficients<T>*>(s.coefficients);
  const Arrays<Rule, form, Stored> arrays(s);
  sweep_part<Rule, form, Stored, T>(arrays, 0, s.count, c);
}

/// Writes the point at which the rule wants the gradient over theta, which it keeps elsewhere.
template <class Rule, class T>
[[gnu::always_inline]] inline void sweep_look_ahead(const Sweep& s) {
  constexpr std::size_t n = slot_count<Rule>(0);
  using Coefficients = typename Rule::template Coefficients<T>;
  const Coefficients c = *static_cast<const Coefficients*>(s.coefficients);
  T* const theta = static_cast<T*>(s.theta);
  T* const kept = static_cast<T*>(s.kept);
  std::array<const T*, n> slots{};
  for (std::size_t k = 0; k < n; ++k) slots[k] = static_cast<const T*>(s.slots[k]);
  const std::size_t count = s.count;
  THALWEG_INDEPENDENT_ITERATIONS
  for (std::size_t i = 0; i < count; ++i) {
    std::array<T, n> state;
    for (std::size_t k = 0; k < n; ++k) state[k] = slots[k][i];
    const T parameter = theta[i];
    kept[i] = parameter;
    theta[i] = Rule::look_ahead(parameter, state, c);
  }
}

/// Sixteen lanes of sums: entry i always goes to lane i mod 16, whatever the width of a vector, so that the
/// order of additions is fixed.
inline constexpr std::size_t sum_lanes = 16;

/// Adds what the rule measures of `here` entries from the `begin`th on to the lanes, in double.
template <class Rule, class T>
[[gnu::always_inline]] inline void measure_lanes(const Measurement& m, std::size_t begin, std::size_t here,
                                                 double (&lane)[sum_count<Rule>()][sum_lanes]) {
  constexpr std::size_t n = slot_count<Rule>(0);
  using Coefficients = typename Rule::template Coefficients<double>;
  Coefficients c;
  std::memcpy(&c, m.coefficients, sizeof c);
  const T* const theta = static_cast<const T*>(m.theta) + begin;
  const T* const gradient = static_cast<const T*>(m.gradient) + begin;
  std::array<const T*, n> slots{};
  for (std::size_t k = 0; k < n; ++k) slots[k] = static_cast<const T*>(m.slots[k]) + begin;
  THALWEG_INDEPENDENT_ITERATIONS
  THALWEG_STAY_ROLLED
  for (std::size_t j = 0; j < here; ++j) {
    std::array<double, n> state;
    for (std::size_t k = 0; k < n; ++k) state[k] = static_cast<double>(slots[k][j]);
    const auto measured =
        Rule::measure(static_cast<double>(theta[j]), static_cast<double>(gradient[j]), state, c);
    for (std::size_t k = 0; k < sum_count<Rule>(); ++k) lane[k][j] += measured[k];
  }
}

/// Adds what the rule measures to the sums.
template <class Rule, class T>
[[gnu::always_inline]] inline void sweep_measure(const Measurement& m) {
  double lane[sum_count<Rule>()][sum_lanes] = {};
  std::size_t i = 0;
  for (; i + sum_lanes <= m.count; i += sum_lanes) measure_lanes<Rule, T>(m, i, sum_lanes, lane);
  measure_lanes<Rule, T>(m, i, m.count - i, lane);
  for (std::size_t k = 0; k < sum_count<Rule>(); ++k) {
    for (std::size_t j = 0; j < sum_lanes; ++j) m.sums[k] += lane[k][j];
  }
}

// for_each_isa<Body>() is Body::run<...>(argument) inlined into one function per instruction set.
template <class Body, class Argument>
[[gnu::flatten]] void run_baseline(const Argument& argument) {
  Body::run(argument);
}
#if defined(__x86_64__)
template <class Body, class Argument>
__attribute__((target("arch=x86-64-v3"), flatten)) void run_v3(const Argument& argument) {
  Body::run(argument);
}
template <class Body, class Argument>
__attribute__((target(THALWEG_V4), flatten)) void run_v4(const Argument& argument) {
  Body::run(argument);
}
#endif
#if defined(THALWEG_MIXES)
/// With the instruction that rounds to bfloat16, which some processors with x86-64-v4 have besides.
template <class Body, class Argument>
__attribute__((target(THALWEG_V4 ",avx512bf16"), flatten)) void run_v4_bfloat16(const Argument& argument) {
  Body::run(argument);
}
#endif
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

/// BodyV4 is what x86-64-v4 runs. THALWEG_BASELINE_KERNELS, for builds that look for races between threads,
/// compiles each kernel once: which memory it touches is the same in every instruction set.
template <class Body, class Argument, class BodyV4 = Body>
constexpr std::array<void (*)(const Argument&), isa_count> for_each_isa() {
#if defined(__x86_64__) && !defined(THALWEG_BASELINE_KERNELS)
  return {run_baseline<Body, Argument>, run_v3<Body, Argument>, run_v4<BodyV4, Argument>};
#else
  return {run_baseline<Body, Argument>, run_baseline<Body, Argument>, run_baseline<Body, Argument>};
#endif
}

/// The kernels, with another body where the processor rounds to bfloat16 itself.
template <class Body>
Kernels with_bfloat16_instruction(Kernels kernels) {
#if defined(THALWEG_MIXES)
  if (__builtin_cpu_supports("avx512bf16") != 0) kernels.back() = run_v4_bfloat16<Body, Sweep>;
#endif
  return kernels;
}

template <class Rule, int form, class Stored>
struct SweepBody {
  [[gnu::always_inline]] static void run(const Sweep& s) { sweep<Rule, form, Stored>(s); }
};
template <class Rule, int form, class T, bool penalized>
struct PreparedBody {
  [[gnu::always_inline]] static void run(const Sweep& s) {
    using Stored = Layout<T>;
    const auto c = *static_cast<const typename Rule::template Coefficients<T>*>(s.coefficients);
    const auto before = *static_cast<const Prepared<T, penalized>*>(s.before);
    sweep_part<Rule, form, Stored, T>(Arrays<Rule, form, Stored>(s), 0, s.count, c, before);
  }
};
/// For rules of the library with a square root: lanes.h, where kernels are compiled.
template <class Rule, int form>
struct MixedBody;
/// For rules of the library with slots in bfloat16: bfloat16_lanes.h, where kernels are compiled.
template <class Rule, int form, class Stored>
struct Bfloat16SlotsBody;
/// That compute in Lanes, where the processor rounds to bfloat16.
template <class Rule, int form, class Stored>
struct NativeBfloat16Body;
template <class Rule, int form, class Stored>
struct NativeBfloat16SlotsBody;
template <class Rule, class T>
struct MeasureBody {
  [[gnu::always_inline]] static void run(const Measurement& m) { sweep_measure<Rule, T>(m); }
};
template <class Rule, class T>
struct LookAheadBody {
  [[gnu::always_inline]] static void run(const Sweep& s) { sweep_look_ahead<Rule, T>(s); }
};

}  // namespace thalweg::detail
