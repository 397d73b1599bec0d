#pragma once

#include <thalweg/transform.h>

namespace thalweg {

/// Limits every entry of the gradient to [-max, max]. A NaN stays NaN.
struct ClipValue {
  double max = 1;

  static constexpr Card card{"clip_value", "Clipping by value", "Mikolov 2012, thesis, section 3.3",
                             "Limits each entry of the gradient; changes its direction."};
  static constexpr std::array formula{
      Formula{"g ← min(max(g, −c), c)", "g_t \\leftarrow \\min(\\max(g_t, -c), c)"}};
  static std::vector<KeyInfo> keys() {
    return {key(&ClipValue::max, "max", "c", above(0), "largest absolute value of an entry")};
  }

  template <class T>
  struct Coefficients {
    T max;
  };
  Coefficients<double> at(const TransformStep&) const { return {max}; }
  template <class T>
  static void apply(T&, T& g, const Element&, const Coefficients<T>& c) {
    g = std::min(std::max(g, -c.max), c.max);
  }
};

/// Scales the gradient of all tensors together so that its Euclidean norm is at most max.
struct ClipNorm {
  double max = 1;

  static constexpr Card card{
      "clip_norm", "Clipping by global norm", "Pascanu, Mikolov & Bengio 2013, Algorithm 1 (arXiv:1211.5063)",
      "Shortens a gradient that is too long, over all tensors together; keeps its direction."};
  static constexpr std::array formula{
      Formula{"g ← g · min(1, c / ‖g‖)", "g_t \\leftarrow g_t \\min(1, c / \\lVert g_t \\rVert)"}};
  static std::vector<KeyInfo> keys() {
    return {key(&ClipNorm::max, "max", "c", above(0), "largest norm of the whole gradient")};
  }
  static constexpr bool needs_norm = true;

  template <class T>
  struct Coefficients {
    T scale;
  };
  Coefficients<double> at(const TransformStep& step) const { return {step.norm > max ? max / step.norm : 1}; }
  template <class T>
  static void apply(T&, T& g, const Element&, const Coefficients<T>& c) {
    g *= c.scale;
  }
};

namespace detail {  // compiled once, in the library
extern template const TransformInfo& transform_info<ClipValue>();
extern template const TransformInfo& transform_info<ClipNorm>();
}  // namespace detail

inline AnyTransform clip_value(double max) { return ClipValue{max}; }
inline AnyTransform clip_norm(double max) { return ClipNorm{max}; }

}  // namespace thalweg
