#pragma once

// How a sparse tensor is kept: each parameter and its state together, so that a step with few gradients finds
// them in one place each.

#include <cstdint>
#include <vector>

#include <thalweg/execution.h>
#include <thalweg/sparse.h>

#include "engine/arena.h"

namespace thalweg {

/// Aligned room for numbers of a step; grows on first use and is then reused.
class Room {
 public:
  /// `bytes` of them, uninitialized.
  std::byte* get(std::size_t bytes) {
    if (bytes > size_) {
      size_ = bytes + bytes / 2;
      memory_ = Arena::allocate(size_);
    }
    return memory_.get();
  }

 private:
  std::size_t size_ = 0;
  Arena::Memory memory_;
};

/// Records of numbers of the tensor's type: a parameter, its slots and, if the table is tracked, the step to
/// which it was last taken. `Last` is an unsigned integer as wide as they are.
struct Table {
  SparseOptions options;
  std::size_t size = 0;    ///< records
  std::size_t fields = 0;  ///< the parameter and its slots
  std::size_t stride = 0;  ///< numbers in a record
  std::size_t bytes = 0;   ///< of a record
  bool tracked = false;    ///< records say how far they were taken
  bool started = false;    ///< they have been written
  double scale = 1,
         coming_scale = 1;  ///< parameters over those of the records, now and after the step that runs
  std::uint64_t base = 0;  ///< a record that was last taken to step s says s - base + 1; 0: never, as at base
  Arena::Memory memory;

  // What was fetched last.
  bool fetched = false;
  std::vector<std::uint32_t> indices;
  Room packed, columns, gradient;
  Room packed_before, columns_before;  ///< what fetch() has shown when a step made the table tracked
  DistinctIndices distinct;

  [[nodiscard]] std::byte* at(std::size_t record) const { return memory.get() + record * bytes; }
};

/// Copies records (each `bytes` of them) at these numbers one after the other, and back.
void gather(const std::byte* records, std::size_t bytes, std::span<const std::uint32_t> indices,
            std::byte* packed);
void scatter(const std::byte* packed, std::size_t bytes, std::span<const std::uint32_t> indices,
             std::byte* records);

/// Columns from records of `stride` numbers of `size` bytes, and back; `count` of them. `columns` are
/// `stride` arrays of `count` numbers, one after the other.
void unpack(const std::byte* packed, std::size_t stride, std::size_t size, std::size_t count,
            std::byte* columns, Isa isa);
void pack(const std::byte* columns, std::size_t stride, std::size_t size, std::size_t count,
          std::byte* packed, Isa isa);

/// Multiplies numbers of `size` bytes, each rounded once, with the factor rounded to their type.
void multiply(std::byte* numbers, std::size_t size, std::size_t count, double factor, Isa isa);

/// Whether each index is larger than the one before it.
[[nodiscard]] bool increasing(std::span<const std::uint32_t> indices, Isa isa);

}  // namespace thalweg
