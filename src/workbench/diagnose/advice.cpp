#include "workbench/diagnose/advice.h"

#include <algorithm>
#include <cmath>

#include <thalweg/registry.h>
#include <thalweg/transforms/noise.h>

#include "workbench/diagnose/rates.h"

namespace thalweg::workbench::diagnosis {
namespace {

using Action = Advice::Action;

/// To two significant digits.
double rounded(double x) {
  if (x == 0 || !std::isfinite(x)) return x;
  const double unit = std::pow(10, std::floor(std::log10(std::abs(x))) - 1);
  // Dividing by a whole power of ten keeps 0.03 from becoming 0.030000000000000002.
  return unit < 1 ? std::round(x / unit) / std::round(1 / unit) : std::round(x / unit) * unit;
}

double number(const AnyRule& rule, const char* key) { return std::get<double>(rule.get(key)); }

/// What each parameter has to move, spread over a tenth of the steps that were made: the rate of a rule whose
/// steps are about lr long in every parameter.
double rate_for_the_way(const Evidence& e) {
  const double distance = e.way_length / std::sqrt(static_cast<double>(e.parameters));
  return rounded(10 * distance / static_cast<double>(e.steps));
}

class Adviser {
 public:
  Adviser(const Evidence& e, const Setting& setting) : e_(e), s_(setting) {}

  [[nodiscard]] Advice for_state(const Verdict& verdict) const {
    switch (verdict.state) {
      case State::minimum:
        return {Action::stop, "at_minimum", "", ""};
      case State::progressing:
        return {Action::go_on, "longer", length_option(), std::to_string(2 * s_.length)};
      case State::diverged:
        return with_rate("lower_rate", factor_from_start());
      case State::learning_rate_too_large:
        return with_rate("lower_rate", factor_downwards());
      case State::learning_rate_too_small:
        return with_rate("raise_rate", factor_upwards());
      case State::noise_floor:
        return quieter();
      case State::ravine:
        return across();
      case State::scale_mismatch:
        return own_rates();
      case State::plateau:
        return over_the_plateau();
      case State::saddle:
        return off_the_saddle();
      case State::dead_units:
        return revive();
      case State::clipping_saturated:
        return clip_less();
      case State::epsilon_dominates:
        return smaller_eps();
      case State::unclear:
        break;
    }
    if (verdict.needs == "smaller_rate") {
      Advice advice = with_rate("look_lower_rate", 0.1);
      advice.action = Action::look;
      return advice;
    }
    return {Action::look, "look_longer", length_option(), std::to_string(4 * s_.length)};
  }

 private:
  [[nodiscard]] std::string length_option() const { return s_.model ? "--epochs" : "--steps"; }

  [[nodiscard]] double over(double steepness) const {
    return std::isfinite(steepness) && std::isfinite(e_.limit) ? std::max(0.0, steepness) / e_.limit : 0;
  }

  [[nodiscard]] double steepest_over_limit() const {
    return std::max({over(e_.steepness), over(e_.average_steepness), over(e_.start_steepness)});
  }

  [[nodiscard]] Advice with_rule(const std::string& reason, const AnyRule& rule) const {
    return {Action::change, reason, "--optimizer", rule.text()};
  }

  [[nodiscard]] Advice with_rate(const std::string& reason, double factor) const {
    AnyRule rule = s_.optimizer;
    if (!has_key(rule, "lr")) return {Action::change, "adam", "--optimizer", "adam"};
    const double lr = number(rule, "lr");
    rule.set("lr", lr > 0 ? rounded(lr * factor) : number(make_rule(rule.name()), "lr"));
    return with_rule(reason, rule);
  }

  /// A quarter of the limit at the start, and at most a tenth of what failed.
  [[nodiscard]] double factor_from_start() const {
    const double start = over(e_.start_steepness);
    return start > 0 ? std::min(0.1, 0.25 / start) : 0.1;
  }

  /// To a third of the limit where that is what was passed; else a tenth, which makes a tenth of the jumps.
  [[nodiscard]] double factor_downwards() const {
    const double here = std::max(over(e_.steepness), over(e_.average_steepness));
    return here >= 0.8 ? std::clamp(0.3 / here, 0.03, 0.3) : 0.1;
  }

  /// To a quarter of the limit, or to what brings the gain within a fifth of the steps.
  [[nodiscard]] double factor_upwards() const {
    const double steepest = steepest_over_limit();
    const double needed = 5 * e_.steps_needed / static_cast<double>(e_.steps);
    return steepest > 0 ? std::min(0.25 / steepest, needed) : needed;
  }

