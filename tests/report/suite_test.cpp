#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "report/reader.h"
#include "report/results.h"
#include "report/summary.h"
#include "report/terminal.h"
#include "samples.h"
#include "workbench/compare/scores.h"

namespace thalweg::report::suite_test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;
using Json = nlohmann::json;

std::set<std::string> names(const Json& object) {
  std::set<std::string> all;
  for (const auto& [name, value] : object.items()) all.insert(name);
  return all;
}

/// On each of two workloads the first optimizer reaches the target after an epoch, the second after two, the
/// third never.
workbench::SuiteComparison suite() {
  workbench::SuiteComparison made;
  for (const char* name : {"one", "two"}) {
    auto one = comparison({participant("adam", {0.9, 0.91, 0.92}), participant("sgd", {0.8, 0.81, 0.85}),
                           participant("momentum", {0.5, 0.5, 0.5})});
    one.options.name = name;
    one.steps_per_epoch = 40;
    one.target = workbench::Target{0.85, false, "momentum", true};
    for (auto& run : one.participants[0].runs) run.curve[0].validation.metric = 0.86;
    for (auto& run : one.participants[2].runs) run.curve[1].validation.metric = 0.5;
    for (auto& p : one.participants) p.to_target = workbench::to_target(p, 0.85, true, 40);
    one.participants[0].sensitivity = 0.01;
    made.workloads.push_back(one);
    made.options.workloads.push_back(one.options);
  }
  made.options.common = made.workloads[0].options;
  made.options.common.seeds = 3;
  made.ranking = workbench::overall(made.workloads, 0);
  return made;
}

TEST(SuiteResults, HaveTheFieldsOfTheirSchema) {
  const Json json = Json::parse(results_json(suite(), environment()));
  EXPECT_EQ(names(json), (std::set<std::string>{"schema_version", "kind", "title", "headline", "notes",
                                                "command", "environment", "seconds", "suite", "settings",
                                                "optimizers", "overall", "profiles", "workloads"}));
  EXPECT_EQ(json.at("optimizers"), Json({"adam", "sgd", "momentum"}));
  ASSERT_THAT(json.at("workloads"), SizeIs(2));
  EXPECT_EQ(json.at("workloads").at(1).at("settings").at("workload"), "two");
  EXPECT_EQ(json.at("workloads").at(0).at("optimizers").at(1).at("to_target").at("steps_median"), 80);
  EXPECT_EQ(json.at("workloads").at(0).at("optimizers").at(2).at("to_target").at("steps_median"), nullptr);
  EXPECT_EQ(json.at("workloads").at(0).at("optimizers").at(0).at("runs").at(0).at("steps_to_target"), 40);
  const Json& first = json.at("overall").at("ranking").at(0);
  EXPECT_EQ(names(first),
            (std::set<std::string>{"rank", "optimizer", "area", "area_low", "area_high", "rank_low",
                                   "rank_high", "first", "tied_with", "reached", "mean_place",
                                   "mean_place_low", "mean_place_high", "places", "sensitivity"}));
  EXPECT_EQ(first.at("optimizer"), "adam");
  EXPECT_EQ(first.at("area"), 1);
  EXPECT_EQ(first.at("rank"), 1);
  EXPECT_EQ(first.at("first"), 1);
  EXPECT_EQ(first.at("places"), Json({1, 1}));
  const Json& second = json.at("overall").at("ranking").at(1);
  EXPECT_DOUBLE_EQ(second.at("area").get<double>(), 2.0 / 3) << "twice the steps, of up to four times";
  EXPECT_EQ(second.at("rank"), 2);
  EXPECT_EQ(json.at("overall").at("ranking").at(2).at("reached"), 0);
  EXPECT_EQ(json.at("profiles").at("steps").at(1).at("tau"), Json({1, 2}));
  EXPECT_EQ(json.at("profiles").at("steps").at(1).at("share"), Json({0, 1}));
}

TEST(SuiteResults, AreReadBackForAgainst) {
  const ReadResults read = parse_results(results_json(suite(), environment()), "s.json");
  EXPECT_TRUE(read.is_suite);
  ASSERT_THAT(read.workloads, SizeIs(2));
  EXPECT_EQ(read.workloads[1].workload, "two");
  ASSERT_THAT(read.overall, SizeIs(3));
  EXPECT_EQ(read.overall[0].label, "adam");
  EXPECT_EQ(read.overall[1].rank, 2U);
}

TEST(SuiteHeadline, IsAFinding) {
  EXPECT_EQ(headline(suite()),
            "adam won over 2 workloads: it gets to the targets soonest, with an area under its performance "
            "profile of "
            "1.00 (95 % interval 1.00 to 1.00); the next is sgd with 0.67.");
  auto tied = suite();
  tied.ranking[0].tied_with = {1};
  tied.ranking[0].first = 0.625;
  EXPECT_THAT(headline(tied),
              HasSubstr("but sgd ties with it (it is first in 62 % of resamples); the first that is "
                        "told apart is momentum with 0.00"));
  tied.ranking[0].tied_with = {1, 2};
  EXPECT_THAT(headline(tied),
              StartsWith("No optimizer wins over 2 workloads: adam gets to the targets soonest"));
}

TEST(SuiteLines, AsTheyStand) {
  const auto lines = overall_lines(suite(), 80, false);
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[1],
              AllOf(StartsWith("1    adam       1.00"), HasSubstr("●  █████"), HasSubstr("2/2     1.0")));
  EXPECT_THAT(lines[3], AllOf(StartsWith("3    momentum   0.00  ●"), HasSubstr("0/2     3.0")));
  const auto workloads = workload_lines(suite(), 80, false);
  EXPECT_EQ(workloads[2], "two       adam        91.0 % ± 2.5  adam (40)");
}

TEST(WayLines, ShowCurvesTargetsAndCosts) {
  const auto lines = way_lines(suite().workloads[0], 80, false);
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[0], StartsWith("optimizer  validation error by epoch"));
  EXPECT_THAT(lines[1], AllOf(StartsWith("adam "), HasSubstr(" 40 "), testing::EndsWith("1.0 points")));
  EXPECT_THAT(lines[3], AllOf(StartsWith("momentum "), HasSubstr("never"), HasSubstr("█")));
  EXPECT_THAT(way_lines(suite().workloads[0], 80, false, 2), SizeIs(3));
}

TEST(AllLines, FitEveryWidthAndAPipe) {
  auto wide = suite();
  for (auto& one : wide.workloads) one.participants[1].label = "schedule_free_adamw:beta1=0.95";
  for (const std::size_t width : {40U, 50U, 60U, 71U, 72U, 80U, 100U, 200U}) {
    for (const auto& lines : {overall_lines(wide, width, false), workload_lines(wide, width, false),
                              way_lines(wide.workloads[0], width, false)}) {
      for (const std::string& line : lines) {
        const auto columns =
            std::count_if(line.begin(), line.end(), [](char c) { return (c & '\xC0') != '\x80'; });
        EXPECT_LE(columns, static_cast<long>(width)) << line;
        EXPECT_NE(line.back(), ' ') << line;
        EXPECT_EQ(line.find('\x1b'), std::string::npos);
      }
    }
  }
  EXPECT_THAT(overall_lines(wide, 80, true)[1], HasSubstr("\x1b[1;36m"));
}

}  // namespace
}  // namespace thalweg::report::suite_test
