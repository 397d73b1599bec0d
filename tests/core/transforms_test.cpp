// Transforms: what each does to a gradient, over all tensors, in the order of their adding.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/transforms/clip.h>
#include <thalweg/transforms/decay.h>
#include <thalweg/transforms/noise.h>

#include "arrays.h"
#include "errors.h"

namespace thalweg::transforms_test {
namespace {

using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// What the transforms make of a gradient: the parameter after a step of rate 1 from 0, with the other sign.
std::vector<double> transformed(const std::vector<AnyTransform>& transforms,
                                const std::vector<double>& gradient, double* norm = nullptr,
                                const Execution& execution = {}) {
  std::vector<double> theta(gradient.size());
  Optimizer optimizer(SGD{.lr = 1}, execution);
  optimizer.add("x", theta);
  for (const AnyTransform& t : transforms) optimizer.transform(t);
  optimizer.step({gradient});
  if (norm != nullptr) *norm = optimizer.last_norm();
  for (double& x : theta) x = -x;
  return theta;
}

TEST(ClipByValue, LimitsEachEntry) {
  EXPECT_THAT(transformed({clip_value(2)}, {-5, -2, -1, 0, 1, 2, 5, infinity, -infinity}),
              ElementsAre(-2, -2, -1, 0, 1, 2, 2, 2, -2));
  EXPECT_TRUE(std::isnan(transformed({clip_value(2)}, {std::nan("")})[0]));
}

TEST(ClipByNorm, ShortensWhatIsTooLong) {
  EXPECT_THAT(transformed({clip_norm(1)}, {3, -4}), ElementsAre(DoubleEq(0.6), DoubleEq(-0.8)));
  EXPECT_THAT(transformed({clip_norm(5)}, {3, -4}), ElementsAre(3, -4));
  EXPECT_THAT(transformed({clip_norm(6)}, {3, -4}), ElementsAre(3, -4));
  EXPECT_THAT(transformed({clip_norm(1)}, {0, 0}), ElementsAre(0, 0));
  EXPECT_THAT(transformed({clip_norm(1)}, {}), ElementsAre());
}

// The norm is over all tensors, of both precisions, in every group.
TEST(ClipByNorm, IsGlobal) {
  std::vector<float> narrow{0, 0};
  std::vector<double> wide{0}, other{0};
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add("narrow", narrow);
  optimizer.add("wide", wide);
  optimizer.add("other", other, {.lr = 2});
  optimizer.transform(clip_norm(1));
  EXPECT_TRUE(std::isnan(optimizer.last_norm()));
  optimizer.step({std::vector<float>{1, 2}, std::vector<double>{-4}, std::vector<double>{2}});
  EXPECT_EQ(optimizer.last_norm(), 5);
  EXPECT_THAT(narrow, ElementsAre(FloatEq(-0.2F), FloatEq(-0.4F)));
  EXPECT_THAT(wide, ElementsAre(DoubleEq(0.8)));
  EXPECT_THAT(other, ElementsAre(DoubleEq(-0.8)));
}

// Squares of doubles overflow from 1e154 on, and vanish below 1e-162; the norm is right all the same.
TEST(ClipByNorm, HugeAndTinyNorms) {
  for (const double size : {1e-320, 1e-300, 1e-200, 1e-150, 1e-20, 1.0, 1e20, 1e150, 1e200, 1e300}) {
    double norm = 0;
    const double tolerance = size < 1e-307 ? 1e-2 : 1e-14;  // a subnormal has few digits
    const auto g = transformed({clip_norm(2.5 * size)}, {3 * size, -4 * size}, &norm);
    EXPECT_NEAR(norm / (5 * size), 1, tolerance) << size;
    EXPECT_NEAR(g[0] / (1.5 * size), 1, tolerance) << size;
    EXPECT_NEAR(g[1] / (-2 * size), 1, tolerance) << size;
  }
  // Entries of very different size: the small ones do not count, and do no harm.
  double norm = 0;
  transformed({clip_norm(1)}, {1e200, 1e-200, 1e-300, 1}, &norm);
  EXPECT_DOUBLE_EQ(norm, 1e200);
}

TEST(ClipByNorm, FloatsBeyondTheirSquares) {
  std::vector<float> theta{0, 0};
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add("x", theta);
  optimizer.transform(clip_norm(1));
  optimizer.step({std::vector<float>{3e30F, -4e30F}});
  EXPECT_NEAR(optimizer.last_norm() / 5e30, 1, 1e-6);
  EXPECT_THAT(theta, ElementsAre(FloatEq(-0.6F), FloatEq(0.8F)));
}

// A gradient that is not a number cannot be shortened: a NaN stays where it is and leaves the rest as it was;
// an infinite norm takes everything finite to 0, so that no garbage is stepped along.
TEST(ClipByNorm, NotANumberAndInfinity) {
  double norm = 0;
  const auto with_nan = transformed({clip_norm(1)}, {3, std::nan(""), 4}, &norm);
  EXPECT_TRUE(std::isnan(norm));
  EXPECT_EQ(with_nan[0], 3);
  EXPECT_TRUE(std::isnan(with_nan[1]));
  EXPECT_EQ(with_nan[2], 4);
  const auto with_infinity = transformed({clip_norm(1)}, {3, infinity, 4}, &norm);
  EXPECT_EQ(norm, infinity);
  EXPECT_EQ(with_infinity[0], 0);
  EXPECT_TRUE(std::isnan(with_infinity[1]));
  EXPECT_EQ(with_infinity[2], 0);
}

// The norm of many entries against a sum in long double.
TEST(ClipByNorm, ManyEntries) {
  for (const std::size_t count : {1U, 15U, 16U, 17U, 1023U, 1025U, 8191U, 8193U, 50'000U}) {
    const auto g = test::uniform_numbers<double>(count, -1, 1, 3);
    long double squares = 0;
    for (const double x : g) squares += static_cast<long double>(x) * x;
    for (const std::size_t threads : {1U, 3U}) {
      double norm = 0;
      transformed({clip_norm(1)}, g, &norm, {.threads = threads});
      EXPECT_NEAR(norm, static_cast<double>(std::sqrt(squares)), 1e-14 * norm) << count;
    }
  }
}

TEST(L2AndDecay, PullTowardsZero) {
  std::vector<double> coupled{2}, decoupled{2};
  Optimizer one(SGD{.lr = 0.5}), other(SGD{.lr = 0.5});
  one.add("x", coupled);
  one.transform(l2(0.25));
  other.add("x", decoupled);
  other.transform(decay(0.25));
  for (int t = 0; t < 2; ++t) {
    one.step({std::vector<double>{1}});
    other.step({std::vector<double>{1}});
  }
  EXPECT_THAT(coupled, ElementsAre(DoubleEq((2 * 0.875 - 0.5) * 0.875 - 0.5)));
  EXPECT_THAT(decoupled, ElementsAre(DoubleEq((2 * 0.875 - 0.5) * 0.875 - 0.5)));
}

// Through Adam they differ: the penalty is divided by the root of squares, the decay is not.
TEST(L2AndDecay, DifferThroughAnAdaptiveRule) {
  std::vector<double> coupled{2}, decoupled{2};
  Optimizer one(Adam{.lr = 0.1, .eps = 0}), other(Adam{.lr = 0.1, .eps = 0});
  one.add("x", coupled);
  one.transform(l2(0.5));
  other.add("x", decoupled);
  other.transform(decay(0.5));
  one.step({std::vector<double>{3}});
  other.step({std::vector<double>{3}});
  EXPECT_THAT(coupled, ElementsAre(DoubleNear(2 - 0.1, 1e-15)));
  EXPECT_THAT(decoupled, ElementsAre(DoubleNear(2 * 0.95 - 0.1, 1e-15)));
  EXPECT_NEAR(one.slot<double>("x", "m")[0], 0.1 * 4, 1e-15);
  EXPECT_NEAR(other.slot<double>("x", "m")[0], 0.1 * 3, 1e-15);
}

// A rule's own l2 is the transform, after those that the user added.
TEST(L2AndDecay, OfTheRuleComesLast) {
  std::vector<double> x{2}, y{2};
  Optimizer own(SGD{.lr = 1, .l2 = 0.5}), added(SGD{.lr = 1});
  own.add("x", x);
  own.transform(clip_value(1));
  added.add("x", y);
  added.transform(clip_value(1));
  added.transform(l2(0.5));
  own.step({std::vector<double>{5}});
  added.step({std::vector<double>{5}});
  EXPECT_EQ(x[0], 2 - (1 + 0.5 * 2));
  EXPECT_EQ(x, y);
}

TEST(Order, OfTransformsMatters) {
  const std::vector<double> g{3, 4};
  EXPECT_THAT(transformed({clip_value(3), clip_norm(1)}, g),
              ElementsAre(DoubleEq(3 / std::sqrt(18)), DoubleEq(3 / std::sqrt(18))));
  EXPECT_THAT(transformed({clip_norm(1), clip_value(0.7)}, g), ElementsAre(DoubleEq(0.6), 0.7));
  // Twice the same: the second sees the norm that the first left.
  EXPECT_THAT(transformed({clip_norm(2), clip_norm(3)}, g), ElementsAre(DoubleEq(1.2), DoubleEq(1.6)));
  EXPECT_THAT(transformed({clip_norm(2), clip_norm(1)}, g), ElementsAre(DoubleEq(0.6), DoubleEq(0.8)));
  // Noise after clipping exceeds the bound, before it does not.
  const auto length = [](const std::vector<double>& v) { return std::hypot(v[0], v[1]); };
  EXPECT_NEAR(length(transformed({noise(4), clip_norm(1)}, g)), 1, 1e-15);
  EXPECT_GT(std::abs(length(transformed({clip_norm(1), noise(4)}, g)) - 1), 0.01);
}

// The norm after an l2 includes the penalty; a decay moves theta before a later l2 sees it.
TEST(Order, LaterTransformsSeeWhatEarlierOnesDid) {
  std::vector<double> x{2};
  Optimizer optimizer(SGD{.lr = 0.5});
  optimizer.add("x", x);
  optimizer.transform(decay(1));      // theta = 1
  optimizer.transform(l2(3));         // g = 1 + 3 * 1
  optimizer.transform(clip_norm(2));  // g = 2
  optimizer.step({std::vector<double>{1}});
  EXPECT_EQ(optimizer.last_norm(), 4);
  EXPECT_EQ(x[0], 1 - 0.5 * 2);
}

TEST(Order, TheUsersGradientIsNotWritten) {
  std::vector<double> x{1, 2}, g{30, 40};
  Optimizer optimizer(SGD{});
  optimizer.add("x", x);
  optimizer.transform(clip_norm(1));
  optimizer.transform(l2(1));
  optimizer.step({g});
  EXPECT_THAT(g, ElementsAre(30, 40));
}

TEST(Transforms, ByName) {
  for (const char* text :
       {"clip_value", "clip_norm:max=0.5", "noise:eta=0.3,gamma=0.6,seed=7", "l2:lambda=0.1", "decay"})
    EXPECT_EQ(make_transform(text).text(), text);
  EXPECT_EQ(make_transform("noise:seed=9007199254740992").get("seed"), Value(0x1p53));
  EXPECT_USAGE_ERROR(make_transform("clip_norm:max=0"), "clip_norm: max = 0: must be greater than 0");
  EXPECT_USAGE_ERROR(make_transform("noise:seed=-1"), "noise: seed = -1: must be a whole number at least 0");
  EXPECT_USAGE_ERROR_WITH(make_transform("clip_nrm"), HasSubstr("did you mean 'clip_norm'?"));
  EXPECT_USAGE_ERROR_WITH(make_transform("clip_norm:maximum=1"),
                          HasSubstr("unknown key of clip_norm 'maximum'"));
  Optimizer optimizer(SGD{});
  EXPECT_USAGE_ERROR(optimizer.transform(clip_value(-1)), "clip_value: max = -1: must be greater than 0");
  EXPECT_USAGE_ERROR(optimizer.transform(l2(std::nan(""))), "l2: lambda = nan: must be at least 0");
}

}  // namespace
}  // namespace thalweg::transforms_test
