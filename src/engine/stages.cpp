// The transforms of the coming step: those that the user added, then the rule's own l2 and weight decay.

#include <algorithm>
#include <array>
#include <cmath>

#include <thalweg/transforms/clip.h>
#include <thalweg/transforms/decay.h>

#include "engine/engine.h"
#include "engine/unscale.h"

namespace thalweg {

void Optimizer::Engine::transform(const AnyTransform& transform) {
  check_idle("transform()");
  transform.validate();
  transforms_.push_back(transform);
  plain_ = routine_ = false;
}

void Optimizer::Engine::loss_scale(double scale) {
  check_idle("loss_scale()");
  const AnyTransform unscale(Unscale{scale});
  unscale.validate();
  if (unscales_) transforms_.erase(transforms_.begin());
  unscales_ = scale != 1;
  if (unscales_) transforms_.insert(transforms_.begin(), unscale);
  plain_ = routine_ = false;
}

/// Makes the rule's own l2 and weight decay the transforms around it.
void Optimizer::Engine::surround(Group& group) const {
  const auto value = [&](const KeyInfo* key) {
    return key == nullptr ? 0 : std::get<double>(key->get(group.now.object()));
  };
  const std::array pulls{value(group.l2), value(group.weight_decay)};
  if (pulls == group.pulls) return;
  group.pulls = pulls;
  std::size_t count = 0;
  const auto add = [&](double lambda, auto transform) {
    transform.lambda = lambda;
    if (transform.lambda == 0) return;
    if (group.around.size() > count &&
        &group.around[count].info() == &detail::transform_info<decltype(transform)>())
      group.around[count].set("lambda", transform.lambda);
    else
      group.around.insert(group.around.begin() + static_cast<std::ptrdiff_t>(count), transform);
    ++count;
  };
  add(pulls[0], L2{});
  add(pulls[1], Decay{});
  group.around.erase(group.around.begin() + static_cast<std::ptrdiff_t>(count), group.around.end());
}

/// The transforms of the coming step with their coefficients; a global norm is computed when its turn comes.
void Optimizer::Engine::prepare_stages() {
  if (plain_) return;
  last_norm_ = std::numeric_limits<double>::quiet_NaN();
  norms_.assign(transforms_.size(), 0);
  for (Group& group : groups_) {
    group.stages.resize(transforms_.size() + group.around.size());
    for (std::size_t j = 0; j < group.stages.size(); ++j) {
      const AnyTransform& transform =
          j < transforms_.size() ? transforms_[j] : group.around[j - transforms_.size()];
      group.stages[j].transform = &transform;
      group.stages[j].info = &transform.info();
      group.stages[j].seed = transform.info().seed(transform.object());
    }
  }
  for (std::size_t j = 0; j < transforms_.size(); ++j) {
    if (transforms_[j].info().needs_norm) {
      norms_[j] = norm(j);
      if (std::isnan(last_norm_)) last_norm_ = norms_[j];
    }
    for (Group& group : groups_) fill_stage(group, j, norms_[j]);
  }
  fill_stages(transforms_.size());
  plain_ =
      transforms_.empty() && schedules_.empty() && scales_.empty() &&
      std::all_of(groups_.begin(), groups_.end(), [](const Group& group) { return group.around.empty(); });
}

void Optimizer::Engine::fill_stage(Group& group, std::size_t stage, double norm_here) const {
  Stage& filled = group.stages[stage];
  filled.coefficients.resize(filled.info->coefficient_count);
  filled.info->coefficients(filled.transform->object(),
                            {static_cast<double>(steps_ + 1), rate_of(group), norm_here},
                            filled.coefficients.float64.data());
  filled.coefficients.round();
}

/// The coefficients of the transforms from the `from`th on, once their norms are known.
void Optimizer::Engine::fill_stages(std::size_t from) {
  for (Group& group : groups_) {
    for (std::size_t j = from; j < group.stages.size(); ++j)
      fill_stage(group, j, j < transforms_.size() ? norms_[j] : 0);
    prepare_kernels(group);
  }
}

/// Whether a kernel can apply the stages itself, entry by entry, and with which numbers: where they are an
/// unscaling, a clip_norm, an l2 and a decay, each or not, in this order.
void Optimizer::Engine::prepare_kernels(Group& group) const {
  constexpr std::array nothing{1.0, 1.0, 0.0, 1.0};
  constexpr std::size_t penalty = 2;  // which of the order it is
  group.before.resize(nothing.size());
  std::copy(nothing.begin(), nothing.end(), group.before.float64.begin());
  group.penalizes = group.prepares = false;
  group.places.clear();
  if (group.stages.empty()) return group.before.round();
  const std::array order{&detail::transform_info<Unscale>(), &detail::transform_info<ClipNorm>(),
                         &detail::transform_info<L2>(), &detail::transform_info<Decay>()};
  std::size_t next = 0;
  for (const Stage& stage : group.stages) {
    while (next < order.size() && stage.info != order[next]) ++next;
    if (next == order.size()) break;
    group.penalizes = group.penalizes || next == penalty;
    group.places.push_back(next);
    group.before.float64[next++] = stage.coefficients.float64.front();
    if (&stage == &group.stages.back()) next = 0;  // all found
  }
  group.prepares = next == 0;
  group.before.round();
}

/// The coefficients of the stages, which are those of the step before and need no norm, and the numbers of
/// its kernel.
void Optimizer::Engine::refill(Group& group) const {
  if (group.stages.empty()) return;
  for (std::size_t j = 0; j < group.stages.size(); ++j) {
    fill_stage(group, j, 0);
    group.before.float64[group.places[j]] = group.stages[j].coefficients.float64.front();
  }
  group.before.round();
}

/// Applies the first `stages` transforms to numbers of a tensor from its `begin`th on. The gradient is read
/// from `source` and written to `gradient`; returns where it is.
const void* Optimizer::Engine::apply_stages(const Tensor& tensor, std::size_t stages, void* theta,
                                            const void* source, void* gradient, std::size_t begin,
                                            std::size_t count) const {
  const Group& group = groups_[tensor.group];
  const std::size_t size = element_size(tensor.compute);
  for (std::size_t j = 0; j < stages; ++j) {
    const Stage& stage = group.stages[j];
    const auto kernel =
        (tensor.compute == Precision::float32 ? stage.info->float32
                                              : stage.info->float64)[static_cast<std::size_t>(isa_)];
    const std::size_t most = chunk_ == 0 ? count : chunk_;
    for (std::size_t at = 0; at < count; at += most) {
      kernel({static_cast<std::byte*>(theta) + at * size,
              static_cast<const std::byte*>(source) + at * size,
              static_cast<std::byte*>(gradient) + at * size,
              stage.coefficients.in(tensor.compute),
              std::min(most, count - at),
              {tensor.first_index + begin + at, steps_ + 1, stage.seed}});
    }
    source = gradient;
  }
  return source;
}

}  // namespace thalweg
