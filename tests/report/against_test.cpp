#include "report/against.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <thalweg/error.h>

#include "report/terminal.h"
#include "samples.h"

namespace thalweg::report::against_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using Verdict = OptimizerChange::Verdict;

ReadResults read(const workbench::Comparison& comparison, const std::string& file = "results.json") {
  return parse_results(results_json(comparison, environment()), file);
}

std::string error_of(const workbench::Comparison& before, const workbench::Comparison& after) {
  try {
    (void)changes(read(before, "old.json"), read(after));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, Error::Kind::input);
    return error.what();
  }
  return "no error";
}

std::string parse_error(const std::string& text) {
  try {
    (void)parse_results(text, "f.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, Error::Kind::input);
    return error.what();
  }
  return "no error";
}

TEST(Reader, KnowsWhatWasWritten) {
  const ReadResults results =
      read(comparison({participant("adam", {0.9, 1.0 / 3, 0.1}), participant("sgd", {0.8, diverged, 0.9})}));
  EXPECT_FALSE(results.is_suite);
  EXPECT_EQ(results.created, "2024-05-17T09:30:00Z");
  ASSERT_THAT(results.workloads, SizeIs(1));
  const ReadComparison& one = results.workloads[0];
  EXPECT_EQ(one.place, "digits (mlp:64)");
  EXPECT_EQ(one.score, "test_accuracy");
  EXPECT_EQ(one.checksum, "0badcafe");
  ASSERT_THAT(one.optimizers, SizeIs(2));
  EXPECT_EQ(one.optimizers[0].label, "adam");
  EXPECT_EQ(one.optimizers[0].scores.at(2), 1.0 / 3) << "to the bit";
  EXPECT_EQ(one.optimizers[1].mean, std::nullopt);
  EXPECT_EQ(one.optimizers[1].rank, std::nullopt);
  EXPECT_THAT(one.optimizers[1].scores, SizeIs(2));
}

TEST(Reader, SaysWhatIsNoResultsFile) {
  EXPECT_THAT(parse_error("{"), HasSubstr("f.json: found no JSON (at byte 2)"));
  EXPECT_THAT(parse_error("[1]"), HasSubstr("f.json: found JSON of another kind; expected results.json"));
  EXPECT_THAT(parse_error(R"({"schema_version": 2})"), HasSubstr("found schema_version 2; expected 1"));
  EXPECT_THAT(parse_error(R"({"schema_version": 1, "kind": "training"})"), HasSubstr("of kind 'training'"));
  EXPECT_THAT(parse_error(R"({"schema_version": 1, "kind": "comparison"})"), HasSubstr("fields missing"));
}

TEST(Against, PairsTheSeeds) {
  // Each seed gains 0.01, more or less, though the seeds differ by far more.
  const auto before =
      comparison({participant("adam", {0.70, 0.80, 0.90}), participant("sgd", {0.5, 0.6, 0.7})});
  const auto after =
      comparison({participant("adam", {0.711, 0.81, 0.909}), participant("sgd", {0.5, 0.6, 0.7})});
  const Change change = changes(read(before), read(after));
  const auto& adam = change.workloads[0].optimizers[0];
  EXPECT_EQ(adam.paired_seeds, 3U);
  EXPECT_NEAR(*adam.change, 0.01, 1e-12);
  // t with 2 degrees of freedom at confidence 1 - 0.05 / 2: 6.2053, standard error 0.001 / sqrt(3).
  EXPECT_NEAR(*adam.high - *adam.change, 6.2053 * 0.001 / std::sqrt(3.0), 1e-6);
  EXPECT_EQ(adam.verdict, Verdict::better);
  const auto& sgd = change.workloads[0].optimizers[1];
  EXPECT_EQ(sgd.verdict, Verdict::same);
  EXPECT_EQ(*sgd.low, 0);
  EXPECT_EQ(changes(read(after), read(before)).workloads[0].optimizers[0].verdict, Verdict::worse);
}

TEST(Against, OtherSeedsAreIndependentRuns) {
  const auto before = comparison({participant("adam", {0.70, 0.80, 0.90})});
  auto after = comparison({participant("adam", {0.71, 0.81, 0.91})});
  for (auto& run : after.participants[0].runs) run.seed += 10;
  const Change change = changes(read(before), read(after));
  const auto& adam = change.workloads[0].optimizers[0];
  EXPECT_EQ(adam.paired_seeds, 0U);
  // Welch: t with 4 degrees of freedom 2.7764, standard error sqrt(2 * 0.01 / 3).
  EXPECT_NEAR(*adam.high - *adam.change, 2.7764 * std::sqrt(0.02 / 3), 1e-5);
  EXPECT_EQ(adam.verdict, Verdict::same);
}

TEST(Against, AnErrorThatFallsIsBetter) {
  const auto regression = [](const std::vector<double>& scores) {
    return comparison({participant("adam", scores)}, data::Task::regression);
  };
  EXPECT_EQ(changes(read(regression({54, 55, 56})), read(regression({50, 51, 52.1})))
                .workloads[0]
                .optimizers[0]
                .verdict,
            Verdict::better);
}

TEST(Against, NamesWhatDiffersAndWhoIsNew) {
  auto before = comparison({participant("adam", {0.7, 0.8, 0.9}), participant("sgd", {0.5, 0.6, 0.7})});
  auto after = comparison({participant("adam", {0.7, diverged, 0.9}), participant("nadam", {0.5, 0.6, 0.7})});
  after.options.epochs = 9;
  after.options.model = "mlp:32";
  const Change change = changes(read(before), read(after));
  const WorkloadChange& one = change.workloads[0];
  EXPECT_THAT(one.only_before, ElementsAre("sgd"));
  EXPECT_THAT(one.only_after, ElementsAre("nadam"));
  std::string settings;
  for (const SettingChange& s : one.settings) settings += s.name + " " + s.before + " " + s.after + "; ";
  EXPECT_EQ(settings, "model \"mlp:64\" \"mlp:32\"; epochs 2 9; budget_epochs 4 18; ");
  ASSERT_THAT(one.optimizers, SizeIs(1));
  EXPECT_EQ(one.optimizers[0].verdict, Verdict::unknown);
  EXPECT_EQ(one.optimizers[0].rank_after, std::nullopt);
  EXPECT_EQ(one.optimizers[0].change, std::nullopt);
}

TEST(Against, RefusesWhatDoesNotCompare) {
  const auto one = comparison({participant("adam", {0.7, 0.8})});
  auto other = one;
  other.data.checksum = "deadbeef";
  EXPECT_EQ(error_of(other, one),
            "old.json: found digits with the checksum deadbeef; expected 0badcafe, the same numbers in the "
            "same split, "
            "or the scores cannot be compared");
  other = one;
  other.options.data = "wine";
  EXPECT_THAT(error_of(other, one), HasSubstr("old.json: found results on wine; expected results on digits"));
  other = comparison({participant("adam", {0.7, 0.8})}, data::Task::regression);
  EXPECT_THAT(error_of(other, one), HasSubstr("old.json: found scores of test_rmse; expected test_accuracy"));
}

TEST(Against, IsAddedToTheResults) {
  const auto one = comparison({participant("adam", {0.7, 0.8, 0.9})});
  const std::string results = results_json(one, environment());
  const Change change = changes(read(one, "old.json"), read(one));
  const auto json = nlohmann::json::parse(with_change(results, change));
  EXPECT_EQ(json.at("against").at("old"), "old.json");
  EXPECT_EQ(json.at("against").at("optimizers").at(0).at("verdict"), "same");
  EXPECT_EQ(json.at("against").at("optimizers").at(0).at("change"), 0);
  EXPECT_EQ(json.at("ranking"), nlohmann::json::parse(results).at("ranking"));
}

TEST(Against, FitsAnyWidth) {
  const auto before =
      comparison({participant("schedule_free_adamw", {0.7, 0.8, 0.9}), participant("sgd", {0.5, 0.6, 0.7})});
  auto after = comparison(
      {participant("schedule_free_adamw", {0.71, 0.811, 0.91}), participant("sgd", {0.5, 0.6, diverged})});
  after.options.model = "mlp:64,64,64,64,activation=tanh";
  const Change change = changes(read(before, "a/very/long/path/to/an/older/results.json"), read(after));
  for (const std::size_t width : {40U, 60U, 80U, 120U}) {
    for (const std::string& line : change_lines(change, width, false)) {
      const auto columns =
          std::count_if(line.begin(), line.end(), [](char c) { return (c & '\xC0') != '\x80'; });
      EXPECT_LE(columns, static_cast<long>(width)) << line;
      EXPECT_NE(line.back(), ' ') << line;
    }
  }
  const auto lines = change_lines(change, 80, false);
  EXPECT_EQ(lines[0], "Against a/very/long/path/to/an/older/results.json of 2024-05-17T09:30:00Z: 1");
  EXPECT_THAT(lines, testing::Contains(HasSubstr("schedule_free_adamw")));
  EXPECT_THAT(lines, testing::Contains(HasSubstr("diverges now")));
}

}  // namespace
}  // namespace thalweg::report::against_test
