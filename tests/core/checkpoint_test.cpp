// Checkpoints: an optimizer that was saved and loaded goes on with the bits of one that was not. What is
// compared are whole checkpoints of the end, so that nothing is left out that a later step may need.

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <unistd.h>

#include <thalweg/registry.h>
#include <thalweg/rules.h>

#include "arrays.h"
#include "checkpoint/tensor_file.h"
#include "checkpoint_files.h"
#include "variants.h"

namespace thalweg::checkpoint_test {
namespace {

using test::Scratch;

constexpr std::size_t last_step = 6, saved_at = 3;
const std::vector<std::size_t> sizes{1, 300, 0, 1500, 17, 9};
constexpr std::size_t late = 4;  ///< the tensors that join after the first step

/// An optimizer with its tensors.
template <class P>
struct Course {
  Course(const AnyRule& rule, const Storage& storage, const Execution& execution)
      : optimizer(rule, storage, execution) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      for (const double x : test::uniform_numbers<double>(sizes[i], -2, 2, 1, i))
        theta[i].push_back(static_cast<P>(x));
    }
    for (std::size_t i = 0; i < late; ++i) add(i);
  }
  void add(std::size_t i) {
    GroupOptions options;
    if (i % 3 == 1) options.lr = 0.5;  // as an early one and a late one
    if (i == 5) options.lr = 0.25;     // as none beside it
    optimizer.add("tensor " + std::to_string(i), theta[i], options);
    ++added;
  }
  void add_late() {
    while (added < sizes.size()) add(added);
  }
  /// Everything around the rule: schedule, transforms, loss scale.
  void surround() {
    if (test::has_key(optimizer.rule(), "lr"))
      optimizer.schedule("lr", make_schedule("warmup:steps=2 | cosine:steps=5"));
    for (const char* text : {"clip_value:max=100", "clip_norm:max=5", "noise:eta=0.1,seed=7",
                             "l2:lambda=0.01", "clip_norm:max=4", "decay:lambda=0.1"})
      optimizer.transform(make_transform(text));
  }
  void step() {
    const std::size_t t = optimizer.steps() + 1;
    if (t == 2) add_late();
    if (t == saved_at && test::has_key(optimizer.rule(), "lr")) optimizer.scale("lr", 0.75);
    if (t == 2) optimizer.loss_scale(4);
    std::vector<std::vector<float>> gradients;
    for (std::size_t i = 0; i < added; ++i)
      gradients.push_back(test::wild_numbers<float>(sizes[i], 1 + t, i));
    optimizer.look_ahead();
    optimizer.step(Gradients(std::vector<GradientView>(gradients.begin(), gradients.end())));
  }
  void step_until(std::size_t t) {
    while (optimizer.steps() < t) step();
  }

  std::vector<std::vector<P>> theta = std::vector<std::vector<P>>(sizes.size());
  Optimizer optimizer;
  std::size_t added = 0;
};

/// Saves in the middle, goes on in other optimizers, and compares where they end.
template <class P>
void expect_same_end(const AnyRule& rule, const Storage& storage, bool surrounded) {
  const Scratch scratch;
  const std::string middle = scratch.path("middle"), end = scratch.path("end"), again = scratch.path("again");
  Course<P> whole(rule, storage, {.threads = 1, .isa = "baseline"});
  if (surrounded) whole.surround();
  whole.step_until(saved_at);
  whole.optimizer.save(middle, {{{"where", "in the \"middle\""}}, {{"losses", {0.1, -0.0, 1e300}}}});
  whole.step_until(last_step);
  whole.optimizer.save(end);
  for (const Execution& execution :
       {Execution{.threads = 3, .isa = "best"}, Execution{.threads = 1, .isa = "baseline", .chunk = 7}}) {
    Course<P> resumed(rule, storage, execution);
    if (surrounded) resumed.surround();
    resumed.add_late();
    for (auto& tensor : resumed.theta) std::fill(tensor.begin(), tensor.end(), P(7.0F));
    const Notes notes = resumed.optimizer.load(middle);
    EXPECT_EQ(notes.texts.at("where"), "in the \"middle\"");
    EXPECT_EQ(notes.numbers.at("losses"), (std::vector<double>{0.1, -0.0, 1e300}));
    EXPECT_EQ(resumed.optimizer.steps(), saved_at);
    resumed.step_until(last_step);
    resumed.optimizer.save(again);
    ASSERT_EQ(test::bytes_of(again), test::bytes_of(end));
    EXPECT_EQ(resumed.optimizer.rate(), whole.optimizer.rate());
  }
}

class Resumed : public ::testing::TestWithParam<AnyRule> {};

TEST_P(Resumed, EndsWithTheSameBits) {
  expect_same_end<float>(GetParam(), {}, false);
  expect_same_end<double>(GetParam(), {}, true);
}

INSTANTIATE_TEST_SUITE_P(Rules, Resumed, ::testing::ValuesIn(test::all_variants()), test::rule_test_name);

class ResumedAsStored : public ::testing::TestWithParam<AnyRule> {};

