#include "report/results.h"

#include <set>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "samples.h"
#include "workbench/compare/compare.h"

namespace thalweg::report::results_test {
namespace {

using Json = nlohmann::json;

Json json_of(const workbench::Comparison& comparison) {
  return Json::parse(results_json(comparison, environment()));
}

std::set<std::string> names(const Json& object) {
  std::set<std::string> all;
  for (const auto& [name, value] : object.items()) all.insert(name);
  return all;
}

/// Without what may differ between two runs.
Json without_times(Json json) {
  if (json.is_object()) {
    json.erase("seconds");
    json.erase("environment");
  }
  if (json.is_structured()) {
    for (auto& value : json) value = without_times(value);
  }
  return json;
}

TEST(Results, HaveTheFieldsOfTheirSchema) {
  const Json json =
      json_of(comparison({participant("adam", {0.9, 0.91, 0.92}), participant("sgd", {0.8, 0.7, 0.9})}));
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(names(json),
            (std::set<std::string>{"schema_version", "kind", "title", "headline", "notes", "command",
                                   "environment", "seconds", "data", "settings", "score", "target",
                                   "bootstrap", "ranking", "optimizers", "feature_rates"}));
  EXPECT_EQ(json.at("feature_rates"), nullptr);
  EXPECT_EQ(names(json.at("environment")),
            (std::set<std::string>{"version", "created", "isa", "compiler", "cores", "threads"}));
  EXPECT_EQ(json.at("data").at("checksum"), "0badcafe");
  EXPECT_EQ(json.at("data").at("split_seed"), 0);
  EXPECT_EQ(json.at("settings").at("seeds"), Json({1, 2, 3}));
  EXPECT_EQ(json.at("score").at("name"), "test_accuracy");
  EXPECT_EQ(
      names(json.at("ranking").at(0)),
      (std::set<std::string>{"rank", "optimizer", "spec", "lr", "score_mean", "score_low", "score_high",
                             "behind_first_mean", "behind_first_low", "behind_first_high", "tied_with",
                             "diverged_runs", "bootstrap", "sensitivity", "steps_to_target", "seconds"}));
  const Json& optimizer = json.at("optimizers").at(0);
  EXPECT_EQ(names(optimizer),
            (std::set<std::string>{"optimizer", "rule", "given", "spec", "rates", "tuned", "skipped_keys",
                                   "trials", "chosen_trial", "chosen_at_edge", "rates_off_best",
                                   "sensitivity", "to_target", "runs"}));
  EXPECT_EQ(names(optimizer.at("trials").at(0)),
            (std::set<std::string>{"spec", "lr", "epochs", "values", "validation_loss", "validation_accuracy",
                                   "diverged_step", "diverged_by", "seconds"}));
  EXPECT_EQ(
      names(optimizer.at("runs").at(0)),
      (std::set<std::string>{"seed", "validation_loss", "validation_accuracy", "test_loss", "test_accuracy",
                             "diverged_step", "diverged_by", "seconds", "steps_to_target", "curve"}));
}

TEST(Results, NumbersReadBackToTheSameBits) {
  const auto original =
      comparison({participant("adam", {0.9, 1.0 / 3, 0.1}), participant("sgd", {0.8, 0.7, 0.9})});
  const Json json = json_of(original);
  for (std::size_t i = 0; i < 2; ++i) {
    const workbench::Standing& standing = original.ranking[i];
    const Json& place = json.at("ranking").at(i);
    EXPECT_EQ(place.at("optimizer"), original.participants[standing.participant].label);
    EXPECT_EQ(place.at("rank"), *standing.rank);
    EXPECT_EQ(place.at("score_mean").get<double>(), standing.score->mean);
    EXPECT_EQ(place.at("score_low").get<double>(), *standing.score->low);
    EXPECT_EQ(place.at("score_high").get<double>(), *standing.score->high);
    const workbench::Participant& participant = original.participants[i];
    const Json& optimizer = json.at("optimizers").at(i);
    EXPECT_EQ(optimizer.at("trials").at(0).at("validation_loss").get<double>(), 0.30000000000000004);
    for (std::size_t r = 0; r < 3; ++r) {
      const Json& run = optimizer.at("runs").at(r);
      EXPECT_EQ(run.at("test_accuracy").get<double>(), participant.runs[r].result->test->metric);
      EXPECT_EQ(run.at("curve").at("train_loss").at(0).get<double>(), 1.0 / 3);
      EXPECT_EQ(run.at("curve").at("epoch"), Json({1, 2}));
    }
  }
}

TEST(Results, DivergenceHasAStepAndNoNumber) {
  auto lost = participant("sgd", {});
  lost.chosen.reset();
  const Json json = json_of(comparison({participant("adam", {0.9, diverged, 0.8}), lost}));
  const Json& trial = json.at("optimizers").at(0).at("trials").at(1);
  EXPECT_EQ(trial.at("validation_loss"), nullptr);
  EXPECT_EQ(trial.at("validation_accuracy"), nullptr);
  EXPECT_EQ(trial.at("diverged_step"), 17);
  EXPECT_EQ(trial.at("diverged_by"), "gradient of layer1.weights is not finite");
  EXPECT_EQ(json.at("optimizers").at(0).at("trials").at(0).at("diverged_step"), nullptr);
  const Json& run = json.at("optimizers").at(0).at("runs").at(1);
  EXPECT_EQ(run.at("test_accuracy"), nullptr);
  EXPECT_EQ(run.at("diverged_step"), 7);
  for (const Json& place : json.at("ranking")) {
    EXPECT_EQ(place.at("rank"), nullptr);
    EXPECT_EQ(place.at("score_mean"), nullptr);
  }
  EXPECT_EQ(json.at("ranking").at(0).at("diverged_runs"), 1);
  EXPECT_EQ(json.at("optimizers").at(1).at("chosen_trial"), nullptr);
  EXPECT_EQ(json.at("optimizers").at(1).at("spec"), "sgd");
}

TEST(Results, RegressionNamesItsMeasure) {
  const Json json = json_of(comparison({participant("adam", {54, 55, 56})}, data::Task::regression));
  EXPECT_EQ(json.at("score").at("name"), "test_rmse");
  EXPECT_EQ(json.at("score").at("higher_is_better"), false);
  EXPECT_EQ(json.at("optimizers").at(0).at("runs").at(0).at("test_rmse"), 54);
}

TEST(Results, NamesThatAreNoUtf8DoNotBreakThem) {
  auto odd = comparison({participant("adam", {0.9, 0.9, 0.9})});
  odd.options.data = "caf\xE9.csv";
  EXPECT_EQ(json_of(odd).at("data").at("name"), "caf\uFFFD.csv");
}

TEST(Results, ThreadsChangeNothingButTheTimes) {
  workbench::CompareOptions options;
  options.data = "iris";
  options.model = "softmax";
  options.optimizers = {"sgd", "adam", "adagrad"};
  options.trials = 5;
  options.seeds = 3;
  options.epochs = 4;
  options.batch = 16;
  options.threads = 1;
  const Json one = without_times(json_of(workbench::compare(options)));
  EXPECT_GT(one.dump().size(), 5000U);
  for (const std::size_t threads : {2U, 3U}) {
    options.threads = threads;
    EXPECT_EQ(without_times(json_of(workbench::compare(options))), one) << threads << " threads";
  }
  options.seed = 1;
  EXPECT_NE(without_times(json_of(workbench::compare(options))), one);
}

TEST(Environment, KnowsThisMachine) {
  const Environment present = Environment::present();
  EXPECT_THAT(present.created, testing::MatchesRegex("20..-..-..T..:..:..Z"));
  EXPECT_THAT(present.version, testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_EQ(Environment::present("baseline").isa, "baseline");
  EXPECT_GE(present.cores, 1U);
  EXPECT_THAT(present.compiler, testing::AnyOf(testing::HasSubstr("g++ "), testing::HasSubstr("clang ")));
}

}  // namespace
}  // namespace thalweg::report::results_test
