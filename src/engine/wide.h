#pragma once

// Vectors of 64-bit words in the compiler's own notation, where it finds no good instructions for a loop.

#include <cstdint>

#if defined(__x86_64__) && !defined(__clang__)
#include <immintrin.h>  // declares the builtins for all instruction sets
#endif

// They are passed between functions that are always inlined only.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace thalweg {

template <int bytes>
struct Vectors {
  // NOLINTBEGIN(modernize-use-using): g++ drops the attribute of an alias that depends on a parameter
  typedef std::uint64_t Wide __attribute__((vector_size(bytes)));
  typedef int Halves __attribute__((vector_size(bytes)));
  typedef long long Product __attribute__((vector_size(bytes)));
  // NOLINTEND(modernize-use-using)
};

/// The products of the lower halves. clang 14 finds the instruction from the formula; g++ 12 multiplies 64
/// bits by three multiplications, or shuffles so much that it takes twice the time.
template <int bytes, class Wide>
[[gnu::always_inline]] inline void multiply(Wide& product, const Wide& a, const Wide& b) {
#if defined(__x86_64__) && !defined(__clang__)
  using Halves = typename Vectors<bytes>::Halves;
  if constexpr (bytes == 16)
    product = reinterpret_cast<Wide>(
        __builtin_ia32_pmuludq128(reinterpret_cast<Halves>(a), reinterpret_cast<Halves>(b)));
  else if constexpr (bytes == 32)
    product = reinterpret_cast<Wide>(
        __builtin_ia32_pmuludq256(reinterpret_cast<Halves>(a), reinterpret_cast<Halves>(b)));
  else
    product = reinterpret_cast<Wide>(
        __builtin_ia32_pmuludq512_mask(reinterpret_cast<Halves>(a), reinterpret_cast<Halves>(b),
                                       typename Vectors<bytes>::Product{}, static_cast<unsigned char>(255)));
#else
  product = (a & 0xFFFFFFFFU) * (b & 0xFFFFFFFFU);
#endif
}

}  // namespace thalweg
