// That what a stream needs does not depend on how long it is.

#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>
#include <malloc.h>

#include <thalweg/registry.h>

#include "data/temporary.h"
#include "stream_samples.h"
#include "workbench/stream_train.h"

namespace {

std::atomic<std::size_t> held{0}, most{0};

void count(void* memory) {
  const std::size_t now = held += ::malloc_usable_size(memory);
  if (now > most) most = now;
}

}  // namespace

// Counts the bytes that the whole program holds.
void* operator new(std::size_t size) {
  void* const memory = std::malloc(size > 0 ? size : 1);
  if (memory == nullptr) throw std::bad_alloc();
  count(memory);
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  void* const memory = std::malloc(size > 0 ? size : 1);
  if (memory != nullptr) count(memory);
  return memory;
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto granule = static_cast<std::size_t>(alignment);
  void* const memory = std::aligned_alloc(granule, (size + granule - 1) / granule * granule);
  if (memory == nullptr) throw std::bad_alloc();
  count(memory);
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) held -= ::malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { operator delete(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { operator delete(memory); }

namespace thalweg::workbench {
namespace {

/// Bytes at most that a training holds beside what there was.
std::size_t needed(const std::string& path, const char* optimizer, std::size_t shuffle_buffer) {
  const std::size_t before = held;
  most = before;
  StreamTrainOptions options;
  options.learner.optimizer = make_rule(optimizer);
  options.epochs = 2;
  options.shuffle_buffer = shuffle_buffer;
  StreamTrainer trainer(path, {}, models::make_model("logistic"), options);
  EXPECT_EQ(trainer.train(path).epochs.size(), 2U);
  return most - before;
}

TEST(StreamMemory, DoesNotGrowWithTheFile) {
  const data::TemporaryFolder folder;
  const std::string rows = stream_text(4000, 2000, 2);
  ASSERT_GT(rows.size(), 400'000U);
  std::string longer;
  for (int i = 0; i < 12; ++i) longer += rows;
  const std::string small = folder.file("a.svm", rows), large = folder.file("b.svm", longer);
  for (const std::size_t buffer : {0U, 500U}) {
    const std::size_t few = needed(small, "adagrad", buffer), many = needed(large, "adagrad", buffer);
    EXPECT_LE(many, few + 16'384) << "for a file 12 times as long";
    EXPECT_LT(many, 1'200'000U) << "of " << longer.size() << " bytes";
    // Adam besides remembers its last 4096 steps at most, some 300 bytes each.
    EXPECT_LT(needed(large, "adam", buffer), 2'500'000U);
  }
}

}  // namespace
}  // namespace thalweg::workbench
