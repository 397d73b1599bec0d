// What the training of dense networks has of its own beside the BLAS.

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "models/batch_loss.h"
#include "models/exponential.h"
#include "models/few_outputs.h"
#include "models/samples.h"

namespace thalweg::models::products_test {
namespace {

TEST(Exponentials, AreRoundedOnce) {
  std::vector<float> x, exact;
  for (std::uint64_t i = 0; i < 300'000; ++i) {
    x.push_back(static_cast<float>(-110 * std::pow(uniform(5, 0, i), 3)));
    exact.push_back(static_cast<float>(std::exp(static_cast<double>(x.back()))));
  }
  exponentials(x.size(), x.data());
  std::size_t others = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] == exact[i]) continue;
    ++others;
    EXPECT_EQ(std::nextafter(x[i], exact[i]), exact[i]);
  }
  EXPECT_LE(others, 1U);
}

TEST(Exponentials, KeepTheEdges) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> x{0, -0.0F, -infinity, -1e30F, -104, -103, std::numeric_limits<float>::quiet_NaN()};
  exponentials(x.size(), x.data());
  EXPECT_THAT(std::vector(x.begin(), x.begin() + 5), testing::ElementsAre(1, 1, 0, 0, 0));
  EXPECT_EQ(x[5], std::numeric_limits<float>::denorm_min());
  EXPECT_TRUE(std::isnan(x[6]));
}

/// Float against double, which goes another way; and the same bits on threads.
void compare(const data::Dataset& data, const char* model, const std::vector<std::uint32_t>& rows) {
  const Network<float> network(make_model(model), data);
  const Network<double> in_double(make_model(model), data);
  Parameters<float> at = network.initial(1), gradient = zeros_like(at), on_threads = gradient;
  Parameters<double> exact_at = in_double.initial(1), exact = zeros_like(exact_at);
  for (std::size_t k = 0; k < at.size(); ++k) {
    for (std::size_t i = 0; i < at[k].values.size(); ++i)
      exact_at[k].values[i] = at[k].values[i] += static_cast<float>(0.1 * normal(7, k, i));
  }
  ThreadPool alone(1), three(3);
  BatchLoss<float> batch(network, alone), threaded(network, three, 0);
  BatchLoss<double> in_doubles(in_double, alone);
  for (auto& tensor : gradient)
    std::fill(tensor.values.begin(), tensor.values.end(), 9.0F);  // to be replaced
  const Loss loss = batch.gradient(data, rows, at, gradient),
             exact_loss = in_doubles.gradient(data, rows, exact_at, exact);
  EXPECT_NEAR(loss.data, exact_loss.data, 1e-5 * exact_loss.data);
  for (int repetition = 0; repetition < 2; ++repetition) {
    EXPECT_EQ(threaded.gradient(data, rows, at, on_threads).data, loss.data);
    for (std::size_t k = 0; k < at.size(); ++k)
      EXPECT_EQ(on_threads[k].values, gradient[k].values) << at[k].name;
  }
  for (std::size_t k = 0; k < at.size(); ++k) {
    double worst = 0, largest = 0;
    for (std::size_t i = 0; i < at[k].values.size(); ++i) {
      worst = std::max(worst, std::abs(static_cast<double>(gradient[k].values[i]) - exact[k].values[i]));
      largest = std::max(largest, std::abs(exact[k].values[i]));
    }
    EXPECT_LT(worst, 1e-5 * largest) << at[k].name;
  }
  const Scores scores = batch.evaluate(data, at), exact_scores = in_doubles.evaluate(data, exact_at);
  EXPECT_NEAR(scores.loss, exact_scores.loss, 1e-5 * exact_scores.loss);
}

TEST(FewOutputs, AgreeWithDoubleForEveryShape) {
  for (const std::size_t classes : {2U, 3U, 4U, 5U, 7U, 10U, 16U, 17U}) {
    for (const std::size_t columns : {1U, 3U, 16U, 37U, 100U}) {
      const data::Dataset data = sample(1100, columns, classes);
      for (const std::size_t count : {1U, 3U, 66U, 1100U}) {
        SCOPED_TRACE(std::to_string(classes) + " classes, " + std::to_string(columns) + " columns, " +
                     std::to_string(count) + " rows");
        auto rows = all_rows(count);
        for (std::uint32_t& row : rows) row = row * 7 % 1100;
        compare(data, "softmax", rows);
      }
    }
  }
}

TEST(Tiles, AgreeWithDoubleForBatchesOverChunksAndBelow) {
  // 130 x 150 and 150 x 120 are made in tiles, 120 x 3 is summed up.
  const data::Dataset data = sample(1100, 130, 3);
  EXPECT_EQ(Network<float>(make_model("mlp:150,120"), data).plan(data).tiles.size(), 4U);
  for (const std::size_t count : {1U, 64U, 100U, 1100U}) {
    SCOPED_TRACE(count);
    auto rows = all_rows(count);
    for (std::uint32_t& row : rows) row = row * 7 % 1100;
    compare(data, "mlp:150,120", rows);
    compare(to_sparse(data), "mlp:150,120", rows);
  }
}

TEST(Tiles, CoverEveryRowOfTheWeightsOnce) {
  const data::Dataset data = sample(2, 784, 10);
  const Network<float> network(make_model("mlp:256,128,700"), data);
  std::vector<std::vector<int>> covered{
      std::vector<int>(784), std::vector<int>(256), std::vector<int>(128), {}};
  for (const Tile& tile : network.plan(data).tiles) {
    for (std::size_t i = tile.begin; i < tile.end; ++i) ++covered[tile.layer][i];
  }
  for (const auto& layer : covered) EXPECT_THAT(layer, testing::Each(1));
}

}  // namespace
}  // namespace thalweg::models::products_test
