#pragma once

#include <cstdint>

namespace thalweg {

/// How the state of a rule is kept, one number per parameter and slot.
enum class StateType {
  automatic,  ///< float64 for parameters in float64, float32 for all others
  float32,    ///< 4 bytes
  float64,    ///< 8 bytes; the rule then computes in double
  bfloat16,   ///< 2 bytes, 8 significant bits
  int8,       ///< 1 byte and a scale per 256: docs/design/precision.md states the error
};

/// How a number becomes one of fewer bits.
enum class Rounding {
  nearest,     ///< to the nearest, ties to even
  stochastic,  ///< up or down with the probabilities that make the mean exact
};

/// How an Optimizer stores what it owns. Rules compute in float (in double for parameters or state in
/// float64), whatever is stored. A slot that starts at the parameters (z of schedule-free, x0 of Prodigy) is
/// always kept in the type that the rule computes in.
struct Storage {
  StateType state = StateType::automatic;
  bool master = false;  ///< step a float32 copy of parameters of 16 bits, and round it into them
  Rounding rounding = Rounding::nearest;  ///< of parameters of 16 bits, and of state in bfloat16 or int8
  std::uint64_t seed = 0;                 ///< of the stochastic rounding
};

}  // namespace thalweg
