#include <limits>
#include <locale>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thalweg/thalweg.h>

namespace thalweg::minimize_report_test {
namespace {

namespace tw = thalweg;
using Numbers = std::vector<double>;

std::vector<std::string> lines(const tw::Result& r) {
  std::ostringstream out;
  out << r;
  std::istringstream in(out.str());
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

void expect_tidy(const std::vector<std::string>& all) {
  for (const std::string& line : all) {
    EXPECT_LE(line.size(), 80U) << line;
    EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
    for (const char c : line) EXPECT_TRUE(c >= ' ' && c <= '~') << line;
  }
}

TEST(MinimizeReport, SaysWhyItStoppedWhatWasGivenAndWhatWasReached) {
  const tw::Result r =
      tw::minimize(tw::make_problem("parabola"), {8}, tw::SGD{.lr = 0.25},
                   {.max_evaluations = 100, .gradient_tolerance = 0.5, .execution = {.isa = "baseline"}});
  auto all = lines(r);
  expect_tidy(all);
  ASSERT_EQ(all.size(), 23U);
  for (std::size_t i = 19; i < all.size(); ++i) all[i].erase(28);  // what the clock says is not tested
  EXPECT_THAT(all, testing::ElementsAre(
                       "Result        converged: gradient tolerance reached",  //
                       "              at step 5 the gradient's norm is 0.5, at most 0.5",
                       "Objective     parabola, 1 parameter, analytic gradient",  //
                       "Optimizer     sgd:lr=0.25",                               //
                       "Instructions  baseline (given: baseline)",                //
                       "", "                                   start                best                last",
                       "Step                                   0                   5                   5",
                       "Value                                 64              0.0625              0.0625",
                       "Gradient norm                         16                 0.5                 0.5",
                       "x[0]                                   8                0.25                0.25",
                       "",  //
                       "Criterion                          given             reached",
                       "Target value                        none              0.0625",
                       "Gradient norm                        0.5                 0.5  <- stopped",
                       "Change of value                     none                   -",
                       "Callback                            none                   -",
                       "Steps                              10000                   5",
                       "Evaluations                          100                   6",
                       "  with gradient             ", "Seconds                     ",
                       "  in the objective          ", "  in the optimizer          "));
}

TEST(MinimizeReport, StaysTidyWithLongSettingsManyParametersAndExtremeNumbers) {
  constexpr double huge = 1.2345678e-300;
  const tw::Problem f = tw::make_problem("saddle", 30);
  tw::AggMo rule;
  rule.betas = {0.1234567, 0.2345678, 0.3456789, 0.4567891, 0.5678912, 0.6789123, 0.7891234, 0.8912345};
  const tw::Result r =
      tw::minimize(f, Numbers(30, -1.2345678e-150), rule,
                   {.max_steps = std::numeric_limits<std::uint64_t>::max(),
                    .gradient_tolerance = huge,
                    .change_tolerance = huge,
                    .target = -1e300,
                    .callback = [](const tw::Progress& p) { return p.step < 3; },
                    .schedules = {{"lr", tw::warmup(500) | tw::cosine(9500) | tw::constant(0.5)}},
                    .transforms = {tw::clip_norm(1), tw::noise(0.001)},
                    .plateau = tw::Plateau{.patience = 3}});
  const auto all = lines(r);
  expect_tidy(all);
  EXPECT_THAT(all, testing::Contains("Result        not converged: stopped by the callback"));
  EXPECT_THAT(all, testing::Contains("... and 22 more parameters"));
  EXPECT_THAT(all, testing::Contains("Transform     clip_norm"));
  EXPECT_THAT(all, testing::Contains("Plateau       plateau:patience=3"));
  EXPECT_THAT(all, testing::Contains(testing::StartsWith("Schedule      lr: warmup")));
  EXPECT_THAT(all,
              testing::Contains("Callback                             yes                   -  <- stopped"));
}

TEST(MinimizeReport, NamesDivergenceDifferencesAndLookAhead) {
  const auto all = lines(tw::minimize([](std::span<const double> x) { return -x[0] * x[0]; }, {1},
                                      tw::Nesterov{.lr = 1}, {.max_steps = 100000}));
  expect_tidy(all);
  EXPECT_EQ(all[0], "Result        diverged");
  EXPECT_THAT(all[1], testing::MatchesRegex("              in step [0-9]+ .*"));
  EXPECT_EQ(all[2], "Objective     1 parameter, gradient by central differences");
  EXPECT_EQ(all[3], "Optimizer     nesterov:lr=1 (gradients at the look-ahead point)");
}

TEST(MinimizeReport, DoesNotDependOnTheStreamsLocaleAndFlags) {
  struct Commas : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    std::string do_grouping() const override { return "\1"; }
  };
  const tw::Result r =
      tw::minimize(tw::make_problem("parabola"), {8.5}, tw::SGD{.lr = 0.25}, {.max_steps = 1234});
  std::ostringstream plain, strange;
  strange.imbue(std::locale(std::locale::classic(), new Commas));
  strange << std::hex << std::showpos << std::scientific;
  plain << r;
  strange << r;
  EXPECT_EQ(plain.str(), strange.str());
}

TEST(MinimizeReport, EveryReasonHasItsWords) {
  std::vector<std::string> words;
  for (int reason = 0; reason <= static_cast<int>(tw::StopReason::diverged); ++reason)
    words.push_back(text(static_cast<tw::StopReason>(reason)));
  EXPECT_THAT(words,
              testing::ElementsAre("target value reached", "gradient tolerance reached",
                                   "value stopped changing", "stopped by the callback", "step limit reached",
                                   "evaluation limit reached", "time limit reached", "diverged"));
}

}  // namespace
}  // namespace thalweg::minimize_report_test
