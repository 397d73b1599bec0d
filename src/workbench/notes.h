#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <thalweg/checkpoint.h>
#include <thalweg/error.h>

#include "workbench/train.h"

namespace thalweg::workbench {

/// Reads the notes of a checkpoint, with its name in every error.
class NoteReader {
 public:
  static constexpr std::uint64_t most = std::uint64_t{1} << 53U;  ///< that a number counts

  explicit NoteReader(const Checkpoint& checkpoint) : checkpoint_(&checkpoint) {}

  [[nodiscard]] bool has(const std::string& name) const {
    return checkpoint_->notes().numbers.contains(name);
  }
  /// How many numbers there are.
  [[nodiscard]] std::size_t size(const std::string& name) const {
    return has(name) ? checkpoint_->notes().numbers.at(name).size() : 0;
  }
  /// The text of this name, or "".
  [[nodiscard]] std::string text(const std::string& name) const {
    const auto found = checkpoint_->notes().texts.find(name);
    return found == checkpoint_->notes().texts.end() ? std::string() : found->second;
  }
  /// `count` numbers. Throws an input Error where they are not there.
  [[nodiscard]] const std::vector<double>& numbers(const std::string& name, std::size_t count) const {
    const auto found = checkpoint_->notes().numbers.find(name);
    if (found == checkpoint_->notes().numbers.end())
      throw input_error(checkpoint_->path(), "no note " + name,
                        "a checkpoint that thalweg train has written");
    if (found->second.size() != count)
      throw wrong(name, std::to_string(found->second.size()) + " numbers", std::to_string(count));
    return found->second;
  }
  /// The k-th of the numbers, which is to be whole, from 0 to `largest`.
  [[nodiscard]] std::size_t count(const std::string& name, std::size_t k, std::size_t largest) const {
    const double value = checkpoint_->notes().numbers.at(name).at(k);
    if (!(value >= 0 && value <= static_cast<double>(largest)) || value != std::trunc(value))
      throw wrong(name, number_text(value), "a whole number from 0 to " + std::to_string(largest));
    return static_cast<std::size_t>(value);
  }
  [[nodiscard]] Error wrong(const std::string& name, const std::string& found,
                            const std::string& accepted) const {
    return input_error(checkpoint_->path() + ", note " + name, found, accepted);
  }

 private:
  const Checkpoint* checkpoint_;
};

/// What was skipped and clipped, as a note, and read from one.
inline void write_tally(const NonFiniteTally& tally, const std::string& name, Notes& notes) {
  notes.numbers[name] = {static_cast<double>(tally.skipped), static_cast<double>(tally.clipped)};
  if (!tally.last.empty()) notes.texts[name] = tally.last;
}
[[nodiscard]] inline NonFiniteTally read_tally(const NoteReader& notes, const std::string& name) {
  (void)notes.numbers(name, 2);
  return {notes.count(name, 0, NoteReader::most), notes.count(name, 1, NoteReader::most), notes.text(name)};
}

}  // namespace thalweg::workbench