  [[nodiscard]] Advice quieter() const {
    if (s_.cooldown == 0 && !s_.scheduled) return {Action::change, "cooldown", "--cooldown", "0.3"};
    return {Action::change, "larger_batch", "--batch", std::to_string(std::min(s_.rows, 4 * s_.batch))};
  }

  [[nodiscard]] Advice adam(const std::string& reason) const {
    AnyRule rule = make_rule("adam");
    rule.set("lr", rate_for_the_way(e_));
    return with_rule(reason, rule);
  }

  /// Momentum adds up along the ravine and cancels across it: Polyak's for this condition number. Where the
  /// ravine lies along the axes, rates of their own do more.
  [[nodiscard]] Advice across() const {
    if (e_.steps_rescaled <= e_.steps_at_best / 10) return adam("own_rates");
    AnyRule rule = s_.optimizer;
    if (rule.name() == "sgd") {
      const double root = std::sqrt(std::max(1.0, e_.largest / e_.way_curvature));
      const double best = std::pow((root - 1) / (root + 1), 2);
      rule = make_rule("momentum");
      rule.set("lr", number(s_.optimizer, "lr"));
      rule.set("momentum", std::clamp(std::floor(best * 100) / 100, 0.8, 0.98));
      return with_rule("momentum", rule);
    }
    const double steepest = steepest_over_limit();
    if (steepest > 0 && steepest < 0.25) return with_rate("raise_rate", 0.5 / steepest);
    const double momentum = has_key(rule, "momentum") ? number(rule, "momentum") : 0;
    if (momentum == 0) return adam("own_rates");
    rule.set("momentum", rounded(1 - (1 - momentum) / 4));
    return with_rule("more_momentum", rule);
  }

  [[nodiscard]] Advice own_rates() const {
    return adam(s_.model && !s_.standardized ? "own_rates_or_standardize" : "own_rates");
  }

  [[nodiscard]] Advice over_the_plateau() const {
    if (s_.model && !s_.standardized && e_.input_spread >= 30) return standardize();
    return adam("longer_steps");
  }

  [[nodiscard]] Advice standardize() const { return {Action::change, "standardize", "--no-standardize", ""}; }

  /// Adam turns the smallest slope into whole steps; where there is none at all, only noise leads out.
  [[nodiscard]] Advice off_the_saddle() const {
    if (std::abs(e_.escape_slope) > 1e-10) return adam("away_from_saddle");
    const double scale = std::abs(e_.smallest) * e_.escape_distance;
    return {Action::change, "noise", "--transform",
            AnyTransform(Noise{.eta = rounded(0.1 * scale * scale)}).text()};
  }

  [[nodiscard]] Advice revive() const {
    if (!s_.standardized && e_.input_spread >= 30) return standardize();
    return with_rate("lower_rate_from_start", factor_from_start());
  }

  [[nodiscard]] Advice clip_less() const {
    for (const AnyTransform& transform : s_.transforms) {
      if (transform.name() != "clip_norm" && transform.name() != "clip_value") continue;
      AnyTransform wider = transform;
      wider.set("max", rounded(e_.clip_quantile));
      return {Action::change, "wider_clip", "--transform", wider.text()};
    }
    return {};
  }

  [[nodiscard]] Advice smaller_eps() const {
    AnyRule rule = s_.optimizer;
    const bool inside =
        has_key(rule, "eps_placement") && std::get<std::string>(rule.get("eps_placement")) == "inside";
    double exponent = std::floor(std::log10(1e-3 * e_.median_root));
    if (inside) exponent *= 2;
    rule.set("eps", exponent < 0 ? 1 / std::pow(10, -exponent) : std::pow(10, exponent));
    return with_rule("smaller_eps", rule);
  }

  const Evidence& e_;
  const Setting& s_;
};

}  // namespace

const char* action_name(Action action) {
  constexpr const char* names[] = {"stop", "go_on", "change", "look"};
  return names[static_cast<std::size_t>(action)];
}

Advice advise(const Verdict& verdict, const Evidence& e, const Setting& setting) {
  return Adviser(e, setting).for_state(verdict);
}

Diagnosis diagnose(Evidence evidence, const Setting& setting) {
  const Verdict verdict = decide(evidence);
  Advice advice = advise(verdict, evidence, setting);
  return {std::move(evidence), verdict, std::move(advice)};
}

}  // namespace thalweg::workbench::diagnosis
