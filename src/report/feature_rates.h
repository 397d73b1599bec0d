#pragma once

#include <string>

#include "report/results_json.h"

namespace thalweg::report {

/// Gains within this factor of 1 count as the same rate for all features.
inline constexpr double same_gain = 1.1;

/// What rare features get, in a sentence or more: who raises their rate most over that of the commonest, who
/// lowers it most, and who gives all the same. "" where a comparison has no feature rates.
[[nodiscard]] std::string feature_rates_text(const workbench::Comparison& comparison);

/// The field "feature_rates" of results.json, or null.
[[nodiscard]] Json feature_rates_json(const workbench::Comparison& comparison);

}  // namespace thalweg::report
