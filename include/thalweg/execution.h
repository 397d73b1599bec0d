#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

/// The instruction sets that kernels are compiled for. The result has the same bits with each of them.
enum class Isa { baseline, x86_64_v3, x86_64_v4 };
inline constexpr std::size_t isa_count = 3;

/// How to run a step; nothing here changes a bit of the result.
struct Execution {
  std::size_t threads = 0;   ///< 0: as many as the machine has; a step on few parameters uses one
  std::string isa = "best";  ///< best, or one of isa_names(); the environment's THALWEG_ISA replaces "best"
  std::size_t chunk = 0;     ///< parameters per call of a kernel, 0: chosen by the engine; for tests
};

/// The instruction sets that this processor has, plainest first: "baseline", "x86-64-v3", "x86-64-v4".
[[nodiscard]] std::vector<std::string> isa_names();

/// The instruction set of a name. Throws a usage Error for an unknown name or a set that this processor
/// lacks.
[[nodiscard]] Isa find_isa(std::string_view name);

/// The number of processors that this process may use, at least 1.
[[nodiscard]] std::size_t hardware_threads();

}  // namespace thalweg
