#pragma once

#include <thalweg/portable.h>
#include <thalweg/transform.h>

namespace thalweg {

/// Adds normal noise to every gradient entry, with the variance eta / (1 + t)^gamma at t = 0 for the first
/// step. The noise of a parameter at a step depends on the seed alone: not on threads, and it is the same
/// after a resume.
struct Noise {
  double eta = 0.01, gamma = 0.55;
  std::uint64_t seed = 0;

  static constexpr Card card{
      "noise", "Gradient noise", "Neelakantan et al. 2015 (arXiv:1511.06807); seed text 003, 3.10",
      "Helps a badly initialized or very deep network to leave poor minima; the noise fades."};
  static constexpr std::array formula{
      Formula{"g ← g + N(0, η / (1 + t)^γ)", "g_t \\leftarrow g_t + N(0, \\eta / (1 + t)^\\gamma)"}};
  static std::vector<KeyInfo> keys() {
    return {key(&Noise::eta, "eta", "η", at_least(0), "variance of the noise at the first step"),
            key(&Noise::gamma, "gamma", "γ", at_least(0), "how fast the variance falls"),
            key(&Noise::seed, "seed", "", in_closed(0, 0x1p53), "which random numbers")};
  }

  template <class T>
  struct Coefficients {
    T sigma;
  };
  Coefficients<double> at(const TransformStep& step) const {
    return {std::sqrt(eta / portable::pow(step.t, gamma))};
  }
  template <class T>
  static void apply(T&, T& g, const Element& e, const Coefficients<T>& c) {
    g += c.sigma * number(e, T{});
  }
  /// The standard normal number of an element, a pure function of seed, step and index: Box & Muller 1958,
  /// four numbers of one Philox counter (another definition than thalweg::normal, which takes twice as many
  /// random bits and goes further out). Between -6.56 and 6.56, never 0. In float it differs from the one in
  /// double by less than 7 2^-24 of it.
  static float number(const Element& e, float);
  static double number(const Element& e, double);
  static detail::TransformKernels kernels(float);  ///< the same bits, many elements at once
  static detail::TransformKernels kernels(double);
};

namespace detail {  // compiled once, in the library
extern template const TransformInfo& transform_info<Noise>();
}  // namespace detail

inline AnyTransform noise(double eta, double gamma = 0.55, std::uint64_t seed = 0) {
  return Noise{eta, gamma, seed};
}

}  // namespace thalweg
