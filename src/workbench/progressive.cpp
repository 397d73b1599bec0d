#include "workbench/progressive.h"

#include <algorithm>
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

void Progressive::save(const std::string& name, Notes& notes) const {
  const auto count = [](std::uint64_t n) { return static_cast<double>(n); };
  std::vector<double>& numbers = notes.numbers[name];
  numbers = {count(examples_), count(line_), count(next_), total_.loss,
             total_.hits,      since_.loss,  since_.hits};
  for (const Sums& one : last_) numbers.insert(numbers.end(), {one.loss, one.hits});
}

void Progressive::load(const NoteReader& notes, const std::string& name) {
  constexpr std::size_t first = 7;  // of those that the window holds
  const std::size_t size = notes.size(name);
  const std::vector<double>& numbers = notes.numbers(name, std::max(size, first));
  const std::uint64_t examples = notes.count(name, 0, NoteReader::most);
  const std::size_t held = (size - first) / 2;
  if (size != first + 2 * std::min<std::uint64_t>(window_, examples))
    throw notes.wrong(name, std::to_string(held) + " examples in the window",
                      "those of a window of " + std::to_string(window_));
  examples_ = examples;
  line_ = notes.count(name, 1, examples);
  next_ = notes.count(name, 2, held == 0 ? 0 : held - 1);
  total_ = {numbers[3], numbers[4]};
  since_ = {numbers[5], numbers[6]};
  last_.clear();
  for (std::size_t k = first; k < size; k += 2) last_.push_back({numbers[k], numbers[k + 1]});
  for (due_ = 1; due_ <= line_;) due_ *= 2;
}

}  // namespace thalweg::workbench
