#include "report/terminal.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "samples.h"

namespace thalweg::report::terminal_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & '\xC0') != '\x80'; }));
}

workbench::Comparison sample() {
  auto lost = participant("rmsprop", {});
  lost.chosen.reset();
  auto long_spec = participant("aggmo", {0.96, 0.961, 0.959});
  long_spec.trials[0].spec = "aggmo:betas=[0,0.9,0.99,0.999,0.9999],lr=0.00316";
  return comparison({participant("adam", {0.98, 0.979, 0.981}), participant("nadam", {0.979, 0.981, 0.978}),
                     participant("sgd", {0.94, 0.941, 0.939}), participant("momentum", {0.9, diverged, 0.9}),
                     lost, long_spec});
}

TEST(RankingLines, AsTheyStand) {
  auto two =
      comparison({participant("sgd", {0.90, 0.901, 0.899}), participant("adam", {0.98, 0.979, 0.981})});
  EXPECT_THAT(
      ranking_lines(two, 80, false),
      ElementsAre("#    optimizer  setting  accuracy      95 % interval                        time",
                  "1    adam       lr=0.1   98.0 % ± 0.2                               ├●┤   500 ms",
                  "2    sgd        lr=0.1   90.0 % ± 0.2  ├●┤                                500 ms"));
}

TEST(RankingLines, TiesAndDivergence) {
  const auto lines = ranking_lines(sample(), 80, false);
  ASSERT_THAT(lines, SizeIs(7));
  EXPECT_THAT(lines[1], AllOf(StartsWith("1=   adam "), HasSubstr("lr=0.1"), HasSubstr("98.0 % ± 0.2"),
                              HasSubstr("●")));
  EXPECT_THAT(lines[2], StartsWith("1=   nadam "));
  EXPECT_THAT(lines[3], AllOf(StartsWith("3    aggmo "), HasSubstr("betas=[0")));
  EXPECT_THAT(lines[4], StartsWith("4    sgd "));
  EXPECT_THAT(lines[5],
              AllOf(StartsWith("–    momentum "), HasSubstr("diverged at step 7"), Not(HasSubstr("%"))));
  EXPECT_THAT(lines[6], AllOf(StartsWith("–    rmsprop "), HasSubstr("every trial diverged")));
}

TEST(RankingLines, FitEveryWidth) {
  for (const std::size_t width : {40U, 44U, 50U, 60U, 71U, 72U, 80U, 100U, 200U}) {
    for (const auto& line : ranking_lines(sample(), width, false)) EXPECT_LE(columns(line), width) << line;
  }
  for (const auto& line : ranking_lines(sample(), 10, false)) EXPECT_LE(columns(line), 40U) << line;
  const auto narrow = ranking_lines(sample(), 60, false);
  EXPECT_THAT(narrow[1], AllOf(HasSubstr("adam"), HasSubstr("98.0 % ± 0.2"), HasSubstr("●")));
  EXPECT_THAT(narrow[0], Not(HasSubstr("time")));
}

TEST(RankingLines, ColorAddsNothingVisible) {
  const auto plain = ranking_lines(sample(), 80, false), colored = ranking_lines(sample(), 80, true);
  ASSERT_EQ(plain.size(), colored.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_THAT(colored[i], HasSubstr("\x1b["));
    std::string visible;
    for (std::size_t at = 0; at < colored[i].size(); ++at) {
      if (colored[i][at] == '\x1b')
        at = colored[i].find('m', at);
      else
        visible += colored[i][at];
    }
    visible.erase(visible.find_last_not_of(' ') + 1);
    EXPECT_EQ(visible, plain[i]);
  }
}

TEST(RankingLines, WhatIsFarBehindDoesNotSquashTheBars) {
  const auto far =
      comparison({participant("adam", {0.98, 0.979, 0.981}), participant("nadam", {0.978, 0.979, 0.977}),
                  participant("adamw", {0.976, 0.975, 0.977}), participant("sgd", {0.1, 0.1, 0.11})});
  const auto lines = ranking_lines(far, 80, false);
  EXPECT_THAT(lines[4], HasSubstr("◂"));
  EXPECT_THAT(lines[3], AllOf(HasSubstr("├"), HasSubstr("●"), HasSubstr("┤")));
}

TEST(RankingLines, RegressionHasItsError) {
  const auto lines =
      ranking_lines(comparison({participant("adam", {54.1, 54.2, 54.3})}, data::Task::regression), 80, false);
  EXPECT_THAT(lines[0], HasSubstr("rmse"));
  EXPECT_THAT(lines[1], HasSubstr("54.20 ± 0.25"));
}

}  // namespace
}  // namespace thalweg::report::terminal_test
