#pragma once

#include <vector>

namespace thalweg::workbench {

/// The probability that a Student t variable with `freedom` > 0 degrees of freedom (whole or not) is at most
/// t.
[[nodiscard]] double student_t_cdf(double t, double freedom);

/// The t that student_t_cdf gives `probability` in (0, 1).
[[nodiscard]] double student_t_quantile(double probability, double freedom);

/// A mean and the interval that holds the true one with the given confidence, if the values are normal.
struct Interval {
  double mean = 0, low = 0, high = 0;
};

/// Student's t interval. One value gives an interval without bounds (-inf, inf): nothing is known about its
/// spread. Needs at least one value.
[[nodiscard]] Interval mean_interval(const std::vector<double>& values, double confidence = 0.95);

/// The two-sided p-value of Welch's t test, which allows both spreads to differ, that two samples have the
/// same mean. 1 where a sample has fewer than two values; where neither spreads at all, 1 for equal means and
/// otherwise 0.
[[nodiscard]] double welch_p(const std::vector<double>& a, const std::vector<double>& b);

/// The mean of `a` minus the mean of `b`, with the interval that belongs to Welch's t test; without bounds
/// where a sample has fewer than two values.
[[nodiscard]] Interval welch_difference(const std::vector<double>& a, const std::vector<double>& b,
                                        double confidence = 0.95);

/// Holm's step-down correction: the p-values, in the given order, so that comparing each with alpha errs in
/// any of them with a probability of at most alpha.
[[nodiscard]] std::vector<double> holm(const std::vector<double>& p);

}  // namespace thalweg::workbench
