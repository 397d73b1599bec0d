#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <thalweg/checkpoint.h>
#include <thalweg/error.h>

namespace thalweg::workbench {

/// Reads the notes of a checkpoint, with its name in every error.
class NoteReader {
 public:
  explicit NoteReader(const Checkpoint& checkpoint) : checkpoint_(&checkpoint) {}

  [[nodiscard]] bool has(const std::string& name) const {
    return checkpoint_->notes().numbers.contains(name);
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
  /// The k-th of the numbers, which is to be whole, from 0 to `most`.
  [[nodiscard]] std::size_t count(const std::string& name, std::size_t k, std::size_t most) const {
    const double value = checkpoint_->notes().numbers.at(name).at(k);
    if (!(value >= 0 && value <= static_cast<double>(most)) || value != std::trunc(value))
      throw wrong(name, number_text(value), "a whole number from 0 to " + std::to_string(most));
    return static_cast<std::size_t>(value);
  }
  [[nodiscard]] Error wrong(const std::string& name, const std::string& found,
                            const std::string& accepted) const {
    return input_error(checkpoint_->path() + ", note " + name, found, accepted);
  }

 private:
  const Checkpoint* checkpoint_;
};

}  // namespace thalweg::workbench
