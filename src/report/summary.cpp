#include "report/summary.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>

namespace thalweg::report {
namespace {

using namespace workbench;

/// "a", "a and b", "a, b and c"; of more than four the rest as a number.
std::string listed(const std::vector<std::string>& names) {
  const std::size_t shown = names.size() > 4 ? 3 : names.size();
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == names.size();
    text += (i == 0 ? "" : last ? " and " : ", ") + names[i];
  }
  if (shown < names.size()) text += fmt::format(" and {} others", names.size() - shown);
  return text;
}

/// A number in the unit of scores, without the unit: a percentage to about a row, or an error with the
/// decimals that leave the best one four digits.
std::string bare(const Comparison& comparison, double score) {
  if (comparison.measure() == Measure::accuracy)
    return fmt::format("{:.{}f}", 100 * score, comparison.data.test_rows < 2000 ? 1 : 2);
  if (comparison.measure() == Measure::log10_gap) return fmt::format("{:.2f}", score);
  const bool known = !comparison.ranking.empty() && comparison.ranking.front().score;
  const double best = known ? comparison.ranking.front().score->mean : 0;
  if (!(best >= 1e-4 && best < 1e6)) return fmt::format("{:.4g}", score);
  return fmt::format("{:.{}f}", score, std::max(0, 3 - static_cast<int>(std::floor(std::log10(best)))));
}

std::string metric_name(const Comparison& comparison) {
  switch (comparison.measure()) {
    case Measure::accuracy:
      return "test accuracy";
    case Measure::rmse:
      return "root mean squared error on the test part";
    case Measure::log10_gap:
      break;
  }
  return "remaining share of the way to the minimum";
}

/// "97.3 % (95 % interval 97.0 to 97.6)"
std::string with_interval(const Comparison& comparison, const Standing::Score& score) {
  std::string text = score_text(comparison, score.mean);
  if (score.low) {
    const char* base = comparison.measure() == Measure::log10_gap ? "10^" : "";
    text += fmt::format(" (95 % interval {}{} to {}{})", base, bare(comparison, *score.low), base,
                        bare(comparison, *score.high));
  }
  return text;
}

const char* unit_of_differences(const Comparison& comparison) {
  switch (comparison.measure()) {
    case Measure::accuracy:
      return " points";
    case Measure::log10_gap:
      return " decades";
    case Measure::rmse:
      break;
  }
  return "";
}

/// "0.9 ± 0.4 points"
std::string lead(const Comparison& comparison, const Standing::Score& behind) {
  std::string text = bare(comparison, behind.mean);
  if (behind.low) text += " ± " + bare(comparison, (*behind.high - *behind.low) / 2);
  return text + unit_of_differences(comparison);
}

std::vector<std::string> names(const Comparison& comparison, const std::vector<std::size_t>& participants) {
  std::vector<std::string> all;
  for (const std::size_t i : participants) all.push_back(comparison.participants[i].label);
  return all;
}

/// The names of the participants for which `which` holds.
template <class Which>
std::vector<std::string> names_if(const Comparison& comparison, const Which& which) {
  std::vector<std::string> all;
  for (const Participant& p : comparison.participants) {
    if (which(p)) all.push_back(p.label);
  }
  return all;
}

std::string all_listed(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

/// The keys that were not tuned, each with those that lack it or had it given.
void add_skipped(std::vector<std::string>& notes, const std::vector<Participant>& participants) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const Participant& p : participants) {
    for (const auto& [key, why] : p.contender.skipped) {
      const std::string text = fmt::format("{} was not tuned where {}", key, why);
      auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == text; });
      if (group == groups.end()) group = groups.insert(groups.end(), {text, {}});
      group->second.push_back(p.label);
    }
  }
  for (const auto& [text, names] : groups) notes.push_back(fmt::format("{}: {}.", text, all_listed(names)));
}

