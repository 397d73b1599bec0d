#pragma once

namespace thalweg::cli {

/// Thrown from where work can be left when the user wants it to end.
struct Interrupted {};

/// While it lives, the first Ctrl-C (SIGINT) or SIGTERM is noted instead of ending the process; the second
/// one ends it.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// Whether there was a signal. For any thread, as the next.
  [[nodiscard]] static bool was_noted();
  /// Throws Interrupted after a signal.
  static void check();
  /// Ends the process as the signal would have, so that a shell sees it.
  [[noreturn]] static void end();
};

}  // namespace thalweg::cli
