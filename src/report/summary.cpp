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
  if (comparison.higher_is_better())
    return fmt::format("{:.{}f}", 100 * score, comparison.data.test_rows < 2000 ? 1 : 2);
  const bool known = !comparison.ranking.empty() && comparison.ranking.front().score;
  const double best = known ? comparison.ranking.front().score->mean : 0;
  if (!(best >= 1e-4 && best < 1e6)) return fmt::format("{:.4g}", score);
  return fmt::format("{:.{}f}", score, std::max(0, 3 - static_cast<int>(std::floor(std::log10(best)))));
}

std::string metric_name(const Comparison& comparison) {
  return comparison.higher_is_better() ? "test accuracy" : "root mean squared error on the test part";
}

/// "97.3 % (95 % interval 97.0 to 97.6)"
std::string with_interval(const Comparison& comparison, const Standing::Score& score) {
  std::string text = score_text(comparison, score.mean);
  if (score.low) {
    text +=
        fmt::format(" (95 % interval {} to {})", bare(comparison, *score.low), bare(comparison, *score.high));
  }
  return text;
}

/// "0.9 ± 0.4 points"
std::string lead(const Comparison& comparison, const Standing::Score& behind) {
  std::string text = bare(comparison, behind.mean);
  if (behind.low) text += " ± " + bare(comparison, (*behind.high - *behind.low) / 2);
  return text + (comparison.higher_is_better() ? " points" : "");
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

std::string quoted(const std::string& word) {
  const std::string plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

std::string score_text(const Comparison& comparison, double score) {
  return bare(comparison, score) + (comparison.higher_is_better() ? " %" : "");
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
  const std::string place = fmt::format(" on {} ({})", comparison.options.data, comparison.options.model);
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
  add("Not tuned, because its learning rate was given: {}.", names_if(comparison, [](const Participant& p) {
        return p.contender.rates.origin == RateRange::Origin::fixed;
      }));
  if (comparison.seeds.size() == 1)
    all.push_back("With a single seed there are no intervals, and every optimizer is tied.");
  return all;
}

std::string command_line(const CompareOptions& options) {
  std::string text = "thalweg compare --data " + quoted(options.data);
  const auto add_text = [&](const char* name, const std::string& value) {
    if (!value.empty()) text += fmt::format(" {} {}", name, quoted(value));
  };
  add_text("--label", options.label);
  add_text("--test", options.test);
  add_text("--model", options.model);
  std::vector<std::string> every;
  for (const auto* rule : rules()) every.emplace_back(rule->card.name);
  if (options.optimizers != every) {
    for (const std::string& spec : options.optimizers) add_text("--optimizer", spec);
  }
  return text + fmt::format(" --trials {} --seeds {} --epochs {} --batch {} --seed {}", options.trials,
                            options.seeds, options.epochs, options.batch, options.seed);
}

}  // namespace thalweg::report
