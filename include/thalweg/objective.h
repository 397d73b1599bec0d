#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <thalweg/problems.h>

namespace thalweg {

/// How often a function was evaluated.
struct Evaluations {
  std::uint64_t values = 0;     ///< of the function, those for central differences included
  std::uint64_t gradients = 0;  ///< of an analytic gradient
};

/// A function to minimize, made from any of
///   double(std::span<const double> x, std::span<double> gradient)   value and gradient in one call
///   double(std::span<const double> x), void(same x, gradient)       value and gradient apart
///   double(std::span<const double> x)                               the value alone: the gradient is by
///   differences Problem                                                         one of problems.h
/// The gradient has the size of x, and every number of it has to be written.
class Objective {
 public:
  using Point = std::span<const double>;
  using Gradient = std::span<double>;
  using Value = std::function<double(Point)>;
  using ValueAndGradient = std::function<double(Point, Gradient)>;
  using GradientOnly = std::function<void(Point, Gradient)>;

  template <class F>
  requires(!std::same_as<F, Objective> && !std::same_as<F, Problem> &&
           std::is_invocable_r_v<double, F&, Point, Gradient>)
      Objective(F f)  // NOLINT(google-explicit-constructor): any such function is meant to convert
      : both_(std::move(f)) {}

  template <class F>
  requires(!std::same_as<F, Objective> && !std::is_invocable_v<F&, Point, Gradient> &&
           std::is_invocable_r_v<double, F&, Point>) Objective(F f)  // NOLINT(google-explicit-constructor)
      : value_(std::move(f)) {}

  Objective(Value value, GradientOnly gradient) : value_(std::move(value)), gradient_(std::move(gradient)) {}

  Objective(Problem problem);  // NOLINT(google-explicit-constructor)

  /// The value at x.
  double value(Point x, Evaluations& count) const;
  /// The value at x; writes the gradient, which has the size of x. By central differences with the step
  /// cbrt(epsilon) max(1, |x_i|) if there is no other: that costs two values per coordinate, and about ten of
  /// the sixteen digits.
  double evaluate(Point x, Gradient gradient, Evaluations& count) const;

  /// Whether the gradient is an analytic one.
  [[nodiscard]] bool has_gradient() const { return !value_ || gradient_; }
  [[nodiscard]] const std::string& name() const { return name_; }     ///< the problem's, or ""
  [[nodiscard]] std::size_t dimension() const { return dimension_; }  ///< the problem's; 0: any

 private:
  ValueAndGradient both_;
  Value value_;
  GradientOnly gradient_;
  std::string name_;
  std::size_t dimension_ = 0;
};

}  // namespace thalweg
