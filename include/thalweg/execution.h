#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

/// The instruction sets that kernels are compiled for. The result has the same bits with each of them.
enum class Isa { baseline, x86_64_v3, x86_64_v4 };
inline constexpr std::size_t isa_count = 3;

/// What runs the parts of a step: thalweg's own ThreadPool, or the threads that a program has already. With
/// OpenMP, run() is
///
///   #pragma omp parallel for schedule(static)
///   for (std::size_t i = 0; i < parts; ++i) part(i);
///
/// and with TBB
///
///   tbb::parallel_for(std::size_t{0}, parts, [&](std::size_t i) { part(i); }, tbb::static_partitioner{});
///
/// Which thread runs which part, in which order and how many at a time does not change a bit of the result.
class Executor {
 public:
  Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  virtual ~Executor() = default;

  /// How many parts may run at the same time, the caller's thread included, at least 1. Steps are cut for it.
  [[nodiscard]] virtual std::size_t threads() const = 0;

  /// Calls part(0) .. part(parts - 1), each once, in any order, on any threads, and returns when all have
  /// ended. The parts of a step throw nothing. Called by the thread that steps; optimizers that share an
  /// executor may call it at the same time.
  virtual void run(std::size_t parts, const std::function<void(std::size_t)>& part) = 0;

  /// The same for parts that together take some microseconds only: here on the caller's thread. Override it
  /// where a call of run() costs less than a microsecond.
  virtual void run_brief(std::size_t parts, const std::function<void(std::size_t)>& part) {
    for (std::size_t i = 0; i < parts; ++i) part(i);
  }
};

/// How to run a step; nothing here changes a bit of the result.
struct Execution {
  std::size_t threads = 0;   ///< 0: as many as the executor or the machine has; few parameters need one
  std::string isa = "best";  ///< best, or one of isa_names(); the environment's THALWEG_ISA replaces "best"
  std::size_t chunk = 0;     ///< parameters per call of a kernel, 0: chosen by the engine; for tests
  /// The caller's own executor, which several optimizers may share; none: each starts a ThreadPool when a
  /// step is large enough. It is kept alive by the optimizer. For an object that is owned elsewhere and
  /// outlives the optimizer give std::shared_ptr<Executor>(std::shared_ptr<void>(), &object). `threads` must
  /// then be 0 or what the executor has: thalweg cannot make it use fewer, and an Error says so.
  std::shared_ptr<Executor> executor = nullptr;
};

/// The instruction sets that this processor has, plainest first: "baseline", "x86-64-v3", "x86-64-v4".
[[nodiscard]] std::vector<std::string> isa_names();

/// The instruction set of a name. Throws a usage Error for an unknown name or a set that this processor
/// lacks.
[[nodiscard]] Isa find_isa(std::string_view name);

/// The number of processors that this process may use, at least 1.
[[nodiscard]] std::size_t hardware_threads();

/// The number of threads that a step may use: `threads`, the executor's, or the machine's. Throws a usage
/// Error if `threads` and the executor contradict each other.
[[nodiscard]] std::size_t thread_count(const Execution& execution);

}  // namespace thalweg
