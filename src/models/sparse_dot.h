#pragma once

#include <cstddef>

#include <thalweg/detail/kernel.h>

namespace thalweg::models {

struct NothingBetween {
  void operator()() const {}
};

/// The sum of x[k] weight(k) over k below `count`, in T. Entry k goes to sum k mod 8 of eight, so that the
/// order is the same wherever the weights lie, and the additions do not wait for each other. Something else
/// may be done between every two additions to the same sum.
template <class T, class Weight, class Between = NothingBetween>
T sparse_dot(std::size_t count, const float* x, const Weight& weight, const Between& between = {}) {
  constexpr std::size_t lanes = 8;
  T sum[lanes] = {};
  std::size_t k = 0;
  for (; k + lanes <= count; k += lanes) {
    for (std::size_t j = 0; j < lanes; ++j) sum[j] += static_cast<T>(x[k + j]) * weight(k + j);
    between();
  }
  const std::size_t rest = count - k;
  // Of as many turns as there are lanes, which are then done at once: adding 0 changes no sum.
  THALWEG_STAY_ROLLED
  for (std::size_t j = 0; j < lanes; ++j)
    sum[j] += j < rest ? static_cast<T>(x[k + j]) * weight(k + j) : T(0);
  return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

}  // namespace thalweg::models
