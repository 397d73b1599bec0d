#include "report/lr_find.h"

#include <fmt/format.h>

#include "report/page.h"
#include "report/results_json.h"

namespace thalweg::report {
namespace {

using workbench::RateRun;

Json to_json(const RateRun& run) {
  Json json{{"seed", run.seed},
            {"end", workbench::end_name(run.end)},
            {"start", run.start},
            {"lowest", run.lowest},
            {"lowest_at", or_null(run.lowest_at)},
            {"steepest", or_null(run.steepest)},
            {"suggestion", or_null(run.suggestion)}};
  for (const char* name : {"rates", "losses", "smoothed"}) json[name] = Json::array();
  for (const workbench::RatePoint& point : run.points) {
    json["rates"].push_back(point.rate);
    json["losses"].push_back(point.loss);
    json["smoothed"].push_back(point.smoothed);
  }
  return json;
}

std::string digits(double value) { return fmt::format("{:.2g}", value); }

}  // namespace

std::string lr_find_json(const workbench::RateTest& test, const RateTestSubject& subject) {
  Json json{{"schema_version", 1},
            {"kind", "lr_find"},
            {"data", subject.data},
            {"model", subject.model},
            {"optimizer", subject.optimizer},
            {"batch", subject.batch},
            {"planned_steps", subject.planned_steps},
            {"suggestion", or_null(test.suggestion)},
            {"suggestion_low", test.suggestion ? Json(test.low) : Json()},
            {"suggestion_high", test.suggestion ? Json(test.high) : Json()},
            {"at_low_edge", test.at_low_edge},
            {"at_high_edge", test.at_high_edge},
            {"low", test.options.low},
            {"high", test.options.high},
            {"steps_per_decade", *test.options.steps_per_decade},
            {"command", subject.command},
            {"train", subject.train},
            {"mean", to_json(test.mean)}};
  json["runs"] = Json::array();
  for (const RateRun& run : test.runs) json["runs"].push_back(to_json(run));
  return json.dump();
}

std::string lr_find_page(const std::string& json, messages::Language language) {
  const Json data = Json::parse(json);
  const std::string optimizer = data.at("optimizer");
  PageContent content;
  content.language = language;
  content.title = "thalweg lr-find: " + optimizer + ", " + data.at("data").get<std::string>();
  content.headline =
      data.at("suggestion").is_null()
          ? messages::format(language, "lr_find.headline.none", fmt::arg("low", digits(data.at("low"))),
                             fmt::arg("high", digits(data.at("high"))))
          : messages::format(language, "lr_find.headline", fmt::arg("spec", optimizer));
  content.data = json;
  content.subjects = {"lr_find"};
  content.scripts = {"lr_find.js"};
  return html_page(content);
}

std::vector<std::string> lr_find_sentences(const workbench::RateTest& test, const RateTestSubject& subject,
                                           messages::Language language) {
  using fmt::arg;
  using messages::format;
  const RateRun& mean = test.mean;
  std::vector<std::string> all;
  if (test.suggestion) {
    all.push_back(format(language, "lr_find.headline", arg("spec", subject.optimizer)));
    all.push_back(format(language, "lr_find.reason", arg("rate", digits(*mean.suggestion)),
                         arg("steepest", digits(mean.steepest.value_or(*mean.suggestion))),
                         arg("lowest", digits(*mean.lowest_at))));
    if (test.runs.size() > 1)
      all.push_back(format(language, "lr_find.spread", arg("n", test.runs.size()),
                           arg("low", digits(test.low)), arg("high", digits(test.high))));
  } else {
    all.push_back(format(language, "lr_find.headline.none", arg("low", digits(test.options.low)),
                         arg("high", digits(test.options.high))));
    all.emplace_back(messages::text(language, "lr_find.none.advice"));
  }
  if (!mean.points.empty())
    all.push_back(format(language, std::string("lr_find.end.") + workbench::end_name(mean.end),
                         arg("rate", digits(mean.points.back().rate))));
  if (test.at_low_edge) all.emplace_back(messages::text(language, "lr_find.edge.low"));
  if (test.at_high_edge) all.emplace_back(messages::text(language, "lr_find.edge.high"));
  return all;
}

}  // namespace thalweg::report
