#include "workbench/progressive.h"

#include <cmath>

namespace thalweg::workbench {

void Progressive::add(double loss, bool hit) {
  const Sums one{loss, hit ? 1.0 : 0.0};
  for (Sums* const sums : {&total_, &since_}) {
    sums->loss += one.loss;
    sums->hits += one.hits;
  }
  ++examples_;
  if (last_.size() < window_) {
    last_.push_back(one);
  } else if (window_ > 0) {
    last_[next_] = one;
    next_ = (next_ + 1) % window_;
  }
}

/// A squared error is twice its loss.
models::Scores Progressive::scores(const Sums& sums, std::uint64_t count) const {
  if (count == 0) return {};
  const double loss = sums.loss / static_cast<double>(count);
  return {loss,
          task_ == data::Task::regression ? std::sqrt(2 * loss) : sums.hits / static_cast<double>(count)};
}

models::Scores Progressive::last_window() const {
  Sums sums;
  for (std::size_t i = 0; i < last_.size(); ++i) {
    const Sums& one = last_[(next_ + i) % last_.size()];
    sums.loss += one.loss;
    sums.hits += one.hits;
  }
  return scores(sums, last_.size());
}

std::optional<ProgressiveRow> Progressive::line(bool end) {
  if (examples_ < due_ && !(end && examples_ > line_)) return std::nullopt;
  const ProgressiveRow row{examples_, scores(since_, examples_ - line_), average()};
  line_ = examples_;
  since_ = {};
  while (due_ <= examples_) due_ *= 2;
  return row;
}

}  // namespace thalweg::workbench
