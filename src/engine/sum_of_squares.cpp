#include "engine/sum_of_squares.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <thalweg/detail/kernel.h>

namespace thalweg {
namespace {

struct Sum {
  const void* gradient;
  std::size_t count;
  double scale;
  double* result;
};

template <class T>
struct SumBody {
  [[gnu::always_inline]] static void run(const Sum& s) {
    // Entry i always goes to lane i mod 16, whatever the width of a vector: the order of additions is fixed.
    constexpr std::size_t lanes = 16;
    std::array<double, lanes> sum{};
    const T* const g = static_cast<const T*>(s.gradient);
    std::size_t i = 0;
    for (; i + lanes <= s.count; i += lanes) {
      for (std::size_t k = 0; k < lanes; ++k) {
        const double x = s.scale * static_cast<double>(g[i + k]);
        sum[k] += x * x;
      }
    }
    for (std::size_t k = 0; i + k < s.count; ++k) {
      const double x = s.scale * static_cast<double>(g[i + k]);
      sum[k] += x * x;
    }
    double total = 0;
    for (const double lane : sum) total += lane;
    *s.result = total;
  }
};

template <class T>
double largest(const T* g, std::size_t count) {
  double found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (std::isnan(g[i])) return std::numeric_limits<double>::quiet_NaN();
    found = std::max(found, std::abs(static_cast<double>(g[i])));
  }
  return found;
}

}  // namespace

double sum_of_squares(const void* gradient, std::size_t count, Precision precision, double scale, Isa isa) {
  static constexpr auto float32 = detail::for_each_isa<SumBody<float>, Sum>();
  static constexpr auto float64 = detail::for_each_isa<SumBody<double>, Sum>();
  double result = 0;
  const Sum sum{gradient, count, scale, &result};
  (precision == Precision::float32 ? float32 : float64)[static_cast<std::size_t>(isa)](sum);
  return result;
}

double largest_magnitude(const void* gradient, std::size_t count, Precision precision) {
  return precision == Precision::float32 ? largest(static_cast<const float*>(gradient), count)
                                         : largest(static_cast<const double*>(gradient), count);
}

}  // namespace thalweg
