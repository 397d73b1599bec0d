#include "engine/records.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

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

/// Copies records (each `bytes` of them) at these numbers one after the other, and back.
void gather(const std::byte* records, std::size_t bytes, std::span<const std::uint32_t> indices,
            std::byte* packed) {
  if (bytes == 8) return gather_as<8>(records, indices, packed);
  if (bytes == 16) return gather_as<16>(records, indices, packed);
  if (bytes == 32) return gather_as<32>(records, indices, packed);
  for (std::size_t i = 0; i < indices.size(); ++i)
    std::memcpy(packed + i * bytes, records + indices[i] * bytes, bytes);
}

void scatter(const std::byte* packed, std::size_t bytes, std::span<const std::uint32_t> indices,
             std::byte* records) {
  if (bytes == 8) return scatter_as<8>(packed, indices, records);
  if (bytes == 16) return scatter_as<16>(packed, indices, records);
  if (bytes == 32) return scatter_as<32>(packed, indices, records);
  for (std::size_t i = 0; i < indices.size(); ++i)
    std::memcpy(records + indices[i] * bytes, packed + i * bytes, bytes);
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

using Four [[gnu::vector_size(16)]] = std::uint32_t;
using Two [[gnu::vector_size(16)]] = std::uint64_t;
using Eight [[gnu::vector_size(32)]] = std::uint32_t;

/// The record of `stride` numbers of 4 bytes at an index.
template <std::size_t stride>
[[gnu::always_inline]] inline std::byte* at(std::byte* memory, std::uint32_t index) {
  return memory + std::size_t{index} * stride * sizeof(std::uint32_t);
}
template <class Number>
[[gnu::always_inline]] inline Number load(const void* from) {
  Number number;
  std::memcpy(&number, from, sizeof number);
  return number;
}
template <class Number>
[[gnu::always_inline]] inline void store(const Number& number, void* to) {
  std::memcpy(to, &number, sizeof number);
}

/// Four indices, which take two loads.
[[gnu::always_inline]] inline void four_indices(const std::uint32_t* from, std::uint32_t (&index)[4]) {
  for (std::size_t pair = 0; pair < 4; pair += 2) {
    const auto both = load<std::uint64_t>(from + pair);
    const auto low = static_cast<std::uint32_t>(both), high = static_cast<std::uint32_t>(both >> 32U);
    constexpr bool little = std::endian::native == std::endian::little;
    index[pair] = little ? low : high;
    index[pair + 1] = little ? high : low;
  }
}

/// A tile of 4 x 4 numbers transposed.
[[gnu::always_inline]] inline void transpose(Four (&row)[4]) {
  const Four a = __builtin_shufflevector(row[0], row[2], 0, 4, 1, 5),
             b = __builtin_shufflevector(row[1], row[3], 0, 4, 1, 5),
             c = __builtin_shufflevector(row[0], row[2], 2, 6, 3, 7),
             d = __builtin_shufflevector(row[1], row[3], 2, 6, 3, 7);
  row[0] = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  row[1] = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  row[2] = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  row[3] = __builtin_shufflevector(c, d, 2, 6, 3, 7);
}

/// Four records as pieces of `stride` columns.
template <std::size_t stride>
[[gnu::always_inline]] inline void read_four(std::byte* memory, const std::uint32_t (&index)[4],
                                             Four (&column)[4]) {
  const auto here = [&](std::size_t i) __attribute__((always_inline)) {
    return at<stride>(memory, index[i]);
  };
  if constexpr (stride == 1) {
    column[0] = Four{load<std::uint32_t>(here(0)), load<std::uint32_t>(here(1)), load<std::uint32_t>(here(2)),
                     load<std::uint32_t>(here(3))};
  } else if constexpr (stride == 2) {
    const Two low{load<std::uint64_t>(here(0)), load<std::uint64_t>(here(1))},
        high{load<std::uint64_t>(here(2)), load<std::uint64_t>(here(3))};
    const auto a = reinterpret_cast<Four>(low), b = reinterpret_cast<Four>(high);
    column[0] = __builtin_shufflevector(a, b, 0, 2, 4, 6);
    column[1] = __builtin_shufflevector(a, b, 1, 3, 5, 7);
  } else {
    for (std::size_t i = 0; i < 4; ++i) column[i] = load<Four>(here(i));
    transpose(column);
  }
}

template <std::size_t stride>
[[gnu::always_inline]] inline void write_four(Four (&column)[4], const std::uint32_t (&index)[4],
                                              std::byte* memory) {
  const auto here = [&](std::size_t i) __attribute__((always_inline)) {
    return at<stride>(memory, index[i]);
  };
  if constexpr (stride == 2) {
    const Four a = __builtin_shufflevector(column[0], column[1], 0, 4, 1, 5),
               b = __builtin_shufflevector(column[0], column[1], 2, 6, 3, 7);
    const auto low = reinterpret_cast<Two>(a), high = reinterpret_cast<Two>(b);
    store(static_cast<std::uint64_t>(low[0]), here(0));
    store(static_cast<std::uint64_t>(low[1]), here(1));
    store(static_cast<std::uint64_t>(high[0]), here(2));
    store(static_cast<std::uint64_t>(high[1]), here(3));
  } else {
    transpose(column);
    for (std::size_t i = 0; i < 4; ++i) store(column[i], here(i));
  }
}

/// Eight records at a time, stored as the widest vectors that the numbers are read with next: others would
/// have to wait until several stores are through. The last ones come first, with some of them again for those
/// that are missing: what is written behind the end of a column is written over by the next one.
template <std::size_t stride>
struct ReadBody {
  [[gnu::always_inline]] static void read(std::byte* memory, const std::uint32_t (&index)[2][4],
                                          std::byte* columns, std::size_t count) {
    Four low[4], high[4];
    read_four<stride>(memory, index[0], low);
    read_four<stride>(memory, index[1], high);
    for (std::size_t k = 0; k < stride; ++k) {
      const Eight column = __builtin_shufflevector(low[k], high[k], 0, 1, 2, 3, 4, 5, 6, 7);
      store(column, columns + k * count * sizeof(std::uint32_t));
    }
  }
  [[gnu::always_inline]] static void run(const Direct& d) {
    constexpr std::size_t size = sizeof(std::uint32_t);
    std::byte *const memory = d.memory, *const columns = d.columns;
    const std::uint32_t* const indices = d.indices.data();
    const std::size_t count = d.indices.size(), whole = count / 8 * 8;
    std::uint32_t index[2][4];
    if (whole < count) {
      for (std::size_t i = 0; i < 8; ++i) index[i / 4][i % 4] = indices[std::min(whole + i, count - 1)];
      read(memory, index, columns + whole * size, count);
    }
    for (std::size_t i = 0; i < whole; i += 8) {
      four_indices(indices + i, index[0]);
      four_indices(indices + i + 4, index[1]);
      read(memory, index, columns + i * size, count);
    }
  }
};

template <std::size_t stride>
struct WriteBody {
  [[gnu::always_inline]] static void run(const Direct& d) {
    constexpr std::size_t size = sizeof(std::uint32_t);
    std::byte *const memory = d.memory, *const columns = d.columns;
    const std::uint32_t* const indices = d.indices.data();
    const std::size_t count = d.indices.size();
    const auto write = [&](std::size_t i) __attribute__((always_inline)) {
      std::uint32_t index[4];
      four_indices(indices + i, index);
      if constexpr (stride == 1) {
        std::uint32_t number[4];
        four_indices(reinterpret_cast<const std::uint32_t*>(columns) + i, number);
        for (std::size_t k = 0; k < 4; ++k) store(number[k], at<1>(memory, index[k]));
      } else {
        Four column[4];
        for (std::size_t k = 0; k < stride; ++k) column[k] = load<Four>(columns + (k * count + i) * size);
        write_four<stride>(column, index, memory);
      }
    };
    const std::uint32_t* const ahead = d.coming.data();
    const std::size_t coming = d.coming.size(), both = std::min(count, coming) / 4 * 4, whole = count / 4 * 4;
    std::size_t i = 0;
    for (; i < both; i += 4) {
      std::uint32_t index[4];
      four_indices(ahead + i, index);
      for (const std::uint32_t next : index) __builtin_prefetch(at<stride>(memory, next), 1, 2);
      write(i);
    }
    for (std::size_t k = both; k < coming; ++k) __builtin_prefetch(at<stride>(memory, ahead[k]), 1, 2);
    for (; i < whole; i += 4) write(i);
    for (; i < count; ++i) {
      std::byte* const record = at<stride>(memory, indices[i]);
      for (std::size_t k = 0; k < stride; ++k)
        std::memcpy(record + k * size, columns + (k * count + i) * size, size);
    }
  }
};

}  // namespace

