// Batches of a linear model on sparse rows.

#include "models/sparse_batch.h"

#include <gmock/gmock.h>

#include "samples.h"

namespace thalweg::models::sparse_batch_test {
namespace {

TEST(SparseBatch, PredictsARowAloneAsAmongOthers) {
  for (const std::size_t outputs : {1U, 3U}) {
    const data::Dataset data = to_sparse(sample(9, 70, 3, 1));
    const std::vector<std::uint32_t> rows{4, 0, 7};
    const auto weight = [&](std::uint32_t column, std::size_t output) {
      return static_cast<float>(normal(2, column, output));
    };
    const std::vector<float> bias(outputs, 0.25F);
    const auto predicted = [&](std::span<const std::uint32_t> of) {
      SparseBatch<float> batch(outputs == 1 ? Head::logistic : Head::cross_entropy, outputs);
      batch.start(data, of);
      std::vector<float> weights, z;
      for (const std::uint32_t column : batch.features()) {
        for (std::size_t j = 0; j < outputs; ++j) weights.push_back(weight(column, j));
      }
      batch.predict(weights, bias, z);
      return z;
    };
    std::vector<float> alone;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::vector<float> z = predicted(std::span(rows).subspan(i, 1));
      alone.insert(alone.end(), z.begin(), z.end());
    }
    EXPECT_EQ(alone, predicted(rows)) << outputs;
  }
}

}  // namespace
}  // namespace thalweg::models::sparse_batch_test
