#include "models/sums.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

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
  Prefetch* coming;
};
// Of a row of a hundred numbers a quarter of what comes is asked for here, a quarter with the gradient, and
// the rest when the step is written: as many at a time as memory sends meanwhile.
template <class T>
struct DotBody {
  [[gnu::always_inline]] static void run(const Dot<T>& d) {
    Prefetch coming = *d.coming;
    *d.result = sparse_dot<T>(
        d.count, d.x, [weights = d.weights](std::size_t k) { return weights[k]; },
        [&]() __attribute__((always_inline)) { coming.some(2); });
    *d.coming = coming;
  }
};

/// Adds up squares, entry k in lane k mod 16, so that the order is the same whatever the width of a vector.
/// number(k) is asked for once for each k below `count`, and given to keep(k, number). The last numbers take
/// as many turns as there are lanes, as in sparse_dot(), and something else may be done in between as there.
template <class T, class Number, class Keep, class Between = NothingBetween>
[[gnu::always_inline]] inline double squares_of(std::size_t count, const Number& number, const Keep& keep,
                                                const Between& between = {}) {
  constexpr std::size_t lanes = 16;
  double sum[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::size_t k = 0; k < lanes; ++k) {
      const T x = number(i + k);
      keep(i + k, x);
      sum[k] += static_cast<double>(x) * static_cast<double>(x);
    }
    between();
  }
  const std::size_t rest = count - i;
  T last[lanes] = {};
  THALWEG_STAY_ROLLED
  for (std::size_t k = 0; k < lanes; ++k) last[k] = k < rest ? number(i + k) : T(0);
  THALWEG_STAY_ROLLED
  for (std::size_t k = 0; k < lanes; ++k)
    sum[k] += static_cast<double>(last[k]) * static_cast<double>(last[k]);
  THALWEG_STAY_ROLLED
  for (std::size_t k = 0; k < lanes; ++k) {
    if (k < rest) keep(i + k, last[k]);
  }
  double half[lanes / 2], quarter[lanes / 4];  // few additions wait for another
  for (std::size_t k = 0; k < lanes / 2; ++k) half[k] = sum[k] + sum[k + lanes / 2];
  for (std::size_t k = 0; k < lanes / 4; ++k) quarter[k] = half[k] + half[k + lanes / 4];
  return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

template <class T>
struct Product {
  std::size_t count;
  const float* x;
  T factor;
  T* result;
  double* squares;
  Prefetch* coming;
};
template <class T>
struct ProductBody {
  [[gnu::always_inline]] static void run(const Product<T>& p) {
    const T factor = p.factor;
    const float* const x = p.x;
    T* const __restrict result = p.result;
    Prefetch coming = *p.coming;
    *p.squares = squares_of<T>(
        p.count, [=](std::size_t k) { return T(0) + static_cast<T>(x[k]) * factor; },
        [=](std::size_t k, T product) { result[k] = product; },
        [&]() __attribute__((always_inline)) { coming.some(4); });
    *p.coming = coming;
  }
};

#if defined(THALWEG_MIXES)
using Floats [[gnu::vector_size(64)]] = float;
using Half [[gnu::vector_size(32)]] = float;
using Quarter [[gnu::vector_size(16)]] = float;
using Doubles [[gnu::vector_size(64)]] = double;

// The same bits with masks for the last numbers, which g++ 12 has no good loop for.

struct MaskedDotBody {
  [[gnu::always_inline]] static void run(const Dot<float>& d) {
    constexpr std::size_t lanes = 8;
    const std::size_t count = d.count;
    const float *const x = d.x, *const weights = d.weights;
    const Half zero{};
    Half sum{};
    Prefetch coming = *d.coming;
    const auto add = [&](std::size_t k, char which) __attribute__((always_inline)) {
      const Half a = __builtin_ia32_loadups256_mask(x + k, zero, which),
                 b = __builtin_ia32_loadups256_mask(weights + k, zero, which);
      sum += a * b;
    };
    std::size_t k = 0;
    for (; k + lanes <= count; k += lanes) {
      add(k, static_cast<char>(-1));
      coming.some(2);
    }
    if (k < count) add(k, static_cast<char>((1U << (count - k)) - 1));
    *d.coming = coming;
    const Quarter quarter =
        __builtin_shufflevector(sum, sum, 0, 1, 2, 3) + __builtin_shufflevector(sum, sum, 4, 5, 6, 7);
    *d.result = (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
  }
};

struct MaskedProductBody {
  [[gnu::always_inline]] static void run(const Product<float>& p) {
    constexpr std::size_t lanes = 16;
    constexpr auto all = static_cast<short>(-1);
    const std::size_t count = p.count;
    const float* const from = p.x;
    float* const to = p.result;
    const Floats zero{}, factor = zero + p.factor;
    Doubles sum[2] = {};
    Prefetch coming = *p.coming;
    const auto add = [&](std::size_t i, short which) __attribute__((always_inline)) {
      const Floats x = __builtin_ia32_loadups512_mask(from + i, zero, which);
      const Floats product = zero + __builtin_ia32_mulps512_mask(x, factor, zero, which, 4);
      __builtin_ia32_storeups512_mask(to + i, product, which);
      const Half low = __builtin_shufflevector(product, product, 0, 1, 2, 3, 4, 5, 6, 7),
                 high = __builtin_shufflevector(product, product, 8, 9, 10, 11, 12, 13, 14, 15);
      const Doubles a = __builtin_ia32_cvtps2pd512_mask(low, Doubles{}, static_cast<char>(-1), 4),
                    b = __builtin_ia32_cvtps2pd512_mask(high, Doubles{}, static_cast<char>(-1), 4);
      sum[0] += a * a;
      sum[1] += b * b;
    };
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
      add(i, all);
      coming.some(4);
    }
    if (i < count) add(i, static_cast<short>((1U << (count - i)) - 1));
    *p.coming = coming;
    const Doubles half = sum[0] + sum[1];
    *p.squares = ((half[0] + half[4]) + (half[2] + half[6])) + ((half[1] + half[5]) + (half[3] + half[7]));
  }
};
template <class T>
using DotBodyV4 = std::conditional_t<std::is_same_v<T, float>, MaskedDotBody, DotBody<T>>;
template <class T>
using ProductBodyV4 = std::conditional_t<std::is_same_v<T, float>, MaskedProductBody, ProductBody<T>>;
#else
template <class T>
using DotBodyV4 = DotBody<T>;
template <class T>
using ProductBodyV4 = ProductBody<T>;
#endif

