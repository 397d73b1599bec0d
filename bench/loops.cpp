#include "bench/loops.h"

#include <array>
#include <cassert>
#include <cmath>
#include <utility>

#include <thalweg/detail/kernel.h>

namespace thalweg::bench {
namespace {

struct Work {
  void* const* arrays = nullptr;
  std::size_t count = 0;
};
using Loop = void (*)(const Work&);
using Loops = std::array<Loop, isa_count>;

/// Sums that nobody looks at must be made all the same.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

template <class T, std::size_t reads, std::size_t writes, std::size_t fresh>
struct PassBody {
  [[gnu::always_inline]] static void run(const Work& w) {
    std::array<T*, reads + fresh> a{};
    for (std::size_t k = 0; k < a.size(); ++k) a[k] = static_cast<T*>(w.arrays[k]);
    if constexpr (writes + fresh == 0) {
      constexpr std::size_t lanes = 64;
      T sums[lanes] = {};
      for (std::size_t i = 0; i + lanes <= w.count; i += lanes) {
        THALWEG_INDEPENDENT_ITERATIONS
        for (std::size_t j = 0; j < lanes; ++j) {
          T sum = 0;
          for (std::size_t k = 0; k < reads; ++k) sum += a[k][i + j];
          sums[j] += sum;
        }
      }
      keep(sums);
    } else {
      const std::size_t count = w.count;
      THALWEG_INDEPENDENT_ITERATIONS
      for (std::size_t i = 0; i < count; ++i) {
        std::array<T, reads> x;
        T only_read = 0;
        for (std::size_t k = 0; k < reads; ++k) x[k] = a[k][i];
        for (std::size_t k = writes; k < reads; ++k) only_read += x[k];
        for (std::size_t k = 0; k < writes; ++k) a[k][i] = T(0.5) * (x[k] + only_read);
        for (std::size_t k = 0; k < fresh; ++k) a[reads + k][i] = only_read;
      }
    }
  }
};

template <class T>
struct RootAndQuotientBody {
  [[gnu::always_inline]] static void run(const Work& w) {
    const T* const x = static_cast<const T*>(w.arrays[0]);
    const T* const y = static_cast<const T*>(w.arrays[1]);
    T* const result = static_cast<T*>(w.arrays[2]);
    const std::size_t count = w.count;
    THALWEG_INDEPENDENT_ITERATIONS
    for (std::size_t i = 0; i < count; ++i) result[i] = x[i] / std::sqrt(y[i]);
  }
};

template <class T>
struct AdamByHandBody {
  [[gnu::always_inline]] static void run(const Work& w) {
    T* const theta = static_cast<T*>(w.arrays[0]);
    const T* const g = static_cast<const T*>(w.arrays[1]);
    T* const m = static_cast<T*>(w.arrays[2]);
    T* const v = static_cast<T*>(w.arrays[3]);
    const T beta1 = T(0.9), gain1 = T(0.1), beta2 = T(0.999), gain2 = T(0.001), eps = T(1e-8),
            rate = T(-1e-3);
    const std::size_t count = w.count;
    THALWEG_INDEPENDENT_ITERATIONS
    for (std::size_t i = 0; i < count; ++i) {
      m[i] = std::fma(beta1, m[i], gain1 * g[i]);
      v[i] = std::fma(beta2, v[i], gain2 * g[i] * g[i]);
      theta[i] = std::fma(rate, m[i] / (std::sqrt(v[i]) + eps), theta[i]);
    }
  }
};

struct Known {
  Pass pass;
  Loops float32, float64;
};

template <std::size_t reads, std::size_t writes, std::size_t fresh>
Known known() {
  return {{reads, writes, fresh},
          detail::for_each_isa<PassBody<float, reads, writes, fresh>, Work>(),
          detail::for_each_isa<PassBody<double, reads, writes, fresh>, Work>()};
}

template <std::size_t... n>
std::vector<Known> known_passes(std::index_sequence<n...>) {
  std::vector<Known> all;
  (all.push_back(known<n + 1, 0, 0>()), ...);
  (all.push_back(known<n + 1, n, 0>()), ...);
  return all;
}

const Known* find_loop(const Pass& pass) {
  static const std::vector<Known> all = [] {
    auto passes = known_passes(std::make_index_sequence<8>());
    passes.push_back(known<2, 1, 1>());
    passes.push_back(known<3, 1, 1>());
    passes.push_back(known<4, 1, 1>());
    passes.push_back(known<4, 2, 1>());
    return passes;
  }();
  for (const Known& k : all) {
    if (k.pass.reads == pass.reads && k.pass.writes == pass.writes && k.pass.fresh == pass.fresh) return &k;
  }
  return nullptr;
}

template <template <class> class Body>
void run_body(Precision precision, Isa isa, const Work& work) {
  static constexpr Loops float32 = detail::for_each_isa<Body<float>, Work>();
  static constexpr Loops float64 = detail::for_each_isa<Body<double>, Work>();
  (precision == Precision::float32 ? float32 : float64)[static_cast<std::size_t>(isa)](work);
}

}  // namespace

std::string pass_name(const std::vector<Pass>& passes) {
  std::string name;
  for (const Pass& pass : passes) {
    name += (name.empty() ? "read " : " + read ") + std::to_string(pass.reads);
    if (pass.writes + pass.fresh > 0) name += " write " + std::to_string(pass.writes + pass.fresh);
  }
  return name;
}

bool has_loop(const Pass& pass) { return find_loop(pass) != nullptr; }

void run_pass(const Pass& pass, Precision precision, Isa isa, void* const* arrays, std::size_t count) {
  const Known* const loop = find_loop(pass);
  assert(loop != nullptr);
  (precision == Precision::float32 ? loop->float32
                                   : loop->float64)[static_cast<std::size_t>(isa)]({arrays, count});
}

void run_bare(Bare loop, Precision precision, Isa isa, void* const* arrays, std::size_t count) {
  const Work work{arrays, count};
  if (loop == Bare::root_and_quotient)
    run_body<RootAndQuotientBody>(precision, isa, work);
  else
    run_body<AdamByHandBody>(precision, isa, work);
}

}  // namespace thalweg::bench
