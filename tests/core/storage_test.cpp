// Ways of storing: each gives, bit by bit, what a plain optimizer gives whose numbers are rounded by hand
// after every step.

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>

#include "arrays.h"
#include "engine/blockwise.h"
#include "engine/random_words.h"
#include "errors.h"
#include "variants.h"

namespace thalweg::storage_test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr std::size_t steps = 4;
const std::vector<std::size_t> sizes{1, 300, 0, 1500, 17};

/// Rounds numbers as a type of 16 bits, or float, does.
template <class Stored, class T>
void round_numbers(std::vector<T>& numbers, const Storage& storage, std::uint32_t array, std::uint64_t t,
                   std::size_t first) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if constexpr (sizeof(Stored) == 2) {
      if (storage.rounding == Rounding::stochastic) {
        const std::uint16_t word = random_word({storage.seed, t, array}, first + i);
        numbers[i] = static_cast<T>(Stored::stochastic(static_cast<float>(numbers[i]), word));
        continue;
      }
    }
    numbers[i] = static_cast<T>(static_cast<Stored>(numbers[i]));
  }
}

template <class T>
void round_blocks(std::vector<T>& numbers, const Storage& storage, std::uint32_t array, std::uint64_t t,
                  std::size_t first) {
  std::vector<std::uint8_t> codes(numbers.size());
  std::vector<float> scales(block_count(numbers.size()));
  std::vector<std::uint16_t> words(numbers.size());
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = random_word({storage.seed, t, array}, first + i);
  const bool nearest = storage.rounding == Rounding::nearest;
  encode_blocks(numbers.data(), numbers.size(), codes.data(), scales.data(), nearest ? nullptr : words.data(),
                Isa::baseline);
  decode_blocks(codes.data(), scales.data(), numbers.data(), numbers.size(), Isa::baseline);
}

template <class T>
void round_state(std::vector<T>& numbers, const Storage& storage, std::uint32_t array, std::uint64_t t,
                 std::size_t first) {
  if (storage.state == StateType::bfloat16) round_numbers<bfloat16>(numbers, storage, array, t, first);
  if (storage.state == StateType::float32) round_numbers<float>(numbers, storage, array, t, first);
  if (storage.state == StateType::int8) round_blocks(numbers, storage, array, t, first);
}

/// Parameters, then each slot, of every tensor as numbers.
using Numbers = std::vector<std::vector<double>>;

template <class P>
std::vector<double> as_doubles(const std::vector<P>& numbers) {
  std::vector<double> wide;
  for (const P x : numbers) wide.push_back(static_cast<double>(x));
  return wide;
}

template <class P>
std::vector<P> start_of(std::size_t tensor) {
  std::vector<P> theta;
  for (const double x : test::uniform_numbers<double>(sizes[tensor], -2, 2, 1, tensor))
    theta.push_back(static_cast<P>(x));
  return theta;
}

template <class G>
std::vector<G> gradient_of(std::size_t tensor, std::size_t t) {
  std::vector<G> gradient;
  for (const double x : test::wild_numbers<double>(sizes[tensor], 2 + t, tensor))
    gradient.push_back(static_cast<G>(static_cast<float>(x)));
  return gradient;
}

/// Parameters of type P and gradients of type G, stepped by an optimizer that stores as told.
template <class P, class G>
Numbers stored(const AnyRule& rule, const Storage& storage, const Execution& execution) {
  Optimizer optimizer(rule, storage, execution);
  std::vector<std::vector<P>> theta;
  for (std::size_t i = 0; i < sizes.size(); ++i) theta.push_back(start_of<P>(i));
  for (std::size_t i = 0; i < sizes.size(); ++i) optimizer.add(std::to_string(i), theta[i]);
  for (std::size_t t = 1; t <= steps; ++t) {
    std::vector<std::vector<G>> gradients;
    for (std::size_t i = 0; i < sizes.size(); ++i) gradients.push_back(gradient_of<G>(i, t));
    optimizer.look_ahead();
    optimizer.step(Gradients(std::vector<GradientView>(gradients.begin(), gradients.end())));
  }
  Numbers all;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    all.push_back(as_doubles(theta[i]));
    for (const std::string& slot : test::slot_names(rule))
      all.push_back(optimizer.slot_values(std::to_string(i), slot));
  }
  return all;
}

bool starts_at_theta(const AnyRule& rule, const std::string& name) {
  for (const Slot& slot : rule.info().slots) {
    if (slot.name == name) return slot.start == Start::theta;
  }
  return false;
}

