#include "bench/arrays.h"

#include <cmath>
#include <new>

#include <sys/mman.h>

namespace thalweg::bench {
namespace {

constexpr std::size_t huge_page = std::size_t{1} << 21;

template <class T>
void fill_any(T* numbers, std::size_t count, std::uint64_t seed) {
  std::uint64_t state = seed * 2 + 1;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const T magnitude = T(0.5) + static_cast<T>(state >> 43U) * T(0x1p-22);
    numbers[i] = (state >> 42U & 1U) != 0 ? magnitude : -magnitude;
  }
}

template <class T>
bool finite_any(const T* numbers, std::size_t count) {
  T sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += numbers[i] * T(0);  // 0, or NaN for what is not finite
  return sum == T(0);
}

}  // namespace

Array::Array(std::size_t bytes) {
  if (bytes == 0) return;
  const std::size_t whole = (bytes + huge_page - 1) / huge_page * huge_page;
  const std::size_t room = whole + huge_page;  // to begin on a huge page
  void* const mapped = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const begin = static_cast<std::byte*>(mapped);
  const std::size_t before = (huge_page - reinterpret_cast<std::uintptr_t>(mapped) % huge_page) % huge_page;
  if (before > 0) munmap(begin, before);
  if (before < huge_page) munmap(begin + before + whole, huge_page - before);
  madvise(begin + before, whole, MADV_HUGEPAGE);  // a system without them goes on with small pages
  memory_ = {begin + before, Unmap{whole}};
}

void Array::Unmap::operator()(void* memory) const { munmap(memory, bytes); }

void fill(float* numbers, std::size_t count, std::uint64_t seed) { fill_any(numbers, count, seed); }
void fill(double* numbers, std::size_t count, std::uint64_t seed) { fill_any(numbers, count, seed); }
bool all_finite(const float* numbers, std::size_t count) { return finite_any(numbers, count); }
bool all_finite(const double* numbers, std::size_t count) { return finite_any(numbers, count); }

}  // namespace thalweg::bench
