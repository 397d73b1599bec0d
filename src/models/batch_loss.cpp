#include "models/batch_loss.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "models/blas.h"

namespace thalweg::models {
namespace {

template <class T>
void fill_zero(Parameters<T>& tensors) {
  for (auto& tensor : tensors) std::fill(tensor.values.begin(), tensor.values.end(), T(0));
}

}  // namespace

template <class T>
template <class Part>
void BatchLoss<T>::spread(double cost, std::size_t parts, const Part& part) {
  if (parts > 1 && cost >= worth_threads_) {
    // One reference fits into a std::function without an allocation.
    pool_->run(parts, [&part](std::size_t number) { part(number); });
  } else {
    for (std::size_t number = 0; number < parts; ++number) part(number);
  }
}

template <class T>
template <class Task>
Tally BatchLoss<T>::run(const data::Dataset& data, const Rows& rows, const Task& task) {
  const std::size_t blocks = (rows.count + block - 1) / block, used = std::min(blocks, lanes);
  if (lanes_.size() < used) lanes_.resize(used);
  const auto one_lane = [&](std::size_t number) {
    Lane& lane = lanes_[number];
    lane.tally = {};
    const std::size_t first = number * blocks / used * block;
    const std::size_t end = std::min((number + 1) * blocks / used * block, rows.count);
    for (std::size_t begin = first; begin < end; begin += block) {
      lane.tally += task(rows.part(begin, std::min(block, end - begin)), number, begin == first);
    }
  };
  spread(static_cast<double>(rows.count) * network_->cost(data), used, one_lane);
  Tally sum;
  for (std::size_t number = 0; number < used; ++number) sum += lanes_[number].tally;
  return sum;
}

template <class T>
Loss BatchLoss<T>::gradient(const data::Dataset& data, std::span<const std::uint32_t> rows,
                            const Parameters<T>& at, Parameters<T>& gradient) {
  assert(!rows.empty());
  const T share = T(1) / static_cast<T>(rows.size());
  const std::size_t used = std::min((rows.size() + block - 1) / block, lanes);
  if (lanes_.size() < used) lanes_.resize(used);
  for (std::size_t number = 1; number < used; ++number) {
    if (lanes_[number].gradient.empty()) lanes_[number].gradient = zeros_like(at);
  }
  const Tally tally =
      run(data, {rows.data(), 0, rows.size()}, [&](const Rows& part, std::size_t number, bool first) {
        Parameters<T>& sum = number == 0 ? gradient : lanes_[number].gradient;
        if (first) fill_zero(sum);
        return Tally{network_->add_gradient(data, part, at, share, sum, lanes_[number].workspace), 0};
      });
  Loss loss{tally.loss / static_cast<double>(rows.size()), 0};
  add_lanes(used, gradient);
  const double l2 = network_->spec().l2;
  if (l2 > 0) {
    for (std::size_t k = 0; k < at.size(); ++k) {
      if (!at[k].penalized) continue;
      const std::vector<T>& weights = at[k].values;
      loss.penalty += l2 / 2 * dot(weights.size(), weights.data(), weights.data());
      std::transform(weights.begin(), weights.end(), gradient[k].values.begin(), gradient[k].values.begin(),
                     [&](T weight, T g) { return g + static_cast<T>(l2) * weight; });
    }
  }
  return loss;
}

/// Adds lanes 1, 2, ... to the gradient, each element in this order.
template <class T>
void BatchLoss<T>::add_lanes(std::size_t used, Parameters<T>& gradient) {
  if (used == 1) return;
  const auto slice = [&](std::size_t part) {
    for (std::size_t k = 0; k < gradient.size(); ++k) {
      const std::size_t size = gradient[k].values.size();
      T* const sum = gradient[k].values.data();
      for (std::size_t number = 1; number < used; ++number) {
        const T* const term = lanes_[number].gradient[k].values.data();
        for (std::size_t i = size * part / lanes; i < size * (part + 1) / lanes; ++i) sum[i] += term[i];
      }
    }
  };
  double additions = 0;
  for (const auto& tensor : gradient) additions += static_cast<double>(used * tensor.values.size());
  spread(additions, lanes, slice);
}

template <class T>
Scores BatchLoss<T>::evaluate(const data::Dataset& data, const Parameters<T>& at) {
  assert(data.rows() > 0);
  const Tally tally = run(data, {nullptr, 0, data.rows()}, [&](const Rows& part, std::size_t number, bool) {
    return network_->judge(data, part, at, lanes_[number].workspace);
  });
  const auto rows = static_cast<double>(data.rows());
  const double loss = tally.loss / rows;
  return {loss, data.task == data::Task::regression ? std::sqrt(2 * loss) : tally.hits / rows};
}

template class BatchLoss<float>;
template class BatchLoss<double>;

}  // namespace thalweg::models
