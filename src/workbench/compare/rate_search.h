#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <thalweg/any_rule.h>

#include "workbench/compare/space.h"

namespace thalweg::workbench {

/// The learning rates that one optimizer is tried with: logarithmically spaced over [low, high].
struct RateRange {
  enum class Origin {
    around_default,  ///< the rule's default times 1/100 .. 100; the search may leave it where the best is at
                     ///< its edge
    given,           ///< by the user; the search stays inside
    fixed,  ///< one rate (low == high): given by the user, not asked to be tuned, or the rule has none or
            ///< finds it itself
  };

  double low = 0, high = 0;
  Origin origin = Origin::around_default;
  Range accepted;  ///< by the rule
};

/// Why the rate of a rule that needs none is not tuned.
inline constexpr const char* rate_free_reason = "it finds its learning rate itself";

/// An optimizer to tune: the specification without the keys that are tuned, and the values to try.
struct Contender {
  /// A key that was to be tuned, and why it is not.
  struct Skipped {
    std::string key, why;
  };

  std::string optimizer;  ///< the rule's name
  std::string given;      ///< what the user wrote
  std::string base;       ///< `given` without the learning rate and the keys of `others`
  RateRange rates;
  std::vector<Axis> others{};      ///< further keys that are tuned
  std::vector<Skipped> skipped{};  ///< in the order in which they were asked for

  /// The specification with this learning rate and these values of `others`: "adam:beta2=0.99,lr=0.001".
  [[nodiscard]] std::string spec(double rate, const std::vector<double>& values = {}) const;
  /// The same with a learning rate in place of the one that was given or chosen.
  [[nodiscard]] std::string spec_off(double rate, const std::vector<double>& values = {}) const;
  /// Whether there is anything to tune.
  [[nodiscard]] bool is_tuned() const { return rates.origin != RateRange::Origin::fixed || !others.empty(); }
};

/// Reads "adam", "adam:beta2=0.99" (tuned around the default), "adam:lr=1e-4..1e-1" (tuned in that range) or
/// "adam:lr=1e-3" (not tuned). `tune` are the keys to tune; one that the rule lacks or that was given is
/// skipped, and a key with a range is tuned whether it is among them or not. Throws a usage Error as
/// make_rule does, or for a range that is not one. A rule that finds its rate itself is tuned in it only
/// where a range is given.
[[nodiscard]] Contender make_contender(std::string_view specification,
                                       const std::vector<std::string>& tune = {"lr"});

/// One setting that was tried and what came of it.
struct RateTrial {
  /// Lower is better; `loss` decides between equal errors.
  struct Judgement {
    double error = 0, loss = 0;
  };

  double rate = 0;
  std::optional<Judgement> judgement;  ///< none where it diverged
  std::vector<double> others{};        ///< the values of Contender::others
  std::size_t epochs = 0;              ///< how long it was to train
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

/// Whether a is better than b.
[[nodiscard]] bool better(const RateTrial& a, const RateTrial& b);

/// The best of the trials that trained longest; the earlier one of equals. Nothing if all have diverged.
[[nodiscard]] std::optional<std::size_t> best_trial(const std::vector<RateTrial>& tried);

/// Whether the best trial has the lowest or the highest rate that was tried, so that a better one may lie
/// beyond.
[[nodiscard]] bool best_at_edge(const std::vector<RateTrial>& tried);

}  // namespace thalweg::workbench