TEST_P(ResumedAsStored, EndsWithTheSameBits) {
  const Rounding stochastic = Rounding::stochastic;
  expect_same_end<float>(GetParam(), {.state = StateType::float64}, true);
  expect_same_end<double>(GetParam(), {.state = StateType::float32}, false);
  expect_same_end<float>(GetParam(), {.state = StateType::bfloat16}, false);
  expect_same_end<float>(GetParam(), {.state = StateType::int8, .rounding = stochastic, .seed = 5}, true);
  expect_same_end<bfloat16>(
      GetParam(), {.state = StateType::bfloat16, .master = true, .rounding = stochastic, .seed = 6}, true);
  expect_same_end<bfloat16>(GetParam(), {.state = StateType::bfloat16}, false);
  expect_same_end<float16>(GetParam(), {.state = StateType::int8}, false);
}

INSTANTIATE_TEST_SUITE_P(Rules, ResumedAsStored, ::testing::ValuesIn(test::all_defaults()),
                         test::rule_test_name);

class ResumedSchedule : public ::testing::TestWithParam<const detail::SegmentInfo*> {};

TEST_P(ResumedSchedule, GoesOnWhereItWas) {
  const Scratch scratch;
  const std::string text = std::string(GetParam()->card.name), path = scratch.path("middle");
  std::vector<double> a{1, 2}, b{0, 0};
  const std::vector<double> gradient{1, -1};
  const auto make = [&](std::vector<double>& theta) {
    Optimizer optimizer(Momentum{.lr = 0.1});
    optimizer.add("theta", theta);
    optimizer.schedule("lr", make_schedule("warmup:steps=3").then(make_schedule(text)));
    return optimizer;
  };
  Optimizer whole = make(a), resumed = make(b);
  for (int t = 0; t < 5; ++t) whole.step({gradient});
  whole.save(path);
  resumed.load(path);
  EXPECT_EQ(b, a);
  for (int t = 0; t < 5; ++t) {
    whole.step({gradient});
    resumed.step({gradient});
    EXPECT_EQ(resumed.value("lr"), whole.value("lr"));
  }
  EXPECT_EQ(b, a);
}

INSTANTIATE_TEST_SUITE_P(Segments, ResumedSchedule, ::testing::ValuesIn(segments()),
                         [](const auto& segment) { return std::string(segment.param->card.name); });

/// Steps of a sparse tensor in blocks, with a dense one beside it.
struct SparseRun {
  explicit SparseRun(const AnyRule& rule, Skipped skipped, const Execution& execution)
      : optimizer(rule, execution), theta(test::uniform_numbers<float>(40, -2, 2, 1)), bias{0.5F, -1} {
    optimizer.add_sparse("weights", theta, {.block = 2, .skipped = skipped});
    optimizer.add("bias", bias);
  }
  void step() {
    const auto t = static_cast<std::uint32_t>(optimizer.steps());
    const std::vector<std::uint32_t> indices{t % 3, 5 + 2 * (t % 4)};
    optimizer.begin_step();
    optimizer.step_tensor(
        0, SparseGradient{indices, test::uniform_numbers<float>(2 * indices.size(), -1, 1, 9, t)});
    optimizer.step_tensor(1, test::uniform_numbers<float>(2, -1, 1, 10, t));
    optimizer.end_step();
  }

  Optimizer optimizer;
  std::vector<float> theta, bias;
};

std::vector<AnyRule> sparse_rules() {
  std::vector<AnyRule> rules = test::all_variants();
  std::erase_if(rules, [](const AnyRule& rule) {
    return rule.info().sum_count > 0 || rule.info().looks_ahead(rule.object());
  });
  return rules;
}

class ResumedSparse : public ::testing::TestWithParam<AnyRule> {};