/// The same by an optimizer of numbers of type T, which are rounded by hand.
template <class T, class P, class G>
Numbers by_hand(const AnyRule& rule, const Storage& storage) {
  Optimizer optimizer(rule, {.threads = 1, .isa = "baseline"});
  const std::vector<std::string> slots = test::slot_names(rule);
  std::vector<std::vector<T>> theta(sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    for (const P x : start_of<P>(i)) theta[i].push_back(static_cast<T>(x));
    optimizer.add(std::to_string(i), theta[i]);
  }
  for (std::size_t t = 1; t <= steps; ++t) {
    std::vector<std::vector<T>> gradients(sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      for (const G g : gradient_of<G>(i, t)) gradients[i].push_back(static_cast<T>(g));
    }
    optimizer.look_ahead();
    optimizer.step(Gradients(std::vector<GradientView>(gradients.begin(), gradients.end())));
    for (std::size_t i = 0, first = 0; i < sizes.size(); first += sizes[i++]) {
      if (!storage.master) round_numbers<P>(theta[i], storage, 254, t, first);
      for (std::size_t s = 0; s < slots.size(); ++s) {
        if (starts_at_theta(rule, slots[s])) continue;
        const auto kept = optimizer.slot<T>(std::to_string(i), slots[s]);
        std::vector<T> numbers(kept.begin(), kept.end());
        round_state(numbers, storage, static_cast<std::uint32_t>(s), t, first);
        std::copy(numbers.begin(), numbers.end(), const_cast<T*>(kept.data()));
      }
    }
  }
  Numbers all;
  for (std::size_t i = 0, first = 0; i < sizes.size(); first += sizes[i++]) {
    std::vector<T> rounded = theta[i];
    if (storage.master) round_numbers<P>(rounded, storage, 254, steps, first);
    all.push_back(as_doubles(rounded));
    for (const std::string& slot : slots) all.push_back(optimizer.slot_values(std::to_string(i), slot));
  }
  return all;
}

template <class T, class P, class G>
void expect_as_by_hand(const AnyRule& rule, Storage storage) {
  for (const Rounding rounding : {Rounding::nearest, Rounding::stochastic}) {
    storage.rounding = rounding;
    storage.seed = 5;
    const Numbers expected = by_hand<T, P, G>(rule, storage);
    for (const std::string& isa : isa_names()) {
      for (const std::size_t chunk : {std::size_t{0}, std::size_t{100}}) {
        const Execution execution{.threads = 1, .isa = isa, .chunk = chunk};
        const Numbers found = stored<P, G>(rule, storage, execution);
        for (std::size_t i = 0; i < expected.size(); ++i)
          ASSERT_EQ(test::comparable(found[i]), test::comparable(expected[i]))
              << isa << ", array " << i << (rounding == Rounding::nearest ? ", nearest" : ", stochastic");
      }
    }
  }
}

class StoredAs : public ::testing::TestWithParam<AnyRule> {};

TEST_P(StoredAs, StateOfTwoBytesOrOne) {
  expect_as_by_hand<float, float, float>(GetParam(), {.state = StateType::bfloat16});
  expect_as_by_hand<float, float, float>(GetParam(), {.state = StateType::int8});
  expect_as_by_hand<double, double, double>(GetParam(), {.state = StateType::bfloat16});
  expect_as_by_hand<double, double, double>(GetParam(), {.state = StateType::int8});
}

TEST_P(StoredAs, StateOfAnotherWidthThanTheParameters) {
  expect_as_by_hand<double, double, double>(GetParam(), {.state = StateType::float32});
  expect_as_by_hand<double, float, float>(GetParam(), {.state = StateType::float64});
}

TEST_P(StoredAs, ParametersOfTwoBytes) {
  expect_as_by_hand<float, bfloat16, bfloat16>(GetParam(), {.state = StateType::bfloat16});
  expect_as_by_hand<float, bfloat16, bfloat16>(GetParam(), {});
  expect_as_by_hand<float, bfloat16, float>(GetParam(), {.master = true});
  expect_as_by_hand<float, float16, float16>(GetParam(), {.state = StateType::int8, .master = true});
  expect_as_by_hand<float, float16, double>(GetParam(), {});
}

INSTANTIATE_TEST_SUITE_P(Rules, StoredAs, ::testing::ValuesIn(test::all_defaults()), test::rule_test_name);

