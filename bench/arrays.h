#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace thalweg::bench {

/// Memory for one array: whole pages from the system, zero, on huge pages where the system gives them
/// (madvise), because the engine asks for them as well.
class Array {
 public:
  Array() = default;
  /// Throws std::bad_alloc where the system refuses.
  explicit Array(std::size_t bytes);

  [[nodiscard]] void* data() const { return memory_.get(); }
  template <class T>
  [[nodiscard]] T* as() const {
    return static_cast<T*>(data());
  }
  [[nodiscard]] std::size_t bytes() const { return memory_.get_deleter().bytes; }

 private:
  struct Unmap {
    std::size_t bytes;
    void operator()(void* memory) const;
  };
  std::unique_ptr<void, Unmap> memory_{nullptr, Unmap{0}};
};

/// `count` numbers of either sign between 0.5 and 1 in magnitude: no step over them becomes denormal.
void fill(float* numbers, std::size_t count, std::uint64_t seed);
void fill(double* numbers, std::size_t count, std::uint64_t seed);
[[nodiscard]] bool all_finite(const float* numbers, std::size_t count);
[[nodiscard]] bool all_finite(const double* numbers, std::size_t count);

}  // namespace thalweg::bench
