#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <thalweg/any_rule.h>

namespace thalweg::workbench {

/// The learning rates that one optimizer is tried with: logarithmically spaced over [low, high].
struct RateRange {
  enum class Origin {
    around_default,  ///< the rule's default times 1/100 .. 100; the search may leave it where the best is at
                     ///< its edge
    given,           ///< by the user; the search stays inside
    fixed,           ///< by the user as one rate (low == high), or the rule has none: nothing to tune
  };

  double low = 0, high = 0;
  Origin origin = Origin::around_default;
  Range accepted;  ///< by the rule
};

/// An optimizer to tune: the specification without its learning rate, and the rates to try.
struct Contender {
  std::string optimizer;  ///< the rule's name
  std::string given;      ///< what the user wrote
  std::string base;       ///< `given` without the learning rate
  RateRange rates;

  /// The specification with this learning rate: "adam:beta2=0.99,lr=0.001".
  [[nodiscard]] std::string spec(double rate) const;
};

/// Reads "adam", "adam:beta2=0.99" (tuned around the default), "adam:lr=1e-4..1e-1" (tuned in that range) or
/// "adam:lr=1e-3" (not tuned). Throws a usage Error as make_rule does, or for a range that is not one.
[[nodiscard]] Contender make_contender(std::string_view specification);

/// One rate that was tried and what came of it.
struct RateTrial {
  /// Lower is better; `loss` decides between equal errors.
  struct Judgement {
    double error = 0, loss = 0;
  };

  double rate = 0;
  std::optional<Judgement> judgement;  ///< none where it diverged
};

/// How many of `trials` are spread over the whole range before the search looks closer: about three quarters.
[[nodiscard]] std::size_t spread_trials(std::size_t trials);

/// `count` rates spread over the range, from low to high, rounded to 3 digits so that they can be written
/// down.
[[nodiscard]] std::vector<double> spread_rates(const RateRange& range, std::size_t count);

/// The rate to try after these, of which there are two or more: in the wider gap beside the best one (the
/// lowest, if all have diverged); beyond it if it is at an edge that may be left. Nothing if that gap is
/// exhausted to 3 digits.
[[nodiscard]] std::optional<double> next_rate(const RateRange& range, const std::vector<RateTrial>& tried);

/// The best trial; the earlier one of equals. Nothing if all have diverged.
[[nodiscard]] std::optional<std::size_t> best_trial(const std::vector<RateTrial>& tried);

/// Whether the best trial is the lowest or the highest that was tried, so that a better one may lie beyond.
[[nodiscard]] bool best_at_edge(const std::vector<RateTrial>& tried);

}  // namespace thalweg::workbench
