#include "workbench/compare/rate_search.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <tuple>

#include <thalweg/registry.h>

namespace thalweg::workbench {
namespace {

constexpr double decades_around_default = 2;

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

/// Splits off the learning rate and the keys that are tuned.
struct Parts {
  std::string base;
  std::optional<std::string> rate;
  std::vector<std::pair<std::string, std::string>> ranges;  ///< of other keys
};

Parts parts_of(const Specification& specification) {
  Parts parts{specification.name, {}, {}};
  for (const auto& [key, value] : specification.settings) {
    if (key == "lr") {
      if (parts.rate) throw usage_error(specification.name + ": lr", value, "given twice");
      parts.rate = value;
    } else if (value.find("..") != std::string::npos) {
      parts.ranges.emplace_back(key, value);
    } else {
      parts.base += (parts.base.find(':') == std::string::npos ? ":" : ",") + key + "=" + value;
    }
  }
  return parts;
}

bool has_key(const AnyRule& rule, const std::string& name) {
  const auto& keys = rule.info().keys;
  return std::any_of(keys.begin(), keys.end(), [&](const KeyInfo& key) { return key.name == name; });
}

/// The keys beside the learning rate that are tuned, and those that are not.
void add_others(Contender& contender, const Parts& parts, const Specification& given, const AnyRule& rule,
                const std::vector<std::string>& tune) {
  const auto standard = [&](const std::string& key) {
    const Value value = rule.get(key);
    return std::holds_alternative<double>(value) ? std::get<double>(value) : 0;
  };
  for (const auto& [key, range] : parts.ranges) {
    if (has_key(rule, key))
      contender.others.push_back(given_axis(contender.optimizer, rule.info().key(key), standard(key), range));
    else
      (void)make_rule(contender.optimizer + ":" + key + "=0");  // says which keys there are
  }
  for (const std::string& key : tune) {
    const auto same = [&](const auto& setting) { return setting.first == key; };
    const bool named = std::any_of(given.settings.begin(), given.settings.end(), same);
    if (!has_key(rule, key)) {
      contender.skipped.push_back({key, "it has no such key"});
    } else if (key == "lr" && !named && rule.info().rate_free) {
      contender.skipped.push_back({key, rate_free_reason});
    } else if (named && std::none_of(parts.ranges.begin(), parts.ranges.end(), same)) {
      if (key != "lr" || contender.rates.origin == RateRange::Origin::fixed)
        contender.skipped.push_back({key, "its value was given"});
    } else if (key != "lr" && !named) {
      contender.others.push_back(default_axis(contender.optimizer, rule.info().key(key), standard(key)));
    }
  }
}

}  // namespace

std::string Contender::spec(double rate, const std::vector<double>& values) const {
  return is_tuned() ? spec_off(rate, values) : given;
}

std::string Contender::spec_off(double rate, const std::vector<double>& values) const {
  std::string text = base;
  const auto add = [&](const std::string& key, double value) {
    text += (text.find(':') == std::string::npos ? ":" : ",") + key + "=" + number_text(value);
  };
  if (rate > 0) add("lr", rate);
  for (std::size_t i = 0; i < others.size(); ++i) add(others[i].key, values[i]);
  return text;
}

Contender make_contender(std::string_view specification, const std::vector<std::string>& tune) {
  const Specification given = parse_specification(specification);
  const Parts parts = parts_of(given);
  Contender contender{given.name, std::string(specification), parts.base, {}};
  const AnyRule rule = make_rule(contender.base);
  const bool has_rate = has_key(rule, "lr");
  const bool tune_rate = std::find(tune.begin(), tune.end(), "lr") != tune.end();
  RateRange& rates = contender.rates;
  if (has_rate) rates.accepted = rule.info().key("lr").range;
  const double standard = has_rate ? std::get<double>(rule.get("lr")) : 0;
  if (const auto range = parts.rate ? parse_range(*parts.rate, given.name) : std::nullopt) {
    for (const double end : {range->low, range->high}) AnyRule(rule).set("lr", end);
    rates.low = range->low;
    rates.high = range->high;
    rates.origin = RateRange::Origin::given;
  } else if (parts.rate || !has_rate || !tune_rate || rule.info().rate_free) {
    rates.low = rates.high = standard;
    if (parts.rate) {
      const std::string text =
          contender.base + (contender.base == given.name ? ":lr=" : ",lr=") + *parts.rate;
      const AnyRule fixed = make_rule(text);  // throws for a rule without this key
      rates.low = rates.high = std::get<double>(fixed.get("lr"));
    }
    rates.origin = RateRange::Origin::fixed;
  } else {
    rates.low = standard * std::pow(10, -decades_around_default);
    rates.high = standard * std::pow(10, decades_around_default);
  }
  add_others(contender, parts, given, rule, tune);
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

bool better(const RateTrial& a, const RateTrial& b) {
  if (!a.judgement || !b.judgement) return a.judgement && !b.judgement;
  return std::tie(a.judgement->error, a.judgement->loss) < std::tie(b.judgement->error, b.judgement->loss);
}

std::optional<std::size_t> best_trial(const std::vector<RateTrial>& tried) {
  const auto best = std::min_element(tried.begin(), tried.end(), [](const RateTrial& a, const RateTrial& b) {
    // Of those that halving stopped early only the survivors count.
    if (a.judgement && b.judgement && a.epochs != b.epochs) return a.epochs > b.epochs;
    return better(a, b);
  });
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
