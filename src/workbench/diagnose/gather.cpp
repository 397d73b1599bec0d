#include "workbench/diagnose/gather.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "workbench/diagnose/curvature.h"
#include "workbench/diagnose/descent.h"

namespace thalweg::workbench::diagnosis {
namespace {

Vector moved(Point x, double factor, Point by) {
  Vector to(x.begin(), x.end());
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * by[i];
  return to;
}

Vector times(Point a, Point b) {
  Vector product(a.begin(), a.end());
  for (std::size_t i = 0; i < product.size(); ++i) product[i] *= b[i];
  return product;
}

/// The loss of the last third: its mean, its slope by least squares, and the standard error of that.
void fit_loss(const std::vector<Checkpoint>& all, Evidence& e) {
  const std::uint64_t last = all.back().step;
  std::vector<Checkpoint> late;
  for (std::size_t i = 1; i < all.size(); ++i) {
    const bool is_late = 3 * all[i].step >= 2 * last || i + 5 >= all.size();
    if (is_late && std::isfinite(all[i].loss)) late.push_back(all[i]);
  }
  const auto n = static_cast<double>(late.size());
  if (late.empty()) return;
  double mean = 0;
  e.lr = e.mean_lr = 0;
  for (const Checkpoint& c : late) {
    mean += c.loss / n;
    e.lr = std::max(e.lr, c.lr);
    e.mean_lr += c.lr / n;
  }
  e.recent_loss = mean;
  if (late.size() < 4) return;
  const auto fit = [&](std::size_t first) {
    const auto count = static_cast<double>(late.size() - first);
    double x0 = 0, y0 = 0, xx = 0, xy = 0, rest = 0;
    for (std::size_t i = first; i < late.size(); ++i) {
      x0 += static_cast<double>(late[i].step) / count;
      y0 += late[i].loss / count;
    }
    const auto x = [&](std::size_t i) { return static_cast<double>(late[i].step) - x0; };
    for (std::size_t i = first; i < late.size(); ++i) {
      xx += x(i) * x(i);
      xy += x(i) * (late[i].loss - y0);
    }
    for (std::size_t i = first; i < late.size(); ++i) rest += std::pow(late[i].loss - y0 - xy / xx * x(i), 2);
    return std::make_pair(xy / xx, std::sqrt(rest / (count - 2) / xx));
  };
  std::tie(e.slope, e.slope_error) = fit(0);
  // Without noise the later half of that says it better, where the first has the end of a steep descent.
  if (e.batch_size > 0 || late.size() < 6) return;
  const auto [slope, error] = fit(late.size() / 2);
  if (slope < 0 && slope > e.slope) std::tie(e.slope, e.slope_error) = std::make_pair(slope, error);
}

/// How much of the excess over `floor` in the middle third is left in the last one.
double third_ratio(const std::vector<Checkpoint>& all, double floor) {
  const std::uint64_t last = all.back().step;
  double sums[2]{}, counts[2]{};
  for (const Checkpoint& c : all) {
    if (c.step == 0 || 3 * c.step < last) continue;
    const int late = 3 * c.step >= 2 * last ? 1 : 0;
    sums[late] += c.loss - floor;
    ++counts[late];
  }
  if (counts[0] == 0 || counts[1] == 0 || !(sums[0] > 0)) return Evidence::unknown;
  return sums[1] / counts[1] / (sums[0] / counts[0]);
}

/// tr(Sigma) / |G|^2 from the gradients of batches.
double noise_scale(Subject& subject, Point x, Point gradient) {
  const std::size_t count = subject.batches();
  if (count < 2) return Evidence::unknown;
  Vector mean(x.size(), 0), g(x.size());
  double squares = 0;
  for (std::size_t b = 0; b < count; ++b) {
    subject.batch_gradient(b, x, g);
    squares += dot(g, g);
    for (std::size_t i = 0; i < g.size(); ++i) mean[i] += g[i] / static_cast<double>(count);
  }
  const auto n = static_cast<double>(count);
  const double variance = std::max(0.0, squares - n * dot(mean, mean)) / (n - 1);  // of a batch's gradient
  return variance * static_cast<double>(subject.batch_size()) / dot(gradient, gradient);
}

/// Which way along the most negative curvature the loss falls, how far and how much.
void find_escape(Subject& subject, Point x, Point gradient, const Ends& ends, Evidence& e) {
  const double tolerance = 1e-4 * std::abs(e.largest) + e.smallest_error;
  if (!(e.smallest < -tolerance)) return;
  // A kink of a ReLU looks like curvature from near; from farther away it does not.
  const double apart = 0.01 * (1 + norm(x));
  const double seen = (subject.value(moved(x, apart, ends.smallest_vector)) +
                       subject.value(moved(x, -apart, ends.smallest_vector)) - 2 * e.loss) /
                      (apart * apart);
  if (!(seen < e.smallest / 3)) {
    e.smallest = std::min(seen, 0.0);
    return;
  }
  e.escape = ends.smallest_vector;
  double sign = 1;
  const double reach = 1 + norm(x);
  for (double distance = 1e-4 * reach; distance <= reach; distance *= 2) {
    for (const double side : {1.0, -1.0}) {
      const double gain = e.loss - subject.value(moved(x, side * distance, e.escape));
      if (!(gain > e.escape_gain)) continue;
      e.escape_gain = gain;
      e.escape_distance = distance;
      sign = side;
    }
  }
  for (double& v : e.escape) v *= sign;
  e.escape_slope = dot(gradient, e.escape);
  std::size_t begin = 0;
  for (const Part& part : subject.parts()) {
    const Point piece = Point(e.escape).subspan(begin, part.size);
    e.escape_parts.emplace_back(part.name, dot(piece, piece));
    begin += part.size;
  }
}

/// The best multiple of a noise-free step, and what the step itself does.
void stretch_step(Subject& subject, Point x, Point step, Evidence& e) {
  e.first_step_change = subject.value(moved(x, -1, step)) - e.loss;
  double best = e.loss;
  e.stretch = 0;
  for (int k = -6; k <= 12; ++k) {
    const double factor = std::ldexp(1.0, k);
    const double there = subject.value(moved(x, -factor, step));
    if (!(there < best)) continue;
    best = there;
    e.stretch = factor;
  }
}

/// Everything about the way to a lower loss.
void look_below(Subject& subject, const Recorder& run, Point x, Point gradient, const Rates& rates,
                const Operator& h, const Effort& effort, Evidence& e) {
  Below below = descend(subject, x, effort.descent);
  if (e.escape_gain > 0) {
    // A descent from a saddle point follows the slope, which may lead nowhere.
    const Vector outside = moved(x, e.escape_distance, e.escape);
    Below other = descend(subject, outside, effort.descent);
    if (other.value < below.value) {
      if (e.escape_gain >= (e.loss - other.value) / 2) other.point = outside;
      below = std::move(other);
    }
  }
  e.gain = std::max(0.0, e.loss - below.value);
  const double rounding = 1e-13 * (std::abs(e.loss) + std::abs(e.start_loss));
  if (e.gain <= rounding) e.gain = 0;

  e.third_ratio = third_ratio(run.checkpoints(), e.loss - e.gain);
  // In a run that jumps about, the last point says less than the mean of the last ones.
  const double left_over =
      std::isfinite(e.recent_loss) ? std::min(e.gain, e.recent_loss - (e.loss - e.gain)) : e.gain;
  const double travelled = norm(moved(run.last(), -1, run.start()));
  if (std::isfinite(e.reference)) {
    e.missing = left_over / std::max(e.reference, left_over);
  } else {
    const double dropped = std::max(0.0, e.start_loss - e.loss);
    const double left = norm(moved(below.point, -1, x));
    e.missing = e.gain == 0 ? 0 : std::max(e.gain / (e.gain + dropped), left / (left + travelled));
  }
  if (e.gain == 0) return;
  // A rate that falls to 0 flattens the loss; what counts is the pace that it had before.
  const double again = static_cast<double>(e.steps) / e.gain * (e.mean_lr > 0 ? e.lr / e.mean_lr : 1);
  e.pace = -e.slope * again;
  e.pace_error = e.slope_error * again;

  const Vector way = moved(below.point, -1, x);
  const double gained = e.loss - subject.value(below.point);
  Vector product(x.size());
  h(way, product);
  e.slope_share = -dot(gradient, way) / gained;
  e.curvature_share = -dot(way, product) / 2 / gained;

  double weighted = 0;
  for (std::size_t i = 0; i < way.size(); ++i) {
    if (way[i] == 0) continue;
    weighted += rates.rate[i] > 0 ? way[i] * way[i] / rates.rate[i] : 0;
  }
  e.way_length = norm(way);
  e.way_curvature = 2 * gained / dot(way, way);
  e.steps_needed = weighted > 0 ? weighted / (2 * gained) : std::numeric_limits<double>::infinity();
  if (std::isfinite(e.limit) && e.steepness > 0)
    e.steps_at_best = e.steps_needed * e.steepness / (e.limit / 2);

  // The same with the curvature's own diagonal as the preconditioner (Jacobi).
  Vector diagonal = diagonal_of(h, x.size(), effort.exact, effort.samples, effort.seed);
  double most = 0, least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < diagonal.size(); ++i) {
    const double own = std::abs(diagonal[i]) * rates.rate[i];
    if (!(own > 0)) continue;
    most = std::max(most, own);
    least = std::min(least, own);
  }
  e.diagonal_spread = most > 0 ? most / least : Evidence::unknown;
  double floor = 0;
  for (const double d : diagonal) floor = std::max(floor, 1e-9 * std::abs(d));
  Vector inverse;
  double rescaled = 0;
  for (std::size_t i = 0; i < way.size(); ++i) {
    const double d = std::max(std::abs(diagonal[i]), floor);
    inverse.push_back(d > 0 ? 1 / d : 0);
    rescaled += d * way[i] * way[i];
  }
  const double top = ends_of_spectrum(scaled(h, inverse), x.size(), effort.lanczos, effort.seed).largest;
  if (top > 0) e.steps_rescaled = rescaled / (2 * gained) * top;
}

}  // namespace

