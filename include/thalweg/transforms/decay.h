#pragma once

#include <thalweg/transform.h>

namespace thalweg {

/// Adds the gradient of lambda/2 |theta|^2 to the gradient: the penalty goes through the rule, whatever it
/// does to it.
struct L2 {
  double lambda = 1e-4;

  static constexpr Card card{
      "l2", "L2 penalty (coupled weight decay)", "Hanson & Pratt 1988; Krogh & Hertz 1991",
      "Pulls weights towards 0 through the gradient; an adaptive rule rescales it like any gradient."};
  static constexpr std::array formula{Formula{"g ← g + λ·θ", "g_t \\leftarrow g_t + \\lambda \\theta_{t-1}"}};
  static std::vector<KeyInfo> keys() {
    return {key(&L2::lambda, "lambda", "λ", at_least(0), "weight of the penalty")};
  }

  template <class T>
  struct Coefficients {
    T lambda;
  };
  Coefficients<double> at(const TransformStep&) const { return {lambda}; }
  template <class T>
  static void apply(T& theta, T& g, const Element&, const Coefficients<T>& c) {
    g += c.lambda * theta;
  }
};

/// Decoupled weight decay: theta <- (1 - lr lambda) theta before the step, past the rule.
struct Decay {
  double lambda = 0.01;

  static constexpr Card card{
      "decay", "Decoupled weight decay", "Loshchilov & Hutter 2019 (arXiv:1711.05101)",
      "Shrinks every weight by the same share each step, whatever its gradients were."};
  static constexpr std::array formula{
      Formula{"θ ← (1 − η·λ)·θ", "\\theta \\leftarrow (1 - \\eta \\lambda)\\, \\theta"}};
  static std::vector<KeyInfo> keys() {
    return {key(&Decay::lambda, "lambda", "λ", at_least(0), "share, times η, that decays each step")};
  }

  template <class T>
  struct Coefficients {
    T keep;
  };
  Coefficients<double> at(const TransformStep& step) const { return {1 - step.lr * lambda}; }
  template <class T>
  static void apply(T& theta, T&, const Element&, const Coefficients<T>& c) {
    theta *= c.keep;
  }
};

namespace detail {  // compiled once, in the library
extern template const TransformInfo& transform_info<L2>();
extern template const TransformInfo& transform_info<Decay>();
}  // namespace detail

inline AnyTransform l2(double lambda) { return L2{lambda}; }
inline AnyTransform decay(double lambda) { return Decay{lambda}; }

}  // namespace thalweg
