#pragma once

// Counts the bytes that a whole test program holds. Replaces its operator new: one file of a program includes
// this.

#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace thalweg::test {

inline std::atomic<std::size_t> held{0}, most{0};

inline void count(void* memory) {
  const std::size_t now = held += ::malloc_usable_size(memory);
  if (now > most) most = now;
}

/// Bytes at most that `act` holds beside what there was.
template <class Act>
std::size_t held_by(Act act) {
  const std::size_t before = held;
  most = before;
  act();
  return most - before;
}

}  // namespace thalweg::test

void* operator new(std::size_t size) {
  void* const memory = std::malloc(size > 0 ? size : 1);
  if (memory == nullptr) throw std::bad_alloc();
  thalweg::test::count(memory);
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  void* const memory = std::malloc(size > 0 ? size : 1);
  if (memory != nullptr) thalweg::test::count(memory);
  return memory;
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto granule = static_cast<std::size_t>(alignment);
  void* const memory = std::aligned_alloc(granule, (size + granule - 1) / granule * granule);
  if (memory == nullptr) throw std::bad_alloc();
  thalweg::test::count(memory);
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) thalweg::test::held -= ::malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { operator delete(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { operator delete(memory); }