TEST_P(ResumedSparse, EndsWithTheSameBits) {
  AnyRule rule = GetParam();
  const Scratch scratch;
  for (const double pull : {0.0, 0.125}) {
    for (const char* key : {"l2", "weight_decay"}) {
      if (test::has_key(rule, key)) rule.set(key, pull);
    }
    for (const Skipped skipped : {Skipped::made_up, Skipped::left, Skipped::scaled}) {
      const detail::RuleInfo& info = rule.info();
      const bool adapts = pull > 0 && !info.linear && !info.decays && test::has_key(rule, "l2");
      if (skipped == Skipped::scaled && (adapts || info.idle != Idle::nothing)) continue;  // it is refused
      for (const std::size_t at : {0U, 4U}) {
        SparseRun whole(rule, skipped, {.threads = 1}), unsaved(rule, skipped, {.threads = 1});
        while (whole.optimizer.steps() < at) whole.step();
        whole.optimizer.save(scratch.path("middle"));
        SparseRun resumed(rule, skipped, {.threads = 1, .isa = "baseline"});
        std::fill(resumed.theta.begin(), resumed.theta.end(), 7.0F);
        resumed.optimizer.load(scratch.path("middle"));
        for (SparseRun* run : {&whole, &unsaved, &resumed}) {
          while (run->optimizer.steps() < 9) run->step();
          run->optimizer.save(scratch.path(run == &whole ? "end" : run == &unsaved ? "unsaved" : "again"));
        }
        ASSERT_EQ(test::bytes_of(scratch.path("again")), test::bytes_of(scratch.path("end")));
        ASSERT_EQ(test::bytes_of(scratch.path("unsaved")), test::bytes_of(scratch.path("end")));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, ResumedSparse, ::testing::ValuesIn(sparse_rules()), test::rule_test_name);

// Those that never had a gradient need not be stepped after a resume either.
TEST(Resuming, KnowsWhichParametersEverHadAGradient) {
  const Scratch scratch;
  std::vector<float> theta(6, 1.0F);
  Optimizer optimizer(Adam{});
  optimizer.add_sparse("theta", theta, {.block = 2});
  const std::vector<std::uint32_t> second{1};
  optimizer.begin_step();
  optimizer.step_tensor(0, SparseGradient{second, std::vector<float>{1, -1}});
  optimizer.end_step();
  optimizer.save(scratch.path("a"));
  std::vector<float> again(6);
  Optimizer resumed(Adam{});
  resumed.add_sparse("theta", again, {.block = 2});
  resumed.load(scratch.path("a"));
  resumed.save(scratch.path("b"));
  for (const char* name : {"a", "b"}) {
    const auto file = checkpoint::read_tensor_file(scratch.path(name));
    EXPECT_THAT(file.numbers<std::uint8_t>("touched.theta", {6}), ::testing::ElementsAre(0, 0, 1, 1, 0, 0));
  }
}

TEST(Resuming, GoesBackFromLaterSteps) {
  const Scratch scratch;
  Course<float> run(Adam{}, {}, {.threads = 1});
  run.surround();
  run.step_until(saved_at);
  run.optimizer.save(scratch.path("middle"));
  run.step_until(last_step);
  run.optimizer.save(scratch.path("end"));
  run.optimizer.load(scratch.path("middle"));
  EXPECT_EQ(run.optimizer.steps(), saved_at);
  run.step_until(last_step);
  run.optimizer.save(scratch.path("again"));
  EXPECT_EQ(test::bytes_of(scratch.path("again")), test::bytes_of(scratch.path("end")));
}

// The plateau is fed by the caller: it says where it stands, and goes on from there.
TEST(Resuming, CountsOnWhatWasSkippedAndClipped) {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  const Scratch scratch;
  std::vector<float> here(4), there(4);
  Optimizer one(SGD{}), other(SGD{});
  one.add("a", here);
  other.add("a", there);
  const auto step = [](Optimizer& optimizer, NonFinite policy, std::vector<float> gradient) {
    optimizer.non_finite(policy);
    optimizer.step({gradient});
  };
  one.save(scratch.path("none"));
  EXPECT_EQ(test::bytes_of(scratch.path("none")).find("skipped"), std::string::npos);
  step(one, NonFinite::skip, {1, -3, 0, 2});
  step(one, NonFinite::skip, {1, 2, infinity, nan});
  step(one, NonFinite::clip, {nan, nan, 1, -infinity});
  step(one, NonFinite::skip, {1, nan, 1, 1});
  one.save(scratch.path("some"));
  other.load(scratch.path("some"));
  EXPECT_EQ(other.skipped(), 2U);
  EXPECT_EQ(other.clipped(), 3U);
  ASSERT_TRUE(other.last_skipped());
  const NonFiniteEntry &last = *other.last_skipped(), &was = *one.last_skipped();
  EXPECT_EQ(last.tensor, "a");
  EXPECT_EQ(last.index, 1U);
  EXPECT_TRUE(std::isnan(last.value));
  EXPECT_EQ(last.step, 3U);
  EXPECT_EQ(last.last, 1U);
  EXPECT_EQ(last.last_largest, 3);
  EXPECT_EQ(std::isnan(last.last_norm), std::isnan(was.last_norm));
  step(other, NonFinite::skip, {infinity, 0, 0, 0});
  step(other, NonFinite::clip, {infinity, 0, 0, 0});
  EXPECT_EQ(other.skipped(), 3U);
  EXPECT_EQ(other.clipped(), 4U);
  EXPECT_EQ(other.last_skipped()->index, 0U);
  other.load(scratch.path("none"));
  EXPECT_EQ(other.skipped(), 0U);
  EXPECT_EQ(other.clipped(), 0U);
  EXPECT_FALSE(other.last_skipped());
}

TEST(Resuming, PlateausGoOnFromTheirPosition) {
  const Plateau settings{.gamma = 0.5, .patience = 1, .cooldown = 1};
  PlateauTracker whole(settings);
  for (const double metric : {3.0, 2.0, 2.0, 2.0, 2.5}) whole.observe(metric);
  PlateauTracker resumed(settings, whole.position());
  for (const double metric : {2.0, 2.0, 1.0, 1.5, 1.5, 1.5, 1.5}) {
    EXPECT_EQ(resumed.observe(metric), whole.observe(metric));
    EXPECT_EQ(resumed.factor(), whole.factor());
  }
}

}  // namespace
}  // namespace thalweg::checkpoint_test
