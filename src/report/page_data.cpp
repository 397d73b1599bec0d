#include "report/page_data.h"

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

void thin(Json& curve, std::size_t every) {
  for (auto& numbers : curve) {
    Json kept = Json::array();
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (i % every == 0 || i + 1 == numbers.size()) kept.push_back(numbers[i]);
    numbers = kept;
  }
}

}  // namespace

std::string page_data(Json results, std::size_t budget) {
  std::string text = results.dump();
  if (text.size() <= budget) return text;
  std::size_t curves = 0;
  each_curve(results, [&](Json& curve) {
    shorten(curve);
    curves += curve.dump().size();
  });
  text = results.dump();
  const std::size_t rest = text.size() - curves;
  if (text.size() <= budget || rest >= budget) return text;
  const std::size_t every = curves / (budget - rest) + 1;
  each_curve(results, [&](Json& curve) { thin(curve, every); });
  results["thinned"] = every;
  return results.dump();
}

}  // namespace thalweg::report
