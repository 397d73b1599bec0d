#pragma once

#include <cstdint>
#include <limits>

#include <thalweg/detail/erased.h>

namespace thalweg {

/// Reduces a factor when a metric stalls. Not a pure function of the step, so it is apart from Schedule: feed
/// it the metric once per check (an epoch, say) with observe() and give factor() to Optimizer::scale.
///
/// A value is an improvement over the best one if it is better by more than threshold * |best| (relative) or
/// than threshold (absolute), which is right for negative metrics too. After more than `patience` checks in a
/// row without one, the factor is multiplied by `gamma`, and `cooldown` checks are not counted. A NaN never
/// improves.
struct Plateau {
  enum class Mode { min, max };
  enum class Threshold { relative, absolute };

  double gamma = 0.1;
  std::uint64_t patience = 10, cooldown = 0;
  double threshold = 1e-4, final = 0;
  Mode mode = Mode::min;
  Threshold threshold_mode = Threshold::relative;

  static constexpr Card card{"plateau", "Reduce on plateau", "",
                             "Lowers the rate when the validation loss has stopped improving."};
  static std::vector<KeyInfo> keys() {
    return {
        key(&Plateau::gamma, "gamma", "γ", Range{.low = 0, .high = 1, .low_open = true, .high_open = true},
            "factor of each reduction"),
        key(&Plateau::patience, "patience", "", in_closed(0, 0x1p53),
            "checks without improvement that are borne"),
        key(&Plateau::cooldown, "cooldown", "", in_closed(0, 0x1p53),
            "checks after a reduction that are not counted"),
        key(&Plateau::threshold, "threshold", "", at_least(0), "how much better counts as an improvement"),
        key(&Plateau::final, "final", "", at_least(0), "the factor never falls below it"),
        key(&Plateau::mode, "mode", {{Mode::min, "min"}, {Mode::max, "max"}},
            "whether smaller or larger metrics are better"),
        key(&Plateau::threshold_mode, "threshold_mode",
            {{Threshold::relative, "relative"}, {Threshold::absolute, "absolute"}},
            "threshold as a share of the best value, or in its unit")};
  }
};

/// A Plateau at work: its settings, the best metric so far and the counters.
class PlateauTracker {
 public:
  /// Where it stands, from which it goes on as if it had never been interrupted.
  struct Position {
    double best = std::numeric_limits<double>::quiet_NaN(), factor = 1;
    std::uint64_t bad = 0, resting = 0;  ///< checks: without improvement, not to be counted
  };

  explicit PlateauTracker(const Plateau& settings) : settings_(settings) {}
  PlateauTracker(const Plateau& settings, const Position& position) : settings_(settings), at_(position) {}

  /// Takes the metric of one check. Returns true if it reduced the factor.
  bool observe(double metric);
  [[nodiscard]] double factor() const { return at_.factor; }
  [[nodiscard]] double best() const { return at_.best; }  ///< NaN before the first check
  [[nodiscard]] const Position& position() const { return at_; }

 private:
  Plateau settings_;
  Position at_;
};

}  // namespace thalweg
