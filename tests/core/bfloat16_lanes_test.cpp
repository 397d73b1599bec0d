// The kernels for numbers in bfloat16 give the bits of the plain ones, also where they round with the
// processor's own instruction, which is not used where it would round otherwise.

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <thalweg/detail/bfloat16_lanes.h>
#include <thalweg/random.h>
#include <thalweg/rules.h>

#if defined(THALWEG_MIXES)
namespace thalweg {
namespace {

using detail::Floats;

bool has_instruction() { return __builtin_cpu_supports("avx512bf16") != 0; }

struct Rounding {
  std::uint64_t wrong = 0, anew = 0;
};

/// Rounds all patterns, 32 at a time, and counts those that differ from what integers round to, and those
/// that are left to integers.
[[gnu::target("arch=x86-64-v4,avx512bf16")]] Rounding round_every_pattern() {
  Rounding found;
  for (std::uint64_t at = 0; at < std::uint64_t{1} << 32U; at += 32) {
    detail::Bits first, second;
    for (std::uint32_t i = 0; i < 16; ++i) {
      first[i] = static_cast<std::uint32_t>(at) + i;
      second[i] = static_cast<std::uint32_t>(at) + 16 + i;
    }
    std::uint32_t not_zero = 0xFFFFFFFFU;
    const detail::Halves rounded = detail::rounded_by_processor(reinterpret_cast<Floats>(first),
                                                                reinterpret_cast<Floats>(second), not_zero);
    if (not_zero != 0xFFFFFFFFU) {
      found.anew += 32;
      continue;
    }
    for (std::uint32_t i = 0; i < 32; ++i) {
      const std::uint32_t pattern = static_cast<std::uint32_t>(at) + i;
      // Which of its bits a NaN keeps does not matter but for those that are bfloat16.
      const bool other_nan = std::isnan(std::bit_cast<float>(pattern)) && (pattern & 0x40FFFFU) != 0x400000U;
      if (!other_nan && rounded[i] != detail::round_to_upper_half(pattern) >> 16U) ++found.wrong;
    }
  }
  return found;
}

TEST(Bfloat16Instruction, RoundsEveryPatternOrIsNotTrusted) {
  if (!has_instruction()) GTEST_SKIP() << "this processor has no avx512bf16";
  const Rounding found = round_every_pattern();
  EXPECT_EQ(found.wrong, 0U);
  EXPECT_EQ(found.anew, std::uint64_t{1} << 24U);  // zeros and subnormal numbers of both signs
}

constexpr std::size_t count = 331;  // neither a multiple of 64 nor even

/// Numbers of every size, and in each vector perhaps one that needs care.
template <class Number>
std::vector<Number> numbers(std::uint32_t stream, bool positive) {
  constexpr float limit = std::numeric_limits<float>::infinity();
  const std::array<float, 8> special{0.0F, -0.0F, 1e-39F, -3e-41F, limit, std::nanf(""), 3.3e38F, 1e-38F};
  std::vector<Number> all;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto words = philox({i, stream, 0, 0}, {7, 0});
    float x =
        std::ldexp(static_cast<float>(words[0]) * 0x1p-32F + 0.5F, static_cast<int>(words[1] % 40) - 30);
    if (words[2] % 40 == 0) x = special[words[3] % special.size()];
    if (stream > 0 && i / 64 == 1) x = 1e-39F * (static_cast<float>(i) - 60);  // steps to subnormal state
    if (!positive && (words[2] & 0x100U) != 0) x = -x;
    all.push_back(static_cast<Number>(positive ? std::fabs(x) : x));
  }
  return all;
}

/// The bytes that a kernel leaves of parameters and slots, after some steps.
template <class Rule, class Number>
std::vector<std::byte> stepped(detail::Kernel kernel) {
  constexpr std::size_t slots = detail::slot_count<Rule>(0);
  const typename Rule::template Coefficients<double> exact = Rule{}.at(3);
  typename Rule::template Coefficients<float> c;
  std::array<double, sizeof exact / sizeof(double)> wide;
  std::array<float, wide.size()> narrow;
  std::memcpy(wide.data(), &exact, sizeof exact);
  for (std::size_t i = 0; i < wide.size(); ++i) narrow[i] = static_cast<float>(wide[i]);
  std::memcpy(&c, narrow.data(), sizeof c);
  auto theta = numbers<Number>(0, false);
  std::array<std::vector<bfloat16>, slots> state;
  std::array<void*, slots> at{};
  for (std::uint32_t k = 0; k < slots; ++k) {
    state[k] = numbers<bfloat16>(1 + k, k > 0);
    at[k] = state[k].data();
  }
  for (std::uint32_t t = 0; t < 3; ++t) {
    const auto gradient = numbers<Number>(10 + t, false);
    kernel({theta.data(), gradient.data(), at.data(), &c, count});
  }
  const auto* const bytes = reinterpret_cast<const std::byte*>(theta.data());
  std::vector<std::byte> all(bytes, bytes + count * sizeof(Number));
  for (const auto& numbers : state) {
    const auto* const slot = reinterpret_cast<const std::byte*>(numbers.data());
    all.insert(all.end(), slot, slot + count * sizeof(bfloat16));
  }
  return all;
}

template <class Rule>
class Bfloat16Lanes : public ::testing::Test {};
using Rules = ::testing::Types<Adam, Adagrad, RMSProp>;
TYPED_TEST_SUITE(Bfloat16Lanes, Rules);

TYPED_TEST(Bfloat16Lanes, AllNumbersGiveThePlainKernelsBits) {
  using Stored = detail::Layout<float, bfloat16, bfloat16>;
  using Plain = detail::Bfloat16Body<TypeParam, 0, Stored>;
  using Native = detail::NativeBfloat16Body<TypeParam, 0, Stored>;
  if (!has_instruction()) GTEST_SKIP() << "this processor has no avx512bf16";
  EXPECT_EQ((stepped<TypeParam, bfloat16>(detail::run_v4_bfloat16<Native, detail::Sweep>)),
            (stepped<TypeParam, bfloat16>(detail::run_baseline<Plain, detail::Sweep>)));
}

TYPED_TEST(Bfloat16Lanes, SlotsGiveThePlainKernelsBits) {
  using Stored = detail::Layout<float, float, bfloat16>;
  using Plain = detail::SweepBody<TypeParam, 0, Stored>;
  using Native = detail::NativeBfloat16SlotsBody<TypeParam, 0, Stored>;
  if (!has_instruction()) GTEST_SKIP() << "this processor has no avx512bf16";
  EXPECT_EQ((stepped<TypeParam, float>(detail::run_v4_bfloat16<Native, detail::Sweep>)),
            (stepped<TypeParam, float>(detail::run_baseline<Plain, detail::Sweep>)));
}

}  // namespace
}  // namespace thalweg
#endif