Evidence gather(Subject& subject, const Recorder& run, const Rates& rates, const Effort& effort) {
  Evidence e;
  const Vector& x = run.last();
  e.steps = run.steps();
  e.parameters = x.size();
  e.start_loss = run.checkpoints().front().loss;
  e.breakdown = run.breakdown();
  e.reference = subject.reference().value_or(Evidence::unknown);
  e.gradient_cosine = run.gradient_cosine();
  e.step_cosine = run.step_cosine();
  e.step_length = run.step_length();
  e.update_ratio = run.update_ratio();
  e.clipped = run.clipped();
  e.shortened = run.shortened();
  e.clip_quantile = run.gradient_quantile(0.9);
  e.batch_size = static_cast<double>(subject.batches() > 0 ? subject.batch_size() : 0);
  e.limit = rates.limit.value_or(Evidence::unknown);
  e.adaptive = rates.adaptive;
  e.epsilon_share = rates.epsilon_share;
  e.median_root = rates.median_root;
  e.input_spread = subject.input_spread();
  e.units = subject.units(x);
  fit_loss(run.checkpoints(), e);
  if (!std::isfinite(e.lr)) e.lr = rates.lr;

  const Ends begin = ends_of_spectrum(hessian(subject, run.start()), x.size(), effort.lanczos, effort.seed);
  e.start_curvature = begin.largest;
  if (!rates.adaptive && !rates.rate.empty()) e.start_steepness = begin.largest * rates.rate.front();

  Vector gradient(x.size());
  e.loss = subject.gradient(x, gradient);
  e.gradient_norm = norm(gradient);
  e.parameter_norm = norm(x);
  if (e.breakdown || !std::isfinite(e.loss) || !std::isfinite(e.gradient_norm)) return e;
  e.average_loss = subject.value(run.average());
  e.noise_scale = noise_scale(subject, x, gradient);

  const Operator h = hessian(subject, x);
  const Ends ends = ends_of_spectrum(h, x.size(), effort.lanczos, effort.seed);
  e.largest = ends.largest;
  e.smallest = ends.smallest;
  e.largest_error = ends.largest_error;
  e.smallest_error = ends.smallest_error;
  find_escape(subject, x, gradient, ends, e);
  e.steepness = ends_of_spectrum(scaled(h, rates.rate), x.size(), effort.lanczos, effort.seed).largest;
  e.average_steepness = ends_of_spectrum(scaled(hessian(subject, run.average()), rates.rate), x.size(),
                                         effort.lanczos, effort.seed)
                            .largest;
  stretch_step(subject, x, times(rates.rate, gradient), e);
  look_below(subject, run, x, gradient, rates, h, effort, e);
  return e;
}

}  // namespace thalweg::workbench::diagnosis
