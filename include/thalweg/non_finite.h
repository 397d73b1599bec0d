#pragma once

// Gradients that are not finite: what becomes of the step, and what is said of them.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include <thalweg/error.h>

namespace thalweg {

/// What becomes of a step whose gradient has a NaN or an infinity in it.
enum class NonFinite {
  pass,  ///< nobody looks: the rule makes of it what it makes of it. Costs nothing
  stop,  ///< step() throws a NonFiniteGradient, and nothing has changed
  skip,  ///< the step is left out and counted: parameters, state and the step of schedules stay as they were
  clip,  ///< the step is taken with the gradient that clip_non_finite() makes of it
};

/// Where a gradient was found not to be finite, and what it was like when it last was.
struct NonFiniteEntry {
  std::string tensor;
  std::size_t index = 0;    ///< of the tensor's first such entry
  double value = 0;         ///< NaN, an infinity, or what is beyond the largest number of the rule's type
  std::uint64_t step = 0;   ///< that was to be made, from 1
  std::uint64_t last = 0;   ///< the last step for which the tensor's gradient was finite; 0: none
  double last_largest = 0;  ///< its largest magnitude then; NaN where a clip_norm looked instead
  double last_norm = 0;     ///< the norm of all gradients then, where a clip_norm looked; NaN otherwise
};

/// What step() throws with NonFinite::stop: an input Error, "gradient of weights[17] = nan: must be finite at
/// step 1235; at step 1234 its largest magnitude was 0.25".
class NonFiniteGradient : public Error {
 public:
  explicit NonFiniteGradient(NonFiniteEntry where);
  NonFiniteEntry entry;
};

/// Makes a gradient finite, in place: a NaN becomes 0, as in optax's zero_nans, and an infinity the largest
/// magnitude among the others, with its sign (0 where there is none). The largest finite number, which
/// numpy's nan_to_num puts there, would overflow as soon as a rule squares it. A magnitude over `limit` is
/// taken for infinite. Returns how many entries were changed. T: float, double, bfloat16 or float16.
template <class T>
std::size_t clip_non_finite(std::span<T> gradient, double limit = std::numeric_limits<double>::max()) {
  T largest(0);
  std::size_t count = 0;
  for (const T g : gradient) {
    const double magnitude = std::abs(static_cast<double>(g));
    if (!(magnitude <= limit))
      ++count;
    else if (magnitude > static_cast<double>(largest))
      largest = T(magnitude);
  }
  for (T& g : gradient) {
    if (count == 0) break;
    const auto value = static_cast<double>(g);
    if (std::abs(value) <= limit) continue;
    g = std::isnan(value) ? T(0) : T(std::copysign(static_cast<double>(largest), value));
  }
  return count;
}

}  // namespace thalweg
