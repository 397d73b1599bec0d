#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "workbench/compare/rate_search.h"

namespace thalweg::workbench {

/// How the trials of an optimizer are chosen.
enum class Tuner {
  search,   ///< three quarters spread over the range, the rest close to the best of them (see next_rate)
  grid,     ///< evenly spaced, every combination of the keys' levels
  halving,  ///< many settings for a short time, the best third of them for longer, and so on
};

[[nodiscard]] const char* tuner_name(Tuner tuner);
/// Throws a usage Error, with the nearest name.
[[nodiscard]] Tuner parse_tuner(std::string_view name);

/// What each optimizer may spend: so many trials of so many epochs, or what costs as many epochs.
struct Budget {
  Tuner tuner = Tuner::search;
  std::size_t trials = 12, epochs = 30;
  std::uint64_t seed = 0;  ///< of the settings that are spread over more than one key, and of halving's

  [[nodiscard]] std::size_t total_epochs() const { return trials * epochs; }
};

/// A trial to run.
struct Proposal {
  double rate = 0;
  std::vector<double> others{};  ///< of Contender::others
  std::size_t epochs = 0;
};

/// A round of successive halving: so many settings, each trained for so many epochs from the start.
struct Rung {
  std::size_t settings = 0, epochs = 0;
};

/// Successive halving, Jamieson & Talwalkar 2016 (arXiv:1502.07943), Figure 3, with the factor 3 of Li et al.
/// 2018 (Hyperband, arXiv:1603.06560): every round keeps the best third and trains three times as long, up to
/// the full number of epochs. As many rounds as the epochs allow, at most 4, and as many settings as the
/// budget pays for. Each round trains from the start, so that a run is a pure function of its setting.
[[nodiscard]] std::vector<Rung> rungs(const Budget& budget);

/// The trials to run next, all at once, after these of the same contender in the order in which they were
/// proposed; none when the budget is spent. A pure function. A contender with nothing to tune has one trial.
[[nodiscard]] std::vector<Proposal> propose(const Contender& contender, const Budget& budget,
                                            const std::vector<RateTrial>& tried);

/// How many trials and epochs propose() asks for if nothing diverges.
struct Plan {
  std::size_t trials = 0, epochs = 0;
};
[[nodiscard]] Plan plan(const Contender& contender, const Budget& budget);

}  // namespace thalweg::workbench
