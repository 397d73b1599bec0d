// What is measured and how, but never a time.

#include "bench/measure.h"

#include <cmath>
#include <cstdint>
#include <set>

#include <gmock/gmock.h>

#include <thalweg/registry.h>

#include "bench/chain_kernels.h"
#include "bench/data.h"
#include "bench/rule_passes.h"

namespace thalweg::bench::measure_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string passes_text(const std::string& rule) { return pass_name(passes_of(make_rule(rule))); }

TEST(Passes, AreWhatARuleCannotDoWithout) {
  EXPECT_EQ(passes_text("sgd"), "read 2 write 1");
  EXPECT_EQ(passes_text("momentum"), "read 3 write 2");
  EXPECT_EQ(passes_text("adam"), "read 4 write 3");
  EXPECT_EQ(passes_text("amsgrad"), "read 5 write 4");
  EXPECT_EQ(passes_text("rmsprop"), "read 3 write 2");
  EXPECT_EQ(passes_text("rmsprop:momentum=0.9"), "read 4 write 3");
  // The point is written over the parameters, which are kept elsewhere.
  EXPECT_EQ(passes_text("nesterov"), "read 2 write 2 + read 3 write 2");
  EXPECT_EQ(passes_text("nesterov:form=classic"), "read 3 write 2");
  // Its sums are of theta, g, s and x0, not of m and v.
  EXPECT_EQ(passes_text("prodigy"), "read 4 + read 6 write 5");
}

TEST(Passes, MoveSoManyBytes) {
  EXPECT_EQ(bytes_of(passes_of(make_rule("adam")), 4), 28);
  EXPECT_EQ(bytes_of(passes_of(make_rule("adam")), 8), 56);
  EXPECT_EQ(bytes_of(passes_of(make_rule("sgd")), 4), 12);
  EXPECT_EQ(bytes_of(passes_of(make_rule("nesterov")), 4), 36);
}

TEST(Passes, HaveALoopForEveryRuleOfTheRegistry) {
  for (const detail::RuleInfo* info : rules()) {
    for (const Pass& pass : passes_of(make_rule(info->card.name)))
      EXPECT_TRUE(has_loop(pass)) << info->card.name << ": " << pass_name({pass});
  }
}

TEST(Loops, WriteWhatTheySayAndLeaveTheRest) {
  std::vector<double> a(100, 4), b(100, 2), c(100, 7), d(100, 1);
  void* arrays[] = {a.data(), b.data(), c.data(), d.data()};
  for (const std::string& name : isa_names()) {
    std::fill(a.begin(), a.end(), 4);
    std::fill(b.begin(), b.end(), 2);
    run_pass({3, 2, 0}, Precision::float64, find_isa(name), arrays, 99);
    EXPECT_EQ(a[0], 5.5);  // the mean of itself and what is only read
    EXPECT_EQ(b[98], 4.5);
    EXPECT_EQ(a[99], 4);
    EXPECT_EQ(c[0], 7);
    std::fill(d.begin(), d.end(), 1);
    run_pass({2, 1, 1}, Precision::float64, find_isa(name), arrays, 99);
    EXPECT_EQ(c[0], 4.5) << "the fresh one is what was only read";
    std::fill(c.begin(), c.end(), 7);
    run_pass({4, 0, 0}, Precision::float64, find_isa(name), arrays, 99);
    EXPECT_EQ(d[0], 1);
    run_bare(Bare::root_and_quotient, Precision::float64, find_isa(name), arrays, 1);
    EXPECT_EQ(c[0], a[0] / std::sqrt(b[0]));
    c[0] = 7;
  }
}

