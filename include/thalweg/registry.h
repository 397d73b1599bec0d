#pragma once

// Rules, transforms and schedules by name, as the command line writes them:
//   adam:lr=1e-3,beta2=0.99     aggmo:betas=[0,0.9,0.99]     nadam:like=torch
//   clip_norm:max=1             warmup:steps=500 | cosine:steps=9500,final=0

#include <string>
#include <string_view>
#include <vector>

#include <thalweg/optimizer.h>
#include <thalweg/schedules/plateau.h>

namespace thalweg {

/// Everything the library has, in the order in which it is listed.
[[nodiscard]] const std::vector<const detail::RuleInfo*>& rules();
[[nodiscard]] const std::vector<const detail::TransformInfo*>& transforms();
[[nodiscard]] const std::vector<const detail::SegmentInfo*>& segments();
[[nodiscard]] const detail::ObjectInfo& plateau_info();

/// The rule of a specification, "NAME" or "NAME:key=value,...". `like=LIBRARY` (paper, torch, keras, optax or
/// ensmallen) sets that library's defaults and forms; other keys then refine it, but cannot undo a form that
/// makes the rule that library's. Throws a usage Error for unknown names (with the nearest), values out of
/// range, keys that are given twice, and libraries that do not have the optimizer.
[[nodiscard]] AnyRule make_rule(std::string_view specification);
/// As make_rule, as an Optimizer.
[[nodiscard]] Optimizer make_optimizer(std::string_view specification, const Execution& execution = {});
[[nodiscard]] AnyTransform make_transform(std::string_view specification);
/// "SEGMENT | SEGMENT ..."; "absolute |" in front makes the numbers values instead of factors.
[[nodiscard]] Schedule make_schedule(std::string_view specification);
[[nodiscard]] Plateau make_plateau(std::string_view specification);

/// A specification taken apart: the name, and the keys with their texts. Brackets protect commas.
struct Specification {
  std::string name;
  std::vector<std::pair<std::string, std::string>> settings;
};
[[nodiscard]] Specification parse_specification(std::string_view text);

}  // namespace thalweg
