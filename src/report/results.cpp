#include "report/results.h"

#include <cmath>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <thalweg/execution.h>

#include "report/feature_rates.h"
#include "report/results_json.h"
#include "report/summary.h"
#include "workbench/compare/bootstrap.h"
#include "workbench/compare/scores.h"

namespace thalweg::report {
namespace {

using namespace workbench;

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

const char* measure_name(Measure measure) {
  switch (measure) {
    case Measure::accuracy:
      return "accuracy";
    case Measure::rmse:
      return "rmse";
    case Measure::log10_gap:
      break;
  }
  return "log10_gap";
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

Json trial_json(const Run& run, const Contender& contender, const char* metric) {
  Json json{{"spec", run.spec}, {"lr", run.rate}};
  json["epochs"] = run.epochs;
  json["values"] = Json::object();
  if (run.rate > 0) json["values"]["lr"] = run.rate;
  for (std::size_t i = 0; i < run.others.size(); ++i) json["values"][contender.others[i].key] = run.others[i];
  add_scores(json, "validation", metric, validation(run));
  add_end(json, run);
  return json;
}

/// Arrays with one number per epoch.
Json curve_json(const Run& run, const char* metric) {
  Json epoch = Json::array(), train_loss = epoch, validation_loss = epoch, validation_metric = epoch,
       seconds = epoch;
  for (const CurvePoint& point : run.curve) {
    epoch.push_back(point.epoch);
    train_loss.push_back(point.train_loss);
    validation_loss.push_back(point.validation.loss);
    validation_metric.push_back(point.validation.metric);
    seconds.push_back(point.seconds);
  }
  return {{"epoch", epoch},
          {"train_loss", train_loss},
          {"validation_loss", validation_loss},
          {std::string("validation_") + metric, validation_metric},
          {"seconds", seconds}};
}

Json run_json(const Comparison& comparison, const Run& run, const char* metric) {
  Json json{{"seed", run.seed}};
  add_scores(json, "validation", metric, validation(run));
  add_scores(json, "test", metric, run.result ? run.result->test : std::nullopt);
  add_end(json, run);
  const auto epoch = comparison.target
                         ? epoch_of_target(run, comparison.target->value, comparison.higher_is_better())
                         : std::nullopt;
  json["steps_to_target"] = epoch ? Json(*epoch * comparison.steps_per_epoch) : Json();
  json["curve"] = curve_json(run, metric);
  return json;
}

Json to_target_json(const std::optional<ToTarget>& to_target) {
  if (!to_target) return {};
  const auto& [reached, runs, steps, seconds] = *to_target;
  return {
      {"reached", reached},
      {"runs", runs},
      {"steps_median", finite(steps.median)},
      {"steps_low", finite(steps.low)},
      {"steps_high", finite(steps.high)},
      {"seconds",
       {{"median", finite(seconds.median)}, {"low", finite(seconds.low)}, {"high", finite(seconds.high)}}}};
}

/// What was tuned, the learning rate first.
Json tuned_json(const Contender& contender) {
  Json all = Json::array();
  const auto add = [&](const std::string& key, double low, double high, Axis::Scale scale) {
    all.push_back({{"key", key}, {"low", low}, {"high", high}, {"scale", scale_name(scale)}});
  };
  if (contender.rates.origin != RateRange::Origin::fixed)
    add("lr", contender.rates.low, contender.rates.high, Axis::Scale::log);
  for (const Axis& axis : contender.others) add(axis.key, axis.low, axis.high, axis.scale);
  return all;
}

Json participant_json(const Comparison& comparison, const Participant& participant, const char* metric) {
  const Contender& contender = participant.contender;
  const RateRange& rates = contender.rates;
  Json trials = Json::array(), runs = Json::array(), off_best = Json::array(), skipped = Json::array();
  for (const Run& run : participant.trials) trials.push_back(trial_json(run, contender, metric));
  for (const Run& run : participant.runs) runs.push_back(run_json(comparison, run, metric));
  for (std::size_t i = 0; i < participant.off_best.size(); ++i) {
    Json json{{"factor", off_best_factors[i]}};
    json.update(trial_json(participant.off_best[i], contender, metric));
    off_best.push_back(json);
  }
  for (const auto& [key, why] : contender.skipped) skipped.push_back({{"key", key}, {"why", why}});
  return {{"optimizer", participant.label},
          {"rule", contender.optimizer},
          {"given", contender.given},
          {"spec", setting(participant)},
          {"rates", {{"low", rates.low}, {"high", rates.high}, {"origin", origin_name(rates.origin)}}},
          {"tuned", tuned_json(contender)},
          {"skipped_keys", skipped},
          {"trials", trials},
          {"chosen_trial", or_null(participant.chosen)},
          {"chosen_at_edge", participant.at_edge},
          {"rates_off_best", off_best},
          {"sensitivity", or_null(participant.sensitivity)},
          {"to_target", to_target_json(participant.to_target)},
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
  json["bootstrap"] = Json();
  if (standing.bootstrap) {
    json["bootstrap"] = {{"rank_low", standing.bootstrap->rank_low},
                         {"rank_high", standing.bootstrap->rank_high},
                         {"first", standing.bootstrap->first}};
  }
  json["sensitivity"] = or_null(participant.sensitivity);
  json["steps_to_target"] = participant.to_target ? finite(participant.to_target->steps.median) : Json();
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

Json finite(double number) { return std::isfinite(number) ? Json(number) : Json(); }

std::string dumped(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json environment_json(const Environment& environment, std::size_t threads) {
  return {{"version", environment.version},   {"created", environment.created}, {"isa", environment.isa},
          {"compiler", environment.compiler}, {"cores", environment.cores},     {"threads", threads}};
}

namespace {

Json data_json(const Comparison& comparison) {
  const CompareOptions& options = comparison.options;
  const auto task = [&] {
    if (options.is_function()) return "minimization";
    return comparison.data.task == data::Task::classification ? "classification" : "regression";
  };
  return {{"name", data_name(options)},
          {"label", options.label},
          {"test_file", options.test},
          {"task", task()},
          {"columns", comparison.data.columns},
          {"classes", comparison.data.classes},
          {"train_rows", comparison.data.train_rows},
          {"validation_rows", comparison.data.validation_rows},
          {"test_rows", comparison.data.test_rows},
          {"split_seed", options.seed},
          {"checksum", comparison.data.checksum}};
}

Json settings_json(const Comparison& comparison) {
  const CompareOptions& options = comparison.options;
  return {{"workload", options.id()},
          {"model", options.is_function() ? "" : options.model},
          {"parameters", comparison.parameters},
          {"epochs", options.epochs},
          {"batch", options.is_function() ? 0 : options.batch},
          {"steps_per_epoch", comparison.steps_per_epoch},
          {"tuner", tuner_name(options.tuner)},
          {"tune", options.tune},
          {"trials", options.trials},
          {"budget_epochs", options.budget().total_epochs()},
          {"trial_seed", options.seed},
          {"seeds", comparison.seeds},
          {"target", or_null(options.target)}};
}

Json target_json(const Comparison& comparison, const char* metric) {
  if (!comparison.target) return {};
  const Target& target = *comparison.target;
  return {{"value", target.value},
          {"metric", std::string("validation_") + metric},
          {"origin", target.given ? "given" : "derived"},
          {"from", target.given ? Json() : Json(target.from)},
          {"how", target_text(comparison)}};
}

}  // namespace

void add_comparison(Json& json, const Comparison& comparison) {
  const bool accuracy = comparison.higher_is_better();
  const char* metric = measure_name(comparison.measure());
  json["data"] = data_json(comparison);
  json["settings"] = settings_json(comparison);
  json["score"] = {
      {"name", std::string("test_") + metric},
      {"higher_is_better", accuracy},
      {"chosen_by", std::string("validation_") + metric + (accuracy ? ", then validation_loss" : "")},
      {"interval", "95 %, Student's t over the seeds"},
      {"rank",
       "1 + the number of optimizers that are told apart as better: a difference, seed by seed, of at least "
       "one test row, whose t interval with confidence 1 - 0.05 / (number of others) excludes 0"}};
  json["target"] = target_json(comparison, metric);
  json["bootstrap"] = {
      {"resamples", resamples},
      {"of", "seeds"},
      {"how",
       "the seeds are drawn with replacement, the same for all optimizers, which are ranked by "
       "the mean score of those drawn"}};
  json["ranking"] = Json::array();
  for (const Standing& standing : comparison.ranking)
    json["ranking"].push_back(standing_json(comparison, standing));
  json["optimizers"] = Json::array();
  for (const Participant& participant : comparison.participants)
    json["optimizers"].push_back(participant_json(comparison, participant, metric));
  json["feature_rates"] = feature_rates_json(comparison);
}

std::string results_json(const Comparison& comparison, const Environment& environment) {
  Json json{{"schema_version", schema_version},  {"kind", "comparison"},
            {"title", comparison.options.title}, {"headline", headline(comparison)},
            {"notes", notes(comparison)},        {"command", command_line(comparison.options)}};
  json["environment"] = environment_json(environment, comparison.threads);
  json["seconds"] = comparison.seconds;
  add_comparison(json, comparison);
  return dumped(json);
}

}  // namespace thalweg::report