TEST(Storing, GradientsOfAnyTypeCountAsTheTypeThatIsComputedIn) {
  const AnyRule adam{Adam{}};
  const Numbers plain = stored<float, float>(adam, {}, {});
  EXPECT_EQ((stored<float, double>(adam, {}, {})), plain);  // these doubles are floats
  EXPECT_EQ((by_hand<float, float, bfloat16>(adam, {})), (stored<float, bfloat16>(adam, {}, {})));
  EXPECT_EQ((by_hand<double, double, float>(adam, {})), (stored<double, float>(adam, {}, {})));
}

// Other bits after as few as four steps would show a slot whose random numbers repeat.
TEST(Storing, TheSeedDecidesTheRounding) {
  const AnyRule adam{Adam{}};
  Storage storage{.state = StateType::bfloat16, .rounding = Rounding::stochastic};
  const Numbers first = stored<float, float>(adam, storage, {});
  EXPECT_EQ((stored<float, float>(adam, storage, {})), first);
  storage.seed = 1;
  EXPECT_NE((stored<float, float>(adam, storage, {})), first);
}

TEST(Storing, ParametersMayChangeUntilTheFirstStepAlsoWithACopyOfMoreBits) {
  std::vector<bfloat16> theta{bfloat16(1.0F), bfloat16(2.0F)};
  Optimizer optimizer(SGD{.lr = 0.5}, Storage{.master = true});
  optimizer.add("theta", theta);
  theta[0] = bfloat16(4.0F);
  // Steps too small for bfloat16, whose numbers above 4 lie 1/32 apart, add up in the copy: 4 + 4 / 128.
  const std::vector<float> gradient{-0x1p-6F, 0};
  for (int t = 0; t < 4; ++t) optimizer.step({gradient});
  EXPECT_EQ(theta[0], bfloat16(4.03125F));
  EXPECT_EQ(theta[1], bfloat16(2.0F));
}

TEST(Storing, SlotsAreReadAsTheyAreStoredOrAsNumbers) {
  std::vector<float> theta{1, 2};
  Optimizer optimizer(Momentum{.lr = 1, .momentum = 0.5}, Storage{.state = StateType::bfloat16});
  optimizer.add("theta", theta);
  const std::vector<float> gradient{1.00390625F, -3};  // the first is halfway between two bfloat16 numbers
  optimizer.step({gradient});
  EXPECT_THAT(optimizer.slot<bfloat16>("theta", "v"), ElementsAre(bfloat16(1.0F), bfloat16(-3.0F)));
  EXPECT_THAT(optimizer.slot_values("theta", "v"), ElementsAre(1, -3));
  EXPECT_USAGE_ERROR(optimizer.slot<float>("theta", "v"),
                     "slot v of theta = float32: it is stored in bfloat16; slot_values() converts");
  Optimizer bytes(Momentum{}, Storage{.state = StateType::int8});
  bytes.add("theta", theta);
  bytes.step({gradient});
  EXPECT_USAGE_ERROR(bytes.slot<bfloat16>("theta", "v"),
                     "slot v of theta = bfloat16: it is stored in int8; slot_values() converts");
}

TEST(Storing, SlotsThatStartAtTheParametersKeepTheirPrecision) {
  std::vector<float> theta{1.0009765625F};
  Optimizer optimizer(ScheduleFreeSGD{.lr = 0}, Storage{.state = StateType::bfloat16});
  optimizer.add("theta", theta);
  optimizer.look_ahead();
  optimizer.step({std::vector<float>{1}});
  EXPECT_EQ(optimizer.slot<float>("theta", "z")[0], 1.0009765625F);
}

TEST(LossScale, IsDividedOutBeforeAnythingElse) {
  std::vector<float> plain{1, 2, 3}, scaled = plain;
  Optimizer a(AdamW{.lr = 0.1}), b(AdamW{.lr = 0.1});
  a.add("theta", plain);
  b.add("theta", scaled);
  for (Optimizer* o : {&a, &b}) o->transform(make_transform("clip_norm:max=1"));
  b.loss_scale(1024);
  for (int t = 0; t < 3; ++t) {
    a.step({std::vector<float>{3, 0, -4}});
    b.step({std::vector<float>{3 * 1024, 0, -4 * 1024}});
    EXPECT_EQ(b.last_norm(), 5);
    if (t == 1) b.loss_scale(1024);  // replaces the one before
  }
  EXPECT_EQ(scaled, plain);
  b.loss_scale(1);
  a.step({std::vector<float>{1, 1, 1}});
  b.step({std::vector<float>{1, 1, 1}});
  EXPECT_EQ(scaled, plain);
  EXPECT_USAGE_ERROR(b.loss_scale(0), "unscale: loss_scale = 0: must be greater than 0");
}

}  // namespace
}  // namespace thalweg::storage_test
