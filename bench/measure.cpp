#include "bench/measure.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <optional>
#include <set>
#include <thread>

namespace thalweg::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::optional<std::size_t> find(const Block& block, const std::string& name, std::size_t threads,
                                bool limit) {
  for (std::size_t i = 0; i < block.cases.size(); ++i) {
    const Case& c = block.cases[i];
    if (c.name == name && c.threads == threads && (c.group == "limit") == limit) return i;
  }
  return std::nullopt;
}

/// The case with what it is held against.
std::set<std::size_t> with_partners(const Block& block, std::size_t index) {
  std::set<std::size_t> all{index};
  const Case& c = block.cases[index];
  if (const auto limit = find(block, c.limit, c.threads, true)) all.insert(*limit);
  if (const auto reference = find(block, c.reference, c.threads, false)) {
    all.insert(*reference);
    if (const auto limit = find(block, block.cases[*reference].limit, c.threads, true)) all.insert(*limit);
  }
  return all;
}

std::size_t memory_of(const Block& block, const std::set<std::size_t>& set) {
  std::size_t all = 0;
  for (const std::size_t i : set) all += block.cases[i].memory;
  return all;
}

/// One case while its set is timed.
struct Running {
  std::size_t index = 0, repeats = 1, since = 0;
  std::vector<double> rounds;
  bool failed = false;
};

void run_once(const Case& c) {
  if (c.begin) c.begin();
  c.run();
}

double timed(const Case& c, std::size_t repeats) {
  double seconds = 0;
  for (std::size_t i = 0; c.begin && i < repeats; ++i) {
    c.begin();
    const auto begin = Clock::now();
    c.run();
    seconds += seconds_since(begin);
  }
  if (c.begin) return seconds;
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < repeats; ++i) c.run();
  return seconds_since(begin);
}

/// As timed(), but with untimed renewals between; `since` counts the runs since the last one.
double timed_with_renewal(const Case& c, std::size_t repeats, std::size_t& since) {
  double seconds = 0;
  for (std::size_t done = 0; done < repeats;) {
    if (since >= c.renew_after) {
      c.prepare();
      run_once(c);
      since = 0;
    }
    const std::size_t here = std::min(c.renew_after - since, repeats - done);
    seconds += timed(c, here);
    done += here;
    since += here;
  }
  return seconds;
}

void warm_up(const Case& c, double least_seconds, Running& running) {
  c.prepare();
  run_once(c);  // the first one touches memory, starts threads
  std::size_t tried = 1;
  double seconds = timed(c, tried);
  while (seconds < least_seconds / 4 && tried < (std::size_t{1} << 30U)) {
    tried *= seconds < least_seconds / 64 ? 16 : 4;
    seconds = c.renew_after > 0 ? timed_with_renewal(c, tried, running.since) : timed(c, tried);
  }
  const double wanted = least_seconds / seconds * static_cast<double>(tried);
  running.repeats = wanted < 1 ? 1 : static_cast<std::size_t>(wanted) + 1;
}

}  // namespace

std::vector<std::vector<std::size_t>> make_sets(const Block& block, std::size_t memory) {
  std::vector<std::vector<std::size_t>> sets;
  std::set<std::size_t> open, placed;
  const auto close = [&] {
    if (!open.empty()) sets.emplace_back(open.begin(), open.end());
    open.clear();
  };
  for (std::size_t i = 0; i < block.cases.size(); ++i) {
    if (placed.count(i) != 0) continue;
    const std::set<std::size_t> wanted = with_partners(block, i);
    if (memory_of(block, wanted) > memory) continue;
    std::set<std::size_t> joined = open;
    joined.insert(wanted.begin(), wanted.end());
    if (memory_of(block, joined) > memory) {
      close();
      joined = wanted;
    }
    // A limit alone is no reason for a set: it comes with what it limits, unless nothing names it.
    open = joined;
    placed.insert(wanted.begin(), wanted.end());
  }
  close();
  return sets;
}

void measure(const Block& block, const Timing& timing, Record& record) {
  const auto sets = make_sets(block, timing.memory);
  const std::string where = block.precision + " at " + block.size;
  std::vector<bool> fits(block.cases.size(), false);
  std::size_t planned = 0, done = 0;
  for (const auto& set : sets) {
    planned += set.size() * (block.rounds + 1);
    for (const std::size_t i : set) fits[i] = true;
  }
  for (std::size_t i = 0; i < fits.size(); ++i) {
    if (!fits[i])
      record.left_out.push_back(block.cases[i].name + ", " + where + ": does not fit into the free memory");
  }
  std::size_t number = record.entries.empty() ? 0 : record.entries.back().set + 1;
  for (const auto& set : sets) {
    std::vector<Running> running;
    // Whatever a case does, the others go on without it.
    const auto attempt = [&](Running& r, const auto& work) {
      const Case& c = block.cases[r.index];
      timing.progress(static_cast<double>(done++) / static_cast<double>(planned), c.name);
      if (r.failed) return;
      std::string reason;
      try {
        work(c);
        return;
      } catch (const CaseFailed& error) {
        reason = error.what();
      } catch (const std::bad_alloc&) {
        reason = "the system refused the memory";
      }
      r.failed = true;
      c.release();
      record.left_out.push_back(c.name + ", " + where + ": " + reason);
    };
    for (const std::size_t i : set) {
      running.push_back({i, 1, 0, {}, false});
      attempt(running.back(), [&](const Case& c) { warm_up(c, timing.least_seconds, running.back()); });
    }
    for (std::size_t round = 0; round < block.rounds; ++round) {
      // Each round begins elsewhere, so that nobody always follows the same neighbour from the same start.
      const std::size_t first = round * running.size() / block.rounds;
      for (std::size_t k = 0; k < running.size(); ++k) {
        Running& r = running[(first + k) % running.size()];
        attempt(r, [&](const Case& c) {
          if (block.warm && c.renew_after == 0) run_once(c);
          const double seconds =
              c.renew_after > 0 ? timed_with_renewal(c, r.repeats, r.since) : timed(c, r.repeats);
          if (c.settle > 0) std::this_thread::sleep_for(std::chrono::duration<double>(c.settle));
          r.rounds.push_back(1e9 * seconds / static_cast<double>(r.repeats) / c.units);
        });
      }
    }
    for (Running& r : running) {
      if (r.failed) continue;
      const Case& c = block.cases[r.index];
      c.release();
      record.entries.push_back({c.group, c.name, block.size, block.precision, c.threads, c.unit, c.bytes,
                                c.limit, c.reference, number, std::move(r.rounds)});
    }
    ++number;
  }
  if (const std::string wrong = block.check ? block.check() : ""; !wrong.empty())
    record.errors.push_back(where + ": " + wrong);
}

}  // namespace thalweg::bench
