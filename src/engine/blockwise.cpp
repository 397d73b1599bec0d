#include "engine/blockwise.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include <thalweg/detail/kernel.h>

namespace thalweg {
namespace {

constexpr std::int32_t one_octave = 1 << 23;  // in the bits of a float
constexpr std::int32_t power_mask = 0x7F800000;

constexpr std::int32_t bits_of(float x) { return std::bit_cast<std::int32_t>(x); }
constexpr float float_of(std::int32_t bits) { return std::bit_cast<float>(bits); }
constexpr std::int32_t power_of_two(std::int32_t exponent) { return (127 + exponent) * one_octave; }

/// Magnitudes below 2, as codes of so many exponent and fraction bits, with gradual underflow: the largest
/// exponent is that of 1.
template <std::int32_t exponent_bits, std::int32_t fraction_bits>
struct Codes {
  static constexpr std::int32_t largest = (1 << (exponent_bits + fraction_bits)) - 1;
  static constexpr std::int32_t smallest_exponent = 2 - (1 << exponent_bits);
  static constexpr std::int32_t dropped = 23 - fraction_bits;
  /// Numbers to encode come times 2^32, which keeps the inverse of every scale a normal number.
  static constexpr std::int32_t smallest_power = power_of_two(32 + smallest_exponent);

  [[gnu::always_inline]] static std::int32_t power_below(float scaled) {
    const std::int32_t power = bits_of(scaled) & power_mask;
    return power > smallest_power ? power : smallest_power;
  }

  /// `last` counts in units of the last place.
  [[gnu::always_inline]] static std::int32_t join(std::int32_t power, std::int32_t last) {
    const std::int32_t code = ((power - smallest_power) >> dropped) + last;
    return code < largest ? code : largest;
  }

  [[gnu::always_inline]] static std::int32_t nearest(float scaled) {
    const std::int32_t power = power_below(scaled);
    // Adding 2^dropped times the power makes the floating-point unit round to the last place that is kept.
    const std::int32_t sum = bits_of(scaled + float_of(power + dropped * one_octave));
    return join(power, sum & ((4 << fraction_bits) - 1));
  }

  [[gnu::always_inline]] static std::int32_t stochastic(float scaled, std::uint16_t random) {
    const std::int32_t power = power_below(scaled);
    const float to_last_place = float_of(power_of_two(16 + fraction_bits) - power + power_of_two(0));
    return join(power, (static_cast<std::int32_t>(scaled * to_last_place) + random) >> 16);
  }

  [[gnu::always_inline]] static float value(std::int32_t code) {
    constexpr std::int32_t zero = power_of_two(smallest_exponent - 1);
    const std::int32_t normal = (code << dropped) + zero;
    const float subnormal = float_of(normal + one_octave) - float_of(zero + one_octave);
    return code < 1 << fraction_bits ? subnormal : float_of(normal);
  }
};
using Unsigned = Codes<5, 3>;
using Signed = Codes<4, 3>;

struct Encoding {
  const void* in;
  std::uint8_t* codes;
  float* scales;
  const std::uint16_t* random;
  std::size_t count;
};

template <class T, bool stochastic>
struct Encode {
  template <class Format>
  [[gnu::always_inline]] static std::int32_t magnitude(T x, float inverse, std::uint16_t random) {
    const float scaled = std::abs(static_cast<float>(x)) * inverse;
    if constexpr (stochastic)
      return Format::stochastic(scaled, random);
    else
      return Format::nearest(scaled);
  }

