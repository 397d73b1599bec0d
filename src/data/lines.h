#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "data/source.h"

namespace thalweg::data {

/// The text of a source, some whole lines at a time. Holds 256 KiB, 16 or a little more
/// than its size of a smaller file, or up to twice the longest line where one is longer than that.
class Lines {
 public:
  static constexpr std::size_t buffer = std::size_t{1} << 18U;
  /// Bytes behind what next() returns that may be looked at (see number.h); where the last line lacks its
  /// end, the first of them is '\n'.
  static constexpr std::size_t margin = 128;

  /// A line of more than `longest` bytes is an input Error.
  explicit Lines(Source source, std::size_t longest = std::numeric_limits<std::size_t>::max());

  /// The next lines, at least one, or nothing at the end. Each ends with '\n', but for the last of a source,
  /// which may lack it. Valid until the next call. Does not wait for more once there is a whole line.
  [[nodiscard]] std::string_view next();

  [[nodiscard]] Source& source() { return source_; }
  [[nodiscard]] const Source& source() const { return source_; }
  void rewind();

 private:
  Source source_;
  std::size_t longest_;
  std::vector<char> bytes_;
  std::size_t begin_ = 0, end_ = 0;  ///< what was read and not handed out
};

}  // namespace thalweg::data
