#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/peers/peer.h"
#include "bench/rule_cases.h"

namespace thalweg::bench {

/// A peer library, loaded from its module. It stays loaded.
struct Peer {
  std::string name, about;
  const ThalwegPeer* module = nullptr;
  const ThalwegTrainingPeer* training = nullptr;    ///< if its library trains networks
  const ThalwegSparsePeer* sparse = nullptr;        ///< if it has linear models on sparse rows
  const ThalwegObjectivePeer* objective = nullptr;  ///< if it minimizes their loss with a penalty
  const ThalwegLoadPeer* loading = nullptr;         ///< if it reads files
};

/// The modules (*.so) of a folder, by their names; none where there is no such folder. What cannot be loaded
/// is added to `left_out` with the reason.
[[nodiscard]] std::vector<Peer> load_peers(const std::string& folder, std::vector<std::string>& left_out);

/// Adds each peer's step of a rule, on each number of threads that it has, beside thalweg's own.
void add_peers(Block& block, const Setting& setting, const AnyRule& rule, const std::vector<Peer>& peers);

}  // namespace thalweg::bench
