#include "cli/diagnosis.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <thalweg/registry.h>

#include "cli/table.h"
#include "cli/text.h"

namespace thalweg::cli {
namespace {

using Json = nlohmann::ordered_json;
using messages::Language;
using workbench::diagnosis::Advice;
using workbench::diagnosis::Diagnosis;
using workbench::diagnosis::Evidence;
using workbench::diagnosis::State;
using workbench::diagnosis::state_name;

/// So many parameters are few enough to print a direction among them.
constexpr std::size_t few = 8;

std::string number(double x) { return std::isfinite(x) ? short_number(x, 3) : "?"; }
/// An eigenvalue that is 0 but for rounding is 0.
std::string curvature(double x, double largest) {
  return number(std::abs(x) < 1e-6 * std::abs(largest) ? 0 : x);
}
/// Steps and examples, as far as they are known: "1200", "3.4e+06".
std::string count(double x) {
  return std::isfinite(x) ? (std::abs(x) < 1e5 ? fmt::format("{:.0f}", x) : short_number(x, 2)) : "∞";
}
std::string percent(double x) {
  if (!std::isfinite(x)) return "?";
  const double share = 100 * x;
  return (share != 0 && std::abs(share) < 0.1 ? std::string(share > 0 ? "< 0.1" : "0")
                                              : short_number(share, share < 10 ? 2 : 3)) +
         " %";
}

/// "(0.71, -0.71)", or where there are too many numbers, "82 % in layer1.weights".
std::string direction(const Evidence& e) {
  if (e.escape.size() <= few) {
    std::vector<std::string> numbers;
    for (const double x : e.escape) numbers.push_back(short_number(std::abs(x) < 1e-6 ? 0 : x, 2));
    return "(" + joined(numbers) + ")";
  }
  auto parts = e.escape_parts;
  std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> said;
  for (const auto& [name, share] : parts) {
    if (said.size() < 2 && share > 0.05) said.push_back(percent(share) + " " + name);
  }
  return joined(said);
}

/// Which of a state's sentences fits.
std::string sentence(const Diagnosis& d) {
  const Evidence& e = d.evidence;
  const std::string name = state_name(d.verdict.state);
  if (d.verdict.state == State::diverged) {
    if (e.breakdown->finite) return name + ".loss";
    return e.breakdown->tensor.empty() ? name + ".gradient" : name;
  }
  if (d.verdict.state == State::plateau && e.units && e.units->saturated >= 0.9) return name + ".saturated";
  if (d.verdict.state == State::learning_rate_too_large && e.batch_size > 0 &&
      std::max(e.steepness, e.average_steepness) < 0.8 * e.limit)
    return name + ".noise";
  if (d.verdict.state == State::scale_mismatch && e.input_spread >= 30) return name + ".inputs";
  if (d.verdict.state == State::unclear && !d.verdict.needs.empty() && d.verdict.needs != "other_rows")
    return name + "." + d.verdict.needs;
  return name;
}

std::string said(const Diagnosis& d, Language language) {
  const Evidence& e = d.evidence;
  const bool hovers = d.verdict.state == State::learning_rate_too_large;
  const auto arg = [](const char* name, const std::string& text) { return fmt::arg(name, text); };
  const std::string loss = number(e.loss), gain = number(e.gain), gradient = number(e.gradient_norm),
                    smallest = curvature(e.smallest, e.largest), largest = number(e.largest),
                    distance = number(e.escape_distance), escape = number(e.escape_gain),
                    where = direction(e), condition = count(e.largest / e.way_curvature),
                    needed = count(e.steps_needed), steps = count(static_cast<double>(e.steps)),
                    pace = percent(std::clamp(e.pace, 0.0, 1.0)), recent = number(e.recent_loss),
                    average = number(e.average_loss),
                    steepness = number(hovers ? std::max(e.steepness, e.average_steepness) : e.steepness),
                    limit = number(e.limit), slope = percent(std::max(0.0, e.slope_share)),
                    noise = count(e.noise_scale), batch = count(e.batch_size),
                    diagonal = count(e.diagonal_spread), best = count(e.steps_at_best),
                    rescaled = count(e.steps_rescaled), spread = count(e.input_spread),
                    clipped = percent(e.clipped), shortened = percent(e.shortened),
                    share = percent(d.verdict.state == State::unclear ? e.missing : e.epsilon_share),
                    root = number(e.median_root), fall = number(-100 * e.slope),
                    layer = e.units ? e.units->layer : "", dead = percent(e.units ? e.units->dead : 0),
                    saturated = percent(e.units ? e.units->saturated : 0),
                    tensor = e.breakdown ? e.breakdown->tensor : "",
                    step = count(e.breakdown ? static_cast<double>(e.breakdown->step) : 0);
  return messages::format(
      language, "diagnose.said." + sentence(d), arg("loss", loss), arg("gain", gain),
      arg("gradient", gradient), arg("smallest", smallest), arg("largest", largest),
      arg("distance", distance), arg("escape", escape), arg("direction", where), arg("condition", condition),
      arg("needed", needed), arg("steps", steps), arg("pace", pace), arg("recent", recent),
      arg("average", average), arg("steepness", steepness), arg("limit", limit), arg("slope", slope),
      arg("noise", noise), arg("batch", batch), arg("diagonal", diagonal), arg("best", best),
      arg("rescaled", rescaled), arg("spread", spread), arg("clipped", clipped), arg("shortened", shortened),
      arg("share", share), arg("root", root), arg("fall", fall), arg("layer", layer), arg("dead", dead),
      arg("saturated", saturated), arg("tensor", tensor), arg("step", step));
}

class EvidenceTable {
 public:
  explicit EvidenceTable(Language language) : language_(language) {}

