// Stepping tensor by tensor while the backward pass still runs: the same bits as step(), and what it refuses.

#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>

#include "arrays.h"
#include "errors.h"
#include "variants.h"

namespace thalweg::tensor_step_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Tensors = std::vector<std::vector<float>>;

Tensors numbers(std::uint64_t seed) {
  return {test::wild_numbers<float>(50'000, seed, 0),
          test::wild_numbers<float>(3, seed, 1),
          {},
          test::wild_numbers<float>(1000, seed, 3)};
}

struct Stepped {
  explicit Stepped(const AnyRule& rule) : theta(numbers(1)), optimizer(rule) {
    for (std::size_t i = 0; i < theta.size(); ++i) {
      GroupOptions options;
      if (i == 1) options.lr = 0.5;
      optimizer.add(std::to_string(i), theta[i], options);
    }
    optimizer.transform(make_transform("noise:eta=0.1"));
  }
  Tensors theta;
  Optimizer optimizer;
};

class TensorByTensor : public ::testing::TestWithParam<AnyRule> {};

TEST_P(TensorByTensor, HasTheBitsOfAWholeStep) {
  Stepped whole(GetParam()), parts(GetParam());
  for (std::uint64_t t = 0; t < 3; ++t) {
    const Tensors gradients = numbers(2 + t);
    whole.optimizer.look_ahead();
    parts.optimizer.look_ahead();
    EXPECT_EQ(parts.theta, whole.theta);
    whole.optimizer.step(Gradients(std::vector<GradientView>(gradients.begin(), gradients.end())));
    if (test::measures(GetParam())) {
      EXPECT_USAGE_ERROR_WITH(parts.optimizer.begin_step(), HasSubstr("measures the gradients of all"));
      return;
    }
    parts.optimizer.begin_step();
    for (const std::size_t i : {3U, 1U, 0U}) parts.optimizer.step_tensor(i, gradients[i]);
    parts.optimizer.end_step();
    EXPECT_EQ(parts.theta, whole.theta) << "step " << t;
    EXPECT_EQ(parts.optimizer.steps(), whole.optimizer.steps());
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, TensorByTensor, ::testing::ValuesIn(test::all_defaults()),
                         test::rule_test_name);

TEST(TensorSteps, FromSeveralThreads) {
  Stepped whole{Adam{}}, parts{Adam{}};
  const Tensors gradients = numbers(9);
  whole.optimizer.step(Gradients(std::vector<GradientView>(gradients.begin(), gradients.end())));
  parts.optimizer.begin_step();
  {
    std::vector<std::jthread> threads;
    for (const std::size_t i : {0U, 1U, 3U})
      threads.emplace_back([&, i] { parts.optimizer.step_tensor(i, gradients[i]); });
  }
  parts.optimizer.end_step();
  EXPECT_EQ(parts.theta, whole.theta);
}

TEST(TensorSteps, AreRefusedOutOfTurn) {
  std::vector<double> x{1, 2}, y{3};
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add("x", x);
  optimizer.add("y", y);
  const std::vector<double> gx{1, 1}, gy{1};
  EXPECT_USAGE_ERROR(optimizer.step_tensor(0, gx), "step_tensor() = 0: begin_step() comes first");
  EXPECT_USAGE_ERROR_WITH(optimizer.end_step(), HasSubstr("begin_step() comes first"));
  optimizer.begin_step();
  for (const auto& call : std::vector<std::function<void()>>{
           [&] { optimizer.begin_step(); },
           [&] {
             optimizer.step({gx, gy});
           },
           [&] { optimizer.look_ahead(); }, [&] { optimizer.add("z", gx.size() == 2 ? x : y); },
           [&] { optimizer.loss_scale(2); },
           [&] { optimizer.transform(make_transform("clip_value:max=1")); }}) {
    EXPECT_USAGE_ERROR_WITH(call(), HasSubstr("a step has begun: end_step() or cancel_step() comes first"));
  }
  EXPECT_USAGE_ERROR(optimizer.step_tensor(2, gx), "tensor = 2: there are 2, counted from 0");
  EXPECT_USAGE_ERROR(optimizer.step_tensor(0, gy), "gradient of x = 1 elements: must have 2");
  optimizer.step_tensor(0, gx);
  EXPECT_USAGE_ERROR(optimizer.step_tensor(0, gx), "tensor = x: was stepped already in this step");
  EXPECT_USAGE_ERROR(optimizer.end_step(), "tensor = y: was not stepped since begin_step()");
  optimizer.step_tensor(1, gy);
  optimizer.end_step();
  EXPECT_THAT(x, ElementsAre(0, 1));
  EXPECT_EQ(optimizer.steps(), 1U);

  optimizer.begin_step();
  optimizer.step_tensor(0, gx);
  optimizer.cancel_step();
  EXPECT_EQ(optimizer.steps(), 1U);
  optimizer.step({gx, gy});
  EXPECT_THAT(x, ElementsAre(-2, -1));
  EXPECT_THAT(y, ElementsAre(1));

  optimizer.transform(make_transform("clip_norm:max=1"));
  EXPECT_USAGE_ERROR_WITH(optimizer.begin_step(), HasSubstr("needs the gradients of all tensors"));
}

}  // namespace
}  // namespace thalweg::tensor_step_test
