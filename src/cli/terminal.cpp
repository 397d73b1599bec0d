#include "cli/terminal.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <thalweg/error.h>

#include "cli/text.h"

namespace thalweg::cli {
namespace {

constexpr std::size_t narrowest = 40;  // below this the tables would have no room for a word

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

std::size_t width_of(int file) {
  double columns = 0;
  const char* told = std::getenv("COLUMNS");
  winsize size{};
  if (told == nullptr || !parse_number(told, columns) || !(columns >= 1 && columns < 10'000))
    columns = isatty(file) != 0 && ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  return std::max(narrowest, static_cast<std::size_t>(columns));
}

bool is_smart(int file) {
  const char* kind = std::getenv("TERM");
  return isatty(file) != 0 && kind != nullptr && std::string_view(kind) != "dumb";
}

std::string styled(bool color, std::string_view code, std::string_view text) {
  return color && !text.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

}  // namespace

Terminal Terminal::of_stdout() {
  return {width_of(STDOUT_FILENO), is_smart(STDOUT_FILENO) && !is_set("NO_COLOR")};
}

std::string Terminal::bold(std::string_view text) const { return styled(color, "1", text); }
std::string Terminal::faint(std::string_view text) const { return styled(color, "2", text); }
std::string Terminal::accent(std::string_view text) const { return styled(color, "36", text); }

Progress::Progress(bool quiet) : quiet_(quiet), bar_(is_smart(STDERR_FILENO)) {}

Progress::~Progress() { clear(); }

void Progress::update(double fraction, std::string_view what, double seconds_left) {
  if (quiet_) return;
  const std::lock_guard lock(mutex_);
  if (!bar_) {
    if (what_ == what) return;
    what_ = what;
    fmt::print(stderr, "{}\n", what);
    return;
  }
  const Clock::time_point now = Clock::now();
  if (now - drawn_ < std::chrono::milliseconds(100) && what_ == what) return;
  what_ = what;
  drawn_ = now;

  fraction = std::clamp(std::isnan(fraction) ? 0.0 : fraction, 0.0, 1.0);
  const double passed = std::chrono::duration<double>(now - begin_).count();
  if (seconds_left < 0 && fraction > 0.02) seconds_left = passed * (1 - fraction) / fraction;
  const std::string left = seconds_left < 0 ? "" : "  " + duration(seconds_left) + " left";
  constexpr std::size_t cells = 24;
  const auto full = static_cast<std::size_t>(fraction * cells);
  std::string bar;
  for (std::size_t i = 0; i < cells; ++i) bar += i < full ? "█" : "░";
  const std::string line = fmt::format("{} {:3.0f} %{}  {}", bar, 100 * fraction, left, what);
  fmt::print(stderr, "\r\x1b[K{}", shortened(line, width_of(STDERR_FILENO) - 1));
  std::fflush(stderr);
}

void Progress::clear() {
  const std::lock_guard lock(mutex_);
  if (bar_ && drawn_ != Clock::time_point{}) fmt::print(stderr, "\r\x1b[K");
  drawn_ = {};
}

}  // namespace thalweg::cli
