#pragma once

// The numbers of a sparse step: from the records of a few indices to columns, and back.

#include <cstddef>
#include <cstdint>
#include <span>

#include <thalweg/execution.h>

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

/// `block` records for each index, of `stride` numbers of `size` bytes each.
struct Records {
  std::byte* memory;
  std::size_t stride, size, block;

  [[nodiscard]] std::size_t bytes() const { return stride * size * block; }  ///< of an index
};

/// Columns from records of `stride` numbers of `size` bytes, and back; `count` of them. `columns` are
/// `stride` arrays of `count` numbers, one after the other.
void unpack(const std::byte* packed, std::size_t stride, std::size_t size, std::size_t count,
            std::byte* columns, Isa isa);
void pack(const std::byte* columns, std::size_t stride, std::size_t size, std::size_t count,
          std::byte* packed, Isa isa);

/// What columns need beside their numbers, in bytes.
inline constexpr std::size_t behind_columns = 32;
/// Columns of the records at these indices, and back; `packed` is used on the way.
void read_records(const Records& records, std::span<const std::uint32_t> indices, Room& packed,
                  std::byte* columns, Isa isa);
void write_records(const Records& records, std::span<const std::uint32_t> indices, Room& packed,
                   const std::byte* columns, Isa isa);

/// The same without packing, as kernels for the commonest records: of 1, 2 or 4 numbers of 4 bytes, one for
/// an index.
struct Direct {
  std::byte* memory;
  std::span<const std::uint32_t> indices;
  std::byte* columns;
  /// Writing starts to bring the records at these into the second cache: asked for one by one in between,
  /// they are waited for by nobody.
  std::span<const std::uint32_t> coming{};
};
using DirectKernel = void (*)(const Direct&);
struct DirectKernels {
  DirectKernel read = nullptr, write = nullptr;  ///< null for other records
};
[[nodiscard]] DirectKernels direct_kernels(const Records& records, Isa isa);

}  // namespace thalweg
