#include "bench/chain_kernels.h"

#include <algorithm>
#include <array>

#include <thalweg/transforms/clip.h>
#include <thalweg/transforms/decay.h>
#include <thalweg/transforms/noise.h>

#include "engine/sum_of_squares.h"

namespace thalweg::bench {
namespace {

constexpr std::size_t engine_tile = 512;  // as the engine cuts what it sums and transforms

bool sums(const AnyTransform& transform) { return transform.info().needs_norm; }

/// A step's coefficients of a transform, of a gradient whose norm is 2.
std::vector<float> coefficients_of(const AnyTransform& transform) {
  std::vector<double> numbers(transform.info().coefficient_count);
  transform.info().coefficients(transform.object(), {1000, 1e-3, 2}, numbers.data());
  return {numbers.begin(), numbers.end()};
}

}  // namespace

const std::vector<Chain>& chains() {
  static const std::vector<Chain> all{{"clip_norm", {clip_norm(1)}},
                                      {"l2", {l2(1e-4)}},
                                      {"decay", {decay(1e-4)}},
                                      {"clip_norm + decay", {clip_norm(1), decay(1e-4)}},
                                      {"noise", {noise(1e-4)}}};
  return all;
}

bool needs_norm(const Chain& chain) {
  return std::any_of(chain.transforms.begin(), chain.transforms.end(), sums);
}

double sum_of_gradient(const float* gradient, std::size_t count, Isa isa) {
  double sum = 0;
  for (std::size_t at = 0; at < count; at += engine_tile)
    sum += sum_of_squares(gradient + at, std::min(engine_tile, count - at), Precision::float32, 1, isa);
  return sum;
}

ChainCall::ChainCall(const AnyRule& rule, const Chain& chain, Isa isa)
    : rule_(rule, Precision::float32, isa), arrays_(2 + slots_of(rule)), isa_(isa), sums_(needs_norm(chain)) {
  for (const AnyTransform& transform : chain.transforms) {
    transforms_.push_back(transform.info().float32[static_cast<std::size_t>(isa)]);
    coefficients_.push_back(coefficients_of(transform));
  }
  find_prepared(rule, chain);
}

/// Where a kernel applies all transforms itself: which one, and the numbers that it wants.
void ChainCall::find_prepared(const AnyRule& rule, const Chain& chain) {
  before_ = {1, 1, 0, 1};  // unscale, clip, lambda, keep
  bool penalizes = false;
  for (std::size_t i = 0; i < chain.transforms.size(); ++i) {
    const detail::TransformInfo* const info = &chain.transforms[i].info();
    const bool l2 = info == &detail::transform_info<L2>();
    if (!l2 && info != &detail::transform_info<ClipNorm>() && info != &detail::transform_info<Decay>())
      return;
    before_[l2 ? 2 : info == &detail::transform_info<Decay>() ? 3 : 1] = coefficients_[i].front();
    penalizes = penalizes || l2;
  }
  const auto& form = rule.info().forms[static_cast<std::size_t>(rule.info().form(rule.object()))];
  rule_.prepare(form.prepared32[penalizes ? 1 : 0][static_cast<std::size_t>(isa_)], before_.data());
  transforms_.clear();
}

void ChainCall::operator()(void* const* arrays, std::size_t count) const {
  auto* const gradient = static_cast<float*>(arrays[1]);
  if (sums_) {
    const double sum = sum_of_gradient(gradient, count, isa_);
    asm volatile("" : : "r"(&sum) : "memory");  // made, though nobody looks at it
  }
  if (transforms_.empty()) return rule_(arrays, count);
  alignas(64) std::array<float, engine_tile> changed;
  std::vector<void*> here(arrays, arrays + arrays_);
  for (std::size_t at = 0; at < count; at += engine_tile) {
    const std::size_t n = std::min(engine_tile, count - at);
    for (std::size_t a = 0; a < here.size(); ++a) here[a] = static_cast<float*>(arrays[a]) + at;
    const void* source = here[1];
    for (std::size_t i = 0; i < transforms_.size(); ++i) {
      transforms_[i]({here[0], source, changed.data(), coefficients_[i].data(), n, {at, 1000, 1}});
      source = changed.data();
    }
    here[1] = changed.data();
    rule_(here.data(), n);
  }
}

}  // namespace thalweg::bench
