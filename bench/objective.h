#pragma once

#include <cstddef>
#include <vector>

#include "data/dataset.h"

namespace thalweg::bench {

/// Logistic regression with an l2 penalty on sparse rows of two classes: the mean of log(1 + exp(-s)), s the
/// score with the sign of the class, and l2 / 2 times the sum of squares. No intercept. In double.
class Objective {
 public:
  /// Holds a reference to the rows.
  Objective(const data::Dataset& rows, double l2) : rows_(&rows), l2_(l2) {}

  [[nodiscard]] double value(const std::vector<double>& weights) const;
  /// The least value, from above, to a relative 1e-6: by Newton's method with conjugate gradients, until
  /// strong convexity says so (f(w) - f* <= |gradient|^2 / (2 l2)).
  [[nodiscard]] double least() const;
  [[nodiscard]] double l2() const { return l2_; }

 private:
  std::vector<double> scores(const std::vector<double>& weights) const;
  std::vector<double> combined(const std::vector<double>& factors) const;

  const data::Dataset* rows_;
  double l2_;
};

}  // namespace thalweg::bench
