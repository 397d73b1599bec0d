#pragma once

#include <cstddef>
#include <vector>

#include <thalweg/storage.h>
#include <thalweg/views.h>

#include "engine/arena.h"

namespace thalweg {

/// The state of a group's tensors: one row per slot, stored as its StateType says (never automatic); a slot
/// in int8 has a row of scales beside it.
class State {
 public:
  explicit State(std::vector<StateType> types)
      : types_(std::move(types)), arena_(row_bytes(types_), granule(types_)) {
    for (std::size_t slot = 0, row = 0; slot < types_.size(); ++slot) {
      rows_.push_back(row);
      row += types_[slot] == StateType::int8 ? 2 : 1;
    }
  }

  std::size_t extend(std::size_t count) { return arena_.extend(count); }
  [[nodiscard]] std::size_t slots() const { return types_.size(); }
  [[nodiscard]] StateType type(std::size_t slot) const { return types_[slot]; }
  [[nodiscard]] std::byte* at(std::size_t slot, std::size_t offset) const {
    return arena_.at(rows_[slot], offset);
  }
  /// Bytes that a step reads and writes per parameter.
  [[nodiscard]] double traffic() const {
    double bytes = 0;
    for (const std::size_t row : row_bytes(types_))
      bytes += 2.0 * static_cast<double>(row) / static_cast<double>(Arena::group);
    return bytes;
  }
  /// Of int8: the scale of each 256 numbers from `offset`, a multiple of 256.
  [[nodiscard]] float* scales(std::size_t slot, std::size_t offset) const {
    return reinterpret_cast<float*>(arena_.at(rows_[slot] + 1, offset));
  }

 private:
  static std::vector<std::size_t> row_bytes(const std::vector<StateType>& types) {
    std::vector<std::size_t> bytes;
    for (const StateType type : types) {
      const std::size_t each = type == StateType::float64    ? 8
                               : type == StateType::bfloat16 ? 2
                               : type == StateType::int8     ? 1
                                                             : 4;
      bytes.push_back(each * Arena::group);
      if (type == StateType::int8) bytes.push_back(sizeof(float));
    }
    return bytes;
  }
  static std::size_t granule(const std::vector<StateType>& types) {
    for (const StateType type : types) {
      if (type == StateType::int8) return Arena::group;
    }
    return 16;  // the cache line of float32
  }

  std::vector<StateType> types_;
  std::vector<std::size_t> rows_;  ///< of the arena, by slot
  Arena arena_;
};

}  // namespace thalweg
