// That what a stream needs does not depend on how long it is.

#include <gtest/gtest.h>

#include <thalweg/registry.h>

#include "data/counted_memory.h"
#include "data/temporary.h"
#include "stream_samples.h"
#include "workbench/stream_train.h"

namespace thalweg::workbench::stream_memory_test {
namespace {

/// Bytes at most that a training holds beside what there was.
std::size_t needed(const std::string& path, const char* optimizer, std::size_t shuffle_buffer) {
  return test::held_by([&] {
    StreamTrainOptions options;
    options.learner.optimizer = make_rule(optimizer);
    options.epochs = 2;
    options.shuffle_buffer = shuffle_buffer;
    StreamTrainer trainer(path, {}, models::make_model("logistic"), options);
    EXPECT_EQ(trainer.train(path).epochs.size(), 2U);
  });
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
}  // namespace thalweg::workbench::stream_memory_test