  [[nodiscard]] std::string text(const Evidence& e, const Terminal& terminal) {
    row("loss", number(e.start_loss) + " → " + number(e.loss), true);
    row("slope", number(100 * e.slope) + " ± " + number(100 * e.slope_error), std::isfinite(e.slope));
    row("gradient_norm", number(e.gradient_norm), std::isfinite(e.gradient_norm));
    row("gradient_cosine", number(e.gradient_cosine), std::isfinite(e.gradient_cosine));
    row("step_cosine", number(e.step_cosine), std::isfinite(e.step_cosine));
    row("update_ratio", number(e.update_ratio), std::isfinite(e.update_ratio));
    const std::string batch = count(e.batch_size), limit = number(e.limit);
    row("noise_scale", count(e.noise_scale), std::isfinite(e.noise_scale), {}, fmt::arg("batch", batch));
    row("largest", number(e.largest), std::isfinite(e.largest));
    row("smallest", curvature(e.smallest, e.largest), std::isfinite(e.smallest));
    row("steepness", number(e.steepness), std::isfinite(e.steepness),
        std::isfinite(e.limit) ? "" : ".unknown", fmt::arg("limit", limit));
    row("missing", percent(e.missing), std::isfinite(e.missing));
    row("pace", percent(std::clamp(e.pace, 0.0, 1.0)), std::isfinite(e.pace));
    row("needed", count(e.steps_needed), !std::isnan(e.steps_needed));
    row("clipped", percent(e.clipped), std::isfinite(e.clipped));
    row("dead", e.units ? percent(e.units->dead) : "", e.units && e.units->relu);
    row("saturated", e.units ? percent(e.units->saturated) : "", e.units && !e.units->relu);
    row("epsilon", percent(e.epsilon_share), std::isfinite(e.epsilon_share));
    row("input_spread", count(e.input_spread), e.input_spread > 1.5);
    row("finite",
        e.breakdown && !e.breakdown->tensor.empty()
            ? e.breakdown->tensor
            : std::string(messages::text(language_, "diagnose.finite.none")),
        true);
    return table_.text(terminal);
  }

 private:
  template <class... Arguments>
  void row(const std::string& id, const std::string& value, bool known, const std::string& variant = {},
           const Arguments&... arguments) {
    if (!known) return;
    table_.add({std::string(messages::text(language_, "diagnose.evidence." + id)), value,
                messages::format(language_, "diagnose.normal." + id + variant, arguments...)});
  }

