#include "workbench/narrow.h"

#include <algorithm>
#include <cassert>
#include <span>
#include <type_traits>

namespace thalweg::workbench {
namespace {

/// use(the arrays), if there are any.
template <class Variant, class Use>
void with(Variant& variant, const Use& use) {
  std::visit(
      [&use](auto& arrays) {
        if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(arrays)>, std::monostate>) use(arrays);
      },
      variant);
}

template <class T>
void pack(const models::Parameters<float>& from, std::vector<std::vector<T>>& to) {
  to.resize(from.size());
  for (std::size_t k = 0; k < from.size(); ++k) {
    const std::vector<float>& values = from[k].values;
    to[k].resize(values.size());
    std::transform(values.begin(), values.end(), to[k].begin(), [](float x) { return T(x); });
  }
}

}  // namespace

NarrowTensors::NarrowTensors(Precision type, models::Parameters<float>& parameters) {
  if (type == Precision::bfloat16) arrays_.emplace<Arrays<bfloat16>>();
  if (type == Precision::float16) arrays_.emplace<Arrays<float16>>();
  with(arrays_, [&](auto& arrays) {
    pack(parameters, arrays.parameters);
    arrays.gradient = arrays.parameters;
  });
  widen(parameters);
}

ParameterView NarrowTensors::parameters(std::size_t k) {
  assert(!empty());
  if (auto* const arrays = std::get_if<Arrays<bfloat16>>(&arrays_)) return arrays->parameters[k];
  return std::get<Arrays<float16>>(arrays_).parameters[k];
}

Gradients NarrowTensors::gradients() const {
  std::vector<GradientView> views;
  with(arrays_, [&](const auto& arrays) {
    for (const auto& tensor : arrays.gradient) views.emplace_back(tensor);
  });
  return Gradients(std::move(views));
}

void NarrowTensors::widen(models::Parameters<float>& parameters) const {
  with(arrays_, [&](const auto& arrays) {
    for (std::size_t k = 0; k < parameters.size(); ++k)
      std::copy(arrays.parameters[k].begin(), arrays.parameters[k].end(), parameters[k].values.begin());
  });
}

void NarrowTensors::put_back(const models::Parameters<float>& parameters) {
  with(arrays_, [&](auto& arrays) { pack(parameters, arrays.parameters); });
}

void NarrowTensors::round_gradient(models::Parameters<float>& gradient, double scale) {
  const auto times = static_cast<float>(scale);
  with(arrays_, [&](auto& arrays) {
    for (std::size_t k = 0; k < gradient.size(); ++k) {
      float* const wide = gradient[k].values.data();
      auto* const narrow = arrays.gradient[k].data();
      for (std::size_t i = 0; i < arrays.gradient[k].size(); ++i) {
        narrow[i] = std::remove_reference_t<decltype(*narrow)>(wide[i] * times);
        wide[i] = narrow[i] / times;
      }
    }
  });
}

void NarrowTensors::clip_non_finite() {
  with(arrays_, [](auto& arrays) {
    for (auto& gradient : arrays.gradient) thalweg::clip_non_finite(std::span(gradient));
  });
}

}  // namespace thalweg::workbench
