#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/mman.h>

namespace thalweg::data {

/// Room for `count` elements, on huge pages where it is large and the system has them: most of what it costs
/// to fill new memory is to get it page by page, and rows that are read in shuffled order are then found by
/// one look into a page table each. To be called while the container is empty, since what was touched before
/// stays where it is.
template <class Container>
void reserve_pages(Container& numbers, std::size_t count) {
  numbers.reserve(count);
#ifdef MADV_HUGEPAGE
  constexpr std::uintptr_t page = std::uintptr_t{1} << 21U;
  const auto begin = (reinterpret_cast<std::uintptr_t>(numbers.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(numbers.data() + numbers.capacity()) / page * page;
  if (begin < end) static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE));
#endif
}

}  // namespace thalweg::data