template <class T>
struct Squares {
  std::span<const T> numbers;
  double* result;
};
template <class T>
struct SquaresBody {
  [[gnu::always_inline]] static void run(const Squares<T>& s) {
    const T* const x = s.numbers.data();
    *s.result = squares_of<T>(
        s.numbers.size(), [x](std::size_t k) { return x[k]; }, [](std::size_t, T) {});
  }
};

struct Finite {
  std::span<const float> numbers;
  bool* result;
};
struct FiniteBody {
  static constexpr std::size_t lanes = 8;
  using Eight [[gnu::vector_size(lanes * sizeof(std::uint32_t))]] = std::uint32_t;

  [[gnu::always_inline]] static void run(const Finite& f) {
    constexpr std::uint32_t infinity = 0x7F800000U;  // magnitudes are in the order of their bits
    const float* const x = f.numbers.data();
    const std::size_t count = f.numbers.size();
    bool finite = true;
    if (count >= lanes) {
      Eight wrong{};
      const auto look = [&](std::size_t k) __attribute__((always_inline)) {
        Eight bits;
        std::memcpy(&bits, x + k, sizeof bits);
        wrong |= reinterpret_cast<Eight>((bits & infinity) == infinity);
      };
      for (std::size_t k = 0; k + lanes <= count; k += lanes) look(k);
      look(count - lanes);  // some of them again
      for (std::size_t k = 0; k < lanes; ++k) finite = finite && wrong[k] == 0;
    } else {
      for (std::size_t k = 0; k < count; ++k)
        finite = finite && (std::bit_cast<std::uint32_t>(x[k]) & infinity) != infinity;
    }
    *f.result = finite;
  }
};

template <class Body, class Argument, class BodyV4 = Body>
void run(const Argument& argument) {
  static constexpr auto kernels = detail::for_each_isa<Body, Argument, BodyV4>();
  static const auto kernel = kernels[static_cast<std::size_t>(find_isa("best"))];
  kernel(argument);
}

template <class T>
T dot_of(std::size_t count, const float* x, const T* weights, Prefetch& coming) {
  T result = 0;
  run<DotBody<T>, Dot<T>, DotBodyV4<T>>({count, x, weights, &result, &coming});
  return result;
}

template <class T>
double product_of(std::size_t count, const float* x, T delta, T* gradient, Prefetch& coming) {
  double squares = 0;
  run<ProductBody<T>, Product<T>, ProductBodyV4<T>>({count, x, delta, gradient, &squares, &coming});
  return squares;
}

template <class T>
double squares_in(std::span<const T> numbers) {
  double squares = 0;
  run<SquaresBody<T>>(Squares<T>{numbers, &squares});
  return squares;
}

}  // namespace

float row_dot(std::size_t count, const float* x, const float* weights, Prefetch& coming) {
  return dot_of(count, x, weights, coming);
}
double row_dot(std::size_t count, const float* x, const double* weights, Prefetch& coming) {
  return dot_of(count, x, weights, coming);
}

double row_gradient(std::size_t count, const float* x, float delta, float* gradient, Prefetch& coming) {
  return product_of(count, x, delta, gradient, coming);
}
double row_gradient(std::size_t count, const float* x, double delta, double* gradient, Prefetch& coming) {
  return product_of(count, x, delta, gradient, coming);
}

double sum_of_squares(std::span<const float> numbers) { return squares_in(numbers); }
double sum_of_squares(std::span<const double> numbers) { return squares_in(numbers); }

bool all_finite(std::span<const float> numbers) {
  bool result = true;
  run<FiniteBody>(Finite{numbers, &result});
  return result;
}

}  // namespace thalweg::models
