#include "report/reader.h"

#include <fmt/format.h>

#include <thalweg/error.h>

#include "data/files.h"
#include "report/results_json.h"

namespace thalweg::report {
namespace {

ReadOptimizer read_optimizer(const Json& place, const Json& optimizers, const std::string& score) {
  ReadOptimizer one;
  one.label = place.at("optimizer").get<std::string>();
  one.spec = place.at("spec").get<std::string>();
  if (const Json& mean = place.at("score_mean"); !mean.is_null()) one.mean = mean.get<double>();
  if (const Json& rank = place.at("rank"); !rank.is_null()) one.rank = rank.get<std::size_t>();
  for (const Json& optimizer : optimizers) {
    if (optimizer.at("optimizer") != place.at("optimizer")) continue;
    for (const Json& run : optimizer.at("runs")) {
      if (const Json& value = run.at(score); !value.is_null())
        one.scores[run.at("seed").get<std::uint64_t>()] = value.get<double>();
    }
  }
  return one;
}

ReadComparison read_comparison(const Json& json) {
  ReadComparison one;
  const Json &data = json.at("data"), &settings = json.at("settings"), &score = json.at("score");
  one.data = data.at("name").get<std::string>();
  one.checksum = data.at("checksum").get<std::string>();
  one.test_rows = data.at("test_rows").get<std::size_t>();
  const auto model = settings.at("model").get<std::string>();
  one.place = model.empty() ? one.data : fmt::format("{} ({})", one.data, model);
  one.workload = settings.contains("workload") ? settings.at("workload").get<std::string>()
                                               : fmt::format("{}, {}", one.data, model);
  one.score = score.at("name").get<std::string>();
  one.higher_is_better = score.at("higher_is_better").get<bool>();
  for (const auto& [name, value] : settings.items()) {
    if (name != "workload") one.settings.emplace_back(name, value.dump());  // that is its name
  }
  for (const Json& place : json.at("ranking"))
    one.optimizers.push_back(read_optimizer(place, json.at("optimizers"), one.score));
  return one;
}

}  // namespace

ReadResults parse_results(const std::string& text, const std::string& file) {
  ReadResults results;
  results.file = file;
  try {
    const Json json = Json::parse(text);
    if (!json.is_object() || !json.contains("schema_version"))
      throw input_error(file, "JSON of another kind", "results.json of thalweg compare");
    const int version = json.at("schema_version").get<int>();
    if (version != schema_version) {
      throw input_error(file, fmt::format("schema_version {}", version),
                        fmt::format("{}, which this version of thalweg reads", schema_version));
    }
    const auto kind = json.at("kind").get<std::string>();
    if (kind != "comparison" && kind != "suite")
      throw input_error(file, "results of kind '" + kind + "'", "results.json of thalweg compare");
    results.is_suite = kind == "suite";
    results.created = json.at("environment").at("created").get<std::string>();
    if (!results.is_suite) {
      results.workloads.push_back(read_comparison(json));
      return results;
    }
    for (const Json& workload : json.at("workloads")) results.workloads.push_back(read_comparison(workload));
    for (const Json& place : json.at("overall").at("ranking")) {
      results.overall.push_back({place.at("optimizer").get<std::string>(), place.at("area").get<double>(),
                                 place.at("rank").get<std::size_t>()});
    }
  } catch (const Json::parse_error& error) {
    throw input_error(file, fmt::format("no JSON (at byte {})", error.byte),
                      "results.json of thalweg compare");
  } catch (const Json::exception&) {
    throw input_error(file, "results with fields missing or of another type",
                      "results.json as thalweg compare writes it");
  }
  return results;
}

ReadResults read_results(const std::string& file) { return parse_results(data::read_file(file), file); }

}  // namespace thalweg::report
