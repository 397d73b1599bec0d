// Sums over the numbers of a row, against plain loops.

#include "models/sums.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/random.h>

#include "models/sparse_dot.h"

namespace thalweg::models::sums_test {
namespace {

std::vector<float> numbers(std::size_t count, std::uint64_t seed) {
  std::vector<float> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back(static_cast<float>(2 * uniform(seed, 0, i) - 1));
  return made;
}

const std::vector<std::size_t> counts{0, 1, 7, 8, 15, 16, 17, 33, 100, 1000};

template <class T>
void expect_plain(std::size_t count) {
  const std::vector<float> records(1000);
  const std::vector<std::uint32_t> indices{7, 0, 999, 3, 3};
  Prefetch coming(reinterpret_cast<const std::byte*>(records.data()), sizeof(float), indices);
  const std::vector<float> x = numbers(count, 1), from = numbers(count, 2);
  const std::vector<T> weights(from.begin(), from.end());
  EXPECT_EQ(row_dot(count, x.data(), weights.data(), coming),
            sparse_dot<T>(count, x.data(), [&](std::size_t k) { return weights[k]; }));
  std::vector<T> gradient(count + 1, T(9)), plain(count + 1, T(9));
  const T delta = T(-0.375);
  const double squares = row_gradient(count, x.data(), delta, gradient.data(), coming);
  double lanes[16] = {};
  for (std::size_t k = 0; k < count; ++k) {
    plain[k] = T(0) + static_cast<T>(x[k]) * delta;
    lanes[k % 16] += static_cast<double>(plain[k]) * static_cast<double>(plain[k]);
  }
  for (const std::size_t half : {8U, 4U, 2U, 1U}) {
    for (std::size_t k = 0; k < half; ++k) lanes[k] += lanes[k + half];
  }
  EXPECT_EQ(gradient, plain);
  // Two with each eight numbers of the product, then four with each sixteen of the gradient.
  std::size_t left = indices.size() - std::min(indices.size(), count / 8 * 2) / 2 * 2;
  if (count >= 16 && left >= 4) left -= 4;
  EXPECT_EQ(coming.left().size(), left);
  EXPECT_EQ(squares, lanes[0]);
  gradient.pop_back();
  EXPECT_EQ(sum_of_squares(std::span<const T>(gradient)), lanes[0]);
}

TEST(Sums, AreThoseOfPlainLoops) {
  for (const std::size_t count : counts) {
    SCOPED_TRACE(count);
    expect_plain<float>(count);
    expect_plain<double>(count);
  }
}

TEST(Sums, AProductWithZeroIsNoNegativeZero) {  // as where it is added to a gradient of 0
  const float x = -1;
  float gradient = 5;
  Prefetch nothing;
  row_gradient(1, &x, 0.0F, &gradient, nothing);
  EXPECT_FALSE(std::signbit(gradient));
}

TEST(Sums, FindWhatIsNotFinite) {
  for (const std::size_t count : counts) {
    std::vector<float> some = numbers(count, 3);
    EXPECT_TRUE(all_finite(some));
    for (std::size_t k = 0; k < count; k += 1 + count / 5) {
      for (const float wrong :
           {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
            std::numeric_limits<float>::quiet_NaN()}) {
        const float was = std::exchange(some[k], wrong);
        EXPECT_FALSE(all_finite(some)) << count << ' ' << k << ' ' << wrong;
        some[k] = was;
      }
    }
    if (count > 0) some[0] = std::numeric_limits<float>::max();
    EXPECT_TRUE(all_finite(some));
  }
}

}  // namespace
}  // namespace thalweg::models::sums_test
