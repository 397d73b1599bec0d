#include "models/sums.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include <thalweg/detail/kernel.h>
#include <thalweg/execution.h>

#include "models/sparse_dot.h"

namespace thalweg::models {
namespace {

template <class T>
struct Dot {
  std::size_t count;
  const float* x;
  const T* weights;
  T* result;
};
template <class T>
struct DotBody {
  [[gnu::always_inline]] static void run(const Dot<T>& d) {
    *d.result = sparse_dot<T>(d.count, d.x, [weights = d.weights](std::size_t k) { return weights[k]; });
  }
};

/// Adds up squares, entry k in lane k mod 16, so that the order is the same whatever the width of a vector.
/// number(k) is asked for once for each k below `count`, in order.
template <class Number>
[[gnu::always_inline]] inline double squares_of(std::size_t count, const Number& number) {
  constexpr std::size_t lanes = 16;
  std::array<double, lanes> sum{};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::size_t k = 0; k < lanes; ++k) {
      const auto x = static_cast<double>(number(i + k));
      sum[k] += x * x;
    }
  }
  for (std::size_t k = 0; i + k < count; ++k) {
    const auto x = static_cast<double>(number(i + k));
    sum[k] += x * x;
  }
  for (std::size_t half = lanes / 2; half > 0; half /= 2) {  // so that few additions wait for another
    for (std::size_t k = 0; k < half; ++k) sum[k] += sum[k + half];
  }
  return sum[0];
}

template <class T>
struct Product {
  std::size_t count;
  const float* x;
  T factor;
  T* result;
  double* squares;
};
template <class T>
struct ProductBody {
  [[gnu::always_inline]] static void run(const Product<T>& p) {
    const T factor = p.factor;
    const float* const x = p.x;
    T* const __restrict result = p.result;
    *p.squares =
        squares_of(p.count, [=](std::size_t k) { return result[k] = T(0) + static_cast<T>(x[k]) * factor; });
  }
};

template <class T>
struct Squares {
  std::span<const T> numbers;
  double* result;
};
template <class T>
struct SquaresBody {
  [[gnu::always_inline]] static void run(const Squares<T>& s) {
    const T* const x = s.numbers.data();
    *s.result = squares_of(s.numbers.size(), [x](std::size_t k) { return x[k]; });
  }
};

struct Finite {
  std::span<const float> numbers;
  bool* result;
};
struct FiniteBody {
  [[gnu::always_inline]] static void run(const Finite& f) {
    std::uint32_t largest = 0;  // of the magnitudes, which are in the order of their bits
    for (const float x : f.numbers)
      largest = std::max(largest, std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFFU);
    *f.result = largest < 0x7F800000U;
  }
};

template <class Body, class Argument>
void run(const Argument& argument) {
  static constexpr auto kernels = detail::for_each_isa<Body, Argument>();
  static const auto kernel = kernels[static_cast<std::size_t>(find_isa("best"))];
  kernel(argument);
}

template <class T>
T dot_of(std::size_t count, const float* x, const T* weights) {
  T result = 0;
  run<DotBody<T>>(Dot<T>{count, x, weights, &result});
  return result;
}

template <class T>
double product_of(std::size_t count, const float* x, T delta, T* gradient) {
  double squares = 0;
  run<ProductBody<T>>(Product<T>{count, x, delta, gradient, &squares});
  return squares;
}

template <class T>
double squares_in(std::span<const T> numbers) {
  double squares = 0;
  run<SquaresBody<T>>(Squares<T>{numbers, &squares});
  return squares;
}

}  // namespace

float row_dot(std::size_t count, const float* x, const float* weights) { return dot_of(count, x, weights); }
double row_dot(std::size_t count, const float* x, const double* weights) { return dot_of(count, x, weights); }

double row_gradient(std::size_t count, const float* x, float delta, float* gradient) {
  return product_of(count, x, delta, gradient);
}
double row_gradient(std::size_t count, const float* x, double delta, double* gradient) {
  return product_of(count, x, delta, gradient);
}

double sum_of_squares(std::span<const float> numbers) { return squares_in(numbers); }
double sum_of_squares(std::span<const double> numbers) { return squares_in(numbers); }

bool all_finite(std::span<const float> numbers) {
  bool result = true;
  run<FiniteBody>(Finite{numbers, &result});
  return result;
}

}  // namespace thalweg::models
