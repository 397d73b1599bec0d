// Numbers that are carried from step to step and sums over all parameters: whichever way the parameters are
// cut, joined, grouped and transformed. The same bits for threads and instruction sets: bits_test.cpp.

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/schedules/decay.h>
#include <thalweg/transforms/clip.h>
#include <thalweg/transforms/decay.h>

#include "arrays.h"
#include "descend.h"
#include "errors.h"
#include "variants.h"

namespace thalweg::carry_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<AnyRule> measuring_rules() {
  std::vector<AnyRule> found;
  for (const AnyRule& rule : test::all_variants()) {
    if (test::measures(rule)) found.push_back(rule);
  }
  return found;
}

/// theta and what is carried after some steps on tensors that lie behind one another.
std::vector<double> joined_run(const AnyRule& rule, const std::vector<std::size_t>& sizes) {
  std::size_t count = 0;
  for (const std::size_t size : sizes) count += size;
  std::vector<double> theta = test::uniform_numbers<double>(count, -2, 2, 1);
  Optimizer optimizer(rule, {.threads = 2});
  std::size_t begin = 0;
  for (std::size_t i = 0; i < sizes.size(); begin += sizes[i++])
    optimizer.add(std::to_string(i), std::span(theta).subspan(begin, sizes[i]));
  for (std::uint64_t t = 0; t < 4; ++t) {
    const auto gradient = test::uniform_numbers<double>(count, -1, 2, 2, t);
    std::vector<GradientView> views;
    begin = 0;
    for (std::size_t i = 0; i < sizes.size(); begin += sizes[i++])
      views.emplace_back(std::span(gradient).subspan(begin, sizes[i]));
    optimizer.step(Gradients(views));
  }
  for (const Slot& number : rule.info().carried) theta.push_back(optimizer.carried(number.name));
  return theta;
}

class Measuring : public ::testing::TestWithParam<AnyRule> {};

// Sums are made per block of 8192, in order, so that tensors of whole blocks give the bits of one long one.
TEST_P(Measuring, TensorsAreAsOneLongOne) {
  EXPECT_EQ(joined_run(GetParam(), {8192, 0, 8192 + 77}), joined_run(GetParam(), {2 * 8192 + 77}));
  const auto whole = joined_run(GetParam(), {50}), cut = joined_run(GetParam(), {7, 0, 30, 1, 12});
  ASSERT_EQ(cut.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i)
    EXPECT_NEAR(cut[i], whole[i], 1e-13 * std::max(1.0, std::abs(whole[i]))) << i;
}

TEST_P(Measuring, NothingToMeasureIsFine) {
  Optimizer none(GetParam()), empty(GetParam());
  std::vector<float> nothing;
  empty.add("nothing", nothing);
  for (int t = 0; t < 3; ++t) {
    none.step({});
    empty.step({nothing});
  }
  for (const Slot& number : GetParam().info().carried) {
    EXPECT_TRUE(std::isfinite(none.carried(number.name))) << number.name;
    EXPECT_EQ(none.carried(number.name), empty.carried(number.name)) << number.name;
  }
}

// float and double tensors of one optimizer are measured together, in double.
TEST_P(Measuring, PrecisionsMix) {
  std::vector<float> narrow{1, -2};
  std::vector<double> wide{1, -2}, all{1, -2, 1, -2};
  AnyRule rule = GetParam();  // with large first steps: of small ones, float has too few digits
  for (const char* first : {"d0", "r_eps"}) {
    if (test::has_key(rule, first)) rule.set(first, 0.25);
  }
  Optimizer mixed(rule), plain(rule);
  mixed.add("narrow", narrow);
  mixed.add("wide", wide);
  plain.add("all", all);
  for (const double g : {1.0, 0.5, 2.0, 0.25}) {
    mixed.step({std::vector<float>{static_cast<float>(g), 1}, std::vector<double>{g, 1}});
    plain.step({std::vector<double>{g, 1, g, 1}});
  }
  EXPECT_NEAR(wide[0], all[2], 1e-6 * std::abs(all[2]));
  EXPECT_NEAR(narrow[1], wide[1], 1e-6 * std::abs(wide[1]));
}

