#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/case.h"
#include "bench/peers.h"
#include "bench/sparse_cases.h"

namespace thalweg::bench {

/// The least objective times 1 + this is what has to be reached.
inline constexpr double objective_tolerance = 1e-3;

/// Logistic regression with an l2 of 1 / rows (liblinear's C = 1) on the rows of sparse_block(): the
/// training, on one thread, from weights of 0 to an objective within 1e-3 of the least. thalweg's is sgd in
/// steps of one row. How each does it fastest (its rates and schedules, or tolerances) is searched before,
/// and so is the number of epochs after which the objective is reached, in the middle one of five orders of
/// the rows; then that training is timed without a look at the objective. The names say what was found: "sgd
/// to 1e-3, inverse time 2, 5 epochs".
[[nodiscard]] Block objective_block(Frequencies frequencies, std::size_t rounds,
                                    const std::vector<Peer>& peers);

/// Of a case's name: the epochs, or 0 where there are none.
[[nodiscard]] std::size_t epochs_of(const std::string& name);

}  // namespace thalweg::bench
