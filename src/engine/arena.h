#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace thalweg {

/// Flat memory for the state of many tensors: one row per slot, a tensor at the same offset in each. Rows
/// start on cache lines. It grows by doubling and keeps what it holds.
class Arena {
 public:
  static constexpr std::size_t alignment = 64;

  Arena(std::size_t rows, std::size_t element_size) : rows_(rows), element_size_(element_size) {}

  /// Room for `count` elements in every row, uninitialized. Returns their offset in elements.
  std::size_t extend(std::size_t count) {
    const std::size_t per_line = alignment / element_size_, offset = used_;
    used_ += (count + per_line - 1) / per_line * per_line;
    if (used_ > capacity_) {
      const std::size_t larger = used_ > 2 * capacity_ ? used_ : 2 * capacity_;
      Memory memory(rows_ * larger == 0 ? nullptr
                                        : static_cast<std::byte*>(::operator new (
                                              rows_* larger* element_size_, std::align_val_t{alignment})));
      for (std::size_t row = 0; row < rows_ && offset > 0; ++row) {
        std::memcpy(memory.get() + row * larger * element_size_, at(row, 0), offset * element_size_);
      }
      memory_ = std::move(memory);
      capacity_ = larger;
    }
    return offset;
  }
  [[nodiscard]] void* at(std::size_t row, std::size_t offset) const {
    return memory_.get() + (row * capacity_ + offset) * element_size_;
  }

 private:
  struct Free {
    void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{alignment}); }
  };
  using Memory = std::unique_ptr<std::byte, Free>;

  std::size_t rows_, element_size_, used_ = 0, capacity_ = 0;
  Memory memory_;
};

}  // namespace thalweg