  Language language_;
  Table table_ = Table(
      {{.title = std::string(messages::text(language_, "diagnose.evidence"))},
       {.title = std::string(messages::text(language_, "diagnose.value")), .right = true},
       {.title = std::string(messages::text(language_, "diagnose.normal")), .style = Table::Style::faint}});
};

Json json_of(const Evidence& e) {
  Json json{{"steps", e.steps},
            {"start_loss", e.start_loss},
            {"loss", e.loss},
            {"recent_loss", e.recent_loss},
            {"average_loss", e.average_loss},
            {"slope", e.slope},
            {"slope_error", e.slope_error},
            {"reference_loss", e.reference},
            {"gradient_norm", e.gradient_norm},
            {"parameter_norm", e.parameter_norm},
            {"gradient_cosine", e.gradient_cosine},
            {"step_cosine", e.step_cosine},
            {"step_length", e.step_length},
            {"update_ratio", e.update_ratio},
            {"noise_scale", e.noise_scale},
            {"batch", e.batch_size},
            {"clipped_share", e.clipped},
            {"clipped_length", e.shortened},
            {"largest_eigenvalue", e.largest},
            {"smallest_eigenvalue", e.smallest},
            {"largest_error", e.largest_error},
            {"smallest_error", e.smallest_error},
            {"step_times_curvature", e.steepness},
            {"step_times_curvature_at_mean", e.average_steepness},
            {"step_times_curvature_at_start", e.start_steepness},
            {"stability_limit", e.limit},
            {"lr", e.lr},
            {"gain", e.gain},
            {"missing_share", e.missing},
            {"pace", e.pace},
            {"pace_error", e.pace_error},
            {"steps_needed", e.steps_needed},
            {"steps_needed_at_best_rate", e.steps_at_best},
            {"steps_needed_rescaled", e.steps_rescaled},
            {"slope_share", e.slope_share},
            {"curvature_share", e.curvature_share},
            {"condition", e.largest / e.way_curvature},
            {"epsilon_share", e.epsilon_share},
            {"median_root", e.median_root},
            {"dead_share", e.units ? Json(e.units->dead) : Json()},
            {"saturated_share", e.units ? Json(e.units->saturated) : Json()},
            {"input_spread", e.input_spread},
            {"diagonal_spread", e.diagonal_spread},
            {"diverged_at", e.breakdown ? Json(e.breakdown->step) : Json()},
            {"first_not_finite", e.breakdown ? Json(e.breakdown->tensor) : Json()}};
  json["escape"] = nullptr;
  if (!e.escape.empty()) {
    Json parts = Json::object();
    for (const auto& [name, share] : e.escape_parts) parts[name] = share;
    json["escape"] = {{"gain", e.escape_gain},
                      {"distance", e.escape_distance},
                      {"slope", e.escape_slope},
                      {"share_by_tensor", parts},
                      {"direction", e.escape.size() <= 64 ? Json(e.escape) : Json()}};
  }
  return json;
}

}  // namespace

std::string Invocation::text() const {
  std::string all = command;
  for (const auto& [option, value] : options) {
    all += " " + option;
    if (!value.empty()) all += " " + shell_word(value);
  }
  return all;
}

Invocation Invocation::advised(const Advice& advice) const {
  Invocation changed = *this;
  if (advice.option.empty()) return changed;
  const auto is_replaced = [&](const std::pair<std::string, std::string>& option) {
    if (option.first != advice.option) return false;
    return advice.option != "--transform" ||
           parse_specification(option.second).name == parse_specification(advice.value).name;
  };
  const auto found = std::find_if(changed.options.begin(), changed.options.end(), is_replaced);
  if (found == changed.options.end())
    changed.options.emplace_back(advice.option, advice.value);
  else if (advice.value.empty())
    changed.options.erase(found);
  else
    found->second = advice.value;
  return changed;
}

std::string diagnosis_text(const Diagnosis& d, const Invocation& invocation, const Terminal& terminal,
                           Language language, bool with_evidence) {
  const std::string name = state_name(d.verdict.state);
  std::string all =
      paragraph(terminal.bold(messages::text(language, "diagnose.state." + name)) + " (" + name + ", " +
                    messages::format(language, "diagnose.confidence",
                                     fmt::arg("c", fmt::format("{:.0f} %", 100 * d.verdict.confidence))) +
                    ")",
                terminal.width);
  all += paragraph(said(d, language), terminal.width) + "\n";
  if (with_evidence) all += EvidenceTable(language).text(d.evidence, terminal) + "\n";
  all += paragraph(messages::text(language, "diagnose.advice." + d.advice.reason), terminal.width);
  if (d.advice.action != Advice::Action::stop)
    all += command_lines(invocation.advised(d.advice).text(), terminal.width, 2);
  return all;
}

Json diagnosis_json(const Diagnosis& d, const Invocation& invocation, Language language) {
  const bool changes = d.advice.action != Advice::Action::stop;
  return {{"state", state_name(d.verdict.state)},
          {"confidence", d.verdict.confidence},
          {"says", said(d, language)},
          {"evidence", json_of(d.evidence)},
          {"advice",
           {{"action", action_name(d.advice.action)},
            {"reason", d.advice.reason},
            {"says", messages::text(language, "diagnose.advice." + d.advice.reason)},
            {"option", d.advice.option.empty() ? Json() : Json(d.advice.option)},
            {"value", d.advice.value.empty() ? Json() : Json(d.advice.value)},
            {"command", changes ? Json("thalweg " + invocation.advised(d.advice).text()) : Json()}}}};
}

}  // namespace thalweg::cli
