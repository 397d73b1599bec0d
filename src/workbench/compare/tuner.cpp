#include "workbench/compare/tuner.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include <thalweg/error.h>

namespace thalweg::workbench {
namespace {

constexpr std::size_t eta = 3;
constexpr std::size_t most_rungs = 4;

/// The keys of a contender as one list of axes, the learning rate first if it is tuned.
class Space {
 public:
  explicit Space(const Contender& contender) : contender_(&contender) {
    const RateRange& rates = contender.rates;
    tunes_rate_ = rates.origin != RateRange::Origin::fixed;
    if (tunes_rate_) axes_.push_back({"lr", rates.low, rates.high, Axis::Scale::log});
    axes_.insert(axes_.end(), contender.others.begin(), contender.others.end());
  }

  [[nodiscard]] std::size_t dimensions() const { return axes_.size(); }
  [[nodiscard]] bool tunes_rate() const { return tunes_rate_; }

  [[nodiscard]] Proposal at(const std::vector<double>& shares, std::size_t epochs) const {
    Proposal proposal{contender_->rates.low, {}, epochs};
    for (std::size_t d = 0; d < axes_.size(); ++d) {
      const double value = axes_[d].at(shares[d]);
      if (d == 0 && tunes_rate_)
        proposal.rate = value;
      else
        proposal.others.push_back(value);
    }
    return proposal;
  }

  [[nodiscard]] std::vector<double> shares(const RateTrial& trial) const {
    std::vector<double> all;
    for (std::size_t d = 0; d < axes_.size(); ++d) {
      const bool rate = d == 0 && tunes_rate_;
      all.push_back(axes_[d].share(rate ? trial.rate : trial.others[d - (tunes_rate_ ? 1 : 0)]));
    }
    return all;
  }

