#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/statistics.h"

namespace thalweg::bench {

/// Where a record was made.
struct Machine {
  std::string processor, caches, isa, compiler, flags, huge_pages;
  std::size_t threads = 1;  ///< that "all threads" stands for
  double memory = 0;        ///< GiB that were free
};

/// What one case took, round by round.
struct Entry {
  std::string group;           ///< limit, kernel, rule, chain, storage, overhead, training, sparse, peer
  std::string name;            ///< "adam", "read 4 write 3", "libtorch: adam"
  std::string size;            ///< "1e6", "10000x1000", "L1"
  std::string precision;       ///< float32 or float64
  std::size_t threads = 1;     ///< 1 or Machine::threads
  std::string unit;            ///< parameter, tensor, step, row, nonzero: what the times are for
  double bytes = 0;            ///< that a unit must move at least, 0 where that is not what counts
  std::string limit;           ///< the name of the limit that holds for it, or ""
  std::string reference;       ///< what it is compared with: plain "adam" for its storages and chains
  std::size_t set = 0;         ///< cases of a set were timed in turn: only their rounds can be paired
  std::vector<double> rounds;  ///< ns per unit, a round each
};

struct Record {
  static constexpr int schema_version = 1;

  std::string date, command, version;  ///< when, with what options, of which thalweg
  Machine machine;
  std::vector<std::string> peers;     ///< one line each: name and version
  std::vector<std::string> left_out;  ///< what was not measured, and why
  std::vector<std::string> errors;    ///< what makes figures useless
  std::vector<Entry> entries;

  /// The first entry of these, or null; an empty `precision` or 0 threads stand for any.
  [[nodiscard]] const Entry* find(std::string_view group, std::string_view name, std::string_view size,
                                  std::string_view precision, std::size_t threads) const;
  /// The limit that an entry names, timed in the same rounds, or null.
  [[nodiscard]] const Entry* limit_of(const Entry& entry) const;
  /// What an entry is compared with, timed in the same rounds, or null.
  [[nodiscard]] const Entry* reference_of(const Entry& entry) const;
  /// Which part of the time its limit would take, round by round; empty without a limit. Where a limit moves
  /// other bytes than its entry (16-bit storage), it is scaled by them.
  [[nodiscard]] std::vector<double> shares(const Entry& entry) const;
  /// Its time over that of its reference, round by round; empty without one.
  [[nodiscard]] std::vector<double> over_reference(const Entry& entry) const;
  /// The sizes that were measured, in their order, of what counts parameters.
  [[nodiscard]] std::vector<std::string> sizes() const;
};

/// As JSON, {"schema_version", "kind": "bench", ...}; each entry with its median, quartiles, least and share
/// of its limit besides its rounds.
[[nodiscard]] std::string to_json(const Record& record);
/// Reads what to_json() wrote; `where` is the file's name. Throws an input Error for anything else.
[[nodiscard]] Record from_json(std::string_view text, const std::string& where);

}  // namespace thalweg::bench
