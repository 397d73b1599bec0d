// The numbers of a sparse step, from their records to arrays and back.

#include "engine/table.h"

#include <cstring>
#include <limits>

namespace thalweg {
namespace {

template <std::size_t bytes>
void gather_as(const std::byte* records, std::span<const std::uint32_t> indices, std::byte* packed) {
  for (std::size_t i = 0; i < indices.size(); ++i)
    std::memcpy(packed + i * bytes, records + indices[i] * bytes, bytes);
}

template <std::size_t bytes>
void scatter_as(const std::byte* packed, std::span<const std::uint32_t> indices, std::byte* records) {
  for (std::size_t i = 0; i < indices.size(); ++i)
    std::memcpy(records + indices[i] * bytes, packed + i * bytes, bytes);
}

template <class Number, std::size_t stride>
void unpack_as(const std::byte* packed, std::size_t count, std::byte* columns) {
  const auto* const in = reinterpret_cast<const Number*>(packed);
  auto* const out = reinterpret_cast<Number*>(columns);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < stride; ++k) out[k * count + i] = in[i * stride + k];
  }
}

template <class Number, std::size_t stride>
void pack_as(const std::byte* columns, std::size_t count, std::byte* packed) {
  const auto* const in = reinterpret_cast<const Number*>(columns);
  auto* const out = reinterpret_cast<Number*>(packed);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < stride; ++k) out[i * stride + k] = in[k * count + i];
  }
}

template <class Number>
void unpack_numbers(const std::byte* packed, std::size_t stride, std::size_t count, std::byte* columns) {
  if (stride == 2) return unpack_as<Number, 2>(packed, count, columns);
  if (stride == 4) return unpack_as<Number, 4>(packed, count, columns);
  const auto* const in = reinterpret_cast<const Number*>(packed);
  auto* const out = reinterpret_cast<Number*>(columns);
  for (std::size_t k = 0; k < stride; ++k) {
    for (std::size_t i = 0; i < count; ++i) out[k * count + i] = in[i * stride + k];
  }
}

template <class Number>
void pack_numbers(const std::byte* columns, std::size_t stride, std::size_t count, std::byte* packed) {
  if (stride == 2) return pack_as<Number, 2>(columns, count, packed);
  if (stride == 4) return pack_as<Number, 4>(columns, count, packed);
  const auto* const in = reinterpret_cast<const Number*>(columns);
  auto* const out = reinterpret_cast<Number*>(packed);
  for (std::size_t k = 0; k < stride; ++k) {
    for (std::size_t i = 0; i < count; ++i) out[i * stride + k] = in[k * count + i];
  }
}

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
            std::byte* columns) {
  if (size == sizeof(std::uint32_t))
    unpack_numbers<std::uint32_t>(packed, stride, count, columns);
  else
    unpack_numbers<std::uint64_t>(packed, stride, count, columns);
}

void pack(const std::byte* columns, std::size_t stride, std::size_t size, std::size_t count,
          std::byte* packed) {
  if (size == sizeof(std::uint32_t))
    pack_numbers<std::uint32_t>(columns, stride, count, packed);
  else
    pack_numbers<std::uint64_t>(columns, stride, count, packed);
}

void DistinctIndices::start(std::size_t size) {
  if (marks_.size() != size || round_ == std::numeric_limits<std::uint32_t>::max()) {
    marks_.assign(size, {});
    round_ = 0;
  }
  ++round_;
  indices_.clear();
  positions_.clear();
}

void DistinctIndices::add(std::span<const std::uint32_t> list) {
  for (const std::uint32_t index : list) {
    Mark& mark = marks_[index];
    if (mark.round != round_) {
      mark = {round_, static_cast<std::uint32_t>(indices_.size())};
      indices_.push_back(index);
    }
    positions_.push_back(mark.position);
  }
}

}  // namespace thalweg
