#include "models/batch_loss.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "models/blas.h"

namespace thalweg::models {
namespace {

template <class T>
void fill_zero(std::vector<T>& values) {
  std::fill(values.begin(), values.end(), T(0));
}

std::size_t blocks_of(std::size_t rows, std::size_t block) { return (rows + block - 1) / block; }

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

/// Where a lane sums up.
template <class T>
Parameters<T>& BatchLoss<T>::part_of(std::size_t lane, Parameters<T>& gradient) {
  return lane == 0 && !plan_->few ? gradient : lanes_[lane].gradient;
}

template <class T>
Loss BatchLoss<T>::gradient(const data::Dataset& data, std::span<const std::uint32_t> rows,
                            const Parameters<T>& at, Parameters<T>& gradient) {
  assert(!rows.empty());
  constexpr std::size_t chunk = lanes * block;
  const T share = T(1) / static_cast<T>(rows.size());
  const std::size_t used = blocks_of(std::min(rows.size(), chunk), block);
  const double cost = static_cast<double>(rows.size()) * network_->cost(data);
  if (plan_ != &network_->plan(data)) lanes_.clear();
  plan_ = &network_->plan(data);
  if (lanes_.size() < used) lanes_.resize(used);
  for (std::size_t number = 0; number < used; ++number) {
    Parameters<T>& part = part_of(number, gradient);
    if (part.empty()) part = network_->part_gradient(*plan_);
  }
  for (std::size_t begin = 0; begin < rows.size(); begin += chunk) {
    const Rows part{rows.data() + begin, 0, std::min(chunk, rows.size() - begin)};
    const bool first = begin == 0;
    if (first) network_->prepare(data, part, at, workspace_);
    spread(cost, blocks_of(part.count, block), [&](std::size_t number) {
      Parameters<T>& sum = part_of(number, gradient);
      double& loss = lanes_[number].tally.loss;
      if (first) {
        loss = 0;
        for (std::size_t k = 0; k < at.size(); ++k) {
          if (plan_->summed[k]) fill_zero(sum[k].values);
        }
      }
      const std::size_t place = number * block;
      loss += network_->propagate(data, part.part(place, std::min(block, part.count - place)), place, at,
                                  share, sum, workspace_);
    });
    spread(cost, plan_->tiles.size(), [&](std::size_t number) {
      const Tile& tile = plan_->tiles[number];
      std::vector<T>& values = gradient[2 * tile.layer].values;
      const std::size_t columns = gradient[2 * tile.layer].columns;
      if (first) std::fill_n(values.data() + tile.begin * columns, (tile.end - tile.begin) * columns, T(0));
      network_->add_tile(tile, part.count, gradient, workspace_);
    });
  }
  add_lanes(used, gradient);
  double sum = 0;
  for (std::size_t number = 0; number < used; ++number) sum += lanes_[number].tally.loss;
  Loss loss{sum / static_cast<double>(rows.size()), 0};
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

/// Adds lanes 1, 2, ... to the first one, each element in this order.
template <class T>
void BatchLoss<T>::add_lanes(std::size_t used, Parameters<T>& gradient) {
  Parameters<T>& sum = part_of(0, gradient);
  double additions = 0;
  for (std::size_t k = 0; k < sum.size(); ++k) {
    if (plan_->summed[k]) additions += static_cast<double>((used - 1) * sum[k].values.size());
  }
  const auto slice = [&](std::size_t part) {
    for (std::size_t k = 0; k < sum.size(); ++k) {
      if (!plan_->summed[k]) continue;
      const std::size_t size = sum[k].values.size();
      T* const to = sum[k].values.data();
      for (std::size_t number = 1; number < used; ++number) {
        const T* const term = lanes_[number].gradient[k].values.data();
        for (std::size_t i = size * part / lanes; i < size * (part + 1) / lanes; ++i) to[i] += term[i];
      }
    }
  };
  if (used > 1) spread(additions, lanes, slice);
  if (plan_->few) network_->copy_from_part(sum, gradient);
}

template <class T>
Scores BatchLoss<T>::evaluate(const data::Dataset& data, const Parameters<T>& at) {
  assert(data.rows() > 0);
  const std::size_t blocks = blocks_of(data.rows(), block), used = std::min(blocks, lanes);
  if (lanes_.size() < used) lanes_.resize(used);
  network_->prepare(data, {nullptr, 0, used * block}, at, workspace_);
  spread(static_cast<double>(data.rows()) * network_->cost(data), used, [&](std::size_t number) {
    Tally& tally = lanes_[number].tally;
    tally = {};
    const std::size_t end = std::min((number + 1) * blocks / used * block, data.rows());
    for (std::size_t begin = number * blocks / used * block; begin < end; begin += block)
      tally += network_->judge(data, {nullptr, begin, std::min(block, end - begin)}, number * block, at,
                               workspace_);
  });
  Tally tally;
  for (std::size_t number = 0; number < used; ++number) tally += lanes_[number].tally;
  const auto rows = static_cast<double>(data.rows());
  const double loss = tally.loss / rows;
  return {loss, data.task == data::Task::regression ? std::sqrt(2 * loss) : tally.hits / rows};
}

template class BatchLoss<float>;
template class BatchLoss<double>;

}  // namespace thalweg::models
