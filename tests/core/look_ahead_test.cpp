// Gradients at the look-ahead point: moving there, coming back, and what goes wrong in between.

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/optimizer.h>
#include <thalweg/rules.h>

#include "errors.h"

namespace thalweg::look_ahead_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LookAhead, RulesThatNeedItSayHow) {
  std::vector<double> x{1};
  Optimizer optimizer(Nesterov{.lr = 0.1});
  optimizer.add("x", x);
  EXPECT_TRUE(optimizer.looks_ahead());
  EXPECT_FALSE(Optimizer(Adam{}).looks_ahead());
  EXPECT_USAGE_ERROR_WITH(optimizer.step({std::vector<double>{1}}),
                          HasSubstr("wants the gradient at the look-ahead point: call look_ahead()"));
  EXPECT_EQ(x[0], 1);
}

TEST(LookAhead, MovesAndComesBack) {
  std::vector<double> x{1};
  std::vector<float> f{1};
  Optimizer optimizer(Nesterov{.lr = 0.5, .momentum = 0.5});
  optimizer.add("x", x);
  optimizer.add("f", f);
  const auto step = [&] { optimizer.step({std::vector<double>{1}, std::vector<float>{1}}); };
  optimizer.look_ahead();
  step();  // v = 0.5, x = 0.5
  EXPECT_EQ(x[0], 0.5);
  optimizer.look_ahead();
  EXPECT_EQ(x[0], 0.25);
  EXPECT_EQ(f[0], 0.25F);
  optimizer.look_ahead();  // twice is once
  EXPECT_EQ(x[0], 0.25);
  optimizer.come_back();
  EXPECT_EQ(x[0], 0.5);
  optimizer.come_back();
  EXPECT_EQ(x[0], 0.5);
  optimizer.look_ahead();
  step();  // v = 0.25 + 0.5
  EXPECT_EQ(x[0], -0.25);
  EXPECT_EQ(f[0], -0.25F);
}

TEST(LookAhead, GroupsMayDiffer) {
  std::vector<double> ahead{1}, here{1};
  Optimizer optimizer(Nesterov{.lr = 0.5, .momentum = 0.5});
  optimizer.add("ahead", ahead);
  optimizer.add("here", here, {.others = {{"form", std::string("classic")}}});
  for (int t = 0; t < 2; ++t) {
    optimizer.look_ahead();
    if (t == 1) {
      EXPECT_THAT((std::array{ahead[0], here[0]}), ElementsAre(0.25, 0.25));
    }
    optimizer.step({std::vector<double>{1}, std::vector<double>{1}});
  }
  EXPECT_THAT((std::array{ahead[0], here[0]}), ElementsAre(-0.25, 0.25 - (0.375 + 0.5)));
}

TEST(LookAhead, ExceptionsPutTheParametersBack) {
  std::vector<double> x{1};
  Optimizer optimizer(Nesterov{.lr = 0.5, .momentum = 0.5});
  optimizer.add("x", x);
  const std::vector<double> g{1};
  optimizer.step([&]() -> Gradients { return {g}; });
  double seen = 0;
  EXPECT_THROW(optimizer.step([&]() -> Gradients {
    seen = x[0];
    throw std::runtime_error("no gradient");
  }),
               std::runtime_error);
  EXPECT_EQ(seen, 0.25);
  EXPECT_EQ(x[0], 0.5);
  EXPECT_EQ(optimizer.steps(), 1U);
  EXPECT_USAGE_ERROR(optimizer.step([&]() -> Gradients { return {std::vector<double>(2)}; }),
                     "gradient of x = 2 elements: must have 1");
  EXPECT_EQ(x[0], 0.5);
  optimizer.step([&]() -> Gradients { return {g}; });
  EXPECT_EQ(x[0], -0.25);
}

}  // namespace
}  // namespace thalweg::look_ahead_test
