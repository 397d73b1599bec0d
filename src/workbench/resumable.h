#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <thalweg/checkpoint.h>

namespace thalweg::workbench {

/// A training that checkpoints are made of.
class Resumable {
 public:
  virtual ~Resumable() = default;
  [[nodiscard]] virtual std::uint64_t steps() const = 0;
  [[nodiscard]] virtual std::size_t epoch() const = 0;  ///< the one that runs or has just ended, from 1
  [[nodiscard]] virtual bool epoch_ended() const = 0;   ///< whether the last step was an epoch's last
  /// Writes a checkpoint from which load() goes on with the same bits, between two steps. Errors as
  /// Optimizer::save().
  virtual void save(const std::string& path, Notes notes) = 0;
  /// Goes on from one, for a training that was made from the same data, model and options and has not made a
  /// step. Throws an input Error where it does not fit.
  virtual void load(const Checkpoint& checkpoint) = 0;
};

}  // namespace thalweg::workbench
