#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include <thalweg/error.h>

namespace thalweg::data {

struct SourceOptions {
  bool as_is = false;   ///< never decompress: for formats whose first bytes may look like those of gzip
  bool follow = false;  ///< at the end of a file, wait for what is appended to it
  /// Seconds without anything new after which following ends; infinity: `stop` alone ends it.
  double idle = std::numeric_limits<double>::infinity();
  std::function<bool()> stop{};  ///< asked while waiting, every 20 ms or less: whether this is the end
};

/// The bytes of a file, or of standard input ("-"), piece by piece, decompressed where the content (not the
/// name) is gzip. Holds 64 KiB at most, whatever the size. Errors, as input Errors with the path: no such
/// file (names the nearest one in its folder), a folder, what cannot be read, a gzip stream that is broken or
/// cut off, a followed file that became shorter. Following is refused, as a usage Error, for standard input
/// (which ends when its writer ends) and for gzip.
class Source {
 public:
  explicit Source(const std::string& path, SourceOptions options = {});
  ~Source();
  Source(Source&&) noexcept;
  Source& operator=(Source&&) noexcept;

  /// What errors call it: the path, or "standard input".
  [[nodiscard]] const std::string& name() const;
  /// Puts up to `room` bytes, at least one, at `to` and returns how many; 0 at the end. Does not wait for
  /// more once there are some.
  [[nodiscard]] std::size_t read(char* to, std::size_t room);
  /// Whether rewind() can: for files, not for pipes.
  [[nodiscard]] bool can_rewind() const;
  /// Begins anew where it began. Throws a usage Error if it cannot.
  void rewind();
  /// Bytes of a gzip file that were taken so far; 0 of a plain one.
  [[nodiscard]] std::size_t packed() const;
  /// Bytes of a plain file when it was opened; 0 where that is not known (gzip, pipes).
  [[nodiscard]] std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The bytes at most that so many packed ones may become where all are held in memory: a hundred times as
/// many, or 64 MiB. Data pack to a fiftieth at best; a file that is made to fill the memory, to a thousandth.
[[nodiscard]] constexpr std::size_t unpacked_limit(std::size_t packed) {
  constexpr std::size_t always = std::size_t{64} << 20U, times = 100;
  return packed > always / times ? times * packed : always;
}
/// The input Error of what unpacks to more.
[[nodiscard]] Error unpacks_to_too_much(const std::string& path, std::size_t packed);

/// What is left of a source, in memory. An input Error as above, where it is gzip.
[[nodiscard]] std::string read_all(Source& source);

}  // namespace thalweg::data
