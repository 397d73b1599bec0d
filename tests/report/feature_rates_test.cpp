#include "report/feature_rates.h"

#include <gmock/gmock.h>

#include "samples.h"

namespace thalweg::report::feature_rates_test {
namespace {

using workbench::FeatureRates;

/// Optimizers whose median rate of the rarest features is so many times that of the commonest, which is 0.5.
workbench::Comparison with_gains(const std::vector<std::pair<std::string, double>>& gains) {
  std::vector<workbench::Participant> participants;
  FeatureRates rates{30, 960, {{1, 3, 2, 7}, {100, 120, 110.5, 4}}, {}};
  for (const auto& [name, gain] : gains) {
    rates.participants.push_back(
        {participants.size(),
         {FeatureRates::Quantiles{0.25, 0.5 * gain, 1}, FeatureRates::Quantiles{0.25, 0.5, 1}}});
    participants.push_back(participant(name, {0.9, 0.91, 0.92}));
  }
  workbench::Comparison made = comparison(participants);
  made.feature_rates = rates;
  return made;
}

TEST(FeatureRates, SayWhoGivesMostLeastAndTheSame) {
  EXPECT_EQ(
      feature_rates_text(with_gains({{"sgd", 1}, {"adagrad", 31.4}, {"adam", 2.44}})),
      "adagrad gives features that occur in 1 to 3 of 960 rows 31 times the rate of the commonest. sgd gives "
      "all features about the same rate.");
  EXPECT_EQ(feature_rates_text(with_gains({{"adam", 2.44}, {"rmsprop", 0.221}, {"adagrad", 0.8}})),
            "adam gives features that occur in 1 to 3 of 960 rows 2.4 times the rate of the commonest. "
            "rmsprop gives "
            "them least, 0.22 times that rate.");
  EXPECT_EQ(
      feature_rates_text(with_gains({{"sgd", 1}, {"momentum", 1.09}, {"ftrl", 0.92}})),
      "No optimizer gives rare features a higher rate than the commonest. sgd, momentum and ftrl give all "
      "features about the same rate.");
  EXPECT_EQ(feature_rates_text(with_gains({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}})),
            "No optimizer gives rare features a higher rate than the commonest. a, b, c and 2 others give "
            "all features "
            "about the same rate.");
}

TEST(FeatureRates, NameTheFirstOfThoseThatGiveAsMuch) {
  EXPECT_THAT(feature_rates_text(with_gains({{"adam", 41.4}, {"adam_hd", 41.5}, {"sgd", 1}})),
              testing::StartsWith("adam gives features that occur in 1 to 3 of 960 rows 41 times"));
}

TEST(FeatureRates, AreAFieldOfTheResults) {
  workbench::Comparison made = with_gains({{"sgd", 1}, {"adagrad", 31.4}});
  made.feature_rates->participants[0].rates[1].reset();
  const auto json = nlohmann::json::parse(results_json(made, environment())).at("feature_rates");
  EXPECT_EQ(json.at("finding"), feature_rates_text(made));
  EXPECT_EQ(json.at("steps"), 30);
  EXPECT_EQ(json.at("rows"), 960);
  EXPECT_EQ(json.at("occurrences"),
            nlohmann::json::parse(R"([{"low": 1, "high": 3, "median": 2.0, "features": 7},
                                      {"low": 100, "high": 120, "median": 110.5, "features": 4}])"));
  EXPECT_EQ(
      json.at("optimizers"),
      nlohmann::json::parse(
          R"([{"optimizer": "sgd", "gain": null, "low": [0.25, null], "median": [0.5, null], "high": [1.0, null]},
                    {"optimizer": "adagrad", "gain": 31.4, "low": [0.25, 0.25], "median": [15.7, 0.5], "high": [1.0, 1.0]}])"));
}

TEST(FeatureRates, SayNothingWhereNothingIsKnown) {
  EXPECT_EQ(feature_rates_text(comparison({participant("adam", {0.9})})), "");
  EXPECT_TRUE(feature_rates_json(comparison({participant("adam", {0.9})})).is_null());
}

}  // namespace
}  // namespace thalweg::report::feature_rates_test
