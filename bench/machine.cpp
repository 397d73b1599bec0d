#include "bench/machine.h"

#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>

#include <fmt/format.h>

namespace thalweg::bench {
namespace {

/// The rest of the first line that begins so, without spaces and colons around it.
std::string line_of(const std::string& file, const std::string& begin) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.compare(0, begin.size(), begin) != 0) continue;
    const auto from = line.find_first_not_of(" \t:", begin.size());
    return from == std::string::npos ? "" : line.substr(from);
  }
  return "";
}

std::string caches() {
  std::string all;
  for (int i = 0; i < 8; ++i) {
    const std::string folder = fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/", i);
    const std::string level = line_of(folder + "level", ""), type = line_of(folder + "type", "");
    if (level.empty() || type == "Instruction") continue;
    all += fmt::format("{}L{} {}", all.empty() ? "" : ", ", level, line_of(folder + "size", ""));
  }
  return all.empty() ? "unknown" : all;
}

std::string huge_pages() {
  const std::string all = line_of("/sys/kernel/mm/transparent_hugepage/enabled", "");
  const auto from = all.find('['), to = all.find(']');
  return from == std::string::npos || to == std::string::npos ? "none" : all.substr(from + 1, to - from - 1);
}

}  // namespace

std::size_t free_memory() {
  const std::string text = line_of("/proc/meminfo", "MemAvailable");
  const auto kib = text.empty() ? 0ULL : std::stoull(text);
  return kib == 0 ? std::size_t{4} << 30U : static_cast<std::size_t>(kib) << 10U;
}

Machine this_machine(const std::string& isa, std::size_t threads) {
  Machine m;
  m.processor = line_of("/proc/cpuinfo", "model name");
  if (m.processor.empty()) m.processor = "unknown";
  m.caches = caches();
  m.isa = isa;
#if defined(__clang__)
  m.compiler = "clang " __clang_version__;
#else
  m.compiler = "g++ " __VERSION__;
#endif
  m.flags = THALWEG_BENCH_FLAGS;
  m.huge_pages = huge_pages();
  m.threads = threads;
  m.memory = std::round(static_cast<double>(free_memory()) / 0x1p30 * 10) / 10;
  return m;
}

std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min);
}

}  // namespace thalweg::bench
