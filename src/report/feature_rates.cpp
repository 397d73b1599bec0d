#include "report/feature_rates.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace thalweg::report {
namespace {

using workbench::Comparison;
using workbench::FeatureRates;

struct Gain {
  std::string name;
  double factor = 0;
};

/// What is known, in the order of the participants.
std::vector<Gain> gains(const Comparison& comparison) {
  std::vector<Gain> all;
  for (const FeatureRates::Participant& one : comparison.feature_rates->participants) {
    if (const auto gain = one.gain()) all.push_back({comparison.participants[one.index].label, *gain});
  }
  return all;
}

/// The first of the largest gains, a hundredth apart: a variant that is all but another is no better.
const Gain& largest(const std::vector<Gain>& all) {
  double most = 0;
  for (const Gain& one : all) most = std::max(most, one.factor);
  return *std::find_if(all.begin(), all.end(), [&](const Gain& one) { return one.factor >= 0.99 * most; });
}

bool is_same(const Gain& gain) { return gain.factor < same_gain && gain.factor > 1 / same_gain; }

/// "31", "2.4"
std::string factor_text(double factor) {
  return factor >= 10 ? fmt::format("{:.0f}", factor) : fmt::format("{:.2g}", factor);
}

/// "a", "a and b", "a, b and c", and of more than four the rest as a number
std::string named(const std::vector<std::string>& names) {
  if (names.size() == 1) return names.front();
  if (names.size() > 4)
    return fmt::format("{} and {} others", fmt::join(names.begin(), names.begin() + 3, ", "),
                       names.size() - 3);
  return fmt::format("{} and {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

}  // namespace

std::string feature_rates_text(const Comparison& comparison) {
  if (!comparison.feature_rates) return "";
  const std::vector<Gain> all = gains(comparison);
  if (all.empty()) return "";
  const Gain& most = largest(all);
  const FeatureRates::Bin& rarest = comparison.feature_rates->bins.front();
  const std::string few = rarest.low == rarest.high ? std::to_string(rarest.low)
                                                    : fmt::format("{} to {}", rarest.low, rarest.high);
  std::string text = most.factor < same_gain
                         ? "No optimizer gives rare features a higher rate than the commonest."
                         : fmt::format(
                               "{} gives features that occur in {} of {} rows {} times the rate of "
                               "the commonest.",
                               most.name, few, comparison.feature_rates->rows, factor_text(most.factor));
  const Gain& least = *std::min_element(all.begin(), all.end(),
                                        [](const Gain& a, const Gain& b) { return a.factor < b.factor; });
  if (least.factor <= 1 / same_gain)
    text += fmt::format(" {} gives them least, {} times that rate.", least.name, factor_text(least.factor));
  std::vector<std::string> same;
  for (const Gain& one : all) {
    if (is_same(one)) same.push_back(one.name);
  }
  if (!same.empty())
    text += fmt::format(" {} {} all features about the same rate.", named(same),
                        same.size() == 1 ? "gives" : "give");
  return text;
}

Json feature_rates_json(const Comparison& comparison) {
  if (!comparison.feature_rates) return {};
  const FeatureRates& rates = *comparison.feature_rates;
  Json bins = Json::array(), optimizers = Json::array();
  for (const FeatureRates::Bin& bin : rates.bins)
    bins.push_back(
        {{"low", bin.low}, {"high", bin.high}, {"median", bin.occurrences}, {"features", bin.features}});
  for (const FeatureRates::Participant& one : rates.participants) {
    Json low = Json::array(), median = low, high = low;
    for (const auto& rate : one.rates) {
      low.push_back(rate ? Json(rate->low) : Json());
      median.push_back(rate ? Json(rate->median) : Json());
      high.push_back(rate ? Json(rate->high) : Json());
    }
    const auto gain = one.gain();
    optimizers.push_back({{"optimizer", comparison.participants[one.index].label},
                          {"gain", gain ? Json(*gain) : Json()},
                          {"low", low},
                          {"median", median},
                          {"high", high}});
  }
  return {{"finding", feature_rates_text(comparison)},
          {"how",
           "of each feature (a row of the first weights) the way of its weights over the sum of the sizes of "
           "its gradient, over the steps of the first seed's run with the chosen setting; of the features "
           "that occur about as often the 10, 50 and 90 % quantiles, weighted by their gradients"},
          {"steps", rates.steps},
          {"rows", rates.rows},
          {"occurrences", bins},
          {"optimizers", optimizers}};
}

}  // namespace thalweg::report