 private:
  const Contender* contender_;
  bool tunes_rate_ = false;
  std::vector<Axis> axes_;
};

/// The share at the middle of the i-th of so many equal parts; more than two reach from end to end.
double level(std::size_t i, std::size_t count) {
  const auto at = static_cast<double>(i), n = static_cast<double>(count);
  return count < 3 ? (at + 0.5) / n : at / (n - 1);
}

std::vector<Proposal> spread(const Space& space, const Budget& budget, std::size_t from, std::size_t count,
                             std::size_t epochs) {
  std::vector<Proposal> all;
  for (std::size_t i = from; i < from + count; ++i)
    all.push_back(space.at(spread_point(budget.seed, i, space.dimensions()), epochs));
  return all;
}

/// In the quarter of each range around the best so far, at the next point of the sequence.
Proposal near_best(const Space& space, const Budget& budget, const std::vector<RateTrial>& tried) {
  std::vector<double> point = spread_point(budget.seed, tried.size(), space.dimensions());
  if (const auto best = best_trial(tried)) {
    const std::vector<double> center = space.shares(tried[*best]);
    for (std::size_t d = 0; d < point.size(); ++d)
      point[d] = std::clamp(center[d] + (point[d] - 0.5) / 4, 0.0, 1.0);
  }
  return space.at(point, budget.epochs);
}

std::vector<Proposal> search(const Contender& contender, const Budget& budget,
                             const std::vector<RateTrial>& tried) {
  const std::size_t first = spread_trials(budget.trials);
  if (contender.others.empty()) {
    std::vector<Proposal> all;
    if (tried.empty()) {
      for (const double rate : spread_rates(contender.rates, first)) all.push_back({rate, {}, budget.epochs});
    } else if (const auto rate = next_rate(contender.rates, tried)) {
      all.push_back({*rate, {}, budget.epochs});
    }
    return all;
  }
  const Space space(contender);
  if (tried.empty()) return spread(space, budget, 0, first, budget.epochs);
  return {near_best(space, budget, tried)};
}

/// How many levels of each key a grid of at most so many points has: the key with the fewest gets the next
/// one, where the learning rate's count for half.
std::vector<std::size_t> levels(const Space& space, std::size_t trials) {
  std::vector<std::size_t> counts(space.dimensions(), 1);
  const auto product = [&] {
    return std::accumulate(counts.begin(), counts.end(), std::size_t{1}, std::multiplies<>());
  };
  for (std::vector<bool> full(counts.size());;) {
    std::size_t next = counts.size();
    const auto weight = [&](std::size_t d) {
      return d == 0 && space.tunes_rate() ? counts[d] : 2 * counts[d];
    };
    for (std::size_t d = 0; d < counts.size(); ++d) {
      if (!full[d] && (next == counts.size() || weight(d) < weight(next))) next = d;
    }
    if (next == counts.size()) return counts;
    ++counts[next];
    if (product() > trials) {
      --counts[next];
      full[next] = true;
    }
  }
}

std::vector<Proposal> grid(const Contender& contender, const Budget& budget) {
  std::vector<Proposal> all;
  if (contender.others.empty()) {
    for (const double rate : spread_rates(contender.rates, budget.trials))
      all.push_back({rate, {}, budget.epochs});
    return all;
  }
  const Space space(contender);
  const std::vector<std::size_t> counts = levels(space, budget.trials);
  std::vector<std::size_t> at(counts.size(), 0);
  for (bool more = true; more;) {
    std::vector<double> shares;
    for (std::size_t d = 0; d < at.size(); ++d) shares.push_back(level(at[d], counts[d]));
    all.push_back(space.at(shares, budget.epochs));
    more = false;
    for (std::size_t d = at.size(); d-- > 0 && !more;) {
      more = ++at[d] < counts[d];
      if (!more) at[d] = 0;
    }
  }
  // Everybody has the same number of trials: what the grid leaves is spread.
  const auto rest = spread(space, budget, 0, budget.trials - all.size(), budget.epochs);
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

std::vector<Proposal> halving(const Contender& contender, const Budget& budget,
                              const std::vector<RateTrial>& tried) {
  const std::vector<Rung> all = rungs(budget);
  if (tried.empty()) return spread(Space(contender), budget, 0, all[0].settings, all[0].epochs);
  // The trials of the last round are those that trained longest.
  const auto begin = std::find_if(tried.begin(), tried.end(),
                                  [&](const RateTrial& t) { return t.epochs == tried.back().epochs; });
  const auto next = std::find_if(all.begin(), all.end(),
                                 [&](const Rung& rung) { return rung.epochs > tried.back().epochs; });
  if (next == all.end()) return {};
  std::vector<RateTrial> round(begin, tried.end());
  std::stable_sort(round.begin(), round.end(), better);
  std::vector<Proposal> kept;
  for (const RateTrial& trial : round) {
    if (trial.judgement && kept.size() < next->settings)
      kept.push_back({trial.rate, trial.others, next->epochs});
  }
  return kept;
}

}  // namespace

const char* tuner_name(Tuner tuner) {
  switch (tuner) {
    case Tuner::search:
      return "search";
    case Tuner::grid:
      return "grid";
    case Tuner::halving:
      break;
  }
  return "halving";
}

Tuner parse_tuner(std::string_view name) {
  const std::vector<std::string> names{"search", "grid", "halving"};
  for (const Tuner tuner : {Tuner::search, Tuner::grid, Tuner::halving}) {
    if (name == tuner_name(tuner)) return tuner;
  }
  throw unknown_name("tuner", name, names);
}

std::vector<Rung> rungs(const Budget& budget) {
  std::size_t count = 1, power = 1;  // power = eta^(count - 1)
  while (count < most_rungs && power * eta <= budget.epochs && budget.trials > count) {
    ++count;
    power *= eta;
  }
  std::vector<Rung> all;
  const std::size_t settings = budget.trials * power / count;
  for (std::size_t divisor = 1; divisor <= power; divisor *= eta)
    all.push_back({std::max<std::size_t>(settings / divisor, 1), budget.epochs * divisor / power});
  return all;
}

std::vector<Proposal> propose(const Contender& contender, const Budget& budget,
                              const std::vector<RateTrial>& tried) {
  if (!contender.is_tuned()) {
    if (!tried.empty()) return {};
    return {{contender.rates.low, {}, budget.epochs}};
  }
  if (budget.tuner == Tuner::halving) return halving(contender, budget, tried);
  if (tried.size() >= budget.trials) return {};
  if (budget.tuner == Tuner::search) return search(contender, budget, tried);
  return tried.empty() ? grid(contender, budget) : std::vector<Proposal>{};
}

Plan plan(const Contender& contender, const Budget& budget) {
  if (!contender.is_tuned()) return {1, budget.epochs};
  if (budget.tuner != Tuner::halving) return {budget.trials, budget.total_epochs()};
  Plan all;
  for (const Rung& rung : rungs(budget)) {
    all.trials += rung.settings;
    all.epochs += rung.settings * rung.epochs;
  }
  return all;
}

}  // namespace thalweg::workbench
