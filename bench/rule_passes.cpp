#include "bench/rule_passes.h"

#include <array>

namespace thalweg::bench {
namespace {

constexpr std::size_t probed = 16;
constexpr double probe_step = 1000;

using Probe = std::array<double, probed>;

/// theta, gradient and slots of a few made-up parameters.
std::vector<Probe> made_up(std::size_t arrays) {
  std::vector<Probe> all(arrays);
  for (std::size_t a = 0; a < arrays; ++a) {
    for (std::size_t i = 0; i < probed; ++i)
      all[a][i] = 0.5 + 0.03 * static_cast<double>(i) + 0.11 * static_cast<double>(a);
  }
  return all;
}

std::vector<double> coefficients_of(const AnyRule& rule) {
  const detail::RuleInfo& info = rule.info();
  std::vector<double> carry(info.carried.size()), c(info.coefficient_count);
  info.start(rule.object(), carry.data());
  info.coefficients(rule.object(), probe_step, carry.data(), c.data());
  return c;
}

/// How many of the arrays change what `results` makes of them.
template <class Results>
std::size_t arrays_that_matter(std::size_t arrays, std::size_t first, Results results) {
  std::vector<Probe> numbers = made_up(arrays);
  const std::vector<double> before = results(numbers);
  std::size_t count = 0;
  for (std::size_t a = first; a < arrays; ++a) {
    std::vector<Probe> changed = made_up(arrays);
    for (double& number : changed[a]) number = -1.7 * number;
    if (results(changed) != before) ++count;
  }
  return count;
}

std::vector<double> measured(const AnyRule& rule, const std::vector<double>& c,
                             const std::vector<Probe>& numbers) {
  std::vector<double> sums(rule.info().sum_count);
  std::vector<const void*> slots;
  for (std::size_t a = 2; a < numbers.size(); ++a) slots.push_back(numbers[a].data());
  rule.info().measure_float64[0](
      {numbers[0].data(), numbers[1].data(), slots.data(), c.data(), probed, sums.data()});
  return sums;
}

std::vector<double> looked_ahead(const AnyRule& rule, const std::vector<double>& c,
                                 std::vector<Probe> numbers) {
  std::vector<void*> slots;
  for (std::size_t a = 2; a < numbers.size(); ++a) slots.push_back(numbers[a].data());
  Probe kept{};
  rule.info().look_ahead_float64[0](
      {numbers[0].data(), nullptr, slots.data(), c.data(), probed, nullptr, nullptr, kept.data()});
  return {numbers[0].begin(), numbers[0].end()};
}

}  // namespace

std::size_t slots_of(const AnyRule& rule) {
  return rule.info().forms[static_cast<std::size_t>(rule.info().form(rule.object()))].slots.size();
}

std::vector<Pass> passes_of(const AnyRule& rule) {
  const std::size_t slots = slots_of(rule);
  const std::vector<double> c = coefficients_of(rule);
  std::vector<Pass> passes;
  if (rule.info().sum_count > 0) {
    const std::size_t used = arrays_that_matter(
        slots + 2, 0, [&](const std::vector<Probe>& numbers) { return measured(rule, c, numbers); });
    passes.push_back({used, 0, 0});
  }
  if (rule.info().looks_ahead(rule.object())) {
    const std::size_t used = arrays_that_matter(
        slots + 2, 2, [&](const std::vector<Probe>& numbers) { return looked_ahead(rule, c, numbers); });
    passes.push_back({used + 1, 1, 1});
    passes.push_back({slots + 2, slots, 1});
    return passes;
  }
  passes.push_back({slots + 2, slots + 1, 0});
  return passes;
}

double bytes_of(const std::vector<Pass>& passes, std::size_t element_size) {
  std::size_t moved = 0;
  for (const Pass& pass : passes) moved += pass.moved();
  return static_cast<double>(moved * element_size);
}

KernelCall::KernelCall(const AnyRule& rule, Precision precision, Isa isa)
    : float64_(coefficients_of(rule)), single_(precision == Precision::float32) {
  const auto& form = rule.info().forms[static_cast<std::size_t>(rule.info().form(rule.object()))];
  for (const double c : float64_) float32_.push_back(static_cast<float>(c));
  kernel_ = (single_ ? form.float32 : form.float64)[static_cast<std::size_t>(isa)];
}

void KernelCall::operator()(void* const* arrays, std::size_t count) const {
  const void* const coefficients =
      single_ ? static_cast<const void*>(float32_.data()) : static_cast<const void*>(float64_.data());
  kernel_({arrays[0], arrays[1], arrays + 2, coefficients, count, before_});
}

void KernelCall::prepare(detail::Kernel kernel, const void* before) {
  kernel_ = kernel;
  before_ = before;
}

}  // namespace thalweg::bench
