#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <thalweg/keys.h>

namespace thalweg::workbench {

/// One hyper-parameter beside the learning rate that is tuned, and where.
struct Axis {
  /// What is spread evenly: log(x), log(1 - x) (for decays near 1) or x.
  enum class Scale { log, log_complement, linear };

  std::string key;
  double low = 0, high = 0;
  Scale scale = Scale::log;

  /// The value at a share in [0, 1] of the way from low to high, rounded to 3 digits (of 1 - x for
  /// log_complement) so that it can be written down, and never outside of [low, high].
  [[nodiscard]] double at(double share) const;
  /// The share of a value: at(), but for the rounding, backwards.
  [[nodiscard]] double share(double value) const;
};

/// "log", "log_complement", "linear"
[[nodiscard]] const char* scale_name(Axis::Scale scale);

/// The range in which a key is tuned, from the declaration of its rule and its default there:
///   accepted [0, 1) (a decay): 1 - x from a tenth of the default's to ten times as much (at most 1), log;
///   a closed range: all of it, evenly;
///   default over 0: from 1/100 to 100 times the default, cut to what is accepted, log;
///   default 0 (a penalty): weight_decay 1e-4 to 1, others 1e-6 to 1e-2, log.
/// Throws a usage Error for a key that is no number.
[[nodiscard]] Axis default_axis(std::string_view rule, const KeyInfo& key, double standard);

/// The range that the user gave, "LOW..HIGH", on the scale of default_axis (evenly, where a logarithm is not
/// possible). Throws a usage Error for a range that is none, or with an end that the rule does not accept.
[[nodiscard]] Axis given_axis(std::string_view rule, const KeyInfo& key, double standard,
                              std::string_view text);

/// The 3 leading digits of a number.
[[nodiscard]] double three_digits(double value);

/// Point `index` (from 0) of a sequence that fills the unit cube of so many dimensions (at most 16) evenly
/// from its first points on: Halton 1960 with a shift modulo 1 by the seed (Cranley & Patterson 1976). Why
/// not plain random numbers: Bousquet et al. 2017 (arXiv:1706.03200). A pure function of its arguments.
[[nodiscard]] std::vector<double> spread_point(std::uint64_t seed, std::uint64_t index,
                                               std::size_t dimensions);

}  // namespace thalweg::workbench
