#include <cmath>

#include <thalweg/schedule.h>
#include <thalweg/schedules/plateau.h>

namespace thalweg {

Schedule Schedule::then(const Schedule& next) const {
  const Segment& last = segments_.back();
  if (std::isinf(last.info().length(last.object()))) {
    throw usage_error("schedule", last.text(), "never ends, so nothing can follow it; give it steps");
  }
  if (next.absolute_ != absolute_)
    throw usage_error("schedule", next.text(), "factors and absolute values cannot follow each other");
  Schedule whole = *this;
  whole.segments_.insert(whole.segments_.end(), next.segments_.begin(), next.segments_.end());
  return whole;
}

Schedule Schedule::absolute() const {
  Schedule result = *this;
  result.absolute_ = true;
  return result;
}

double Schedule::at(double t, double base) const {
  double k = t - 1;
  std::size_t i = 0;
  for (; i + 1 < segments_.size(); ++i) {
    const double length = segments_[i].info().length(segments_[i].object());
    if (k < length) break;
    k -= length;
  }
  const Segment& segment = segments_[i];
  k = std::min(k, segment.info().length(segment.object()));
  const double number = segment.info().factor(segment.object(), k);
  return absolute_ ? number : number * base;
}

std::string Schedule::text() const {
  std::string all = absolute_ ? "absolute" : "";
  for (const Segment& segment : segments_) all += (all.empty() ? "" : " | ") + segment.text();
  return all;
}

bool PlateauTracker::observe(double metric) {
  if (std::isnan(at_.best) && !std::isnan(metric)) {
    at_.best = metric;
    return false;
  }
  const bool relative = settings_.threshold_mode == Plateau::Threshold::relative;
  const double margin = std::isinf(at_.best) ? 0 : settings_.threshold * (relative ? std::abs(at_.best) : 1);
  const bool better =
      settings_.mode == Plateau::Mode::min ? metric < at_.best - margin : metric > at_.best + margin;
  if (better) {
    at_.best = metric;
    at_.bad = 0;
  } else if (at_.resting == 0) {
    ++at_.bad;
  }
  if (at_.resting > 0) {
    --at_.resting;
    at_.bad = 0;
    return false;
  }
  if (at_.bad <= settings_.patience) return false;
  at_.bad = 0;
  at_.resting = settings_.cooldown;
  const double before = at_.factor;
  at_.factor = std::max(at_.factor * settings_.gamma, settings_.final);
  return at_.factor < before;
}

}  // namespace thalweg
