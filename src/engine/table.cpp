// What is asked of the indices of a sparse step, and done to all of its numbers.

#include "engine/table.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>

#include <thalweg/detail/kernel.h>
#include <thalweg/error.h>

namespace thalweg {
namespace {

struct Multiplication {
  std::byte* numbers;
  std::size_t count;
  double factor;
};

template <class Number>
struct MultiplyBody {
  [[gnu::always_inline]] static void run(const Multiplication& m) {
    auto* const x = reinterpret_cast<Number*>(m.numbers);
    const auto by = static_cast<Number>(m.factor);
    for (std::size_t i = 0; i < m.count; ++i) x[i] *= by;
  }
};

struct Indices {
  std::span<const std::uint32_t> all;
  std::uint32_t* copy;
  bool* increasing;
};

struct CopyBody {
  static constexpr std::size_t lanes = 8;
  using Eight [[gnu::vector_size(lanes * sizeof(std::uint32_t))]] = std::uint32_t;

  [[gnu::always_inline]] static void run(const Indices& indices) {
    const std::uint32_t* const at = indices.all.data();
    std::uint32_t* const copy = indices.copy;
    const std::size_t count = indices.all.size();
    bool right = true;
    if (count > lanes) {
      Eight wrong{};
      const auto look = [&](std::size_t i) __attribute__((always_inline)) {
        Eight before, after;
        std::memcpy(&before, at + i - 1, sizeof before);
        std::memcpy(&after, at + i, sizeof after);
        std::memcpy(copy + i, &after, sizeof after);
        wrong |= reinterpret_cast<Eight>(before >= after);
      };
      copy[0] = at[0];
      for (std::size_t i = 1; i + lanes <= count; i += lanes) look(i);
      look(count - lanes);  // some of them again
      for (std::size_t k = 0; k < lanes; ++k) right = right && wrong[k] == 0;
    } else {
      for (std::size_t i = 0; i < count; ++i) {
        copy[i] = at[i];
        right = right && (i == 0 || at[i - 1] < at[i]);
      }
    }
    *indices.increasing = right;
  }
};

}  // namespace

void multiply(std::byte* numbers, std::size_t size, std::size_t count, double factor, Isa isa) {
  static constexpr auto narrow = detail::for_each_isa<MultiplyBody<float>, Multiplication>();
  static constexpr auto wide = detail::for_each_isa<MultiplyBody<double>, Multiplication>();
  (size == sizeof(float) ? narrow : wide)[static_cast<std::size_t>(isa)]({numbers, count, factor});
}

bool copy_increasing(std::span<const std::uint32_t> indices, std::uint32_t* copy, Isa isa) {
  static constexpr auto kernels = detail::for_each_isa<CopyBody, Indices>();
  bool increasing = true;
  kernels[static_cast<std::size_t>(isa)]({indices, copy, &increasing});
  return increasing;
}

IncreasingIndices::IncreasingIndices(std::span<const std::uint32_t> indices) : indices_(indices) {
  const auto wrong = std::adjacent_find(indices.begin(), indices.end(), std::greater_equal<>());
  if (wrong != indices.end())
    throw usage_error("increasing indices", std::to_string(wrong[1]),
                      "must be larger than the one before it, which is " + std::to_string(wrong[0]));
}

/// On huge pages where they are many: they are looked at in any order.
struct DistinctIndices::Marks {
  explicit Marks(std::size_t size) : memory(Arena::allocate(size * sizeof(std::uint32_t))) {}
  [[nodiscard]] std::uint32_t* begin() const { return reinterpret_cast<std::uint32_t*>(memory.get()); }
  Arena::Memory memory;
};

DistinctIndices::DistinctIndices(std::uint32_t most) : most_(most) {}
DistinctIndices::~DistinctIndices() = default;
DistinctIndices::DistinctIndices(DistinctIndices&&) noexcept = default;
DistinctIndices& DistinctIndices::operator=(DistinctIndices&&) noexcept = default;

void DistinctIndices::start(std::size_t size) {
  first_ += static_cast<std::uint32_t>(indices_.size());
  indices_.clear();
  positions_.clear();
  if (size_ == size && marks_) return;
  marks_ = std::make_unique<Marks>(size);
  size_ = size;
  clear_marks();
}

/// Clears the marks of all but the present indices.
void DistinctIndices::clear_marks() {
  std::uint32_t* const marks = marks_->begin();
  std::fill_n(marks, size_, 0U);
  first_ = 1;
  for (std::size_t k = 0; k < indices_.size(); ++k)
    marks[indices_[k]] = first_ + static_cast<std::uint32_t>(k);
}

void DistinctIndices::add(std::span<const std::uint32_t> list) {
  auto count = static_cast<std::uint32_t>(indices_.size());
  if (list.size() > most_ - first_ - count) clear_marks();
  std::uint32_t* const marks = marks_->begin();
  const std::size_t before = positions_.size();
  positions_.resize(before + list.size());
  indices_.resize(count + list.size());
  std::uint32_t* position = positions_.data() + before;
  // Without a branch, which few processors could foretell. What is to be looked at is asked for ahead: where
  // the next number is written depends on what is found, and so would wait for it.
  constexpr std::size_t ahead = 32;
  for (std::size_t k = 0; k < list.size(); ++k) {
    const std::uint32_t index = list[k];
    if (k + ahead < list.size()) __builtin_prefetch(&marks[list[k + ahead]], 1);
    std::uint32_t& mark = marks[index];
    const bool known = mark >= first_;
    const std::uint32_t number = known ? mark - first_ : count;
    mark = first_ + number;
    indices_[count] = index;
    *position++ = number;
    count += known ? 0U : 1U;
  }
  indices_.resize(count);
}

}  // namespace thalweg
