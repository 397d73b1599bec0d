// Sparse tensors whose parameters are their records times one number, so that what a step does to all
// parameters alike costs one product.

#include <algorithm>
#include <cmath>

#include "engine/tile.h"

namespace thalweg {

/// What the coming step leaves of a parameter that has no gradient.
double Optimizer::Engine::share_left(const Tensor& tensor) const {
  const Group& group = groups_[tensor.group];
  if (group.stages.empty()) return 1;
  if (!group.penalizes) return group.before.float64.back();
  const detail::RuleInfo& info = group.own.info();
  if (!info.linear)
    throw usage_error("sparse tensor " + tensor.rare->name, group.own.name(),
                      "adapts to its gradients, which an l2 is added to: steps cannot be skipped by scaling");
  double theta = 1, gradient = 0;
  group.variant().prepared64[1][static_cast<std::size_t>(isa_)](
      {&theta, &gradient, nullptr, group.coefficients.float64.data(), 1, group.before.float64.data()});
  return theta;
}

/// Finds the number after the coming step. Where it has become so small that records may overflow, they
/// become the parameters again first.
void Optimizer::Engine::prepare_scale(const Tensor& tensor) {
  constexpr double least = 0x1p-40, least_share = 0x1p-20;
  Table& table = *tensor.rare->table;
  const double share = share_left(tensor);
  if (!(std::abs(share) >= least_share && std::abs(share) <= 1 / least_share))
    throw usage_error(
        "sparse tensor " + tensor.rare->name, number_text(share),
        "is what l2 and weight decay leave of a parameter in a step: to skip steps by scaling it "
        "must be from 2^-20 to 2^20 in size");
  if (std::abs(table.scale * share) < least || std::abs(table.scale * share) > 1 / least) {
    for (std::size_t begin = 0; begin < table.size; begin += tile_size) {
      const std::size_t count = std::min(tile_size, table.size - begin), size = element_size(tensor.compute);
      std::byte* const columns = table.gradient.get(tile_size * table.bytes);
      unpack(table.at(begin), table.stride, size, count, columns, isa_);
      multiply(columns, size, count, table.scale, isa_);
      pack(columns, table.stride, size, count, table.at(begin), isa_);
    }
    table.scale = 1;
  }
  table.coming_scale = table.scale * share;
}

}  // namespace thalweg
