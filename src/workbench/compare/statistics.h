#pragma once

#include <limits>
#include <vector>

namespace thalweg::workbench {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// The probability that a Student t variable with `freedom` > 0 degrees of freedom (whole or not) is at most
/// t.
[[nodiscard]] double student_t_cdf(double t, double freedom);

/// The t that student_t_cdf gives `probability` in (0, 1).
[[nodiscard]] double student_t_quantile(double probability, double freedom);

/// A mean and the interval that holds the true one with a given confidence, if the values are normal.
struct Interval {
  double mean = 0, low = 0, high = 0;
};

/// Student's t interval. One value gives an interval without bounds (-inf, inf): nothing is known about its
/// spread. Needs at least one value.
[[nodiscard]] Interval mean_interval(const std::vector<double>& values, double confidence = 0.95);

/// Welch's interval of mean(after) - mean(before) for independent values of unequal spread (Welch 1947, with
/// the degrees of freedom of Satterthwaite 1946). Needs at least two values of each.
[[nodiscard]] Interval welch_interval(const std::vector<double>& before, const std::vector<double>& after,
                                      double confidence = 0.95);

}  // namespace thalweg::workbench
