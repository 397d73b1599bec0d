#include "report/results.h"

#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/execution.h>

#include "report/summary.h"

namespace thalweg::report {
namespace {

using Json = nlohmann::ordered_json;
using namespace workbench;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

const char* origin_name(RateRange::Origin origin) {
  switch (origin) {
    case RateRange::Origin::around_default:
      return "around_default";
    case RateRange::Origin::given:
      return "given";
    case RateRange::Origin::fixed:
      return "fixed";
  }
  return "";
}

/// Loss and accuracy (or rmse) of a part of the data as two fields; null where the run diverged.
void add_scores(Json& json, const std::string& part, const char* metric,
                const std::optional<models::Scores>& scores) {
  json[part + "_loss"] = scores ? Json(scores->loss) : Json();
  json[part + "_" + metric] = scores ? Json(scores->metric) : Json();
}

void add_end(Json& json, const Run& run) {
  json["diverged_step"] = run.divergence ? Json(run.divergence->step) : Json();
  json["diverged_by"] = run.divergence ? Json(run.divergence->what) : Json();
  json["seconds"] = run.seconds;
}

std::optional<models::Scores> validation(const Run& run) {
  return run.result ? std::optional(run.result->validation) : std::nullopt;
}

Json trial_json(const Run& run, const char* metric) {
  Json json{{"spec", run.spec}, {"lr", run.rate}};
  add_scores(json, "validation", metric, validation(run));
  add_end(json, run);
  return json;
}

/// Arrays with one number per epoch.
Json curve_json(const Run& run, const char* metric) {
  Json epoch = Json::array(), train_loss = epoch, validation_loss = epoch, validation_metric = epoch;
  for (const CurvePoint& point : run.curve) {
    epoch.push_back(point.epoch);
    train_loss.push_back(point.train_loss);
    validation_loss.push_back(point.validation.loss);
    validation_metric.push_back(point.validation.metric);
  }
  return {{"epoch", epoch},
          {"train_loss", train_loss},
          {"validation_loss", validation_loss},
          {std::string("validation_") + metric, validation_metric}};
}

Json run_json(const Run& run, const char* metric) {
  Json json{{"seed", run.seed}};
  add_scores(json, "validation", metric, validation(run));
  add_scores(json, "test", metric, run.result ? run.result->test : std::nullopt);
  add_end(json, run);
  json["curve"] = curve_json(run, metric);
  return json;
}

Json participant_json(const Participant& participant, const char* metric) {
  const RateRange& rates = participant.contender.rates;
  Json trials = Json::array(), runs = Json::array();
  for (const Run& run : participant.trials) trials.push_back(trial_json(run, metric));
  for (const Run& run : participant.runs) runs.push_back(run_json(run, metric));
  return {{"optimizer", participant.label},
          {"rule", participant.contender.optimizer},
          {"given", participant.contender.given},
          {"spec", setting(participant)},
          {"rates", {{"low", rates.low}, {"high", rates.high}, {"origin", origin_name(rates.origin)}}},
          {"trials", trials},
          {"chosen_trial", or_null(participant.chosen)},
          {"chosen_at_edge", participant.at_edge},
          {"runs", runs}};
}

Json standing_json(const Comparison& comparison, const Standing& standing) {
  const Participant& participant = comparison.participants[standing.participant];
  Json tied = Json::array();
  for (const std::size_t other : standing.tied_with) tied.push_back(comparison.participants[other].label);
  std::size_t diverged = 0;
  for (const Run& run : participant.runs) diverged += run.result ? 0 : 1;
  Json json{{"rank", or_null(standing.rank)},
            {"optimizer", participant.label},
            {"spec", setting(participant)},
            {"lr", participant.chosen ? Json(participant.trials[*participant.chosen].rate) : Json()}};
  const auto add = [&](const std::string& name, const std::optional<Standing::Score>& score) {
    json[name + "_mean"] = score ? Json(score->mean) : Json();
    json[name + "_low"] = score ? or_null(score->low) : Json();
    json[name + "_high"] = score ? or_null(score->high) : Json();
  };
  add("score", standing.score);
  add("behind_first", standing.behind);
  json["tied_with"] = tied;
  json["diverged_runs"] = diverged;
  json["seconds"] = seconds_of_run(participant);
  return json;
}

}  // namespace

Environment Environment::present(const std::string& isa) {
  Environment now;
  now.version = THALWEG_VERSION;
  now.created = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  now.isa = isa_names()[static_cast<std::size_t>(find_isa(isa))];
#ifdef __clang__
  now.compiler = "clang " __clang_version__;
#else
  now.compiler = "g++ " __VERSION__;
#endif
  now.cores = hardware_threads();
  return now;
}

std::string results_json(const Comparison& comparison, const Environment& environment) {
  const CompareOptions& options = comparison.options;
  const bool accuracy = comparison.higher_is_better();
  const char* metric = accuracy ? "accuracy" : "rmse";
  Json json{{"schema_version", schema_version},
            {"kind", "comparison"},
            {"headline", headline(comparison)},
            {"notes", notes(comparison)},
            {"command", command_line(options)}};
  json["environment"] = {{"version", environment.version}, {"created", environment.created},
                         {"isa", environment.isa},         {"compiler", environment.compiler},
                         {"cores", environment.cores},     {"threads", comparison.threads}};
  json["seconds"] = comparison.seconds;
  json["data"] = {{"name", options.data},
                  {"label", options.label},
                  {"test_file", options.test},
                  {"task", accuracy ? "classification" : "regression"},
                  {"columns", comparison.data.columns},
                  {"classes", comparison.data.classes},
                  {"train_rows", comparison.data.train_rows},
                  {"validation_rows", comparison.data.validation_rows},
                  {"test_rows", comparison.data.test_rows},
                  {"split_seed", options.seed},
                  {"checksum", comparison.data.checksum}};
  json["settings"] = {{"model", options.model},   {"parameters", comparison.parameters},
                      {"epochs", options.epochs}, {"batch", options.batch},
                      {"trials", options.trials}, {"trial_seed", options.seed},
                      {"seeds", comparison.seeds}};
  json["score"] = {
      {"name", std::string("test_") + metric},
      {"higher_is_better", accuracy},
      {"chosen_by", std::string("validation_") + metric + (accuracy ? ", then validation_loss" : "")},
      {"interval", "95 %, Student's t over the seeds"},
      {"rank",
       "1 + the number of optimizers that are told apart as better: a difference, seed by seed, of at least "
       "one test row, whose t interval with confidence 1 - 0.05 / (number of others) excludes 0"}};
  json["ranking"] = Json::array();
  for (const Standing& standing : comparison.ranking)
    json["ranking"].push_back(standing_json(comparison, standing));
  json["optimizers"] = Json::array();
  for (const Participant& participant : comparison.participants)
    json["optimizers"].push_back(participant_json(participant, metric));
  // Data files may have names in any encoding: what is no UTF-8 is replaced.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace thalweg::report
