#pragma once

#include <cstddef>

namespace thalweg::models {

/// Replaces each of `count` numbers x <= 0 by e^x, rounded once but for one case in millions: the same
/// bits with every instruction set. A NaN stays one.
void exponentials(std::size_t count, float* x);
void exponentials(std::size_t count, double* x);

}  // namespace thalweg::models
