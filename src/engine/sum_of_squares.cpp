#include "engine/sum_of_squares.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
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

struct Largest {
  const void* gradient;
  std::size_t count;
  void* result;  ///< a number of the gradient's type
};

/// Magnitudes of numbers of one type are in the order of their bits, as whole numbers; NaN comes last.
template <class T, class Bits>
struct LargestBits {
  [[gnu::always_inline]] static void run(const Largest& l) {
    const T* const g = static_cast<const T*>(l.gradient);
    Bits largest = 0;
    for (std::size_t i = 0; i < l.count; ++i) {
      const auto magnitude = static_cast<Bits>(std::bit_cast<Bits>(g[i]) & std::numeric_limits<Bits>::max());
      largest = magnitude > largest ? magnitude : largest;
    }
    *static_cast<T*>(l.result) = std::bit_cast<T>(largest);
  }
};

#if defined(__x86_64__)
/// SSE2 cannot compare whole numbers of 64 bits. x - x is 0, but NaN where x is not finite; a NaN is looked
/// for then only.
struct LargestDouble {
  [[gnu::always_inline]] static void run(const Largest& l) {
    constexpr std::size_t lanes = 16;
    std::array<double, lanes> largest{}, fault{};
    const double* const g = static_cast<const double*>(l.gradient);
    const auto look = [&](std::size_t i, std::size_t k) {
      const double magnitude = std::abs(g[i]);
      largest[k] = magnitude > largest[k] ? magnitude : largest[k];
      fault[k] += magnitude - magnitude;
    };
    std::size_t i = 0;
    for (; i + lanes <= l.count; i += lanes) {
      for (std::size_t k = 0; k < lanes; ++k) look(i + k, k);
    }
    for (std::size_t k = 0; i + k < l.count; ++k) look(i + k, k);
    double result = 0;
    bool finite = true;
    for (std::size_t k = 0; k < lanes; ++k) {
      result = std::max(result, largest[k]);
      finite = finite && !std::isnan(fault[k]);
    }
    if (!finite && std::any_of(g, g + l.count, [](double x) { return std::isnan(x); }))
      result = std::numeric_limits<double>::quiet_NaN();
    *static_cast<double*>(l.result) = result;
  }
};
#else
using LargestDouble = LargestBits<double, std::int64_t>;
#endif

}  // namespace

double sum_of_squares(const void* gradient, std::size_t count, Precision precision, double scale, Isa isa) {
  static constexpr auto float32 = detail::for_each_isa<SumBody<float>, Sum>();
  static constexpr auto float64 = detail::for_each_isa<SumBody<double>, Sum>();
  double result = 0;
  const Sum sum{gradient, count, scale, &result};
  (precision == Precision::float32 ? float32 : float64)[static_cast<std::size_t>(isa)](sum);
  return result;
}

double largest_magnitude(const void* gradient, std::size_t count, Precision precision, Isa isa) {
  static constexpr auto float32 = detail::for_each_isa<LargestBits<float, std::int32_t>, Largest>();
  static constexpr auto float64 = detail::for_each_isa<LargestDouble, Largest>();
  static constexpr auto brain16 = detail::for_each_isa<LargestBits<bfloat16, std::int16_t>, Largest>();
  static constexpr auto half16 = detail::for_each_isa<LargestBits<float16, std::int16_t>, Largest>();
  const auto find = [&](const auto& kernels, auto largest) {
    kernels[static_cast<std::size_t>(isa)]({gradient, count, &largest});
    return static_cast<double>(largest);
  };
  switch (precision) {
    case Precision::float32:
      return find(float32, 0.0F);
    case Precision::float64:
      return find(float64, 0.0);
    case Precision::bfloat16:
      return find(brain16, bfloat16());
    case Precision::float16:
      break;
  }
  return find(half16, float16());
}

}  // namespace thalweg
