#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/schedules/cosine.h>
#include <thalweg/schedules/decay.h>
#include <thalweg/transforms/clip.h>
#include <thalweg/transforms/decay.h>
#include <thalweg/transforms/noise.h>

namespace thalweg {

const std::vector<const detail::RuleInfo*>& rules() {
#define THALWEG_INFO(type) &detail::rule_info<type>(),
  static const std::vector<const detail::RuleInfo*> all{THALWEG_RULES(THALWEG_INFO)};
#undef THALWEG_INFO
  return all;
}

const std::vector<const detail::TransformInfo*>& transforms() {
  using detail::transform_info;
  static const std::vector<const detail::TransformInfo*> all{
      &transform_info<ClipValue>(), &transform_info<ClipNorm>(), &transform_info<Noise>(),
      &transform_info<L2>(), &transform_info<Decay>()};
  return all;
}

const std::vector<const detail::SegmentInfo*>& segments() {
  using detail::segment_info;
  static const std::vector<const detail::SegmentInfo*> all{
      &segment_info<Constant>(),    &segment_info<StepDecay>(),   &segment_info<Multistep>(),
      &segment_info<Exponential>(), &segment_info<InverseTime>(), &segment_info<Polynomial>(),
      &segment_info<Linear>(),      &segment_info<Cosine>(),      &segment_info<CosineRestarts>(),
      &segment_info<OneCycle>(),    &segment_info<Warmup>()};
  return all;
}

const detail::ObjectInfo& plateau_info() {
  static const detail::ObjectInfo info = [] {
    detail::ObjectInfo made;
    detail::describe<Plateau>(made);
    return made;
  }();
  return info;
}

}  // namespace thalweg
