#pragma once

// Records with round numbers, as no machine makes them.

#include "bench/record.h"

namespace thalweg::bench::test {

inline Entry entry(const std::string& group, const std::string& name, const std::string& size,
                   std::size_t threads, std::vector<double> rounds, double bytes = 28,
                   const std::string& limit = "read 4 write 3", const std::string& reference = "") {
  Entry e;
  e.group = group;
  e.name = name;
  e.size = size;
  e.precision = "float32";
  e.threads = threads;
  e.unit = "parameter";
  e.bytes = bytes;
  e.limit = group == "limit" ? "" : limit;
  e.reference = reference;
  e.rounds = std::move(rounds);
  return e;
}

inline Record record() {
  Record r;
  r.date = "2026-01-02 03:04 UTC";
  r.command = "thalweg bench";
  r.version = "0.1.0";
  r.machine = {"Example", "L1 48K", "x86-64-v4", "g++ 12", "-O3", "madvise", 2, 16};
  r.peers = {"other: 1.0"};
  r.left_out = {"something: a reason"};
  r.entries = {
      entry("limit", "root and quotient", "L1", 1, {0.4, 0.4, 0.4}, 0),
      entry("limit", "adam by hand", "L1", 1, {0.5, 0.5, 0.5}, 0),
      entry("kernel", "adam", "L1", 1, {0.45, 0.44, 0.46}, 0, ""),
      entry("limit", "read 4 write 3", "1e8", 1, {1.0, 2.0, 1.0}),
      entry("limit", "read 4 write 3", "1e8", 2, {0.5, 0.5, 0.5}),
      entry("rule", "adam", "1e8", 1, {1.25, 2.5, 1.25}),
      entry("rule", "adam", "1e8", 2, {0.5, 0.51, 0.5}),
      entry("storage", "adam, bf16 state", "1e8", 1, {1.0, 2.0, 1.0}, 20, "read 4 write 3", "adam"),
      entry("peer", "other: adam", "1e8", 1, {5.0, 10.0, 5.0}, 0, "", "adam"),
  };
  return r;
}

}  // namespace thalweg::bench::test
