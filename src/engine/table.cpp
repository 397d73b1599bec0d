// The numbers of a sparse step, from their records to arrays and back.

#include "engine/table.h"

#include <algorithm>
#include <cstring>

#include <thalweg/detail/kernel.h>

namespace thalweg {
namespace {

/// Calls visit(0), visit(1), ... some at a time, which compilers leave undone here.
template <class Visit>
[[gnu::always_inline]] inline void unrolled(std::size_t count, const Visit& visit) {
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    visit(i);
    visit(i + 1);
    visit(i + 2);
    visit(i + 3);
  }
  for (; i < count; ++i) visit(i);
}

template <std::size_t bytes>
void gather_as(const std::byte* records, std::span<const std::uint32_t> indices, std::byte* packed) {
  const std::uint32_t* const at = indices.data();
  unrolled(indices.size(),
           [=](std::size_t i) { std::memcpy(packed + i * bytes, records + at[i] * bytes, bytes); });
}

template <std::size_t bytes>
void scatter_as(const std::byte* packed, std::span<const std::uint32_t> indices, std::byte* records) {
  const std::uint32_t* const at = indices.data();
  unrolled(indices.size(),
           [=](std::size_t i) { std::memcpy(records + at[i] * bytes, packed + i * bytes, bytes); });
}

/// From records to columns, or back.
struct Rearrangement {
  const std::byte* from;
  std::byte* to;
  std::size_t stride, count;
};

template <class Number, std::size_t stride>
[[gnu::always_inline]] inline void unpack_as(const Rearrangement& r) {
  const auto* const in = reinterpret_cast<const Number*>(r.from);
  auto* const out = reinterpret_cast<Number*>(r.to);
  const std::size_t width = stride > 0 ? stride : r.stride, count = r.count;
  THALWEG_INDEPENDENT_ITERATIONS
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < width; ++k) out[k * count + i] = in[i * width + k];
  }
}

template <class Number, std::size_t stride>
[[gnu::always_inline]] inline void pack_as(const Rearrangement& r) {
  const auto* const in = reinterpret_cast<const Number*>(r.from);
  auto* const out = reinterpret_cast<Number*>(r.to);
  const std::size_t width = stride > 0 ? stride : r.stride, count = r.count;
  THALWEG_INDEPENDENT_ITERATIONS
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < width; ++k) out[i * width + k] = in[k * count + i];
  }
}

template <class Number>
struct UnpackBody {
  [[gnu::always_inline]] static void run(const Rearrangement& r) {
    if (r.stride == 2) return unpack_as<Number, 2>(r);
    if (r.stride == 4) return unpack_as<Number, 4>(r);
    unpack_as<Number, 0>(r);
  }
};

template <class Number>
struct PackBody {
  [[gnu::always_inline]] static void run(const Rearrangement& r) {
    if (r.stride == 1) return pack_as<Number, 1>(r);
    if (r.stride == 2) return pack_as<Number, 2>(r);
    if (r.stride == 4) return pack_as<Number, 4>(r);
    pack_as<Number, 0>(r);
  }
};

template <template <class> class Body>
void rearrange(const Rearrangement& how, std::size_t size, Isa isa) {
  static constexpr auto narrow = detail::for_each_isa<Body<std::uint32_t>, Rearrangement>();
  static constexpr auto wide = detail::for_each_isa<Body<std::uint64_t>, Rearrangement>();
  (size == sizeof(std::uint32_t) ? narrow : wide)[static_cast<std::size_t>(isa)](how);
}

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
  bool* result;
};

struct IncreasingBody {
  [[gnu::always_inline]] static void run(const Indices& indices) {
    const std::uint32_t* const at = indices.all.data();
    std::uint32_t wrong = 0;
    for (std::size_t i = 1; i < indices.all.size(); ++i) wrong |= at[i - 1] < at[i] ? 0U : 1U;
    *indices.result = wrong == 0;
  }
};

}  // namespace

void gather(const std::byte* records, std::size_t bytes, std::span<const std::uint32_t> indices,
            std::byte* packed) {
  if (bytes == 4) return gather_as<4>(records, indices, packed);
  if (bytes == 8) return gather_as<8>(records, indices, packed);
  if (bytes == 16) return gather_as<16>(records, indices, packed);
  if (bytes == 32) return gather_as<32>(records, indices, packed);
  for (std::size_t i = 0; i < indices.size(); ++i)
    std::memcpy(packed + i * bytes, records + indices[i] * bytes, bytes);
}

void scatter(const std::byte* packed, std::size_t bytes, std::span<const std::uint32_t> indices,
             std::byte* records) {
  if (bytes == 4) return scatter_as<4>(packed, indices, records);
  if (bytes == 8) return scatter_as<8>(packed, indices, records);
  if (bytes == 16) return scatter_as<16>(packed, indices, records);
  if (bytes == 32) return scatter_as<32>(packed, indices, records);
  for (std::size_t i = 0; i < indices.size(); ++i)
    std::memcpy(records + indices[i] * bytes, packed + i * bytes, bytes);
}

void unpack(const std::byte* packed, std::size_t stride, std::size_t size, std::size_t count,
            std::byte* columns, Isa isa) {
  rearrange<UnpackBody>({packed, columns, stride, count}, size, isa);
}

void pack(const std::byte* columns, std::size_t stride, std::size_t size, std::size_t count,
          std::byte* packed, Isa isa) {
  rearrange<PackBody>({columns, packed, stride, count}, size, isa);
}

void multiply(std::byte* numbers, std::size_t size, std::size_t count, double factor, Isa isa) {
  static constexpr auto narrow = detail::for_each_isa<MultiplyBody<float>, Multiplication>();
  static constexpr auto wide = detail::for_each_isa<MultiplyBody<double>, Multiplication>();
  (size == sizeof(float) ? narrow : wide)[static_cast<std::size_t>(isa)]({numbers, count, factor});
}

bool increasing(std::span<const std::uint32_t> indices, Isa isa) {
  static constexpr auto kernels = detail::for_each_isa<IncreasingBody, Indices>();
  bool result = true;
  kernels[static_cast<std::size_t>(isa)]({indices, &result});
  return result;
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
