#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <thalweg/optimizer.h>

#include "workbench/diagnose/subject.h"

namespace thalweg::workbench::diagnosis {

/// The loss over all examples at a step of the run.
struct Checkpoint {
  std::uint64_t step = 0;
  double loss = 0;
  double lr = 0;  ///< of the step before it
};

/// Where a run left the numbers.
struct Breakdown {
  std::uint64_t step = 0;
  std::string tensor;   ///< the first one that is not finite, or whose gradient is not; or ""
  bool finite = false;  ///< all is finite, but the loss is a million times that of the start
};

/// A mean in which the t-th of n numbers counts as (t/n)^8: of about the last fifth of a run, without knowing
/// where that ends (polynomial-decay averaging, Shamir & Zhang 2013).
class RecentMean {
 public:
  /// The weight of the t-th number, t = 1, 2, ..., against all before.
  [[nodiscard]] static double share(std::uint64_t t) { return 9.0 / (static_cast<double>(t) + 8); }
  void add(double x, std::uint64_t t) {
    if (std::isfinite(x)) mean_ = std::isfinite(mean_) ? mean_ + (x - mean_) * share(t) : x;
  }
  [[nodiscard]] double value() const { return mean_; }  ///< NaN before the first

 private:
  double mean_ = std::numeric_limits<double>::quiet_NaN();
};

/// Watches the steps of a run: whatever a diagnosis needs that is gone when the run has ended.
class Recorder {
 public:
  /// Evaluates the subject at the start and then at about 48 steps, if `planned` is how many there will be; 0
  /// means that nobody knows, and costs up to 96 more for each doubling. Holds a reference to the subject.
  /// `transforms` are the run's own, in order.
  Recorder(Subject& subject, Point start, std::uint64_t planned, std::vector<AnyTransform> transforms);

  /// After a step: where it led, the gradient that it was made with (before any transform), its lr.
  void step(Point x, Point gradient, double lr);
  /// The run cannot go on.
  void broke(Breakdown breakdown) { breakdown_ = std::move(breakdown); }

  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] const Vector& start() const { return start_; }
  [[nodiscard]] const Vector& last() const { return last_; }        ///< the last point that is finite
  [[nodiscard]] const Vector& average() const { return average_; }  ///< RecentMean of the points
  [[nodiscard]] const std::vector<Checkpoint>& checkpoints() const { return checkpoints_; }
  [[nodiscard]] const std::optional<Breakdown>& breakdown() const { return breakdown_; }

  [[nodiscard]] double gradient_cosine() const { return gradient_cosine_.value(); }
  [[nodiscard]] double step_cosine() const { return step_cosine_.value(); }
  [[nodiscard]] double step_length() const { return step_length_.value(); }
  [[nodiscard]] double update_ratio() const { return update_ratio_.value(); }
  [[nodiscard]] double clipped() const { return clipped_.value(); }  ///< share of steps; NaN without clipping
  [[nodiscard]] double shortened() const { return shortened_.value(); }  ///< mean length kept, in (0, 1]
  /// Root mean squares of each parameter's recent steps and gradients.
  [[nodiscard]] Vector root_steps() const;
  [[nodiscard]] Vector root_gradients() const;
  /// Of the norms of the last 256 gradients, as they reach the first clip: the one that `share` of them do
  /// not exceed. For clip_value it is the largest entry instead of the norm.
  [[nodiscard]] double gradient_quantile(double share) const;

 private:
  void watch_clipping(Point gradient);
  void thin_out();

  Subject* subject_;
  std::vector<AnyTransform> transforms_;
  std::uint64_t stride_, steps_ = 0;
  Vector start_, last_, average_, gradient_, step_, square_steps_, square_gradients_;
  std::vector<Checkpoint> checkpoints_;
  std::optional<Breakdown> breakdown_;
  RecentMean gradient_cosine_, step_cosine_, step_length_, update_ratio_, clipped_, shortened_;
  std::deque<double> lengths_;
};

}  // namespace thalweg::workbench::diagnosis
