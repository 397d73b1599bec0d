#pragma once

#include <cstddef>
#include <cstdint>

#include <thalweg/execution.h>
#include <thalweg/views.h>

namespace thalweg {

/// out[i] = in[i], exact but for float64 to float, which rounds to nearest. Arrays do not overlap and need
/// only the alignment of their elements, as in all functions here; the bytes are the same for every
/// instruction set.
void widen(Precision from, const void* in, float* out, std::size_t count, Isa isa);
void widen(Precision from, const void* in, double* out, std::size_t count, Isa isa);

/// out[i] = in[i] rounded once, to nearest, ties to even: bfloat16(in[i]), float16(in[i]) or a plain cast.
void narrow(const float* in, Precision to, void* out, std::size_t count, Isa isa);
void narrow(const double* in, Precision to, void* out, std::size_t count, Isa isa);

/// out[i] = stochastic(in[i], random[i]) in bfloat16 or float16; a double is first rounded to float. To
/// float32 and float64 as narrow, which leaves 16 random bits nothing to decide.
void narrow_stochastic(const float* in, Precision to, void* out, std::size_t count,
                       const std::uint16_t* random, Isa isa);
void narrow_stochastic(const double* in, Precision to, void* out, std::size_t count,
                       const std::uint16_t* random, Isa isa);

}  // namespace thalweg
