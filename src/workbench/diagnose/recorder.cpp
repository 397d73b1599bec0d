#include "workbench/diagnose/recorder.h"

#include <algorithm>
#include <cmath>

namespace thalweg::workbench::diagnosis {
namespace {

constexpr std::uint64_t looks = 48;
constexpr std::size_t kept_lengths = 256;

double cosine(Point a, Point b) {
  const double lengths = norm(a) * norm(b);
  return lengths > 0 ? dot(a, b) / lengths : std::numeric_limits<double>::quiet_NaN();
}

Vector root(Vector squares) {
  for (double& x : squares) x = std::sqrt(x);
  return squares;
}

bool is_finite(Point x) {
  return std::all_of(x.begin(), x.end(), [](double value) { return std::isfinite(value); });
}

}  // namespace

Recorder::Recorder(Subject& subject, Point start, std::uint64_t planned, std::vector<AnyTransform> transforms)
    : subject_(&subject),
      transforms_(std::move(transforms)),
      stride_(std::max<std::uint64_t>(1, planned / looks)),
      start_(start.begin(), start.end()),
      last_(start_),
      average_(start_),
      square_steps_(start.size(), 0),
      square_gradients_(start.size(), 0) {
  checkpoints_.push_back({0, subject.value(start_), 0});
}

void Recorder::step(Point x, Point gradient, double lr) {
  if (!is_finite(x) || !is_finite(gradient)) return;
  ++steps_;
  const double share = RecentMean::share(steps_);
  Vector moved(x.begin(), x.end());
  for (std::size_t i = 0; i < moved.size(); ++i) {
    moved[i] -= last_[i];
    average_[i] += (x[i] - average_[i]) * share;
    square_steps_[i] += (moved[i] * moved[i] - square_steps_[i]) * share;
    square_gradients_[i] += (gradient[i] * gradient[i] - square_gradients_[i]) * share;
  }
  if (!gradient_.empty()) {
    gradient_cosine_.add(cosine(gradient, gradient_), steps_);
    step_cosine_.add(cosine(moved, step_), steps_);
  }
  const double length = norm(moved), size = norm(last_);
  step_length_.add(length, steps_);
  if (size > 0) update_ratio_.add(length / size, steps_);
  watch_clipping(gradient);
  gradient_.assign(gradient.begin(), gradient.end());
  step_ = std::move(moved);
  last_.assign(x.begin(), x.end());
  if (steps_ % stride_ != 0) return;
  checkpoints_.push_back({steps_, subject_->value(last_), lr});
  if (checkpoints_.size() > 2 * looks) thin_out();
}

/// Keeps every second checkpoint, with the start.
void Recorder::thin_out() {
  stride_ *= 2;
  checkpoints_.erase(std::remove_if(checkpoints_.begin(), checkpoints_.end(),
                                    [&](const Checkpoint& c) { return c.step % stride_ != 0; }),
                     checkpoints_.end());
}

void Recorder::watch_clipping(Point gradient) {
  for (const AnyTransform& transform : transforms_) {
    const bool by_norm = transform.name() == "clip_norm";
    if (!by_norm && transform.name() != "clip_value") continue;
    const double most = std::get<double>(transform.get("max")), length = norm(gradient);
    double reached = length, kept = std::min(1.0, most / length);
    if (!by_norm) {
      double squares = 0;
      reached = 0;
      for (const double g : gradient) {
        reached = std::max(reached, std::abs(g));
        squares += std::pow(std::min(std::abs(g), most), 2);
      }
      kept = std::sqrt(squares) / length;
    }
    if (!(length > 0)) return;
    clipped_.add(reached > most ? 1 : 0, steps_);
    shortened_.add(kept, steps_);
    lengths_.push_back(reached);
    if (lengths_.size() > kept_lengths) lengths_.pop_front();
    return;
  }
}

Vector Recorder::root_steps() const { return root(square_steps_); }
Vector Recorder::root_gradients() const { return root(square_gradients_); }

double Recorder::gradient_quantile(double share) const {
  if (lengths_.empty()) return 0;
  Vector sorted(lengths_.begin(), lengths_.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

}  // namespace thalweg::workbench::diagnosis
