#include "bench/epoch_goals.h"

#include "bench/goal_parts.h"
#include "bench/objective_cases.h"
#include "bench/sparse_cases.h"

namespace thalweg::bench {
namespace {

/// Files at a speed, or at that of a copy by the bytes that are moved.
void load_goals(const Record& record, std::vector<Goal>& goals) {
  const auto binds = [&](const Entry& e, const char* what) {
    const Entry* copy = record.limit_of(e);
    return copy == nullptr ? std::string()
                           : fmt::format("{:.3g} ns a byte, the copy alone {:.3g}: {}", median_of(&e),
                                         median_of(copy), what);
  };
  for (const Entry& e : record.entries) {
    if (e.group != "load") continue;
    if (e.name == "load libsvm" || e.name == "load csv") {
      const double speed = 1e3 / median_of(&e);
      goals.push_back({fmt::format("{} at 300 MB/s or more: {}, 1 thread", e.name.substr(5), e.size),
                       fmt::format("{:.0f} MB/s", speed), shortfall(speed, 300, true),
                       binds(e, "finding where numbers end binds, and what they are")});
    }
    if (e.name == "load idx") {
      const double share = figure_of(record.shares(e)).median;
      if (!std::isfinite(share)) continue;
      const double fill = median_of(record.find("limit", "new memory", e.size, e.precision, 1));
      goals.push_back({fmt::format("idx at 90 % of the speed of a copy or more: {}, 1 thread", e.size),
                       percent(share), shortfall(share, 0.9, true),
                       binds(e, "new memory for the floats binds") +
                           (std::isfinite(fill) ? fmt::format(": filling as much takes {:.3g}", fill) : "")});
    }
  }
}

std::string row_text(const Entry& e) { return fmt::format("{:.3g} µs", 1e-3 * figure_of(e.rounds).median); }

/// Dense training: how near the products, what threads bring, and the fastest setting of each peer.
void training_goals(const Record& record, std::vector<Goal>& goals) {
  for (const Entry& e : record.entries) {
    if (e.group != "training") continue;
    const Entry* const limit = record.limit_of(e);
    const Entry* const one = record.find("training", e.name, e.size, e.precision, 1);
    const bool deep = e.name.rfind("mlp", 0) == 0;
    const std::string binds = fmt::format(
        "{} a row, of which the products alone {}: what is left is to read rows in shuffled order, the "
        "passes between products, and the step",
        row_text(e), limit == nullptr ? "?" : row_text(*limit));
    if (deep && e.threads == 1 && limit != nullptr) {
      const double over = figure_of(ratios(e.rounds, limit->rounds)).median;
      goals.push_back({fmt::format("an epoch of {} at most 1.15 times its products alone: 1 thread", e.name),
                       fmt::format("{:.3f}", over), shortfall(over, 1.15, false), binds});
    }
    if (deep && e.threads > 1 && one != nullptr) {
      const double gain = figure_of(ratios(one->rounds, e.rounds)).median;
      goals.push_back({fmt::format("an epoch of {} at least 1.6 times faster on {} than on 1", e.name,
                                   threads_text(e.threads)),
                       fmt::format("{:.2f}", gain), shortfall(gain, 1.6, true), binds});
    }
    const Entry* best = nullptr;
    for (const Entry& peer : record.entries) {
      if (peer.group == "peer" && peer.reference == e.name && peer.threads == e.threads &&
          peer.size == e.size && (best == nullptr || median_of(&peer) < median_of(best)))
        best = &peer;
    }
    if (best == nullptr) continue;
    const double wanted = !deep            ? 3
                          : e.threads == 1 ? 1.35
                                           : 1.8,
                 gain = figure_of(record.over_reference(*best)).median;
    goals.push_back({fmt::format("an epoch of {} at least {} times faster than {}: {}", e.name, wanted,
                                 best->name.substr(0, best->name.find(':')), threads_text(e.threads)),
                     fmt::format("{:.2f}", gain), shortfall(gain, wanted, true),
                     binds + fmt::format("; {} takes {}, {:.2f} times the products alone",
                                         best->name.substr(0, best->name.find(':')), row_text(*best),
                                         limit == nullptr ? 0 : median_of(best) / median_of(limit))});
  }
}

/// Which part of a step is not memory, from figures of the same rounds.
std::string sparse_binds(const Record& record, const Entry& e, const Entry& limit) {
  const auto step = static_cast<double>(sparse_nonzeros);
  const double ns = median_of(&e),
               cached = median_of(record.find(e.group, cached_name(e.name), e.size, e.precision, e.threads));
  std::string text =
      fmt::format("{:.3g} ns a nonzero, memory at the same places alone {:.3g}", ns, median_of(&limit));
  if (std::isfinite(cached))
    text += fmt::format(
        "; of the {:.0f} ns of a step of {}, {:.0f} are left where rows and table are in the second-level "
        "cache: "
        "arithmetic, and what a step costs at any size",
        step * ns, sparse_nonzeros, step * cached);
  return text;
}

/// Steps of one row: as fast as a number of ns says, or within reach of what memory does alone.
void sparse_goals(const Record& record, std::vector<Goal>& goals) {
  for (const Entry& e : record.entries) {
    const auto over_peer = record.over_reference(e);
    if (e.group == "peer" && e.unit == "nonzero" && !over_peer.empty()) {
      const Entry* const own = record.reference_of(e);
      const Entry* const limit = record.limit_of(*own);
      const double gain = figure_of(over_peer).median;
      goals.push_back({fmt::format("{} at least 4 times faster than {}: {}", e.reference,
                                   e.name.substr(0, e.name.find(':')), e.size),
                       fmt::format("{:.2f}", gain), shortfall(gain, 4, true),
                       limit == nullptr ? "" : sparse_binds(record, *own, *limit)});
    }
    const Entry* const limit = record.limit_of(e);
    if (e.group != "sparse" || limit == nullptr || (e.name != "sgd, batch 1" && e.name != "adagrad, batch 1"))
      continue;
    const double over = figure_of(ratios(e.rounds, limit->rounds)).median, ns = median_of(&e);
    goals.push_back({fmt::format("{} at most 3.5 ns a nonzero, or 2.2 times the loop: {}", e.name, e.size),
                     fmt::format("{:.3g} ns, {:.2f} times", ns, over),
                     std::min(shortfall(ns, 3.5, false), shortfall(over, 2.2, false)),
                     sparse_binds(record, e, *limit)});
  }
}

/// "5 epochs of 6.1 ns a nonzero (sgd to 1e-3, inverse time 2, 5 epochs)"
std::string training_text(const Entry& e) {
  const std::size_t epochs = epochs_of(e.name);
  const double ms = 1e-6 * median_of(&e);
  if (epochs == 0) return fmt::format("{}: {:.3g} ms", e.name, ms);
  return fmt::format("{}: {:.3g} ms, {:.3g} ns a nonzero", e.name, ms,
                     1e6 * ms / static_cast<double>(epochs * sparse_rows * sparse_nonzeros));
}

/// The training to an objective, against each peer.
void objective_goals(const Record& record, std::vector<Goal>& goals) {
  for (const Entry& e : record.entries) {
    const auto over = record.over_reference(e);
    if (e.group != "peer" || e.unit != "training" || over.empty()) continue;
    const std::string peer = e.name.substr(0, e.name.find(':'));
    const double wanted = peer == "liblinear" ? 5 : 4, gain = figure_of(over).median;
    goals.push_back({fmt::format("sgd at least {} times faster than {} to a relative objective of 1e-3: {}",
                                 wanted, peer, e.size),
                     fmt::format("{:.2f}", gain), shortfall(gain, wanted, true),
                     fmt::format("{}; {}", training_text(*record.reference_of(e)), training_text(e))});
  }
}

}  // namespace

void add_epoch_goals(const Record& record, std::vector<Goal>& goals) {
  load_goals(record, goals);
  training_goals(record, goals);
  sparse_goals(record, goals);
  objective_goals(record, goals);
}

}  // namespace thalweg::bench
