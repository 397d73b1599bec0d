#include "workbench/surface_slice.h"

#include <cmath>
#include <numeric>

#include <gmock/gmock.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>

#include "train_samples.h"
#include "workbench/surface_plane.h"
#include "workbench/trainer.h"

namespace thalweg::workbench::surface_slice_test {
namespace {

using ::testing::HasSubstr;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

TEST(Plane, SymmetricEigenvaluesAndVectors) {
  const std::vector<double> original{2, 1, 0, 1, 2, 1, 0, 1, 2};
  std::vector<double> matrix = original, vectors;
  symmetric_eigen(matrix, 3, vectors);
  std::vector<double> values{matrix[0], matrix[4], matrix[8]};
  for (std::size_t k = 0; k < 3; ++k) {
    for (std::size_t i = 0; i < 3; ++i) {
      double product = 0;
      for (std::size_t j = 0; j < 3; ++j) product += original[i * 3 + j] * vectors[j * 3 + k];
      EXPECT_NEAR(product, values[k] * vectors[i * 3 + k], 1e-14);
    }
  }
  std::sort(values.begin(), values.end());
  EXPECT_NEAR(values[0], 2 - std::sqrt(2), 1e-14);
  EXPECT_NEAR(values[1], 2, 1e-14);
  EXPECT_NEAR(values[2], 2 + std::sqrt(2), 1e-14);
}

TEST(Plane, IsSpannedByTheDirectionsOfMostVariance) {
  // In four dimensions: far along (3, 4, 0, 0) / 5, less along the third axis, little along the fourth.
  std::vector<std::vector<float>> points;
  for (const float s : {-1.0F, 0.0F, 1.0F}) {
    for (const float t : {-1.0F, 1.0F}) points.push_back({5 + 6 * s, 8 * s, 2 * t, 0.1F * s * s});
  }
  const Plane plane = principal_plane(points);
  EXPECT_NEAR(plane.first[0], 0.6, 1e-6);  // from the first point to the last one
  EXPECT_NEAR(plane.first[1], 0.8, 1e-6);
  EXPECT_NEAR(plane.second[2], -1, 1e-6);  // downwards
  EXPECT_NEAR(dot(plane.first, plane.second), 0, 1e-12);
  EXPECT_NEAR(dot(plane.first, plane.first), 1, 1e-12);
  // Variances: 400 / 6, 24 / 6 and 4 * 0.01 / 3 / 6.
  const double total = 400 + 24 + 0.04 / 3;
  EXPECT_NEAR(plane.share_first, 400 / total, 1e-6);
  EXPECT_NEAR(plane.share_second, 24 / total, 1e-6);
}

TEST(Plane, IsOneEvenWherePointsSpanLess) {
  for (const std::vector<std::vector<float>>& points : {std::vector<std::vector<float>>{{1, 2, 3}},
                                                        {{0, 0, 0}, {1, 0, 0}},
                                                        {{2, 2, 2}, {2, 2, 2}, {2, 2, 2}}}) {
    const Plane plane = principal_plane(points);
    EXPECT_NEAR(dot(plane.first, plane.first), 1, 1e-12);
    EXPECT_NEAR(dot(plane.second, plane.second), 1, 1e-12);
    EXPECT_NEAR(dot(plane.first, plane.second), 0, 1e-12);
    EXPECT_EQ(plane.share_second, 0);
  }
}

SliceOptions small(std::vector<std::string> optimizers) {
  SliceOptions options;
  options.optimizers = std::move(optimizers);
  options.train.epochs = 4;
  options.train.batch = 8;
  options.train.threads = 1;
  options.grid = 5;
  return options;
}

TEST(Slice, IsThePlaneThroughTheLastPointOfTheBestPath) {
  const data::Split split = random_split(40, 3, 3);
  SliceOptions options = small({"sgd:lr=0.5", "adam:lr=0.05"});
  options.x = Problem::Interval{-1, 1};
  options.y = Problem::Interval{-1, 1};
  const Surface surface = draw_slice(split, models::make_model("mlp:4"), options);
  ASSERT_EQ(surface.paths.size(), 2U);
  const SurfacePath& best =
      surface.paths[surface.paths[0].value.back() < surface.paths[1].value.back() ? 0 : 1];
  EXPECT_EQ(surface.slice->origin, best.label);
  EXPECT_NEAR(best.x.back(), 0, 1e-12);
  EXPECT_NEAR(best.y.back(), 0, 1e-12);
  EXPECT_NEAR(surface.values[2 * 5 + 2], best.value.back(), 1e-6);  // the middle of the grid
  // Both begin at the same parameters.
  EXPECT_EQ(surface.paths[0].value.front(), surface.paths[1].value.front());
  EXPECT_EQ(surface.paths[0].x.front(), surface.paths[1].x.front());
  EXPECT_EQ(surface.slice->parameters, 3U * 4 + 4 + 4 * 3 + 3);
  EXPECT_EQ(surface.slice->rows, 40U);
  EXPECT_GT(surface.slice->share_x, surface.slice->share_y);
  EXPECT_LE(surface.slice->share_x + surface.slice->share_y, 1 + 1e-12);
  EXPECT_EQ(surface.paths[0].end, PathEnd::finished);
  EXPECT_FALSE(surface.minimum.has_value());
}

TEST(Slice, APathOfTwoPointsLiesOnThePlane) {
  // One optimizer whose path is a straight line: the projection keeps its length, and the plane's loss at its
  // start is the start's own.
  const data::Split split = random_split(16, 2, 2);
  SliceOptions options = small({"sgd:lr=0.1"});
  options.train.batch = 0;
  options.train.max_steps = 1;
  const Surface surface = draw_slice(split, models::make_model("softmax"), options);
  const SurfacePath& path = surface.paths[0];
  ASSERT_EQ(path.step.size(), 2U);
  Trainer trainer(split, models::make_model("softmax"), [&] {
    TrainOptions train = options.train;
    train.optimizer = make_rule("sgd:lr=0.1");
    return train;
  }());
  ASSERT_TRUE(trainer.step());
  double length = 0;
  for (const auto& tensor : trainer.parameters()) {
    for (const float value : tensor.values) length += static_cast<double>(value) * static_cast<double>(value);
  }
  EXPECT_NEAR(path.x[0], -std::sqrt(length), 1e-6);  // it starts from zeros, to the left
  EXPECT_NEAR(path.y[0], 0, 1e-6);
  EXPECT_NEAR(path.value[0], std::log(2), 1e-6);
  EXPECT_NEAR(surface.slice->share_x, 1, 1e-12);
}

TEST(Slice, HasTheSameBitsForEveryNumberOfThreads) {
  const data::Split split = random_split(60, 4, 3);
  SliceOptions options = small({"momentum:lr=0.05"});
  const Surface one = draw_slice(split, models::make_model("mlp:5"), options);
  options.train.threads = 3;
  const Surface three = draw_slice(split, models::make_model("mlp:5"), options);
  EXPECT_EQ(one.values, three.values);
  EXPECT_EQ(one.paths[0].x, three.paths[0].x);
}

TEST(Slice, FindsRatesByTheTrainingLoss) {
  const data::Split split = random_split(40, 3, 2);
  const Surface surface = draw_slice(split, models::make_model("mlp:4"), small({"sgd", "sgd:lr=0.01"}));
  EXPECT_TRUE(surface.paths[0].tuned);
  EXPECT_THAT(surface.paths[0].spec, HasSubstr("sgd:lr="));
  EXPECT_LE(surface.paths[0].value.back(), surface.paths[1].value.back());
  EXPECT_FALSE(surface.paths[1].tuned);
}

TEST(Slice, ADivergedTrainingDoesNotTurnThePlane) {
  const data::Split split = split_of(three_points());
  SliceOptions options = small({"sgd:lr=0.1"});
  options.train.batch = 0;
  const auto model = models::make_model("linear");
  const Surface calm = draw_slice(split, model, options);
  options.optimizers.emplace_back("sgd:lr=100");
  const Surface both = draw_slice(split, model, options);
  EXPECT_EQ(both.paths[1].end, PathEnd::diverged);
  EXPECT_NE(both.paths[1].why, "");
  EXPECT_NEAR(both.slice->share_x, calm.slice->share_x, 0.05);
  EXPECT_NEAR(both.paths[0].x.front(), calm.paths[0].x.front(), 0.05);
  EXPECT_LT(both.x.high - both.x.low, 10);
}

TEST(Slice, RefusesWhatCannotBeTrained) {
  const data::Split split = split_of(three_points());
  EXPECT_THROW((void)draw_slice(split, models::make_model("softmax"), small({"sgd"})), Error);
  EXPECT_THROW((void)draw_slice(split, models::make_model("linear"), small({"nosuch"})), Error);
}

}  // namespace
}  // namespace thalweg::workbench::surface_slice_test
