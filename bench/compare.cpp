#include "bench/compare.h"

#include <map>
#include <tuple>

#include <fmt/format.h>

namespace thalweg::bench {
namespace {

using Key = std::tuple<std::string, std::string, std::string, std::string, std::size_t>;

Key key_of(const Entry& e) { return {e.group, e.name, e.size, e.precision, e.threads}; }

/// All rounds of a case: a limit can be in several sets.
std::map<Key, std::vector<double>> rounds_by_case(const Record& record) {
  std::map<Key, std::vector<double>> all;
  for (const Entry& e : record.entries) {
    auto& rounds = all[key_of(e)];
    rounds.insert(rounds.end(), e.rounds.begin(), e.rounds.end());
  }
  return all;
}

}  // namespace

std::vector<Change> compare(const Record& before, const Record& now) {
  const auto old = rounds_by_case(before);
  auto fresh = rounds_by_case(now);
  std::vector<Change> changes;
  for (const Entry& e : now.entries) {
    const auto was = old.find(key_of(e));
    const auto is = fresh.find(key_of(e));
    if (was == old.end() || is == fresh.end()) continue;
    const Figure a = figure_of(was->second), b = figure_of(is->second);
    Change change{
        fmt::format("{}{}, {}, {}, {}", e.group == "kernel" ? "kernel of " : "", e.name, e.size, e.precision,
                    e.threads == 1 ? "1 thread" : fmt::format("{} threads", e.threads)),
        a.median, b.median, b.median / a.median, ""};
    if (b.high < a.low) change.verdict = "faster";
    if (b.low > a.high) change.verdict = "slower";
    changes.push_back(std::move(change));
    fresh.erase(is);
  }
  return changes;
}

std::vector<std::string> differences(const Machine& before, const Machine& now) {
  std::vector<std::string> all;
  const auto differ = [&](const char* what, const std::string& a, const std::string& b) {
    if (a != b) all.push_back(fmt::format("{}: {} then, {} now", what, a, b));
  };
  differ("processor", before.processor, now.processor);
  differ("instruction set", before.isa, now.isa);
  differ("threads", std::to_string(before.threads), std::to_string(now.threads));
  differ("compiler", before.compiler, now.compiler);
  differ("flags", before.flags, now.flags);
  differ("huge pages", before.huge_pages, now.huge_pages);
  return all;
}

}  // namespace thalweg::bench
