#pragma once

namespace thalweg {

/// Bytes that a pass reads and writes from where several threads share it. Measured, see
/// docs/design/threads.md: it pays even if a cache line takes 600 ns there and back.
inline constexpr double several_threads_from = 768 * 1024.0;

}  // namespace thalweg
