#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "models/batch_loss.h"
#include "models/samples.h"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

// Counts the allocations of the whole program.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size > 0 ? size : 1);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace thalweg::models::allocation_test {
namespace {

TEST(BatchLoss, AllocatesNothingOnceABatchOfTheSizeWasSeen) {
  const data::Dataset dense = sample(500, 20, 3), sparse = to_sparse(dense);
  const Network<float> network(make_model("mlp:16,8"), dense);
  const Parameters<float> at = network.initial(0);
  Parameters<float> gradient = zeros_like(at);
  const auto rows = all_rows(500);
  for (const std::size_t threads : {1U, 3U}) {
    ThreadPool pool(threads);
    for (const data::Dataset* data : {&dense, &sparse}) {
      BatchLoss<float> batch(network, pool, 0);
      const auto all = [&] {
        for (const std::size_t count : {500U, 65U, 64U, 1U}) {
          static_cast<void>(batch.gradient(*data, std::span(rows).first(count), at, gradient));
        }
        static_cast<void>(batch.evaluate(*data, at));
      };
      all();
      const std::size_t before = allocations;
      all();
      EXPECT_EQ(allocations - before, 0) << threads << " threads";
    }
  }
}

}  // namespace
}  // namespace thalweg::models::allocation_test
