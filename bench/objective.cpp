#include "bench/objective.h"

#include <cmath>
#include <numeric>

namespace thalweg::bench {
namespace {

using Numbers = std::vector<double>;

double dot(const Numbers& a, const Numbers& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// a + by b
Numbers moved(Numbers a, double by, const Numbers& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += by * b[i];
  return a;
}

}  // namespace

Numbers Objective::scores(const Numbers& weights) const {
  const auto& matrix = std::get<data::SparseMatrix>(rows_->features);
  Numbers all(matrix.rows);
  for (std::size_t i = 0; i < matrix.rows; ++i) {
    for (std::size_t k = matrix.row_begin[i]; k < matrix.row_begin[i + 1]; ++k)
      all[i] += static_cast<double>(matrix.value[k]) * weights[matrix.column[k]];
  }
  return all;
}

/// The mean of the rows, each times its factor.
Numbers Objective::combined(const Numbers& factors) const {
  const auto& matrix = std::get<data::SparseMatrix>(rows_->features);
  Numbers sum(matrix.columns);
  for (std::size_t i = 0; i < matrix.rows; ++i) {
    const double factor = factors[i] / static_cast<double>(matrix.rows);
    for (std::size_t k = matrix.row_begin[i]; k < matrix.row_begin[i + 1]; ++k)
      sum[matrix.column[k]] += static_cast<double>(matrix.value[k]) * factor;
  }
  return sum;
}

double Objective::value(const Numbers& weights) const {
  const Numbers z = scores(weights);
  double loss = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double s = rows_->target[i] > 0 ? z[i] : -z[i];
    loss += std::log1p(std::exp(-std::abs(s))) - std::min(s, 0.0);
  }
  return loss / static_cast<double>(z.size()) + l2_ / 2 * dot(weights, weights);
}

double Objective::least() const {
  Numbers w(std::get<data::SparseMatrix>(rows_->features).columns);
  double f = value(w);
  for (int step = 0; step < 100; ++step) {
    Numbers slope = scores(w), curve(slope.size());
    for (std::size_t i = 0; i < slope.size(); ++i) {
      const double p = 1 / (1 + std::exp(-slope[i]));
      slope[i] = p - static_cast<double>(rows_->target[i]);
      curve[i] = p * (1 - p);
    }
    const Numbers gradient = moved(combined(slope), l2_, w);
    const double square = dot(gradient, gradient);
    if (square <= 1e-6 * f * 2 * l2_) break;
    // H d = -g, until a tenth of the gradient is left.
    Numbers d(w.size()), r = moved(d, -1, gradient), p = r;
    double left = square;
    for (int k = 0; k < 500 && left > 0.01 * square; ++k) {
      Numbers bend = scores(p);
      for (std::size_t i = 0; i < bend.size(); ++i) bend[i] *= curve[i];
      const Numbers hp = moved(combined(bend), l2_, p);
      const double along = left / dot(p, hp);
      d = moved(std::move(d), along, p);
      r = moved(std::move(r), -along, hp);
      const double next = dot(r, r);
      p = moved(r, next / left, p);
      left = next;
    }
    double length = 1, reached = value(moved(w, length, d));
    while (!(reached < f) && length > 1e-6) reached = value(moved(w, length /= 2, d));
    w = moved(std::move(w), length, d);
    f = reached;
  }
  return f;
}

}  // namespace thalweg::bench
