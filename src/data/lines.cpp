#include "data/lines.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <thalweg/error.h>

#include "data/text.h"

namespace thalweg::data {

namespace {

/// Of a small file what it has, and a byte more, so that its end is seen; but enough for one that grows.
std::size_t room_for(const Source& source) {
  constexpr std::size_t least = std::size_t{1} << 14U;
  const std::size_t size = source.can_rewind() ? source.size() : 0;
  return size == 0 ? Lines::buffer : std::clamp(size + 1, least, Lines::buffer);
}

}  // namespace

Lines::Lines(Source source, std::size_t longest)
    : source_(std::move(source)), longest_(longest), bytes_(room_for(source_) + margin) {}

std::string_view Lines::next() {
  std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  for (;;) {
    std::size_t room = bytes_.size() - margin - end_;
    if (room == 0) {
      if (end_ > longest_)
        throw input_error(
            source_.name(),
            "a line of more than " + std::to_string(longest_) + " bytes (" + shown({bytes_.data(), 40}) + ")",
            "text with shorter lines");
      room = end_;
      bytes_.resize(2 * end_ + margin);
    }
    const std::size_t got = source_.read(bytes_.data() + end_, room);
    const std::string_view fresh(bytes_.data() + end_, got);
    end_ += got;
    const std::size_t newline = fresh.rfind('\n');
    if (got > 0 && newline == fresh.npos) continue;
    const std::size_t count = got == 0 ? end_ : end_ - (got - newline - 1);
    if (got == 0) bytes_[count] = '\n';
    begin_ = count;
    return {bytes_.data(), count};
  }
}

void Lines::rewind() {
  source_.rewind();
  begin_ = end_ = 0;
}

}  // namespace thalweg::data
