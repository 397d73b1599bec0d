#include "report/page_data.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace thalweg::report {
namespace {

using Json = nlohmann::ordered_json;

/// Calls `change` with each curve: the arrays of a run that have a number per epoch.
template <class Change>
void each_curve(Json& json, const Change& change) {
  if (json.contains("workloads")) {
    for (auto& workload : json["workloads"]) each_curve(workload, change);
  }
  if (!json.contains("optimizers")) return;
  for (auto& optimizer : json["optimizers"]) {
    if (!optimizer.is_object() || !optimizer.contains("runs")) continue;  // a suite has their names there
    for (auto& run : optimizer["runs"])
      if (run.contains("curve")) change(run["curve"]);
  }
}

void shorten(Json& curve) {
  for (auto& numbers : curve) {
    for (auto& number : numbers)
      if (number.is_number_float()) number = Json::parse(fmt::format("{:.6g}", number.get<double>()));
  }
}

std::size_t points(const Json& curve) { return curve.contains("epoch") ? curve["epoch"].size() : 0; }

/// Keeps about `most` points, evenly, and the last one.
void thin(Json& curve, std::size_t most) {
  const std::size_t every = (points(curve) + most - 1) / most;
  if (every < 2) return;
  for (auto& numbers : curve) {
    Json kept = Json::array();
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (i % every == 0 || i + 1 == numbers.size()) kept.push_back(std::move(numbers[i]));
    numbers = std::move(kept);
  }
}

}  // namespace

std::string page_data(Json results, std::size_t budget) {
  std::string text = results.dump();
  if (text.size() <= budget) return text;
  std::vector<std::pair<std::size_t, double>> curves;  // points, and bytes for each of them
  std::size_t most = 0;
  double all = 0;
  each_curve(results, [&](Json& curve) {
    shorten(curve);
    const auto bytes = static_cast<double>(curve.dump().size());
    curves.emplace_back(points(curve), bytes / static_cast<double>(std::max<std::size_t>(points(curve), 1)));
    most = std::max(most, points(curve));
    all += bytes;
  });
  text = results.dump();
  if (text.size() <= budget) return text;
  const double room = static_cast<double>(budget) - (static_cast<double>(text.size()) - all);
  // Long curves lose points before short ones do.
  const auto bytes_with = [&](std::size_t limit) {
    double sum = 0;
    for (const auto& [count, each] : curves) sum += each * static_cast<double>(std::min(count, limit + 1));
    return sum;
  };
  while (most > 2 && bytes_with(most) > room) most -= std::max<std::size_t>(most / 8, 1);
  each_curve(results, [&](Json& curve) { thin(curve, most); });
  results["curve_points"] = most;
  return results.dump();
}

}  // namespace thalweg::report
