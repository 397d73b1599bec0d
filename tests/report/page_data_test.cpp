#include "report/page_data.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "samples.h"

namespace thalweg::report::page_data_test {
namespace {

using Json = nlohmann::ordered_json;

/// Eight runs of one optimizer with so many epochs; the loss of run r in epoch e (from 0) is (r + 1) / (e +
/// 1).
Json results(int epochs, int ended = 0) {
  Json runs = Json::array();
  for (int r = 0; r < 8; ++r) {
    Json epoch = Json::array(), loss = Json::array();
    for (int e = 0; e < (r == 1 && ended ? ended : epochs); ++e) {
      epoch.push_back(e + 1);
      loss.push_back((r + 1.0) / (e + 1));
    }
    runs.push_back({{"seed", r}, {"test_loss", 1.0 / 3}, {"curve", {{"epoch", epoch}, {"loss", loss}}}});
  }
  const Json trial{{"spec", "adam:lr=0.1"}, {"lr", 0.1}, {"validation_loss", 2.0}, {"seconds", 1.5}};
  Json one{{"optimizer", "adam"}, {"trials", {trial}}, {"runs", runs}};
  return {{"headline", 1.0 / 3}, {"optimizers", Json::array({one})}};
}

TEST(PageData, IsAllOfTheResultsWhereTheyFit) { EXPECT_EQ(Json::parse(page_data(results(10))), results(10)); }

TEST(PageData, HasMeansOverTheRunsWhereTheyDoNot) {
  const Json data = Json::parse(page_data(results(10), results(10).dump().size() - 1));
  const Json& one = data.at("optimizers").at(0);
  EXPECT_EQ(one.at("curves").at("epoch"), Json::parse("[1,2,3,4,5,6,7,8,9,10]"));
  EXPECT_EQ(one.at("curves").at("loss").at("mean").at(2), 1.5);
  EXPECT_EQ(one.at("curves").at("loss").at("low").at(2), 0.333333) << "six digits";
  EXPECT_EQ(one.at("curves").at("loss").at("high").at(2), 2.66667);
  EXPECT_FALSE(one.at("runs").at(0).contains("curve"));
  EXPECT_EQ(one.at("runs").at(1).at("seed"), 1);
  EXPECT_EQ(one.at("trials"), Json::parse(R"([{"lr": 0.1, "validation_loss": 2.0}])"));
  EXPECT_EQ(data.at("headline"), 1.0 / 3) << "only the optimizers are shortened";
  EXPECT_FALSE(data.contains("curve_points"));
}

TEST(PageData, HasNoMeanWhereARunHasEnded) {
  const Json data = Json::parse(page_data(results(30, 2), results(30, 2).dump().size() - 1));
  const Json& loss = data.at("optimizers").at(0).at("curves").at("loss");
  EXPECT_EQ(loss.at("mean").at(1), 2.25);
  EXPECT_TRUE(loss.at("mean").at(2).is_null());
  EXPECT_TRUE(loss.at("high").at(2).is_null());
}

TEST(PageData, ThinsLongCurvesAndKeepsBothEnds) {
  Json both = results(5000);
  both["optimizers"].push_back(results(20)["optimizers"][0]);
  const std::string text = page_data(both, 20'000);
  EXPECT_LT(text.size(), 21'000U);
  const Json data = Json::parse(text);
  const Json& curves = data.at("optimizers").at(0).at("curves");
  EXPECT_EQ(curves.at("epoch").front(), 1);
  EXPECT_EQ(curves.at("epoch").back(), 5000);
  EXPECT_EQ(curves.at("loss").at("mean").size(), curves.at("epoch").size());
  EXPECT_EQ(curves.at("loss").at("mean").back(), 0.0009);
  EXPECT_LE(curves.at("epoch").size(), data.at("curve_points").get<std::size_t>() + 1);
  EXPECT_GT(curves.at("epoch").size(), 100U) << "no more is lost than has to be";
  EXPECT_EQ(data.at("optimizers").at(1).at("curves").at("epoch").size(), 20U) << "short curves stay whole";
}

TEST(PageData, LooksIntoTheWorkloadsOfASuite) {
  Json suite{{"optimizers", {"adam"}}, {"workloads", Json::array({results(1000), results(1000)})}};
  const Json data = Json::parse(page_data(suite, 10'000));
  EXPECT_EQ(data.at("optimizers"), suite["optimizers"]);
  for (const Json& workload : data.at("workloads"))
    EXPECT_TRUE(workload.at("optimizers").at(0).contains("curves"));
}

}  // namespace
}  // namespace thalweg::report::page_data_test
