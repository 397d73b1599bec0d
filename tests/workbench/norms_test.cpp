#include "workbench/norms.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include <thalweg/random.h>

namespace thalweg::workbench::norms_test {
namespace {

/// Tensors of these sizes.
models::Parameters<float> tensors(const std::vector<std::size_t>& sizes) {
  models::Parameters<float> all;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    auto& tensor = all.emplace_back();
    tensor.name = "tensor" + std::to_string(k);
    for (std::size_t i = 0; i < sizes[k]; ++i)
      tensor.values.push_back(static_cast<float>(2 * uniform(5, k, i) - 1));
  }
  return all;
}

double plain_norm(const models::Parameters<float>& all) {
  double sum = 0;
  for (const auto& tensor : all) {
    for (const float x : tensor.values) sum += static_cast<double>(x) * static_cast<double>(x);
  }
  return std::sqrt(sum);
}

const std::vector<std::vector<std::size_t>> layouts{{0}, {1, 0, 3}, {70, 17}, {90'001, 3, 40'000, 0, 15}};

TEST(Norms, AreTheSameForEveryNumberOfThreads) {
  for (const auto& sizes : layouts) {
    const models::Parameters<float> all = tensors(sizes);
    ThreadPool one(1);
    const double alone = Norms(one).norm(all);
    EXPECT_NEAR(alone, plain_norm(all), 1e-6 * alone);
    EXPECT_EQ(Norms(one).not_finite(all), "");
    for (const std::size_t threads : {2U, 3U, 5U}) {
      ThreadPool pool(threads);
      for (int again = 0; again < 10; ++again) ASSERT_EQ(Norms(pool).norm(all), alone) << threads;
    }
  }
}

TEST(Norms, FindEveryNumberThatIsNotFinite) {
  ThreadPool pool(2);
  for (const auto& sizes : layouts) {
    models::Parameters<float> all = tensors(sizes);
    for (auto& tensor : all) {
      for (std::size_t i = 0; i < tensor.values.size(); i += 1 + tensor.values.size() / 20) {
        for (const float wrong : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
          const float right = std::exchange(tensor.values[i], wrong);
          EXPECT_EQ(Norms(pool).not_finite(all), tensor.name) << i;
          EXPECT_FALSE(std::isfinite(Norms(pool).norm(all)));
          tensor.values[i] = right;
        }
      }
    }
  }
}

TEST(Norms, SquaresBeyondFloatAreFinite) {
  ThreadPool pool(2);
  models::Parameters<float> all = tensors({100'000, 2});
  all[0].values[70'000] = 3e38F;
  all[1].values[1] = -3e38F;
  EXPECT_NEAR(Norms(pool).norm(all), 3e38 * std::sqrt(2), 1e32);
  EXPECT_EQ(Norms(pool).not_finite(all), "");
}

}  // namespace
}  // namespace thalweg::workbench::norms_test