TEST(Shapes, AreNumbersOrTensorsTimesEach) {
  EXPECT_EQ(make_shape("--sizes", "1e6").count(), 1'000'000U);
  const Shape many = make_shape("--sizes", "10000x1000");
  EXPECT_EQ(many.tensors, 10'000U);
  EXPECT_EQ(many.each, 1'000U);
  EXPECT_EQ(many.stride(), 1'008U);
  EXPECT_ANY_THROW((void)make_shape("--sizes", "1.5"));
  EXPECT_ANY_THROW((void)make_shape("--sizes", "0"));
  EXPECT_ANY_THROW((void)make_shape("--sizes", "1e6x1e6"));
}

Case counting(const std::string& group, const std::string& name, std::size_t memory,
              std::vector<std::string>& log) {
  Case c;
  c.group = group;
  c.name = name;
  c.memory = memory;
  if (group != "limit") c.limit = "loop";
  c.prepare = [&log, name] { log.push_back("prepare " + name); };
  c.run = [] {};
  c.release = [&log, name] { log.push_back("release " + name); };
  return c;
}

TEST(Sets, HoldAsMuchAsFitsWithItsLimit) {
  std::vector<std::string> log;
  Block block;
  block.cases = {counting("limit", "loop", 0, log), counting("rule", "a", 4, log),
                 counting("rule", "b", 4, log), counting("rule", "c", 4, log),
                 counting("rule", "huge", 40, log)};
  EXPECT_THAT(make_sets(block, 8), ElementsAre(ElementsAre(0, 1, 2), ElementsAre(0, 3)));
  EXPECT_THAT(make_sets(block, 1000), ElementsAre(ElementsAre(0, 1, 2, 3, 4)));
}

TEST(Measure, TimesEachCaseOncePerRoundAndSaysWhatFails) {
  std::vector<std::string> log;
  Block block;
  block.size = "1e3";
  block.precision = "float32";
  block.rounds = 4;
  block.cases = {counting("limit", "loop", 0, log), counting("rule", "a", 4, log),
                 counting("rule", "b", 4, log), counting("rule", "huge", 40, log)};
  block.cases[2].run = [] { throw CaseFailed("broke"); };
  block.check = [] { return "not finite"; };
  Record record;
  Timing timing;
  timing.least_seconds = 1e-7;
  timing.memory = 8;
  double last = -1;
  timing.progress = [&](double share, const std::string&) {
    EXPECT_GT(share, last);
    last = share;
  };
  measure(block, timing, record);
  ASSERT_EQ(record.entries.size(), 2U);
  EXPECT_EQ(record.entries[1].name, "a");
  EXPECT_EQ(record.entries[1].rounds.size(), 4U);
  EXPECT_EQ(record.entries[1].limit, "loop");
  EXPECT_EQ(record.entries[0].set, record.entries[1].set);
  EXPECT_THAT(record.left_out, ElementsAre("huge, float32 at 1e3: does not fit into the free memory",
                                           "b, float32 at 1e3: broke"));
  EXPECT_THAT(record.errors, ElementsAre("float32 at 1e3: not finite"));
  EXPECT_THAT(
      log, ElementsAre("prepare loop", "prepare a", "prepare b", "release b", "release loop", "release a"));
  EXPECT_LT(last, 1);
}

TEST(Measure, RenewsWhatWouldRunAway) {
  Block block;
  block.rounds = 3;
  int since = 0, most = 0, prepared = 0;
  Case c;
  c.group = "rule";
  c.renew_after = 5;
  c.prepare = [&] { since = 0, ++prepared; };
  c.run = [&] { most = std::max(most, ++since); };
  c.release = [] {};
  block.cases = {c};
  Record record;
  Timing timing;
  timing.least_seconds = 1e-6;
  timing.memory = 1;
  timing.progress = [](double, const std::string&) {};
  measure(block, timing, record);
  EXPECT_LE(most, 5 + 2);
  EXPECT_GE(prepared, 2);
}

TEST(Data, ArraysBeginApart) {
  Data data(make_shape("--sizes", "1e6"), Precision::float32, Isa::baseline);
  std::set<std::uintptr_t> within_page, pages;
  for (const void* array : data.arrays(6)) {
    const auto address = reinterpret_cast<std::uintptr_t>(array);
    EXPECT_EQ(address % 64, 0U);
    within_page.insert(address % 4096);
    pages.insert(address / 4096 % 512);
    EXPECT_GE(std::abs(static_cast<const float*>(array)[999'999]), 0.5F);
  }
  EXPECT_EQ(within_page.size(), 6U);
  EXPECT_EQ(pages.size(), 6U);
}

/// theta, m and v after a call on gradients g_i = scale (i + 1).
template <class Call>
std::vector<float> after(const Call& call, float scale) {
  constexpr std::size_t count = 1000;
  std::vector<std::vector<float>> numbers(4, std::vector<float>(count, 0));
  for (std::size_t i = 0; i < count; ++i) {
    numbers[0][i] = 1;
    numbers[1][i] = scale * static_cast<float>(i + 1);
  }
  void* arrays[] = {numbers[0].data(), numbers[1].data(), numbers[2].data(), numbers[3].data()};
  call(arrays, count);
  numbers.erase(numbers.begin() + 1);
  std::vector<float> all;
  for (const auto& array : numbers) all.insert(all.end(), array.begin(), array.end());
  return all;
}

TEST(ChainKernels, DoWhatTheirTransformsDo) {
  const AnyRule adam = make_rule("adam");
  const KernelCall plain(adam, Precision::float32, Isa::baseline);
  for (const Chain& chain : chains()) {
    const ChainCall call(adam, chain, Isa::baseline);
    if (chain.name == "clip_norm")  // to 1, of a norm of 2
      EXPECT_EQ(after(call, 1), after(plain, 0.5F));
    else
      EXPECT_NE(after(call, 1), after(plain, 1)) << chain.name;
  }
  const std::vector<float> twos(1001, 2);
  EXPECT_EQ(sum_of_gradient(twos.data(), twos.size(), Isa::baseline), 4004);
}

TEST(Data, FindsWhatIsNotFinite) {
  Data data(make_shape("--sizes", "100"), Precision::float32, Isa::baseline);
  EXPECT_EQ(data.check(), "");
  static_cast<float*>(data.parameters())[7] = INFINITY;
  EXPECT_THAT(data.check(), HasSubstr("not finite"));
}

}  // namespace
}  // namespace thalweg::bench::measure_test
