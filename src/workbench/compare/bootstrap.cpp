#include "workbench/compare/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <thalweg/random.h>

namespace thalweg::workbench {

std::size_t draw(std::uint64_t seed, std::size_t resample, std::uint64_t index, std::size_t count) {
  constexpr std::uint64_t bootstrap = 0xb0075792a0000000;  // streams of their own
  const double share = uniform(seed, bootstrap + resample, index);
  return std::min(static_cast<std::size_t>(share * static_cast<double>(count)), count - 1);
}

std::vector<std::size_t> places(const std::vector<double>& values) {
  std::vector<double> sorted;
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted),
               [](double v) { return !std::isnan(v); });
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::size_t> all;
  for (const double value : values) {
    const auto lower =
        std::isnan(value) ? sorted.end() : std::lower_bound(sorted.begin(), sorted.end(), value);
    all.push_back(static_cast<std::size_t>(lower - sorted.begin()) + 1);
  }
  return all;
}

void Places::add(const std::vector<double>& values) {
  const std::vector<std::size_t> now = places(values);
  const auto sharing = static_cast<double>(std::count(now.begin(), now.end(), std::size_t{1}));
  for (std::size_t i = 0; i < now.size(); ++i) {
    counts_[i].resize(now.size());
    ++counts_[i][now[i] - 1];
    if (now[i] == 1) first_[i] += 1 / sharing;
  }
  ++resamples_;
}

Places::Summary Places::of(std::size_t participant) const {
  const auto at = [&](double share) {
    // The lowest place up to which there is at least this share of the resamples.
    double sum = 0;
    for (std::size_t place = 0; place < counts_[participant].size(); ++place) {
      sum += static_cast<double>(counts_[participant][place]);
      if (sum >= share * static_cast<double>(resamples_)) return static_cast<double>(place + 1);
    }
    return static_cast<double>(counts_[participant].size());
  };
  return {at(0.025), at(0.975), first_[participant] / static_cast<double>(resamples_)};
}

std::vector<Places::Summary> bootstrap_ranks(const std::vector<std::vector<double>>& errors,
                                             std::uint64_t seed) {
  Places places(errors.size());
  const std::size_t seeds = errors.empty() ? 0 : errors.front().size();
  std::vector<std::size_t> drawn(seeds);
  std::vector<double> means(errors.size());
  for (std::size_t resample = 0; resample < resamples && seeds > 0; ++resample) {
    for (std::size_t i = 0; i < seeds; ++i) drawn[i] = draw(seed, resample, i, seeds);
    for (std::size_t p = 0; p < errors.size(); ++p) {
      // The order of the sum is fixed by the seeds, so that equal participants stay equal.
      means[p] = std::accumulate(drawn.begin(), drawn.end(), 0.0,
                                 [&](double sum, std::size_t i) { return sum + errors[p][i]; });
    }
    places.add(means);
  }
  std::vector<Places::Summary> all;
  for (std::size_t p = 0; p < errors.size(); ++p) all.push_back(places.of(p));
  return all;
}

}  // namespace thalweg::workbench
