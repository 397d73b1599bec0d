#include "engine/convert.h"

#include <array>

#include <thalweg/detail/kernel.h>
#include <thalweg/number.h>

namespace thalweg {
namespace {

struct Conversion {
  const void* in;
  void* out;
  std::size_t count;
  const std::uint16_t* random;
};

template <class From, class To>
struct Nearest {
  [[gnu::always_inline]] static void run(const Conversion& c) {
    const From* const in = static_cast<const From*>(c.in);
    To* const out = static_cast<To*>(c.out);
    const std::size_t count = c.count;
    THALWEG_INDEPENDENT_ITERATIONS
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<To>(in[i]);
  }
};

template <class From, class To>
struct Stochastic {
  [[gnu::always_inline]] static void run(const Conversion& c) {
    const From* const in = static_cast<const From*>(c.in);
    To* const out = static_cast<To*>(c.out);
    const std::uint16_t* const random = c.random;
    const std::size_t count = c.count;
    THALWEG_INDEPENDENT_ITERATIONS
    for (std::size_t i = 0; i < count; ++i) out[i] = To::stochastic(static_cast<float>(in[i]), random[i]);
  }
};

using Table = std::array<std::array<void (*)(const Conversion&), isa_count>, 4>;

template <class To>
constexpr Table from_each() {
  return {detail::for_each_isa<Nearest<float, To>, Conversion>(),
          detail::for_each_isa<Nearest<double, To>, Conversion>(),
          detail::for_each_isa<Nearest<bfloat16, To>, Conversion>(),
          detail::for_each_isa<Nearest<float16, To>, Conversion>()};
}

template <class From>
constexpr Table to_each() {
  return {detail::for_each_isa<Nearest<From, float>, Conversion>(),
          detail::for_each_isa<Nearest<From, double>, Conversion>(),
          detail::for_each_isa<Nearest<From, bfloat16>, Conversion>(),
          detail::for_each_isa<Nearest<From, float16>, Conversion>()};
}

template <class From>
constexpr Table to_each_stochastically() {
  Table table = to_each<From>();
  table[static_cast<std::size_t>(Precision::bfloat16)] =
      detail::for_each_isa<Stochastic<From, bfloat16>, Conversion>();
  table[static_cast<std::size_t>(Precision::float16)] =
      detail::for_each_isa<Stochastic<From, float16>, Conversion>();
  return table;
}

void run(const Table& table, Precision precision, Isa isa, const Conversion& conversion) {
  table[static_cast<std::size_t>(precision)][static_cast<std::size_t>(isa)](conversion);
}

constexpr Table widen_to_float = from_each<float>(), widen_to_double = from_each<double>();
constexpr Table narrow_float = to_each<float>(), narrow_double = to_each<double>();
constexpr Table narrow_float_stochastically = to_each_stochastically<float>();
constexpr Table narrow_double_stochastically = to_each_stochastically<double>();

}  // namespace

void widen(Precision from, const void* in, float* out, std::size_t count, Isa isa) {
  run(widen_to_float, from, isa, {in, out, count, nullptr});
}

void widen(Precision from, const void* in, double* out, std::size_t count, Isa isa) {
  run(widen_to_double, from, isa, {in, out, count, nullptr});
}

void narrow(const float* in, Precision to, void* out, std::size_t count, Isa isa) {
  run(narrow_float, to, isa, {in, out, count, nullptr});
}

void narrow(const double* in, Precision to, void* out, std::size_t count, Isa isa) {
  run(narrow_double, to, isa, {in, out, count, nullptr});
}

void narrow_stochastic(const float* in, Precision to, void* out, std::size_t count,
                       const std::uint16_t* random, Isa isa) {
  run(narrow_float_stochastically, to, isa, {in, out, count, random});
}

void narrow_stochastic(const double* in, Precision to, void* out, std::size_t count,
                       const std::uint16_t* random, Isa isa) {
  run(narrow_double_stochastically, to, isa, {in, out, count, random});
}

}  // namespace thalweg
