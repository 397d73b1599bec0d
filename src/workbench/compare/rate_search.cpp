#include "workbench/compare/rate_search.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <tuple>

#include <thalweg/registry.h>

namespace thalweg::workbench {
namespace {

constexpr double decades_around_default = 2;

double three_digits(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, 2).ptr;
  double rounded = value;
  std::from_chars(text, end, rounded);
  return rounded;
}

bool better(const RateTrial& a, const RateTrial& b) {
  if (!a.judgement || !b.judgement) return a.judgement && !b.judgement;
  return std::tie(a.judgement->error, a.judgement->loss) < std::tie(b.judgement->error, b.judgement->loss);
}

std::vector<RateTrial> by_rate(std::vector<RateTrial> tried) {
  std::sort(tried.begin(), tried.end(),
            [](const RateTrial& a, const RateTrial& b) { return a.rate < b.rate; });
  return tried;
}

/// The place of the best trial; of the first, if all have diverged.
std::size_t best_or_first(const std::vector<RateTrial>& tried) { return best_trial(tried).value_or(0); }

/// "low..high", or nothing if the text is no range.
std::optional<RateRange> parse_range(const std::string& text, const std::string& optimizer) {
  const auto dots = text.find("..");
  if (dots == std::string::npos) return {};
  RateRange range;
  range.origin = RateRange::Origin::given;
  if (!parse_number(std::string_view(text).substr(0, dots), range.low) ||
      !parse_number(std::string_view(text).substr(dots + 2), range.high) || !(range.low > 0) ||
      !(range.low < range.high) || std::isinf(range.high)) {
    throw usage_error(optimizer + ": lr", text, "a range is LOW..HIGH with 0 < LOW < HIGH");
  }
  return range;
}

}  // namespace

std::string Contender::spec(double rate) const {
  if (rates.origin == RateRange::Origin::fixed) return given;
  return base + (base.find(':') == std::string::npos ? ":lr=" : ",lr=") + number_text(rate);
}

Contender make_contender(std::string_view specification) {
  const Specification parts = parse_specification(specification);
  Contender contender{parts.name, std::string(specification), parts.name, {}};
  std::optional<std::string> given_rate;
  for (const auto& [key, value] : parts.settings) {
    if (key == "lr") {
      if (given_rate) throw usage_error(parts.name + ": lr", value, "given twice");
      given_rate = value;
    } else {
      contender.base += (contender.base.find(':') == std::string::npos ? ":" : ",") + key + "=" + value;
    }
  }
  const AnyRule rule = make_rule(contender.base);
  const auto& keys = rule.info().keys;
  const bool has_rate = std::any_of(keys.begin(), keys.end(), [](const auto& k) { return k.name == "lr"; });
  RateRange& rates = contender.rates;
  if (has_rate) rates.accepted = rule.info().key("lr").range;
  if (const auto range = given_rate ? parse_range(*given_rate, parts.name) : std::nullopt) {
    for (const double end : {range->low, range->high}) AnyRule(rule).set("lr", end);
    rates.low = range->low;
    rates.high = range->high;
    rates.origin = RateRange::Origin::given;
  } else if (given_rate || !has_rate) {
    const AnyRule fixed = make_rule(specification);
    rates.low = rates.high = has_rate ? std::get<double>(fixed.get("lr")) : 0;
    rates.origin = RateRange::Origin::fixed;
  } else {
    const double standard = std::get<double>(rule.get("lr"));
    rates.low = standard * std::pow(10, -decades_around_default);
    rates.high = standard * std::pow(10, decades_around_default);
  }
  return contender;
}

std::size_t spread_trials(std::size_t trials) { return trials - trials / 4; }

std::vector<double> spread_rates(const RateRange& range, std::size_t count) {
  std::vector<double> rates;
  const double low = std::log(range.low), high = std::log(range.high);
  for (std::size_t i = 0; i < count; ++i) {
    // One or two stand in the middle of their share; more reach from end to end.
    const double at = count < 3 ? (static_cast<double>(i) + 0.5) / static_cast<double>(count)
                                : static_cast<double>(i) / static_cast<double>(count - 1);
    rates.push_back(three_digits(std::exp(low + at * (high - low))));
  }
  return rates;
}

std::optional<std::size_t> best_trial(const std::vector<RateTrial>& tried) {
  const auto best = std::min_element(tried.begin(), tried.end(), better);
  if (best == tried.end() || !best->judgement) return {};
  return static_cast<std::size_t>(best - tried.begin());
}

bool best_at_edge(const std::vector<RateTrial>& tried) {
  const auto sorted = by_rate(tried);
  const auto best = best_trial(sorted);
  return best && (*best == 0 || *best + 1 == sorted.size());
}

std::optional<double> next_rate(const RateRange& range, const std::vector<RateTrial>& tried) {
  assert(tried.size() >= 2);
  const auto sorted = by_rate(tried);
  const std::size_t best = best_or_first(sorted);
  const double rate = sorted[best].rate;
  const auto gap = [&](std::size_t other) { return std::abs(std::log(sorted[other].rate / rate)); };
  const bool lowest = best == 0, highest = best + 1 == sorted.size();

  std::size_t beside = lowest ? 1 : best - 1;
  if (lowest || highest) {
    const double beyond = three_digits(rate * (rate / sorted[beside].rate));
    if (range.origin == RateRange::Origin::around_default && range.accepted.contains(beyond) && beyond > 0) {
      return beyond;
    }
  } else {
    const double below = gap(best - 1), above = gap(best + 1);
    const bool equally_wide = std::abs(below - above) < 0.05 * (below + above);  // rates are rounded
    const bool go_above = equally_wide ? better(sorted[best + 1], sorted[best - 1]) : above > below;
    beside = go_above ? best + 1 : best - 1;
  }
  const double between = three_digits(std::sqrt(rate) * std::sqrt(sorted[beside].rate));
  if (between == rate || between == sorted[beside].rate) return {};
  return between;
}

}  // namespace thalweg::workbench