void unpack(const std::byte* packed, std::size_t stride, std::size_t size, std::size_t count,
            std::byte* columns, Isa isa) {
  rearrange<UnpackBody>({packed, columns, stride, count}, size, isa);
}

void pack(const std::byte* columns, std::size_t stride, std::size_t size, std::size_t count,
          std::byte* packed, Isa isa) {
  rearrange<PackBody>({columns, packed, stride, count}, size, isa);
}

void read_records(const Records& r, std::span<const std::uint32_t> indices, Room& packed, std::byte* columns,
                  Isa isa) {
  if (r.stride == 1) return gather(r.memory, r.bytes(), indices, columns);
  std::byte* const room = packed.get(indices.size() * r.bytes());
  gather(r.memory, r.bytes(), indices, room);
  unpack(room, r.stride, r.size, indices.size() * r.block, columns, isa);
}

void write_records(const Records& r, std::span<const std::uint32_t> indices, Room& packed,
                   const std::byte* columns, Isa isa) {
  if (r.stride == 1) return scatter(columns, r.bytes(), indices, r.memory);
  std::byte* const room = packed.get(indices.size() * r.bytes());
  pack(columns, r.stride, r.size, indices.size() * r.block, room, isa);
  scatter(room, r.bytes(), indices, r.memory);
}

DirectKernels direct_kernels(const Records& r, Isa isa) {
  if (r.size != sizeof(std::uint32_t) || r.block != 1) return {};
  const auto of = [isa]<std::size_t stride>(std::integral_constant<std::size_t, stride>) {
    static constexpr auto read = detail::for_each_isa<ReadBody<stride>, Direct>();
    static constexpr auto write = detail::for_each_isa<WriteBody<stride>, Direct>();
    const auto which = static_cast<std::size_t>(isa);
    return DirectKernels{read[which], write[which]};
  };
  if (r.stride == 1) return of(std::integral_constant<std::size_t, 1>{});
  if (r.stride == 2) return of(std::integral_constant<std::size_t, 2>{});
  if (r.stride == 4) return of(std::integral_constant<std::size_t, 4>{});
  return {};
}

}  // namespace thalweg
