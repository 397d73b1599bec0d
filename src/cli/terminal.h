#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace thalweg::cli {

/// What standard output can show: how wide it is, and whether it takes color.
struct Terminal {
  std::size_t width = 80;  ///< COLUMNS, else the terminal's, else 80; at least 40
  bool color = false;      ///< a terminal, and neither NO_COLOR nor TERM=dumb is set

  [[nodiscard]] static Terminal of_stdout();

  // The text in a style, or as it is without color.
  [[nodiscard]] std::string bold(std::string_view text) const;
  [[nodiscard]] std::string faint(std::string_view text) const;
  [[nodiscard]] std::string accent(std::string_view text) const;  ///< names
};

/// Shows on stderr what runs, how far it is and how long is left: a bar on a terminal; in a pipe one plain
/// line per `what`. Several threads may call update().
class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `fraction` of the whole work is done (0 to 1), and `what` runs now. The time left is an estimate from
  /// the fraction, unless the caller knows better.
  void update(double fraction, std::string_view what, double seconds_left = -1);
  /// Removes the bar, so that other lines can be printed; the next update() brings it back.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool quiet_, bar_;
  std::mutex mutex_;
  Clock::time_point begin_ = Clock::now(), drawn_{};
  std::string what_;
};

}  // namespace thalweg::cli
