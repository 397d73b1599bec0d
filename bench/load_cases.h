#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/case.h"
#include "bench/peers.h"

namespace thalweg::bench {

/// Loading files, ns a byte on one thread: LIBSVM (100 nonzeros a row), CSV (50 columns) and IDX (images of
/// 28 x 28) of about `bytes` each, made up, always the same, in a temporary folder that goes with the block;
/// and the streaming of the LIBSVM file, and the survey before it. The limit of all is "copy": reading the
/// same bytes, which lie in the page cache, into new memory. "new memory" fills what the floats of the images
/// take. Peers read the same files.
[[nodiscard]] Block load_block(std::size_t bytes, std::size_t rounds, const std::vector<Peer>& peers);

/// "64 MB".
[[nodiscard]] std::string load_size(std::size_t bytes);

}  // namespace thalweg::bench