INSTANTIATE_TEST_SUITE_P(Rules, Measuring, ::testing::ValuesIn(measuring_rules()), test::rule_test_name);

TEST(Carried, IsNamed) {
  std::vector<double> x{1};
  Optimizer prodigy(Prodigy{.d0 = 0.5}), adam(Adam{.lr = 0.25});
  prodigy.add("x", x);
  EXPECT_EQ(prodigy.carried("d"), 0.5);
  EXPECT_EQ(prodigy.carried("d", "x"), 0.5);
  EXPECT_EQ(prodigy.rate(), 0.5);
  EXPECT_USAGE_ERROR(prodigy.carried("D"),
                     "unknown carried number of prodigy 'D': did you mean 'd'? (known: d, r)");
  EXPECT_USAGE_ERROR(prodigy.carried("d", "weight"), "unknown tensor 'weight' (known: x)");
  EXPECT_USAGE_ERROR(adam.carried("d"), "carried number = d: adam carries none from step to step");
  EXPECT_EQ(adam.rate(), 0.25);
}

TEST(Carried, RateIsThatOfTheLastStep) {
  std::vector<double> x{0};
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add("x", x);
  optimizer.schedule("lr", constant(0.5, 1) | constant(0.25));
  EXPECT_EQ(optimizer.rate(), 1);
  for (const double rate : {0.5, 0.25}) {
    optimizer.step({std::vector<double>{1}});
    EXPECT_EQ(optimizer.rate(), rate);
  }
}

// What a rule measures is shared; lr is a factor for its own tensors.
TEST(Groups, ShareWhatIsMeasured) {
  std::vector<double> a{2}, b{2}, other{2};
  Optimizer optimizer(DoG{.r_eps = 0.25});
  optimizer.add("a", a);
  optimizer.add("b", b, {.lr = 0.5});
  // ||theta|| = sqrt(8), G = 4^2 + 3^2.
  optimizer.step({std::vector<double>{4}, std::vector<double>{3}});
  const double rate = 0.25 * (1 + std::sqrt(8.0)) / 5;
  EXPECT_DOUBLE_EQ(a[0], 2 - rate * 4);
  EXPECT_DOUBLE_EQ(b[0], 2 - rate / 2 * 3);
  EXPECT_DOUBLE_EQ(optimizer.rate("b"), rate / 2);
  EXPECT_EQ(optimizer.carried("G", "b"), 25);
  EXPECT_USAGE_ERROR(
      optimizer.add("c", other, {.others = {{"r_eps", 0.5}}}),
      "dog: r_eps = 0.5: is shared by all tensors, with what the rule measures over them; only "
      "lr, l2 and weight_decay may differ");
}

// A rule that carries without measuring has its own numbers in each group.
TEST(Groups, HaveTheirOwnCarryWhereNothingIsMeasured) {
  std::vector<double> a{1}, b{1}, late{1};
  Optimizer optimizer(ScheduleFreeSGD{});
  optimizer.add("a", a);
  optimizer.add("b", b, {.others = {{"weights", std::string("squared_rate")}}});
  const std::vector<double> g{1};
  for (int t = 0; t < 2; ++t) optimizer.step([&] { return Gradients{g, g}; });
  optimizer.add("late", late);
  optimizer.step([&] { return Gradients{g, g, g}; });
  EXPECT_DOUBLE_EQ(optimizer.carried("c", "a"), 0.25);
  EXPECT_DOUBLE_EQ(optimizer.carried("c", "b"), 1 / 3.0);
  EXPECT_DOUBLE_EQ(optimizer.carried("c", "late"), 0.5);
}