std::string quoted(const std::string& word) {
  const std::string plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

std::string score_text(const Comparison& comparison, double score) {
  if (comparison.measure() == Measure::log10_gap) return "10^" + bare(comparison, score);
  return bare(comparison, score) + (comparison.measure() == Measure::accuracy ? " %" : "");
}

std::string score_text(const Comparison& comparison, const Standing::Score& score) {
  std::string text = score_text(comparison, score.mean);
  // An interval that was cut at 100 % still reaches as far down.
  if (score.low)
    text += " ± " + bare(comparison, std::max(score.mean - *score.low, *score.high - score.mean));
  return text;
}

const std::string& setting(const Participant& participant) {
  return participant.chosen ? participant.trials[*participant.chosen].spec : participant.contender.given;
}

double seconds_of_run(const Participant& participant) {
  double sum = 0;
  for (const Run& run : participant.runs) sum += run.seconds;
  return participant.runs.empty() ? 0 : sum / static_cast<double>(participant.runs.size());
}

std::string headline(const Comparison& comparison) {
  const auto& ranking = comparison.ranking;
  const auto scored =
      std::count_if(ranking.begin(), ranking.end(), [](const Standing& s) { return s.score.has_value(); });
  const std::string place = " on " + place_text(comparison.options);
  if (scored == 0) return fmt::format("No optimizer has a score{}: each of them diverged.", place);

  const Standing& first = ranking.front();
  const std::string& best = comparison.participants[first.participant].label;
  const std::string score =
      fmt::format("{} of {}", metric_name(comparison), with_interval(comparison, *first.score));
  if (scored == 1) return fmt::format("{} is the only one with a score{}: a {}.", best, place, score);
  if (comparison.seeds.size() == 1)
    return fmt::format(
        "{} came out first{} with a {}, in a single run each, which cannot tell skill from chance.", best,
        place, score);

  const auto tied = first.tied_with;
  const auto is_next = [&](const Standing& s) {
    return s.behind && std::find(tied.begin(), tied.end(), s.participant) == tied.end();
  };
  const auto next = std::find_if(ranking.begin(), ranking.end(), is_next);
  if (next == ranking.end())
    return fmt::format(
        "No optimizer wins{}: {} has the best mean, a {}, but {} seeds cannot tell it apart from any other.",
        place, best, score, comparison.seeds.size());
  const std::string behind = fmt::format("{}, {} behind", comparison.participants[next->participant].label,
                                         lead(comparison, *next->behind));
  if (tied.empty()) return fmt::format("{} won{} with a {}; the next is {}.", best, place, score, behind);
  return fmt::format("{} came out first{} with a {}, but {} {} with it; the first that is told apart is {}.",
                     best, place, score, listed(names(comparison, tied)), tied.size() == 1 ? "ties" : "tie",
                     behind);
}

std::vector<std::string> notes(const Comparison& comparison) {
  std::vector<std::string> all;
  const auto add = [&](const char* text, const std::vector<std::string>& who) {
    if (!who.empty()) all.push_back(fmt::format(fmt::runtime(text), all_listed(who)));
  };
  add("Diverged in every trial, so there is nothing to judge: {}.",
      names_if(comparison, [](const Participant& p) { return !p.chosen; }));
  add("Diverged with some of the seeds, so there is no score: {}.",
      names_if(comparison, [](const Participant& p) {
        return std::any_of(p.runs.begin(), p.runs.end(), [](const Run& run) { return !run.result; });
      }));
  add("The best learning rate is the lowest or highest that was tried, so that a better one may lie beyond: "
      "{}.",
      names_if(comparison, [](const Participant& p) { return p.at_edge; }));
  const auto& tune = comparison.options.tune;
  if (tune == std::vector<std::string>{"lr"}) {
    const auto why = [](const Participant& p) {
      return p.contender.skipped.empty() ? "" : p.contender.skipped[0].why;
    };
    const auto by_itself = [&](const Participant& p) {
      return !p.contender.is_tuned() && why(p) == rate_free_reason;
    };
    add("Not tuned, because its learning rate was given: {}.",
        names_if(comparison, [&](const Participant& p) { return !p.contender.is_tuned() && !by_itself(p); }));
    add("Not tuned, because it finds its learning rate itself: {}.", names_if(comparison, by_itself));
  } else {
    add_skipped(all, comparison.participants);
  }
  if (comparison.seeds.size() == 1)
    all.push_back("With a single seed there are no intervals, and every optimizer is tied.");
  return all;
}

std::string data_name(const Workload& workload) {
  return workload.is_function() ? workload.text() : workload.data;
}

std::string place_text(const Workload& workload) {
  return workload.is_function() ? workload.text() : fmt::format("{} ({})", workload.data, workload.model);
}

std::string difference_text(const Comparison& comparison, double difference) {
  return bare(comparison, difference) + unit_of_differences(comparison);
}

namespace {

void add_text(std::string& command, const char* name, const std::string& value) {
  if (!value.empty()) command += fmt::format(" {} {}", name, quoted(value));
}

/// The options that are the same for every workload.
std::string common_options(const CompareOptions& options) {
  std::string text;
  std::vector<std::string> every;
  for (const auto* rule : rules()) every.emplace_back(rule->card.name);
  if (options.optimizers != every) {
    for (const std::string& spec : options.optimizers) add_text(text, "--optimizer", spec);
  }
  if (options.tuner != Tuner::search) add_text(text, "--tuner", tuner_name(options.tuner));
  if (options.tune != std::vector<std::string>{"lr"})
    add_text(text, "--tune", fmt::format("{}", fmt::join(options.tune, ",")));
  return text + fmt::format(" --trials {} --seeds {}", options.trials, options.seeds);
}

}  // namespace

std::string command_line(const CompareOptions& options) {
  std::string text = "thalweg compare";
  if (options.is_function()) {
    add_text(text, "--problem", options.problem);
    if (options.dimension > 0) text += fmt::format(" --dimension {}", options.dimension);
  } else {
    add_text(text, "--data", options.data);
    add_text(text, "--label", options.label);
    add_text(text, "--test", options.test);
    add_text(text, "--model", options.model);
  }
  text += common_options(options);
  if (options.target) text += " --target " + number_text(*options.target);
  text += fmt::format(" --epochs {}", options.epochs);
  if (options.is_function())
    text += fmt::format(" --steps {}", options.steps);
  else
    text += fmt::format(" --batch {}", options.batch);
  return text + fmt::format(" --seed {}", options.seed);
}

std::string command_line(const SuiteOptions& options) {
  if (options.suite.empty()) return "thalweg compare experiment.toml";
  return "thalweg compare --suite " + options.suite + common_options(options.common) +
         fmt::format(" --seed {}", options.common.seed);
}

std::string headline(const SuiteComparison& suite) {
  const Overall& first = suite.ranking.front();
  const std::string place = fmt::format(" over {} workloads", suite.workloads.size());
  const std::string best = suite.label(first.participant);
  const std::string area =
      fmt::format("an area under its performance profile of {:.2f} (95 % interval {:.2f} to {:.2f})",
                  first.area, first.area_bounds.low, first.area_bounds.high);
  if (first.area == 0) return fmt::format("No optimizer reached a target{}.", place);
  if (suite.ranking.size() == 1) return fmt::format("{} alone{} has {}.", best, place, area);
  std::vector<std::string> tied;
  for (const std::size_t other : first.tied_with) tied.push_back(suite.label(other));
  const auto next = std::find_if(suite.ranking.begin() + 1, suite.ranking.end(), [&](const Overall& o) {
    return std::find(first.tied_with.begin(), first.tied_with.end(), o.participant) == first.tied_with.end();
  });
  const std::string sure = fmt::format("it is first in {:.0f} % of resamples", 100 * first.first);
  if (next == suite.ranking.end())
    return fmt::format(
        "No optimizer wins{}: {} gets to the targets soonest, with {}, but chance may put any other "
        "in its place; {}.",
        place, best, area, sure);
  const std::string behind = fmt::format("{} with {:.2f}", suite.label(next->participant), next->area);
  if (tied.empty())
    return fmt::format("{} won{}: it gets to the targets soonest, with {}; the next is {}.", best, place,
                       area, behind);
  return fmt::format(
      "{} came out first{}: it gets to the targets soonest, with {}, but {} {} with it ({}); the first "
      "that is told apart is {}.",
      best, place, area, listed(tied), tied.size() == 1 ? "ties" : "tie", sure, behind);
}

std::vector<std::string> notes(const SuiteComparison& suite) {
  std::vector<std::string> all;
  for (const Comparison& comparison : suite.workloads) {
    std::vector<std::string> lost;
    for (const Standing& standing : comparison.ranking) {
      if (!standing.score) lost.push_back(comparison.participants[standing.participant].label);
    }
    if (!lost.empty())
      all.push_back(fmt::format("Diverged on {}: {}.", comparison.options.id(), all_listed(lost)));
    if (!comparison.target)
      all.push_back(fmt::format("No target could be derived on {}.", comparison.options.id()));
  }
  if (suite.options.common.tune != std::vector<std::string>{"lr"})
    add_skipped(all, suite.workloads.front().participants);
  if (suite.options.common.seeds == 1)
    all.push_back("With a single seed the intervals speak of the choice of workloads alone.");
  return all;
}

std::string target_text(const Comparison& comparison) {
  if (!comparison.target) return "";
  const Target& target = *comparison.target;
  const bool function = comparison.measure() == Measure::log10_gap;
  const std::string value =
      score_text(comparison, target.value) + (function ? "" : " on the validation part");
  if (target.given) return fmt::format("The target, {}, was given.", value);
  const std::string who = target.standard
                              ? "the best of the standard algorithms AdamW, NAdam, Nesterov and heavy ball"
                              : "the best of all, as no standard algorithm takes part";
  return fmt::format(
      "The target, {}, is what {} ({}) reached in the median within three quarters of the epochs{}.", value,
      target.from, who, function ? ", but at most 10^-7" : "");
}

}  // namespace thalweg::report
