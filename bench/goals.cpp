#include "bench/goals.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "bench/epoch_goals.h"
#include "bench/goal_parts.h"
#include "bench/pool_cases.h"
#include "bench/rule_cases.h"
#include "engine/sharing.h"

namespace thalweg::bench {
namespace {

/// Rules without sums over all parameters: their limit is one pass, or a look-ahead and a pass.
bool elementwise(const Entry& e) {
  return e.group == "rule" &&
         !(e.limit.find(" + ") != std::string::npos && e.limit.find(" write ") > e.limit.find(" + "));
}

std::string rate_text(const Entry& e, double ns) { return fmt::format("{:.1f} GB/s", e.bytes / ns); }

/// The same on one thread, of the same set if it is there.
const Entry* on_one_thread(const Record& record, const Entry& e) {
  for (const Entry& one : record.entries) {
    if (one.threads == 1 && one.group == e.group && one.name == e.name && one.size == e.size &&
        one.precision == e.precision && one.set == e.set)
      return &one;
  }
  return record.find(e.group, e.name, e.size, e.precision, 1);
}

/// What the same takes where memory does not count: its kernels in the first-level cache, or the whole step
/// over the 10,000 parameters that the second-level cache holds.
struct Arithmetic {
  double ns = std::numeric_limits<double>::quiet_NaN();
  const char* from = "";
};
Arithmetic arithmetic_of(const Record& record, const Entry& e) {
  const auto threads = static_cast<double>(e.threads);
  if (const Entry* kernel = record.find("kernel", e.name, "L1", e.precision, 1))
    return {median_of(kernel) / threads, "arithmetic alone"};
  if (const Entry* small = record.find(e.group, e.name, "1e4", e.precision, 1);
      small != nullptr && e.size != "1e4")
    return {median_of(small) / threads, "from the second-level cache"};
  return {};
}

/// What the bare loops of this size and precision on as many threads moved, least and most: on a shared
/// machine, two processors have one way to memory or two, as the host places them, now and then.
std::string loops_text(const Record& record, const Entry& e) {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const Entry& loop : record.entries) {
    if (loop.group != "limit" || loop.size != e.size || loop.precision != e.precision ||
        loop.threads != e.threads || !(loop.bytes > 0))
      continue;
    for (const double ns : loop.rounds) {
      least = std::min(least, loop.bytes / ns);
      most = std::max(most, loop.bytes / ns);
    }
  }
  return fmt::format("the step moved {}, bare loops of this size {:.1f} to {:.1f} in the rounds of this run",
                     rate_text(e, median_of(&e)), least, most);
}

/// From what it takes without memory, what memory takes alone, and what one thread takes.
std::string what_binds(const Record& record, const Entry& e) {
  const Entry* limit = record.limit_of(e);
  if (limit == nullptr) return "";
  const double scale = e.bytes > 0 && limit->bytes > 0 ? e.bytes / limit->bytes : 1;
  const double time = median_of(&e), memory = scale * median_of(limit);
  const Arithmetic arithmetic = arithmetic_of(record, e);
  std::string text = fmt::format("{}, {}: {:.3g} ns, memory alone {:.3g} ({})", e.name, e.precision, time,
                                 memory, rate_text(e, memory));
  if (std::isfinite(arithmetic.ns)) text += fmt::format(", {} {:.3g}", arithmetic.from, arithmetic.ns);
  if (memory > 1.1 * time) return text + ": the loop that stands for memory is slower than the step";
  if (!std::isfinite(arithmetic.ns)) return text;
  if (arithmetic.ns > 0.95 * time) return text + ": the arithmetic binds";
  if (time > 1.1 * (memory + arithmetic.ns)) {
    const Entry* const one = e.threads > 1 ? on_one_thread(record, e) : nullptr;
    if (one != nullptr) text += fmt::format(", on one thread {:.3g}", median_of(one));
    return text + fmt::format(", fastest round {:.3g}: longer than both after each other: {}; {}",
                              figure_of(e.rounds).least,
                              one != nullptr ? "waking, joining, or a processor or memory that others hold"
                                             : "memory that others hold",
                              loops_text(record, e));
  }
  if (arithmetic.ns > 1.5 * memory)
    return text + ": the arithmetic binds, and does not wholly overlap with memory";
  if (arithmetic.ns > 0.9 * memory)
    return text + ": arithmetic and memory take as long and do not overlap wholly";
  return text + (e.limit.find(" + ") != std::string::npos ? ": what the passes cost beside memory binds"
                                                          : ": memory binds");
}

void memory_goal(const Record& record, const std::string& size, std::size_t threads, double wanted,
                 std::vector<Goal>& goals) {
  const Entry* worst = nullptr;
  double least = 0;
  std::size_t all = 0, reached = 0;
  for (const Entry& e : record.entries) {
    if (!elementwise(e) || e.size != size || e.threads != threads) continue;
    const double share = figure_of(record.shares(e)).median;
    if (!std::isfinite(share)) continue;
    ++all;
    if (share >= wanted) ++reached;
    if (worst == nullptr || share < least) {
      worst = &e;
      least = share;
    }
  }
  if (worst == nullptr) return;
  goals.push_back({fmt::format("every elementwise rule at {:.0f} % of its memory limit: {}, {}", 100 * wanted,
                               size, threads_text(threads)),
                   fmt::format("{} ({}, {}); {} of {} reach it", percent(least), worst->name,
                               worst->precision, reached, all),
                   shortfall(least, wanted, true), what_binds(record, *worst)});
}

void kernel_goals(const Record& record, std::vector<Goal>& goals) {
  const Entry* adam = record.find("kernel", "adam", "L1", "float32", 1);
  const Entry* bare = record.find("limit", "root and quotient", "L1", "float32", 1);
  const Entry* hand = record.find("limit", "adam by hand", "L1", "float32", 1);
  if (adam == nullptr || bare == nullptr) return;
  const auto goal = [&](const Entry& other, const std::string& what, double wanted) {
    const double ratio = figure_of(ratios(adam->rounds, other.rounds)).median;
    goals.push_back(
        {what, fmt::format("{:.3f}", ratio), shortfall(ratio, wanted, false),
         fmt::format("adam {:.3g} ns, {} {:.3g} ns a parameter, root and quotient alone {:.3g}: "
                     "the multipliers bind, which have no room to take more roots off the divider beside "
                     "Adam's own eight products (docs/design/divider.md)",
                     median_of(adam), other.name, median_of(&other), median_of(bare))});
  };
  goal(*bare, "Adam from L1 at most 1.05 times root and quotient alone", 1.05);
  if (hand != nullptr) goal(*hand, "stretch: Adam from L1 at most 0.88 of the best hardware kernel", 0.88);
}

void overhead_goals(const Record& record, std::vector<Goal>& goals) {
  const auto time = [&](const char* name) {
    const Entry* e = record.find("overhead", name, "10", "float32", 1);
    return e == nullptr ? -1 : median_of(e);
  };
  const auto goal = [&](double ns, const char* what, double wanted) {
    goals.push_back({what, fmt::format("{:.3g} ns", ns), shortfall(ns, wanted, false),
                     "coefficients, checks and the call of the kernel"});
  };
  const double one = time("one tensor of 10"), many = time("10,000 tensors of 10"),
               whole = time("one tensor of 100,000");
  if (one >= 0) goal(one, "a step of one small tensor in under 1 µs", 1000);
  if (many >= 0 && whole >= 0)
    goal(many - whole, "each of 10,000 tensors of 10 under 20 ns more than its part of one of 100,000", 20);
}

/// A case on several threads and on one.
struct Pair {
  const Entry *several, *one;
  double ratio, of_fastest;  ///< of the medians of paired rounds, and of the fastest rounds
};

std::vector<Pair> thread_pairs(const Record& record) {
  std::vector<Pair> pairs;
  for (const Entry& e : record.entries) {
    if (e.threads == 1 || (e.group != "rule" && e.group != "overhead")) continue;
    const Entry* const one = on_one_thread(record, e);
    if (one == nullptr) continue;
    // Not always of one set, where memory was short: then medians have to do.
    const double ratio =
        one->set == e.set ? figure_of(ratios(e.rounds, one->rounds)).median : median_of(&e) / median_of(one);
    pairs.push_back({&e, one, ratio, figure_of(e.rounds).least / figure_of(one->rounds).least});
  }
  return pairs;
}

/// What shows whether steps fail to share their work or the machine to run threads side by side: at which
/// sizes they are slower, how many of them in their fastest round as well, the bare loop of the worst on as
/// many threads, and what a pool takes.
std::string what_threads_cost(const Record& record, const std::vector<Pair>& slow, const Pair& worst) {
  std::vector<std::pair<std::string, std::size_t>> sizes;
  std::size_t always = 0;
  for (const Pair& pair : slow) {
    const auto known = std::find_if(sizes.begin(), sizes.end(),
                                    [&](const auto& size) { return size.first == pair.several->size; });
    if (known == sizes.end())
      sizes.emplace_back(pair.several->size, 1);
    else
      ++known->second;
    if (pair.of_fastest > 1.05) ++always;
  }
  std::string text;
  for (const auto& [size, count] : sizes)
    text += fmt::format("{}{} at {}", text.empty() ? "slower: " : ", ", count, size);
  if (!slow.empty()) text += fmt::format("; {} of them in their fastest rounds as well", always);
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  add(fmt::format(
      "the worst took {:.3g} ns on one thread and {:.3g} on {}, in the fastest rounds {:.3g} and {:.3g}",
      median_of(worst.one), median_of(worst.several), worst.several->threads,
      figure_of(worst.one->rounds).least, figure_of(worst.several->rounds).least));
  if (worst.several->bytes * std::strtod(worst.several->size.c_str(), nullptr) < several_threads_from)
    add(fmt::format(
        "it moves less than {:.0f} KiB and runs on one thread both times: its state lies elsewhere",
        several_threads_from / 1024));
  const Entry *loop = record.limit_of(*worst.several), *loop_one = record.limit_of(*worst.one);
  if (loop != nullptr && loop_one != nullptr && loop->set == loop_one->set)
    add(fmt::format("its bare loop {:.2f} times the time of one",
                    figure_of(ratios(loop->rounds, loop_one->rounds)).median));
  const std::size_t threads = worst.several->threads;
  if (const Entry* line = record.find("overhead", line_case, "10", "", threads))
    add(fmt::format("{} takes {:.3g} ns", line_case, median_of(line)));
  if (const Entry* join = record.find("overhead", join_case, "10", "", threads))
    add(fmt::format("{}, take {:.3g} µs", join_case, 1e-3 * median_of(join)));
  return text;
}

void threads_goal(const Record& record, std::vector<Goal>& goals) {
  const std::vector<Pair> pairs = thread_pairs(record);
  if (pairs.empty()) return;
  const Pair& worst = *std::max_element(pairs.begin(), pairs.end(),
                                        [](const Pair& a, const Pair& b) { return a.ratio < b.ratio; });
  std::vector<Pair> slow;
  std::copy_if(pairs.begin(), pairs.end(), std::back_inserter(slow),
               [](const Pair& pair) { return !(pair.ratio <= 1.05); });
  const Entry& e = *worst.several;
  goals.push_back({fmt::format("{} never over 1.05 times the time of one", threads_text(e.threads)),
                   fmt::format("{:.3f} ({}, {}, {}); {} of {} keep it", worst.ratio, e.name, e.precision,
                               e.size, pairs.size() - slow.size(), pairs.size()),
                   shortfall(worst.ratio, 1.05, false), what_threads_cost(record, slow, worst)});
}

void ratio_goal(const Record& record, const std::string& group, const std::string& name,
                const std::string& size, double wanted, std::vector<Goal>& goals) {
  for (const Entry& e : record.entries) {
    if (e.group != group || e.name != name || e.size != size) continue;
    const auto over = record.over_reference(e);
    if (over.empty()) continue;
    const double ratio = figure_of(over).median;
    goals.push_back(
        {fmt::format("{} at most {} of {}: {}, {}", name, wanted, e.reference, size, threads_text(e.threads)),
         fmt::format("{:.3f}", ratio), shortfall(ratio, wanted, false), what_binds(record, e)});
  }
}

/// What the sum of a global norm takes alone, where a chain wants one: at this size and in the cache.
std::string norm_text(const Record& record, const Entry& e) {
  if (e.name.find("clip_norm") == std::string::npos) return "";
  const Entry* const sum = record.find("chain", sum_case, e.size, e.precision, e.threads);
  const Entry* const small = record.find("kernel", sum_case, "L1", e.precision, 1);
  const Entry* const read = sum == nullptr ? nullptr : record.limit_of(*sum);
  if (read == nullptr || small == nullptr) return "";
  return fmt::format(
      "; the {} alone {:.3g} (the bare loop that reads {:.3g}, from the first-level cache {:.3g})", sum_case,
      median_of(sum), median_of(read), median_of(small) / static_cast<double>(e.threads));
}

/// A chain may cost what its extra reads cost: its time over plain Adam's is held against its limit over
/// plain Adam's limit.
void chain_goals(const Record& record, std::vector<Goal>& goals) {
  for (const Entry& e : record.entries) {
    if (e.group != "chain" || (e.size != "1e7" && e.size != "1e8")) continue;
    const Entry *plain = record.reference_of(e), *limit = record.limit_of(e);
    const Entry* plain_limit = plain == nullptr ? nullptr : record.limit_of(*plain);
    if (plain == nullptr || limit == nullptr || plain_limit == nullptr) continue;
    const double cost = figure_of(ratios(e.rounds, plain->rounds)).median;
    const double allowed = std::max(1.0, figure_of(ratios(limit->rounds, plain_limit->rounds)).median);
    goals.push_back(
        {fmt::format("{} at the cost of its extra reads: {}, {}", e.name, e.size, threads_text(e.threads)),
         fmt::format("{:.3f} times adam; the reads {:.3f}", cost, allowed),
         shortfall(cost, 1.05 * allowed, false), what_binds(record, e) + norm_text(record, e)});
  }
}

}  // namespace

std::string Goal::verdict() const {
  return met() ? "met" : fmt::format("short by {:.2g} %", 100 * shortfall);
}

std::vector<Goal> goals_of(const Record& record) {
  std::vector<Goal> goals;
  std::vector<std::size_t> threads{1};
  if (record.machine.threads > 1) threads.push_back(record.machine.threads);
  for (const char* size : {"1e6", "1e7", "1e8"}) {
    for (const std::size_t n : threads)
      memory_goal(record, size, n, std::string(size) == "1e6" ? 0.8 : 0.95, goals);
  }
  kernel_goals(record, goals);
  overhead_goals(record, goals);
  threads_goal(record, goals);
  ratio_goal(record, "storage", "adam, bf16 state", "1e8", 0.85, goals);
  ratio_goal(record, "storage", "adam, all bf16", "1e8", 0.67, goals);
  chain_goals(record, goals);
  add_epoch_goals(record, goals);
  return goals;
}

}  // namespace thalweg::bench
