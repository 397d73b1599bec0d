#include "report/page_data.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace thalweg::report {
namespace {

using Json = nlohmann::ordered_json;

/// Calls `change` with each optimizer and its results, in all workloads.
template <class Change>
void each_optimizer(Json& json, const Change& change) {
  if (json.contains("workloads")) {
    for (auto& workload : json["workloads"]) each_optimizer(workload, change);
  } else {
    for (auto& optimizer : json.at("optimizers")) change(optimizer);
  }
}

void shorten(Json& json) {
  if (json.is_structured()) {
    for (auto& part : json) shorten(part);
  } else if (json.is_number_float()) {
    json = Json::parse(fmt::format("{:.6g}", json.get<double>()));
  }
}

/// Mean, lowest and highest of a number of the curves, per epoch; null where a run has none.
Json over_runs(const Json& runs, const std::string& field, std::size_t epochs) {
  Json mean = Json::array(), low = Json::array(), high = Json::array();
  for (std::size_t e = 0; e < epochs; ++e) {
    std::vector<double> values;
    for (const auto& run : runs) {
      const auto& numbers = run.at("curve").at(field);
      if (e < numbers.size() && numbers[e].is_number()) values.push_back(numbers[e].get<double>());
    }
    const bool whole = !values.empty() && values.size() == runs.size();
    double sum = 0;  // divided first, since a sum of large losses may overflow
    for (const double value : values) sum += value / static_cast<double>(values.size());
    mean.push_back(whole ? Json(sum) : Json());
    low.push_back(whole ? Json(*std::min_element(values.begin(), values.end())) : Json());
    high.push_back(whole ? Json(*std::max_element(values.begin(), values.end())) : Json());
  }
  return {{"mean", mean}, {"low", low}, {"high", high}};
}

/// Puts "curves" in the place of those of the runs, and leaves out of the trials what no page shows.
void join_runs(Json& optimizer) {
  for (const char* trials : {"trials", "rates_off_best"}) {
    if (!optimizer.contains(trials)) continue;
    for (auto& trial : optimizer[trials])
      for (const char* field : {"spec", "seconds"}) trial.erase(field);
  }
  const auto& runs = optimizer.at("runs");
  Json epoch = Json::array();
  for (const auto& run : runs)
    if (run.at("curve").at("epoch").size() > epoch.size()) epoch = run["curve"]["epoch"];
  Json curves{{"epoch", epoch}};
  if (!runs.empty()) {
    for (const auto& [field, numbers] : runs[0].at("curve").items())
      if (field != "epoch") curves[field] = over_runs(runs, field, epoch.size());
  }
  optimizer["curves"] = std::move(curves);
  for (auto& run : optimizer["runs"]) run.erase("curve");
}

/// Keeps at most `most` + 1 points, evenly, and the last one.
void thin(Json& curves, std::size_t most) {
  const std::size_t every = (curves.at("epoch").size() + most - 1) / most;
  if (every < 2) return;
  const auto thinned = [&](const Json& numbers) {
    Json kept = Json::array();
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (i % every == 0 || i + 1 == numbers.size()) kept.push_back(numbers[i]);
    return kept;
  };
  for (auto& field : curves) {
    if (field.is_array()) {
      field = thinned(field);
    } else {
      for (auto& numbers : field) numbers = thinned(numbers);
    }
  }
}

}  // namespace

std::string page_data(Json results, std::size_t budget) {
  std::string text = results.dump();
  if (text.size() <= budget) return text;
  std::vector<std::pair<std::size_t, double>> sizes;  // of curves: points, and bytes for each of them
  std::size_t most = 0;
  double curves = 0;
  each_optimizer(results, [&](Json& optimizer) {
    join_runs(optimizer);
    shorten(optimizer);
    const std::size_t points = optimizer["curves"]["epoch"].size();
    const auto bytes = static_cast<double>(optimizer["curves"].dump().size());
    sizes.emplace_back(points, bytes / static_cast<double>(std::max<std::size_t>(points, 1)));
    most = std::max(most, points);
    curves += bytes;
  });
  text = results.dump();
  if (text.size() <= budget) return text;
  const double room = static_cast<double>(budget) - (static_cast<double>(text.size()) - curves);
  const auto bytes_with = [&](std::size_t limit) {
    double sum = 0;
    for (const auto& [points, each] : sizes) sum += each * static_cast<double>(std::min(points, limit + 1));
    return sum;
  };
  while (most > 2 && bytes_with(most) > room) most -= std::max<std::size_t>(most / 8, 1);
  each_optimizer(results, [&](Json& optimizer) { thin(optimizer["curves"], most); });
  results["curve_points"] = most;
  return results.dump();
}

}  // namespace thalweg::report
