#include "report/results_json.h"
#include "report/summary.h"
#include "workbench/compare/bootstrap.h"

namespace thalweg::report {
namespace {

using namespace workbench;

Json place_json(const SuiteComparison& suite, const Overall& one) {
  Json tied = Json::array(), places = Json::array();
  for (const std::size_t other : one.tied_with) tied.push_back(suite.label(other));
  for (const auto& place : one.places) places.push_back(place ? Json(*place) : Json());
  return {{"rank", one.rank},
          {"optimizer", suite.label(one.participant)},
          {"area", one.area},
          {"area_low", one.area_bounds.low},
          {"area_high", one.area_bounds.high},
          {"rank_low", one.rank_bounds.low},
          {"rank_high", one.rank_bounds.high},
          {"first", one.first},
          {"tied_with", tied},
          {"reached", one.reached},
          {"mean_place", one.mean_place},
          {"mean_place_low", one.mean_place_bounds.low},
          {"mean_place_high", one.mean_place_bounds.high},
          {"places", places},
          {"sensitivity", one.sensitivity ? Json(*one.sensitivity) : Json()}};
}

Json profiles_json(const SuiteComparison& suite, Profile Overall::*which) {
  Json all = Json::array();
  for (const Overall& one : suite.ranking) {
    const Profile& profile = one.*which;
    all.push_back(
        {{"optimizer", suite.label(one.participant)}, {"tau", profile.ratio}, {"share", profile.share}});
  }
  return all;
}

}  // namespace

std::string results_json(const SuiteComparison& suite, const Environment& environment) {
  const CompareOptions& common = suite.options.common;
  Json json{
      {"schema_version", schema_version}, {"kind", "suite"},       {"title", common.title},
      {"headline", headline(suite)},      {"notes", notes(suite)}, {"command", command_line(suite.options)}};
  json["environment"] = environment_json(environment, suite.threads);
  json["seconds"] = suite.seconds;
  json["suite"] = suite.options.suite;
  json["settings"] = {{"tuner", tuner_name(common.tuner)},
                      {"tune", common.tune},
                      {"trials", common.trials},
                      {"seeds", suite.workloads.front().seeds},
                      {"trial_seed", common.seed}};
  json["optimizers"] = Json::array();
  for (const Participant& p : suite.workloads.front().participants) json["optimizers"].push_back(p.label);
  json["overall"] = {
      {"tau_max", largest_ratio},
      {"measure", "steps"},
      {"how",
       "the area under the performance profile (Dolan & More 2002) from 1 to tau_max, divided by tau_max - "
       "1: on each "
       "workload the median steps to the target are divided by those of the fastest optimizer; the profile "
       "is the "
       "share of workloads on which this ratio is at most tau"},
      {"bootstrap",
       {{"resamples", resamples},
        {"of", "workloads, and seeds within each"},
        {"how",
         "rank is 1 + the number of optimizers that are told apart as better: the bootstrap interval of the "
         "difference of areas with confidence 1 - 0.05 / (number of others) excludes 0"}}}};
  json["overall"]["ranking"] = Json::array();
  for (const Overall& one : suite.ranking) json["overall"]["ranking"].push_back(place_json(suite, one));
  json["profiles"] = {{"workloads", suite.workloads.size()},
                      {"steps", profiles_json(suite, &Overall::steps)},
                      {"seconds", profiles_json(suite, &Overall::seconds)}};
  json["workloads"] = Json::array();
  for (const Comparison& comparison : suite.workloads) {
    Json one{{"kind", "comparison"},
             {"headline", headline(comparison)},
             {"notes", notes(comparison)},
             {"seconds", comparison.seconds}};
    add_comparison(one, comparison);
    json["workloads"].push_back(std::move(one));
  }
  return dumped(json);
}

}  // namespace thalweg::report
