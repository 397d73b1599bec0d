#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace thalweg {

struct AlignedFree {
  std::size_t alignment = 1;
  void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{alignment}); }
};

/// Flat memory for many tensors: some rows of numbers, a tensor at the same offset in each. Rows start on
/// cache lines, or huge pages where they are large. It grows by doubling and keeps what it holds.
class Arena {
 public:
  using Memory = std::unique_ptr<std::byte, AlignedFree>;
  /// Uninitialized memory on a cache line, or on huge pages if it is large.
  static Memory allocate(std::size_t size) {
    if (size == 0) return {};
    const std::size_t alignment = size >= 2 * huge_page ? huge_page : line;
    Memory memory(static_cast<std::byte*>(::operator new (size, std::align_val_t{alignment})),
                  AlignedFree{alignment});
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    // Fewer page faults and misses of the address translation; where the system has none, nothing changes.
    if (alignment == huge_page) madvise(memory.get(), size, MADV_HUGEPAGE);
#endif
    return memory;
  }

  /// Elements that share one scale in blockwise storage; bytes are given per this many.
  static constexpr std::size_t group = 256;

  /// `bytes`: of `group` elements, for each row. Offsets are multiples of `granule` elements.
  explicit Arena(std::vector<std::size_t> bytes, std::size_t granule = 16)
      : bytes_(std::move(bytes)), start_(bytes_.size()), granule_(granule) {}

  /// Room for `count` elements in every row, uninitialized. Returns their offset in elements.
  std::size_t extend(std::size_t count) {
    const std::size_t offset = used_, needed = used_ + (count + granule_ - 1) / granule_ * granule_;
    if (needed > capacity_) grow(needed);
    used_ = needed;  // if there was memory for it
    return offset;
  }
  [[nodiscard]] std::byte* at(std::size_t row, std::size_t offset) const {
    return memory_.get() + start_[row] + offset * bytes_[row] / group;
  }

 private:
  static constexpr std::size_t line = 64, huge_page = std::size_t{1} << 21U;

  void grow(std::size_t needed) {
    const std::size_t larger = (needed > 2 * capacity_ ? needed : 2 * capacity_) + group - 1;
    const std::size_t capacity = larger / group * group;
    std::vector<std::size_t> start(bytes_.size());
    std::size_t size = 0;
    for (std::size_t row = 0; row < bytes_.size(); ++row) {
      start[row] = size;
      size += (capacity / group * bytes_[row] + line - 1) / line * line;
    }
    Memory memory = allocate(size);
    for (std::size_t row = 0; row < bytes_.size() && capacity_ > 0; ++row)
      std::memcpy(memory.get() + start[row], at(row, 0), capacity_ / group * bytes_[row]);
    memory_ = std::move(memory);
    start_ = std::move(start);
    capacity_ = capacity;
  }

  std::vector<std::size_t> bytes_, start_;
  std::size_t granule_, used_ = 0, capacity_ = 0;
  Memory memory_;
};

}  // namespace thalweg
