#include "workbench/compare/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace thalweg::workbench {
namespace {

/// The continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8) by Lentz's method.
double beta_fraction(double a, double b, double x) {
  const double tiny = 1e-300;
  const auto away_from_zero = [tiny](double v) { return std::abs(v) < tiny ? tiny : v; };
  double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), value = d;
  for (int i = 1; i < 1000; ++i) {
    const double m = i;
    for (const double term : {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                              -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))}) {
      d = 1 / away_from_zero(1 + term * d);
      c = away_from_zero(1 + term / c);
      value *= c * d;
    }
    if (std::abs(c * d - 1) < 1e-15) break;
  }
  return value;
}

/// The regularized incomplete beta function I_x(a, b).
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  // The fraction converges fast on one side of the mean only.
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/// The probability of a t at least this far from 0, on both sides together.
double two_sided(double t, double freedom) {
  if (std::isinf(t)) return 0;
  return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance(const std::vector<double>& values) {
  // Equal values have no spread, whatever their mean is rounded to.
  if (std::equal(values.begin() + 1, values.end(), values.begin())) return 0;
  const double center = mean(values);
  double sum = 0;
  for (const double v : values) sum += (v - center) * (v - center);
  return sum / static_cast<double>(values.size() - 1);
}

}  // namespace

double student_t_cdf(double t, double freedom) {
  assert(freedom > 0);
  const double tail = two_sided(t, freedom) / 2;
  return t < 0 ? tail : 1 - tail;
}

double student_t_quantile(double probability, double freedom) {
  assert(probability > 0 && probability < 1);
  if (probability < 0.5) return -student_t_quantile(1 - probability, freedom);
  double low = 0, high = 1;
  while (student_t_cdf(high, freedom) < probability && high < 1e300) high *= 2;
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle == low || middle == high) break;
    (student_t_cdf(middle, freedom) < probability ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

Interval mean_interval(const std::vector<double>& values, double confidence) {
  assert(!values.empty());
  const double center = mean(values);
  if (values.size() == 1) return {center, -infinity, infinity};
  const double n = static_cast<double>(values.size());
  const double half = student_t_quantile(0.5 + confidence / 2, n - 1) * std::sqrt(variance(values) / n);
  return {center, center - half, center + half};
}

Interval welch_interval(const std::vector<double>& before, const std::vector<double>& after,
                        double confidence) {
  assert(before.size() >= 2 && after.size() >= 2);
  const auto n = static_cast<double>(before.size()), m = static_cast<double>(after.size());
  const double a = variance(before) / n, b = variance(after) / m, center = mean(after) - mean(before);
  if (a + b == 0) return {center, center, center};
  const double freedom = (a + b) * (a + b) / (a * a / (n - 1) + b * b / (m - 1));
  const double half = student_t_quantile(0.5 + confidence / 2, freedom) * std::sqrt(a + b);
  return {center, center - half, center + half};
}

}  // namespace thalweg::workbench
