#pragma once

#include <cstddef>
#include <cstdint>

#include <thalweg/execution.h>

namespace thalweg {

/// Numbers in one byte each, in blocks of 256 that share a scale (after Dettmers, Lewis, Shleifer &
/// Zettlemoyer 2022, 8-bit Optimizers via Block-wise Quantization, with codes that need arithmetic only
/// instead of their table).
///
/// A block without a negative number has codes of 5 exponent and 3 fraction bits, any other block a sign, 4
/// and 3. The scale is a power of two s with |x| <= 1.875 s, negative for a block of the second kind. Let M
/// be the block's largest magnitude. Rounding to nearest, the error is at most
///   |x| / 16   for |x| >= 2^-29 M without negative numbers, 2^-13 M with them,
///   2^-32 M (a nonzero number stays nonzero) or 2^-17 M   for smaller x,
/// and stochastic rounding at most doubles it. s is at least 2^-93, so that no code means a subnormal number:
/// where M is below that, the octaves end at 2^-123 (2^-107 with negative numbers). A NaN or an infinity
/// makes its whole block NaN: the scale is NaN.
inline constexpr std::size_t codes_per_block = 256;

/// The number of scales for `count` numbers: one per block, the last of which may be shorter.
[[nodiscard]] constexpr std::size_t block_count(std::size_t count) {
  return (count + codes_per_block - 1) / codes_per_block;
}

/// Writes `count` codes and block_count(count) scales; in[0] begins a block. Rounds to nearest, ties to even,
/// if `random` is null, else by the 16 random bits of each number so that the mean is x (below the smallest
/// code of a block without negative numbers it is that code). A double is first made a float: above 3.4e38 it
/// is infinite. The bytes are the same for every instruction set.
void encode_blocks(const float* in, std::size_t count, std::uint8_t* codes, float* scales,
                   const std::uint16_t* random, Isa isa);
void encode_blocks(const double* in, std::size_t count, std::uint8_t* codes, float* scales,
                   const std::uint16_t* random, Isa isa);

/// out[i] = what codes[i] means, exactly; codes[0] begins a block.
void decode_blocks(const std::uint8_t* codes, const float* scales, float* out, std::size_t count, Isa isa);
void decode_blocks(const std::uint8_t* codes, const float* scales, double* out, std::size_t count, Isa isa);

}  // namespace thalweg
