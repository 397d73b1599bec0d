#include "data/huge_pages.h"

#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace thalweg::data {

void reserve_huge(std::vector<float>& values, std::size_t count) {
  values.reserve(count);
#if defined(__linux__)
  constexpr std::uintptr_t huge_page = std::uintptr_t{2} << 20U;
  const auto begin = reinterpret_cast<std::uintptr_t>(values.data());
  const std::uintptr_t first = (begin + huge_page - 1) / huge_page * huge_page,
                       end = (begin + count * sizeof(float)) / huge_page * huge_page;
  // A system that does not want to goes on with small pages.
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
#endif
}

}  // namespace thalweg::data
