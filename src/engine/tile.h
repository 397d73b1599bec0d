#pragma once

#include <array>
#include <cstddef>

#include "engine/engine.h"

namespace thalweg {

/// Small enough for gradient and parameters to stay in the first-level cache between transforms and rule; a
/// multiple of the 256 numbers that share a scale in int8.
constexpr std::size_t tile_size = 512;

/// Room for the numbers of a tile in the type that a rule computes in. Left uninitialized.
struct Optimizer::Engine::Tile {
  using Numbers = std::array<std::byte, tile_size * sizeof(double)>;
  alignas(64) Numbers theta;
  alignas(64) Numbers gradient;
  alignas(64) std::array<Numbers, max_slots> slots;
};

/// widen() and narrow() between any two types; to nearest if `random` is null.
void widen_any(Precision from, const void* in, Precision to, void* out, std::size_t count, Isa isa);
void narrow_any(Precision from, const void* in, Precision to, void* out, std::size_t count,
                const std::uint16_t* random, Isa isa);

}  // namespace thalweg
