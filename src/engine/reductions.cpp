// Sums over all parameters: global norms, and what rules measure before their step. One number per block,
// added in the order of the blocks, so that threads do not change them.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/sum_of_squares.h"
#include "engine/tile.h"

namespace thalweg {

/// The first block that begins at or after the `index`th parameter of all.
std::size_t Optimizer::Engine::block_from(std::size_t index) const {
  if (index == 0 || index >= size_) return index == 0 ? 0 : blocks_.size();
  const auto found =
      std::lower_bound(blocks_.begin(), blocks_.end(), index, [this](const Block& block, std::size_t i) {
        return tensors_[block.tensor].first_index + block.begin < i;
      });
  return static_cast<std::size_t>(found - blocks_.begin());
}

/// Calls visit(b) for every block, on several threads where that pays: on those that will step it.
void Optimizer::Engine::for_each_block(const std::function<void(std::size_t)>& visit) const {
  share(pass_traffic(), 0, size_, [&](std::size_t begin, std::size_t end) {
    const std::size_t last = block_from(cut(end));
    for (std::size_t b = block_from(cut(begin)); b < last; ++b) visit(b);
  });
}

/// Calls visit(theta, gradient, begin, count, tile) for each tile of a block: the parameters as they are, the
/// gradient after the first `stages` transforms, both in the type that the rule computes in.
template <class Visit>
void Optimizer::Engine::for_each_tile(const Block& block, std::size_t stages, Visit visit) const {
  const Tensor& tensor = tensors_[block.tensor];
  Tile tile, scratch;
  for (std::size_t begin = block.begin; begin < block.begin + block.count; begin += tile_size) {
    const std::size_t count = std::min(tile_size, block.begin + block.count - begin);
    const void* const theta = read_theta(tensor, begin, count, tile.theta.data());
    void* changed = nullptr;  // transforms may change the parameters: then a copy of them
    if (stages > 0) {
      changed = scratch.theta.data();
      std::memcpy(changed, theta, count * element_size(tensor.compute));
    }
    visit(theta, read_gradient(tensor, stages, changed, begin, count, tile), begin, count, tile);
  }
}

double Optimizer::Engine::block_sum(const Block& block, std::size_t stages, double scale) const {
  double sum = 0;
  const Precision compute = tensors_[block.tensor].compute;
  for_each_tile(block, stages, [&](const void*, const void* g, std::size_t, std::size_t count, Tile&) {
    sum += sum_of_squares(g, count, compute, scale, isa_);
  });
  return sum;
}

double Optimizer::Engine::block_largest(const Block& block, std::size_t stages) const {
  double largest = 0;
  const Precision compute = tensors_[block.tensor].compute;
  for_each_tile(block, stages, [&](const void*, const void* g, std::size_t, std::size_t count, Tile&) {
    const double here = largest_magnitude(g, count, compute, isa_);
    if (std::isnan(here) || here > largest) largest = here;
  });
  return largest;
}

/// Adds what the rule measures in a block, of the gradient as it reaches the rule and the parameters as they
/// are.
void Optimizer::Engine::measure_block(const Block& block, double* sums) const {
  const Tensor& tensor = tensors_[block.tensor];
  const Group& group = groups_[tensor.group];
  const detail::RuleInfo& info = group.own.info();
  const auto& kernels = tensor.compute == Precision::float32 ? info.measure_float32 : info.measure_float64;
  for_each_tile(
      block, group.stages.size(),
      [&](const void* theta, const void* g, std::size_t begin, std::size_t count, Tile& tile) {
        kernels[static_cast<std::size_t>(isa_)]({theta, g, read_slots(tensor, begin, count, tile).data(),
                                                 group.coefficients.float64.data(), count, sums});
      });
}

/// The sums over all parameters that the rule wants: one per block, added in order.
std::vector<double> Optimizer::Engine::measure() const {
  const std::size_t count = rule().info().sum_count;
  std::vector<double> partial(blocks_.size() * count), total(count);
  for_each_block([&](std::size_t b) { measure_block(blocks_[b], &partial[b * count]); });
  for (std::size_t i = 0; i < partial.size(); ++i) total[i % count] += partial[i];
  return total;
}

double Optimizer::Engine::norm(std::size_t stages) const {
  std::vector<double> partial(blocks_.size());
  const auto sum = [&](double scale) {
    for_each_block([&](std::size_t b) { partial[b] = block_sum(blocks_[b], stages, scale); });
    double total = 0;
    for (const double p : partial) total += p;
    return total;
  };
  const double total = sum(1);
  // Squares of doubles can overflow or vanish although the norm does not: then again, scaled by a power of
  // two.
  if (std::isfinite(total) && total >= 0x1p-900) return std::sqrt(total);
  double largest = 0;
  for (const Block& block : blocks_) {
    const double here = block_largest(block, stages);
    if (std::isnan(here)) return here;
    largest = std::max(largest, here);
  }
  if (largest == 0 || !std::isfinite(largest)) return largest;
  const int exponent = std::clamp(std::ilogb(largest), -1000, 1000);
  return std::ldexp(std::sqrt(sum(std::ldexp(1.0, -exponent))), exponent);
}

}  // namespace thalweg
