#include <algorithm>
#include <cstdlib>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

#include <thalweg/error.h>
#include <thalweg/execution.h>

namespace thalweg {
namespace {

constexpr const char* names_of_isas[isa_count] = {"baseline", "x86-64-v3", "x86-64-v4"};

bool has(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::x86_64_v3)
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi2") != 0 &&
           __builtin_cpu_supports("fma") != 0;
  if (isa == Isa::x86_64_v4) {
    return has(Isa::x86_64_v3) && __builtin_cpu_supports("avx512f") != 0 &&
           __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512cd") != 0 &&
           __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
  }
#endif
  return isa == Isa::baseline;
}

}  // namespace

std::vector<std::string> isa_names() {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < isa_count; ++i) {
    if (has(static_cast<Isa>(i))) found.emplace_back(names_of_isas[i]);
  }
  return found;
}

Isa find_isa(std::string_view name) {
  const std::vector<std::string> here = isa_names();
  if (name == "best") {
    const char* forced = std::getenv("THALWEG_ISA");  // NOLINT(concurrency-mt-unsafe): never set by us
    name = forced != nullptr && *forced != '\0' ? std::string_view(forced) : std::string_view(here.back());
  }
  for (std::size_t i = 0; i < isa_count; ++i) {
    if (name != names_of_isas[i]) continue;
    if (has(static_cast<Isa>(i))) return static_cast<Isa>(i);
    throw usage_error("isa", name, "this processor does not have it; it has up to " + here.back());
  }
  throw unknown_name("instruction set", name, here);
}

std::size_t hardware_threads() {
#if defined(__linux__)
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&allowed)));
#endif
  return std::max(1U, std::thread::hardware_concurrency());
}

std::size_t thread_count(const Execution& execution) {
  if (!execution.executor) return execution.threads == 0 ? hardware_threads() : execution.threads;
  const std::size_t has = execution.executor->threads();
  if (has == 0) throw usage_error("executor: threads()", "0", "must be at least 1, the caller's");
  if (execution.threads != 0 && execution.threads != has) {
    throw usage_error("threads", std::to_string(execution.threads),
                      "the executor has " + std::to_string(has) + "; leave out one of the two");
  }
  return has;
}

}  // namespace thalweg
