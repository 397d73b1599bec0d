#include "workbench/diagnose/descent.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

namespace thalweg::workbench::diagnosis {
namespace {

constexpr std::size_t memory = 10;

struct Pair {
  Vector step, change;  ///< of the point, of the gradient
  double inverse = 0;   ///< 1 / their product
};

/// -H g with the pairs' estimate of the inverse Hessian: Nocedal & Wright 2006, Algorithm 7.4.
Vector direction(const std::deque<Pair>& pairs, const Vector& g) {
  Vector d = g, weights;
  for (auto pair = pairs.rbegin(); pair != pairs.rend(); ++pair) {
    const double weight = pair->inverse * dot(pair->step, d);
    weights.push_back(weight);
    for (std::size_t i = 0; i < d.size(); ++i) d[i] -= weight * pair->change[i];
  }
  if (!pairs.empty()) {
    const Pair& last = pairs.back();
    const double scale = 1 / (last.inverse * dot(last.change, last.change));
    for (double& x : d) x *= scale;
  }
  for (const Pair& pair : pairs) {
    const double weight = weights.back() - pair.inverse * dot(pair.change, d);
    weights.pop_back();
    for (std::size_t i = 0; i < d.size(); ++i) d[i] += weight * pair.step[i];
  }
  for (double& x : d) x = -x;
  return d;
}

/// Points of the way, of which only those are kept that can still be the first with half of the gain.
class Way {
 public:
  void add(double gain, const Vector& point) {
    if (!kept_.empty() && gain < 1.2 * kept_.back().gain) {
      last_ = gain;
      return;
    }
    last_ = gain;
    kept_.push_back({gain, point});
    while (kept_.size() > 1 && kept_.front().gain < last_ / 2) kept_.pop_front();
  }
  void finish(Below& below) {
    for (const Stop& stop : kept_) {
      if (stop.gain < last_ / 2 && &stop != &kept_.back()) continue;
      below.point = stop.point;
      below.half = stop.gain;
      return;
    }
  }

 private:
  struct Stop {
    double gain;
    Vector point;
  };
  std::deque<Stop> kept_;
  double last_ = 0;
};

}  // namespace

Below descend(Subject& subject, Point x, std::size_t evaluations) {
  const Vector start(x.begin(), x.end());
  Vector at = start, g(x.size()), next(x.size()), next_g(x.size());
  double value = subject.gradient(at, g);
  const double begin = value, farthest = 3 * (1 + norm(start));
  Below below{value, start, 0, 1};
  std::deque<Pair> pairs;
  Way way;
  bool far = false;
  while (below.evaluations < evaluations && norm(g) > 0 && !far) {
    Vector d = direction(pairs, g);
    double slope = dot(d, g);
    if (!(slope < 0)) break;
    // Without pairs the length of the gradient says nothing of the distance.
    double t = pairs.empty() ? 0.01 * (1 + norm(at)) / norm(d) : 1, low = 0, high = 0;
    bool moved = false;
    double best = value;
    Vector best_point, best_g;
    while (below.evaluations < evaluations) {
      for (std::size_t i = 0; i < at.size(); ++i) next[i] = at[i] + t * d[i];
      const double there = subject.gradient(next, next_g);
      ++below.evaluations;
      const bool finite = std::isfinite(there) && std::isfinite(norm(next_g));
      if (finite && there < best) {
        best = there;
        best_point = next;
        best_g = next_g;
        moved = true;
      }
      if (!finite || there > value + 1e-4 * t * slope) {
        high = t;
      } else if (dot(next_g, d) < 0.9 * slope) {
        low = t;
      } else {
        break;
      }
      t = high > 0 ? (low + high) / 2 : 2 * t;
      if (high > 0 && high - low <= 1e-9 * high) break;
      if (t * norm(d) > farthest) {
        far = true;
        break;
      }
    }
    if (!moved) {
      if (pairs.empty()) break;
      pairs.clear();
      continue;
    }
    Pair pair{best_point, best_g, 0};
    for (std::size_t i = 0; i < at.size(); ++i) {
      pair.step[i] -= at[i];
      pair.change[i] -= g[i];
    }
    const double product = dot(pair.step, pair.change);
    const double gained = value - best;
    at = best_point;
    g = best_g;
    value = best;
    way.add(begin - value, at);
    if (product > 1e-12 * norm(pair.step) * norm(pair.change)) {
      pair.inverse = 1 / product;
      pairs.push_back(std::move(pair));
      if (pairs.size() > memory) pairs.pop_front();
    }
    if (gained <= 1e-10 * (begin - value) &&
        gained <= 1e-15 * std::abs(value) + std::numeric_limits<double>::min())
      break;
    Vector way_so_far = at;
    for (std::size_t i = 0; i < at.size(); ++i) way_so_far[i] -= start[i];
    far = far || norm(way_so_far) > farthest;
  }
  below.value = value;
  way.finish(below);
  return below;
}

}  // namespace thalweg::workbench::diagnosis
