// The promise of the engine: the same bits for every instruction set, number of threads and chunk.

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>

#include "arrays.h"
#include "variants.h"

namespace thalweg::bits_test {
namespace {

/// Parameters, state and what is carried as bytes: also zeros of different sign count as different.
using Bytes = std::vector<unsigned char>;

template <class T>
void append(Bytes& bytes, const T* data, std::size_t count) {
  const auto* begin = reinterpret_cast<const unsigned char*>(data);
  bytes.insert(bytes.end(), begin, begin + count * sizeof(T));
}

void add_every_transform(Optimizer& optimizer) {
  optimizer.transform(make_transform("clip_value:max=100"));
  optimizer.transform(make_transform("clip_norm:max=500"));
  optimizer.transform(make_transform("noise:eta=0.1,seed=7"));
  optimizer.transform(make_transform("l2:lambda=0.01"));
  optimizer.transform(make_transform("clip_norm:max=400"));
  optimizer.transform(make_transform("decay:lambda=0.1"));
}

constexpr std::size_t steps = 3;

/// Parameters and gradients of each step, per tensor; made once, since that takes longer than stepping.
template <class T>
struct Inputs {
  explicit Inputs(const std::vector<std::size_t>& sizes) : gradients(steps) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      theta.push_back(test::wild_numbers<T>(sizes[i], 1, i));
      for (std::size_t t = 0; t < steps; ++t)
        gradients[t].push_back(test::wild_numbers<T>(sizes[i], 2 + t, i));
    }
  }
  static const Inputs& of(const std::vector<std::size_t>& sizes) {
    static std::map<std::vector<std::size_t>, Inputs> made;
    return made.try_emplace(sizes, sizes).first->second;
  }
  std::vector<std::vector<T>> theta;
  std::vector<std::vector<std::vector<T>>> gradients;
};

template <class T>
Bytes bytes_after_steps(const AnyRule& rule, const std::vector<std::size_t>& sizes, bool transforms,
                        const Execution& execution) {
  const Inputs<T>& inputs = Inputs<T>::of(sizes);
  Optimizer optimizer(rule, execution);
  if (transforms) add_every_transform(optimizer);
  std::vector<std::vector<T>> theta = inputs.theta;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    GroupOptions options;
    if (i % 3 == 1) options.lr = 0.5;
    optimizer.add("tensor" + std::to_string(i), theta[i], options);
  }
  for (const auto& gradients : inputs.gradients) {
    optimizer.look_ahead();
    optimizer.step(Gradients(std::vector<GradientView>(gradients.begin(), gradients.end())));
  }
  Bytes bytes;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    append(bytes, theta[i].data(), theta[i].size());
    for (const std::string& slot : test::slot_names(rule)) {
      const auto state = optimizer.slot<T>("tensor" + std::to_string(i), slot);
      append(bytes, state.data(), state.size());
    }
    for (const Slot& number : rule.info().carried) {
      const double carried = optimizer.carried(number.name, "tensor" + std::to_string(i));
      append(bytes, &carried, 1);
    }
  }
  return bytes;
}

template <class T>
void expect_same_bits(const AnyRule& rule, const std::vector<std::size_t>& sizes, bool transforms,
                      const std::vector<Execution>& executions) {
  const Bytes reference =
      bytes_after_steps<T>(rule, sizes, transforms, {.threads = 1, .isa = "baseline", .chunk = 0});
  for (const Execution& e : executions) {
    const Bytes bytes = bytes_after_steps<T>(rule, sizes, transforms, e);
    ASSERT_EQ(bytes.size(), reference.size());
    EXPECT_EQ(std::memcmp(bytes.data(), reference.data(), bytes.size()), 0)
        << (sizeof(T) == sizeof(float) ? "float" : "double") << (transforms ? " with transforms, " : ", ")
        << e.isa << ", " << e.threads << " threads, chunk " << e.chunk;
  }
}

/// Tensors of mixed sizes, which no width of vector and no chunk divides; one, two and no element among them.
const std::vector<std::size_t> few{0, 1, 257, 1001, 2, 0, 63, 1500};
/// More elements than the engine gives to a single thread, sums before the step or not, with one tensor of
/// several blocks.
const std::vector<std::size_t> many{105'000, 0, 17, 8'192, 20'001, 3};

class Bits : public ::testing::TestWithParam<AnyRule> {};

TEST_P(Bits, SameForEveryInstructionSetAndChunk) {
  std::vector<Execution> executions;
  for (const std::string& isa : isa_names()) {
    for (const std::size_t chunk : {1U, 7U, 1000U, 0U})
      executions.push_back({.threads = 1, .isa = isa, .chunk = chunk});
  }
  for (const bool transforms : {false, true}) {
    expect_same_bits<float>(GetParam(), few, transforms, executions);
    expect_same_bits<double>(GetParam(), few, transforms, executions);
  }
}

TEST_P(Bits, SameForEveryNumberOfThreads) {
  const std::vector<Execution> executions{{.threads = 1, .isa = "best", .chunk = 0},
                                          {.threads = 2, .isa = "best", .chunk = 0},
                                          {.threads = 2, .isa = "baseline", .chunk = 1000},
                                          {.threads = 3, .isa = "best", .chunk = 0},
                                          {.threads = 4, .isa = "baseline", .chunk = 1000}};
  expect_same_bits<float>(GetParam(), many, false, executions);
  expect_same_bits<double>(GetParam(), many, false, executions);
}

INSTANTIATE_TEST_SUITE_P(Rules, Bits, ::testing::ValuesIn(test::all_variants()), test::rule_test_name);

class BitsWithTransforms : public ::testing::TestWithParam<AnyRule> {};

TEST_P(BitsWithTransforms, SameForEveryNumberOfThreads) {
  const std::vector<Execution> executions{{.threads = 2, .isa = "best", .chunk = 0},
                                          {.threads = 3, .isa = "baseline", .chunk = 7},
                                          {.threads = 4, .isa = "best", .chunk = 1000}};
  expect_same_bits<float>(GetParam(), many, true, executions);
  expect_same_bits<double>(GetParam(), many, true, executions);
}

INSTANTIATE_TEST_SUITE_P(Rules, BitsWithTransforms, ::testing::ValuesIn(test::all_defaults()),
                         test::rule_test_name);

// What is compared above must be able to differ.
TEST(BitsReference, DependsOnWhatItShould) {
  const AnyRule adam = make_rule("adam");
  const Execution plain{.threads = 1, .isa = "baseline", .chunk = 0};
  const Bytes reference = bytes_after_steps<float>(adam, few, false, plain);
  EXPECT_EQ(reference.size(), 2824 * 3 * sizeof(float));
  EXPECT_NE(reference, bytes_after_steps<float>(adam, few, true, plain));
  EXPECT_NE(reference, bytes_after_steps<float>(make_rule("adam:lr=0.0010001"), few, false, plain));
}

}  // namespace
}  // namespace thalweg::bits_test
