#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

#include <thalweg/number.h>

namespace thalweg {

/// The type of an array's elements.
enum class Precision { float32, float64, bfloat16, float16 };

[[nodiscard]] constexpr const char* precision_name(Precision p) {
  constexpr const char* names[] = {"float32", "float64", "bfloat16", "float16"};
  return names[static_cast<int>(p)];
}

namespace detail {

template <class T>
constexpr bool is_number = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, bfloat16> ||
                           std::same_as<T, float16>;

template <class T>
constexpr Precision precision_of() {
  if constexpr (std::same_as<T, float>) return Precision::float32;
  if constexpr (std::same_as<T, double>) return Precision::float64;
  if constexpr (std::same_as<T, bfloat16>) return Precision::bfloat16;
  return Precision::float16;
}

// data() and size() as the standard library and Eigen spell them; memptr() as Armadillo does.
template <class Range>
requires requires(Range& range) { range.memptr(); } || requires(Range& range) {
  std::data(range);
}
auto* data_of(Range& range) {
  if constexpr (requires { range.memptr(); })
    return range.memptr();
  else
    return std::data(range);
}
template <class Range>
using ElementOf = std::remove_pointer_t<decltype(data_of(std::declval<Range&>()))>;

template <class Range>
concept Contiguous = requires(Range& range) {
  data_of(range);
  std::size(range);
}
&&is_number<std::remove_const_t<ElementOf<Range>>>;

}  // namespace detail

/// A user's contiguous array of float, double, bfloat16 or float16, not owned: made from a span, vector,
/// array, Eigen or Armadillo object.
class ParameterView {
 public:
  template <class Range>
  requires(detail::Contiguous<Range> && !std::is_const_v<detail::ElementOf<Range>>)
      ParameterView(Range&& range)  // NOLINT(google-explicit-constructor): any array is meant to convert
      : data(detail::data_of(range)),
        size(static_cast<std::size_t>(std::size(range))),
        precision(detail::precision_of<std::remove_const_t<detail::ElementOf<Range>>>()) {}

  void* data;
  std::size_t size;  ///< number of elements
  Precision precision;
};

/// As ParameterView, read only.
class GradientView {
 public:
  template <class Range>
  requires detail::Contiguous<const Range> GradientView(
      const Range& range)  // NOLINT(google-explicit-constructor): any array is meant to convert
      : data(detail::data_of(range)),
        size(static_cast<std::size_t>(std::size(range))),
        precision(detail::precision_of<std::remove_const_t<detail::ElementOf<const Range>>>()) {}

  const void* data;
  std::size_t size;
  Precision precision;
};

/// One gradient per tensor, in the order in which the tensors were added.
class Gradients {
 public:
  Gradients(std::initializer_list<GradientView> views) : views_(views) {}
  explicit Gradients(std::vector<GradientView> views) : views_(std::move(views)) {}

  [[nodiscard]] std::size_t size() const { return views_.size(); }
  [[nodiscard]] const GradientView& operator[](std::size_t i) const { return views_[i]; }

 private:
  std::vector<GradientView> views_;
};

}  // namespace thalweg
