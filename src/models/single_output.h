#pragma once

#include <cmath>

#include "models/heads.h"

namespace thalweg::models {

inline double half_square(double error) { return error * error / 2; }

inline double log_of_one_and(double small) { return std::log1p(small); }
/// The sum has all bits of `small` in double, whose logarithm takes less time than log1p in float, and rounds
/// to the nearest float.
inline float log_of_one_and(float small) {
  constexpr float negligible = 0x1p-28F;  // of which the logarithm is no other float
  if (small < negligible) return small;
  return static_cast<float>(std::log(1 + static_cast<double>(small)));
}

/// log(1 + e^z) - t z, where small = e^-|z|.
template <class T>
T log_loss(T z, T t, T small) {
  return (z < 0 ? T(0) : z) - t * z + log_of_one_and(small);
}

/// The loss of a head with one output. Replaces z by its derivative, times `share`.
template <class T>
double differentiate_output(Head head, T& z, T t, T share) {
  if (head == Head::cross_entropy) {  // of the only class, which is certain
    const T nothing = z - z;          // unless it is not finite
    z = nothing;
    return static_cast<double>(nothing);
  }
  if (head == Head::squared) {
    const T error = z - t;
    z = share * error;
    return half_square(static_cast<double>(error));
  }
  const T small = std::exp(-std::abs(z));
  const T probability = (z < 0 ? small : T(1)) / (1 + small);
  const T loss = log_loss(z, t, small);
  z = share * (probability - t);
  return static_cast<double>(loss);
}

}  // namespace thalweg::models