  [[gnu::always_inline]] static void block(const T* in, std::size_t count, std::uint8_t* codes, float* scale,
                                           const std::uint16_t* random) {
    std::int32_t largest = 0, negative = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::int32_t bits = bits_of(static_cast<float>(in[i])) & 0x7FFFFFFF;
      largest = largest > bits ? largest : bits;  // of infinity and NaN it is larger than of all numbers
      negative |= in[i] < 0 ? 1 : 0;
    }
    // The smallest power of two that has it below 1.875 times, so that no rounding ends above the largest
    // code.
    const std::int32_t power =
        std::clamp((largest + (one_octave >> 3) - 1) & power_mask, power_of_two(-93), power_of_two(127));
    const bool finite = largest < power_mask;
    const float inverse = finite ? float_of(power_of_two(32) - power + power_of_two(0)) : 0.0F;
    *scale = !finite         ? std::numeric_limits<float>::quiet_NaN()
             : negative != 0 ? -float_of(power)
                             : float_of(power);
    if (!finite) {
      for (std::size_t i = 0; i < count; ++i) codes[i] = 0;
    } else if (negative != 0) {
      THALWEG_INDEPENDENT_ITERATIONS
      for (std::size_t i = 0; i < count; ++i) {
        const std::int32_t code =
            magnitude<Signed>(in[i], inverse, stochastic ? random[i] : std::uint16_t{0});
        codes[i] = static_cast<std::uint8_t>(code | (in[i] < 0 ? 0x80 : 0));
      }
    } else {
      THALWEG_INDEPENDENT_ITERATIONS
      for (std::size_t i = 0; i < count; ++i) {
        const std::int32_t code =
            magnitude<Unsigned>(in[i], inverse, stochastic ? random[i] : std::uint16_t{0});
        const std::int32_t least = in[i] != 0 ? 1 : 0;
        codes[i] = static_cast<std::uint8_t>(code > least ? code : least);
      }
    }
  }

  [[gnu::always_inline]] static void run(const Encoding& e) {
    for (std::size_t begin = 0; begin < e.count; begin += codes_per_block) {
      block(static_cast<const T*>(e.in) + begin, std::min(codes_per_block, e.count - begin), e.codes + begin,
            e.scales + begin / codes_per_block, stochastic ? e.random + begin : nullptr);
    }
  }
};

struct Decoding {
  const std::uint8_t* codes;
  const float* scales;
  void* out;
  std::size_t count;
};

template <class T>
struct Decode {
  [[gnu::always_inline]] static void block(const std::uint8_t* codes, float scale, T* out,
                                           std::size_t count) {
    if (scale < 0) {
      THALWEG_INDEPENDENT_ITERATIONS
      for (std::size_t i = 0; i < count; ++i) {
        const std::int32_t code = codes[i];
        const float magnitude = Signed::value(code & 0x7F) * -scale;
        out[i] = static_cast<T>(float_of(bits_of(magnitude) | (code & 0x80) << 24));
      }
    } else {
      THALWEG_INDEPENDENT_ITERATIONS
      for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<T>(Unsigned::value(codes[i]) * scale);
    }
  }

  [[gnu::always_inline]] static void run(const Decoding& d) {
    for (std::size_t begin = 0; begin < d.count; begin += codes_per_block) {
      block(d.codes + begin, d.scales[begin / codes_per_block], static_cast<T*>(d.out) + begin,
            std::min(codes_per_block, d.count - begin));
    }
  }
};

template <class T>
void encode(const T* in, std::size_t count, std::uint8_t* codes, float* scales, const std::uint16_t* random,
            Isa isa) {
  static constexpr auto nearest = detail::for_each_isa<Encode<T, false>, Encoding>();
  static constexpr auto stochastic = detail::for_each_isa<Encode<T, true>, Encoding>();
  (random == nullptr ? nearest
                     : stochastic)[static_cast<std::size_t>(isa)]({in, codes, scales, random, count});
}

template <class T>
void decode(const std::uint8_t* codes, const float* scales, T* out, std::size_t count, Isa isa) {
  static constexpr auto kernels = detail::for_each_isa<Decode<T>, Decoding>();
  kernels[static_cast<std::size_t>(isa)]({codes, scales, out, count});
}

}  // namespace

void encode_blocks(const float* in, std::size_t count, std::uint8_t* codes, float* scales,
                   const std::uint16_t* random, Isa isa) {
  encode(in, count, codes, scales, random, isa);
}

void encode_blocks(const double* in, std::size_t count, std::uint8_t* codes, float* scales,
                   const std::uint16_t* random, Isa isa) {
  encode(in, count, codes, scales, random, isa);
}

void decode_blocks(const std::uint8_t* codes, const float* scales, float* out, std::size_t count, Isa isa) {
  decode(codes, scales, out, count, isa);
}

void decode_blocks(const std::uint8_t* codes, const float* scales, double* out, std::size_t count, Isa isa) {
  decode(codes, scales, out, count, isa);
}

}  // namespace thalweg
