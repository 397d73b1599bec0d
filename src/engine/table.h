#pragma once

// How a sparse tensor is kept: each parameter and its state together, so that a step with few gradients finds
// them in one place each.

#include <cstdint>
#include <vector>

#include <thalweg/detail/kernel.h>
#include <thalweg/execution.h>
#include <thalweg/sparse.h>

#include "engine/arena.h"
#include "engine/records.h"

namespace thalweg {

/// Records of numbers of the tensor's type: a parameter, its slots and, if the table is tracked, the step to
/// which it was last taken. `Last` is an unsigned integer as wide as they are.
struct Table {
  SparseOptions options;
  std::size_t size = 0;    ///< records
  std::size_t fields = 0;  ///< the parameter and its slots
  std::size_t stride = 0;  ///< numbers in a record
  std::size_t bytes = 0;   ///< of a record
  std::size_t limit = 0;   ///< indices are below it
  std::size_t number = 0;  ///< bytes of a number
  bool tracked = false;    ///< records say how far they were taken
  bool started = false;    ///< they have been written
  double scale = 1,
         coming_scale = 1;  ///< parameters over those of the records, now and after the step that runs
  std::uint64_t base = 0;  ///< a record that was last taken to step s says s - base + 1; 0: never, as at base
  Arena::Memory memory;
  DirectKernels direct;             ///< for its records
  detail::Kernel kernel = nullptr;  ///< of the step that runs, as the next
  const void *coefficients = nullptr, *before = nullptr;

  // What was fetched last.
  bool fetched = false;
  std::span<const std::uint32_t> indices;  ///< in index_room, or where the caller keeps them
  Room index_room, packed, columns, gradient;
  Room columns_before;  ///< what fetch() has shown when a step made the table tracked
  DistinctIndices distinct;
  Prefetch coming;  ///< what will be fetched next, if anyone said so

  [[nodiscard]] Records records() const { return {memory.get(), stride, number, options.block}; }
  [[nodiscard]] std::size_t count() const { return indices.size() * options.block; }  ///< of what was fetched
  /// Room for so many indices. What was fetched is not there any more, whatever becomes of them.
  std::span<std::uint32_t> take(std::size_t count) {
    const std::span room(reinterpret_cast<std::uint32_t*>(index_room.get(count * sizeof(std::uint32_t))),
                         count);
    indices = room;
    fetched = false;
    return room;
  }
  [[nodiscard]] std::byte* at(std::size_t record) const { return memory.get() + record * bytes; }
};

/// Multiplies numbers of `size` bytes, each rounded once, with the factor rounded to their type.
void multiply(std::byte* numbers, std::size_t size, std::size_t count, double factor, Isa isa);

/// Whether each index is larger than the one before it. Copies them besides.
[[nodiscard]] bool copy_increasing(std::span<const std::uint32_t> indices, std::uint32_t* copy, Isa isa);

}  // namespace thalweg
