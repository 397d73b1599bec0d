// How a step walks over the parameters: blocks to threads, tiles through the transforms, kernels over ranges.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "engine/engine.h"
#include "engine/sum_of_squares.h"

namespace thalweg {
namespace {

/// Small enough for gradient and parameters to stay in the first-level cache between transforms and rule.
constexpr std::size_t tile_size = 1024;
/// Below this many parameters, waking threads costs more than they save.
constexpr std::size_t parallel_from = 32768;

struct alignas(64) Tile {
  std::array<std::byte, tile_size * sizeof(double)> bytes;
};

}  // namespace

void Optimizer::Engine::for_each_block(const std::function<void(std::size_t)>& visit) const {
  const std::size_t parts = size_ < parallel_from ? 1 : std::min(threads_, blocks_.size());
  if (parts <= 1) {
    for (std::size_t b = 0; b < blocks_.size(); ++b) visit(b);
    return;
  }
  if (!executor_) executor_ = std::make_shared<ThreadPool>(threads_);
  executor_->run(parts, [&](std::size_t part) {
    const std::size_t end = blocks_.size() * (part + 1) / parts;
    for (std::size_t b = blocks_.size() * part / parts; b < end; ++b) visit(b);
  });
}

void Optimizer::Engine::step_range(const Tensor& tensor, void* theta, const void* gradient, std::size_t begin,
                                   std::size_t count) const {
  const Group& group = groups_[tensor.group];
  const Precision precision = tensor.view.precision;
  const auto& variant = group.variant();
  const auto& kernels = precision == Precision::float32 ? variant.float32 : variant.float64;
  kernels[static_cast<std::size_t>(isa_)](
      {theta, gradient, slots_at(tensor, begin).data(), group.coefficients.in(precision), count});
}

std::array<void*, 16> Optimizer::Engine::slots_at(const Tensor& tensor, std::size_t begin) const {
  const Group& group = groups_[tensor.group];
  std::array<void*, 16> slots{};
  for (std::size_t row = 0; row < group.variant().slots.size(); ++row)
    slots[row] = group.arena(tensor.view.precision).at(row, tensor.offset + begin);
  return slots;
}

void Optimizer::Engine::apply_stages(const Tensor& tensor, std::size_t stages, void* theta, void* gradient,
                                     std::size_t begin, std::size_t count) const {
  const Group& group = groups_[tensor.group];
  const Precision precision = tensor.view.precision;
  for (std::size_t j = 0; j < stages; ++j) {
    const AnyTransform& transform =
        j < transforms_.size() ? transforms_[j] : group.around[j - transforms_.size()];
    const detail::TransformInfo& info = transform.info();
    const auto& kernels = precision == Precision::float32 ? info.float32 : info.float64;
    kernels[static_cast<std::size_t>(isa_)](
        {theta,
         gradient,
         gradient,
         group.stages[j].in(precision),
         count,
         {tensor.first_index + begin, steps_ + 1, info.seed(transform.object())}});
  }
}

void Optimizer::Engine::step_block(const Block& block) const {
  const Tensor& tensor = tensors_[block.tensor];
  const std::size_t size = element_size(tensor.view.precision), stages = groups_[tensor.group].stages.size();
  const std::size_t piece = stages == 0 ? chunk_ : std::min(chunk_, tile_size);
  auto* const theta = static_cast<std::byte*>(tensor.view.data);
  const auto* const gradient = static_cast<const std::byte*>(tensor.gradient.data);
  Tile tile;
  for (std::size_t at = block.begin; at < block.begin + block.count; at += piece) {
    const std::size_t count = std::min(piece, block.begin + block.count - at);
    const void* g = gradient + at * size;
    if (stages > 0) {
      std::memcpy(tile.bytes.data(), g, count * size);
      apply_stages(tensor, stages, theta + at * size, tile.bytes.data(), at, count);
      g = tile.bytes.data();
    }
    step_range(tensor, theta + at * size, g, at, count);
  }
}

/// Calls visit(gradient, begin, count) for each tile of a block, after the first `stages` transforms, on
/// copies.
template <class Visit>
void Optimizer::Engine::for_each_tile(const Block& block, std::size_t stages, Visit visit) const {
  const Tensor& tensor = tensors_[block.tensor];
  const std::size_t size = element_size(tensor.view.precision);
  Tile theta, gradient;
  for (std::size_t at = block.begin; at < block.begin + block.count; at += tile_size) {
    const std::size_t count = std::min(tile_size, block.begin + block.count - at);
    const std::byte* g = static_cast<const std::byte*>(tensor.gradient.data) + at * size;
    if (stages > 0) {
      std::memcpy(theta.bytes.data(), static_cast<const std::byte*>(tensor.view.data) + at * size,
                  count * size);
      std::memcpy(gradient.bytes.data(), g, count * size);
      apply_stages(tensor, stages, theta.bytes.data(), gradient.bytes.data(), at, count);
      g = gradient.bytes.data();
    }
    visit(g, at, count);
  }
}

double Optimizer::Engine::block_sum(const Block& block, std::size_t stages, double scale) const {
  double sum = 0;
  const Precision precision = tensors_[block.tensor].view.precision;
  for_each_tile(block, stages, [&](const void* g, std::size_t, std::size_t count) {
    sum += sum_of_squares(g, count, precision, scale, isa_);
  });
  return sum;
}

double Optimizer::Engine::block_largest(const Block& block, std::size_t stages) const {
  double largest = 0;
  const Precision precision = tensors_[block.tensor].view.precision;
  for_each_tile(block, stages, [&](const void* g, std::size_t, std::size_t count) {
    const double here = largest_magnitude(g, count, precision);
    if (std::isnan(here) || here > largest) largest = here;
  });
  return largest;
}

/// Adds what the rule measures in a block, of the gradient as it reaches the rule and the parameters as they
/// are.
void Optimizer::Engine::measure_block(const Block& block, double* sums) const {
  const Tensor& tensor = tensors_[block.tensor];
  const Group& group = groups_[tensor.group];
  const Precision precision = tensor.view.precision;
  const detail::RuleInfo& info = group.own.info();
  const auto& kernels = precision == Precision::float32 ? info.measure_float32 : info.measure_float64;
  for_each_tile(block, group.stages.size(), [&](const void* g, std::size_t begin, std::size_t count) {
    const auto* theta = static_cast<const std::byte*>(tensor.view.data) + begin * element_size(precision);
    kernels[static_cast<std::size_t>(isa_)](
        {theta, g, slots_at(tensor, begin).data(), group.coefficients.float64.data(), count, sums});
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
