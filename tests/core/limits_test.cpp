// Counters and sizes at their ends: steps past 2^31, tensors of billions of elements, memory that was freed.

#include <cmath>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <sys/mman.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/schedules/cosine.h>
#include <thalweg/schedules/decay.h>

#include "errors.h"
#include "variants.h"

namespace thalweg::limits_test {
namespace {

class LateSteps : public ::testing::TestWithParam<AnyRule> {};

/// The coefficients of step t.
std::vector<double> coefficients(const AnyRule& rule, double t) {
  const detail::RuleInfo& info = rule.info();
  std::vector<double> carry(info.carried.size()), found(info.coefficient_count);
  info.start(rule.object(), carry.data());
  info.coefficients(rule.object(), t, carry.data(), found.data());
  return found;
}

// A step is a double wherever a formula needs it, and 64 bits where it is counted.
TEST_P(LateSteps, FollowOnTheOnesBefore) {
  for (const double t : {0x1p31, 0x1p32, 0x1p40}) {
    const auto before = coefficients(GetParam(), t - 1), at = coefficients(GetParam(), t),
               after = coefficients(GetParam(), t + 1);
    for (std::size_t i = 0; i < at.size(); ++i) {
      ASSERT_TRUE(std::isfinite(at[i])) << i << " at " << t;
      EXPECT_NEAR(at[i], before[i], 1e-8 * std::abs(at[i])) << i << " at " << t;
      EXPECT_NEAR(at[i], after[i], 1e-8 * std::abs(at[i])) << i << " at " << t;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, LateSteps, ::testing::ValuesIn(test::all_defaults()), test::rule_test_name);

TEST(LateSteps, AreExactWhereTheyStillMatter) {
  // 1 - beta^t with beta = 1 - 2^-31: at t = 2^31 + 1 still 1 - 1/e, but for the last digits.
  const double beta = 1 - 0x1p-31, t = 0x1p31 + 1;
  EXPECT_NEAR(power(beta, t), std::exp(t * std::log1p(-0x1p-31)), 1e-15);
  const Schedule slow = constant(1, 3'000'000'000) | linear(4'000'000'000, 1, 0);
  EXPECT_EQ(slow.at(0x1p31, 0.5), 0.5);
  EXPECT_EQ(slow.at(5'000'000'001, 0.5), 0.25);
}

/// Addresses without memory behind them.
class Reserved {
 public:
  explicit Reserved(std::size_t bytes)
      : bytes_(bytes),
        memory_(::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  Reserved(const Reserved&) = delete;
  Reserved& operator=(const Reserved&) = delete;
  ~Reserved() {
    if (there()) ::munmap(memory_, bytes_);
  }
  [[nodiscard]] bool there() const { return memory_ != MAP_FAILED; }
  [[nodiscard]] std::span<float> floats(std::size_t begin, std::size_t count) const {
    return {static_cast<float*>(memory_) + begin, count};
  }

 private:
  std::size_t bytes_;
  void* memory_;
};

// By arithmetic: nothing is touched, because sgd has no state.
TEST(Sizes, BillionsOfElements) {
  constexpr std::size_t billion = 1'000'000'000, all = 5 * billion;
  const Reserved memory(all * sizeof(float));
  if (!memory.there()) GTEST_SKIP() << "no 20 GB of addresses here";
  Optimizer optimizer(SGD{});
  optimizer.add("first", memory.floats(0, 4 * billion + billion / 2));
  EXPECT_EQ(optimizer.size(), 4'500'000'000U);
  EXPECT_USAGE_ERROR(optimizer.add("inside", memory.floats(4 * billion + 1, 1)),
                     "tensor = inside: must not overlap the memory of tensor first");
  optimizer.add("last", memory.floats(4 * billion + billion / 2, billion / 2));
  EXPECT_EQ(optimizer.size(), all);
  const std::vector<float> small(1);
  EXPECT_USAGE_ERROR(optimizer.step({small, small}), "gradient of first = 1 elements: must have 4500000000");
  EXPECT_USAGE_ERROR(optimizer.step({memory.floats(1, 4 * billion + billion / 2), small}),
                     "gradient of first = memory of parameters: must not overlap them");
}

// What no machine can address is refused before its bytes are counted, which could overflow.
TEST(Sizes, BeyondWhatCanBeAddressed) {
  float one = 0;
  Optimizer optimizer(Adam{});
  for (const std::size_t size : {(std::size_t{1} << 48U) + 1, std::numeric_limits<std::size_t>::max()})
    EXPECT_USAGE_ERROR(optimizer.add("x", std::span(&one, size)),
                       "tensor x = " + std::to_string(size) + " elements: must have at most 2^48");
  std::vector<float> x{1};
  optimizer.add("x", x);
  optimizer.step({std::vector<float>{1}});
  EXPECT_FLOAT_EQ(x[0], 1 - 1e-3F);
}

// A view must outlive the optimizer. What was freed is still taken: to add it again, or something that the
// allocator has put there, is refused, and nobody reads it.
TEST(Memory, ThatWasFreedCannotBeAddedAgain) {
  alignas(float) std::byte place[8 * sizeof(float)];
  auto* const numbers = new (place) float[8]();
  auto freed = std::make_unique<std::vector<float>>(1000, 1.0F);
  Optimizer optimizer(Adam{});
  optimizer.add("here", std::span(numbers, 4));
  optimizer.add("freed", *freed);
  const auto address = reinterpret_cast<std::uintptr_t>(freed->data());
  freed.reset();
  std::vector<float> again(1000, 1.0F);
  EXPECT_USAGE_ERROR(optimizer.add("freed", again), "tensor = freed: another tensor has this name");
  EXPECT_USAGE_ERROR(optimizer.add("new", std::span(reinterpret_cast<float*>(address), 1000)),
                     "tensor = new: must not overlap the memory of tensor freed");
  EXPECT_USAGE_ERROR(optimizer.add("part", std::span(numbers + 3, 4)),
                     "tensor = part: must not overlap the memory of tensor here");
  // Another optimizer has no part in that.
  Optimizer other(Adam{});
  other.add("freed", again);
  other.step({std::vector<float>(1000, 1.0F)});
  EXPECT_FLOAT_EQ(again[999], 1 - 1e-3F);
}

}  // namespace
}  // namespace thalweg::limits_test
