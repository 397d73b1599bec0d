// The float kernels against the double ones: one step from the same state.

#include <cmath>
#include <cstddef>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>

#include "arrays.h"
#include "variants.h"

namespace thalweg::float_test {
namespace {

template <class T>
struct Snapshot {
  std::vector<T> theta;
  std::vector<std::vector<T>> slots;
  std::vector<double> carry{};  ///< the same numbers in both precisions
};

template <class T>
std::vector<void*> slots_of(Snapshot<T>& run) {
  std::vector<void*> slots;
  for (auto& slot : run.slots) slots.push_back(slot.data());
  return slots;
}

std::vector<double> coefficients_of(const AnyRule& rule, double t, const std::vector<double>& carry) {
  std::vector<double> numbers(rule.info().coefficient_count);
  rule.info().coefficients(rule.object(), t, carry.data(), numbers.data());
  return numbers;
}

/// Takes what the rule carries to step t.
void advance(const AnyRule& rule, double t, Snapshot<double>& run, const std::vector<double>& gradient) {
  const auto& info = rule.info();
  if (info.carried.empty()) return;
  std::vector<double> sums(info.sum_count);
  const auto coefficients = coefficients_of(rule, t, run.carry);
  if (info.sum_count > 0) {
    info.measure_float64[0]({run.theta.data(), gradient.data(), slots_of(run).data(), coefficients.data(),
                             gradient.size(), sums.data()});
  }
  info.advance(rule.object(), t, sums.data(), run.carry.data());
}

/// One step by the kernels themselves, so that the state can be chosen; what is carried is there already.
template <class T>
void step(const AnyRule& rule, double t, Snapshot<T>& run, const std::vector<T>& gradient) {
  const auto& info = rule.info();
  const auto& form = info.forms[static_cast<std::size_t>(info.form(rule.object()))];
  const std::vector<double> numbers = coefficients_of(rule, t, run.carry);
  const std::vector<T> coefficients(numbers.begin(), numbers.end());
  const auto& kernels = sizeof(T) == sizeof(float) ? form.float32 : form.float64;
  kernels[0]({run.theta.data(), gradient.data(), slots_of(run).data(), coefficients.data(), gradient.size()});
}

constexpr std::size_t count = 512;

/// Gradients of one sign per entry and varying size: no term of a step cancels another.
std::vector<double> gradient(double t) {
  std::vector<double> g = test::uniform_numbers<double>(count, -3, 3, 5, static_cast<std::uint64_t>(t));
  for (std::size_t i = 0; i < count; ++i) g[i] = static_cast<float>(std::exp2(g[i])) * (i % 2 == 0 ? 1 : -1);
  return g;
}

/// A float-representable state after `steps` steps in double.
Snapshot<double> state_after(const AnyRule& rule, double steps) {
  Snapshot<double> run{test::uniform_numbers<double>(count, -2, 2, 9), {}};
  const auto& info = rule.info();
  for (const std::size_t slot : info.forms[static_cast<std::size_t>(info.form(rule.object()))].slots) {
    run.slots.emplace_back(count, info.initial(rule.object(), slot));
    if (info.slots[slot].start == Start::theta) run.slots.back() = run.theta;
  }
  run.carry.resize(info.carried.size());
  info.start(rule.object(), run.carry.data());
  for (double t = 1; t <= steps; ++t) {
    advance(rule, t, run, gradient(t));
    step(rule, t, run, gradient(t));
  }
  for (double& x : run.theta) x = static_cast<float>(x);
  for (auto& slot : run.slots) {
    for (double& x : slot) x = static_cast<float>(x);
  }
  return run;
}

Snapshot<float> to_float(const Snapshot<double>& run) {
  Snapshot<float> result{{run.theta.begin(), run.theta.end()}, {}, run.carry};
  for (const auto& slot : run.slots) result.slots.emplace_back(slot.begin(), slot.end());
  return result;
}

class FloatKernels : public ::testing::TestWithParam<AnyRule> {};

// With u = 2^-24 the largest relative error of one rounding: a step is a product and quotient of at most 24
// rounded things (coefficients, which are rounded from double, and intermediate results; an error under a
// root counts half), and what is added has the same sign here, so its relative error is below 24 u; the new
// theta is rounded once. A state is a sum of terms that its old and new value bound, with at most 8 roundings
// each. Centering subtracts mean^2 from v, which multiplies the error by v / (v - mean^2), here some 4.
// Observed: below 5 everywhere, since the signs of rounding errors differ.
TEST_P(FloatKernels, OneStepIsTheDoubleStepRounded) {
  AnyRule rule = GetParam();
  rule.set("lr", 1.0);  // steps as large as the parameters, so that they count
  const bool centered = test::has_key(rule, "centered") && std::get<bool>(rule.get("centered"));
  const double k = centered ? 96 : 24;
  double worst_theta = 0, worst_state = 0;
  for (const double t : {1.0, 2.0, 3.0, 10.0, 50.0}) {
    Snapshot<double> wide = state_after(rule, t - 1);
    const std::vector<double> g = gradient(t);
    advance(rule, t, wide, g);
    const Snapshot<double> before = wide;
    Snapshot<float> narrow = to_float(wide);
    step(rule, t, wide, g);
    step(rule, t, narrow, std::vector<float>(g.begin(), g.end()));
    for (std::size_t i = 0; i < count; ++i) {
      const double scale = std::abs(before.theta[i]) + std::abs(wide.theta[i] - before.theta[i]);
      worst_theta = std::max(worst_theta, std::abs(narrow.theta[i] - wide.theta[i]) / (0x1p-24 * scale));
      for (std::size_t s = 0; s < wide.slots.size(); ++s) {
        const double state_scale = std::abs(before.slots[s][i]) + std::abs(wide.slots[s][i]);
        const double error = std::abs(narrow.slots[s][i] - wide.slots[s][i]);
        if (error != 0) worst_state = std::max(worst_state, error / (0x1p-24 * state_scale));
      }
    }
  }
  RecordProperty("theta", std::to_string(worst_theta));
  RecordProperty("state", std::to_string(worst_state));
  EXPECT_LE(worst_theta, k);
  EXPECT_LE(worst_state, k);
}

INSTANTIATE_TEST_SUITE_P(Rules, FloatKernels, ::testing::ValuesIn(test::all_variants()),
                         test::rule_test_name);

}  // namespace
}  // namespace thalweg::float_test