// A tensor that is added later joins the estimate that the others have come to; its way begins where it is.
TEST(Groups, LaterTensorsJoinWhatIsCarried) {
  std::vector<double> early{5}, late{7};
  Optimizer optimizer(Prodigy{});
  optimizer.add("early", early);
  test::descend(optimizer, early, 60, test::parabola);
  const double d = optimizer.carried("d");
  EXPECT_GT(d, 0.01);
  optimizer.add("late", late);
  optimizer.step({std::vector<double>{2 * early[0]}, std::vector<double>{1}});
  EXPECT_EQ(optimizer.carried("d", "late"), optimizer.carried("d"));
  EXPECT_EQ(optimizer.slot<double>("late", "x0")[0], 7);
  // Adam's step without corrections: 0.1 / sqrt(0.001) of the rate.
  EXPECT_NEAR(late[0], 7 - optimizer.rate() * 0.1 / std::sqrt(0.001), 1e-6 * optimizer.rate());
}

// Parameters may be set between add() and the first step.
TEST(Slots, StartWhereTheParameterIsAtTheFirstStep) {
  std::vector<double> x{1};
  std::vector<float> f{1};
  Optimizer dog(DoG{}), averaging(ScheduleFreeSGD{.lr = 0.5, .momentum = 0.5});
  dog.add("x", x);
  averaging.add("f", f);
  EXPECT_EQ(dog.slot<double>("x", "x0")[0], 1);
  x[0] = 5;
  f[0] = 5;
  dog.step({std::vector<double>{1}});
  EXPECT_EQ(dog.slot<double>("x", "x0")[0], 5);
  averaging.look_ahead();
  EXPECT_EQ(f[0], 5.0F);
  averaging.come_back();
  f[0] = 3;
  const std::vector<float> slope{1};
  averaging.step([&] { return Gradients{slope}; });
  EXPECT_EQ(averaging.slot<float>("f", "z")[0], 2.5F);
  EXPECT_EQ(f[0], 2.75F);
  x[0] = 4;  // not any more after it
  dog.step({std::vector<double>{1}});
  EXPECT_EQ(dog.slot<double>("x", "x0")[0], 5);
}

// The gradient is measured as it reaches the rule, the parameters as they are before any decay.
TEST(Transforms, ComeBeforeMeasuring) {
  std::vector<double> x{3, 4};
  Optimizer optimizer(DoG{.r_eps = 0.5});
  optimizer.add("x", x);
  optimizer.transform(clip_norm(1));
  optimizer.transform(decay(0.25));
  optimizer.step({std::vector<double>{30, 40}});
  EXPECT_DOUBLE_EQ(optimizer.carried("G"), 1);
  EXPECT_DOUBLE_EQ(optimizer.carried("r"), 0.5 * (1 + 5));
  EXPECT_DOUBLE_EQ(optimizer.rate(), 3);
  // Decay is by the rate that was found, not by lr, which is 1: (1 - 3 / 4) theta - 3 g.
  EXPECT_THAT(x,
              ElementsAre(::testing::DoubleNear(0.75 - 1.8, 1e-15), ::testing::DoubleNear(1 - 2.4, 1e-15)));
}

// Errors that are found when the step is prepared leave what is carried alone.
TEST(Carried, IsKeptWhereAStepIsRefused) {
  std::vector<double> x{1};
  Optimizer optimizer(DoG{.r_eps = 0.5});
  optimizer.add("x", x);
  optimizer.step({std::vector<double>{1}});
  const double r = optimizer.carried("r"), G = optimizer.carried("G");
  optimizer.scale("lr", -1);
  EXPECT_USAGE_ERROR_WITH(optimizer.step({std::vector<double>{1}}), HasSubstr("must be at least 0"));
  EXPECT_USAGE_ERROR_WITH(optimizer.step({std::vector<double>{1, 2}}), HasSubstr("must have 1"));
  EXPECT_EQ(optimizer.carried("r"), r);
  EXPECT_EQ(optimizer.carried("G"), G);
}

}  // namespace
}  // namespace thalweg::carry_test
