#include <gmock/gmock.h>

#include "models/batch_loss.h"
#include "models/samples.h"

namespace thalweg::models::gradient_test {
namespace {

struct Case {
  const char* model;
  std::size_t classes;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.model << " on " << c.classes << " classes"; }

class EveryModel : public testing::TestWithParam<Case> {
 protected:
  // More blocks than lanes, and a last, smaller one.
  static constexpr std::size_t rows = 1100, columns = 7;
  data::Dataset dense = sample(rows, columns, GetParam().classes), sparse = to_sparse(dense);
  Network<double> network{make_model(GetParam().model), dense};
  ThreadPool pool{1};

  /// Parameters away from 0, so that no gradient is 0 for symmetry.
  [[nodiscard]] Parameters<double> somewhere() const {
    Parameters<double> at = network.initial(0);
    for (std::size_t k = 0; k < at.size(); ++k) {
      for (std::size_t i = 0; i < at[k].values.size(); ++i) at[k].values[i] += 0.5 * normal(7, k, i);
    }
    return at;
  }
};

INSTANTIATE_TEST_SUITE_P(Models, EveryModel,
                         testing::Values(Case{"linear", 0}, Case{"linear:l2=0.3", 0}, Case{"logistic", 2},
                                         Case{"logistic:l2=0.3", 2}, Case{"softmax", 2}, Case{"softmax", 5},
                                         Case{"softmax:l2=0.3", 5}, Case{"mlp:6", 3}, Case{"mlp:1", 2},
                                         Case{"mlp:6,5,l2=0.3", 3}, Case{"mlp:6,4,activation=tanh", 3},
                                         Case{"mlp:6,5,4,activation=tanh,l2=0.3", 0}, Case{"mlp:6,5", 0}));

TEST_P(EveryModel, GradientIsTheCentralDifference) {
  for (const data::Dataset* data : {&dense, &sparse}) {
    BatchLoss<double> batch(network, pool);
    Parameters<double> at = somewhere(), gradient = zeros_like(at), unused = gradient;
    const auto all = all_rows(rows);
    static_cast<void>(batch.gradient(*data, all, at, gradient));
    const double h = 1e-5;
    double worst = 0, largest = 0;
    for (std::size_t k = 0; k < at.size(); ++k) {
      for (std::size_t i = 0; i < at[k].values.size(); ++i) {
        double& x = at[k].values[i];
        const double here = x;
        x = here + h;
        const double above = batch.gradient(*data, all, at, unused).total();
        x = here - h;
        const double below = batch.gradient(*data, all, at, unused).total();
        x = here;
        worst = std::max(worst, std::abs((above - below) / (2 * h) - gradient[k].values[i]));
        largest = std::max(largest, std::abs(gradient[k].values[i]));
      }
    }
    EXPECT_GT(largest, 0.01);
    EXPECT_LT(worst / largest, 1e-8);
  }
}

TEST_P(EveryModel, SparseInputGivesWhatDenseInputGives) {
  // Each sum has at most max(rows, columns, units) terms in another order: a few hundred roundings of terms
  // that are divided by the rows.
  const double bound = 1e-13;
  BatchLoss<double> batch(network, pool);
  const Parameters<double> at = somewhere();
  Parameters<double> from_dense = zeros_like(at), from_sparse = from_dense;
  const auto all = all_rows(rows);
  const Loss a = batch.gradient(dense, all, at, from_dense), b = batch.gradient(sparse, all, at, from_sparse);
  EXPECT_NEAR(a.data, b.data, bound * a.data);
  EXPECT_EQ(a.penalty, b.penalty);
  for (std::size_t k = 0; k < at.size(); ++k) {
    for (std::size_t i = 0; i < at[k].values.size(); ++i)
      EXPECT_NEAR(from_dense[k].values[i], from_sparse[k].values[i], bound);
  }
  const Scores c = batch.evaluate(dense, at), d = batch.evaluate(sparse, at);
  EXPECT_NEAR(c.loss, d.loss, bound * c.loss);
  EXPECT_NEAR(c.metric, d.metric, bound);
  EXPECT_NEAR(c.loss, a.data, bound * c.loss);
}

TEST_P(EveryModel, BatchGradientIsTheMeanOfOneExampleGradients) {
  for (const data::Dataset* data : {&dense, &sparse}) {
    BatchLoss<double> batch(network, pool);
    const Parameters<double> at = somewhere();
    Parameters<double> whole = zeros_like(at), mean = whole, one = whole;
    const Loss loss = batch.gradient(*data, all_rows(rows), at, whole);
    double mean_loss = 0;
    for (std::uint32_t row = 0; row < rows; ++row) {
      mean_loss += batch.gradient(*data, std::vector{row}, at, one).total() / rows;
      for (std::size_t k = 0; k < at.size(); ++k) {
        for (std::size_t i = 0; i < at[k].values.size(); ++i) mean[k].values[i] += one[k].values[i] / rows;
      }
    }
    EXPECT_NEAR(loss.total(), mean_loss, 1e-13 * mean_loss);
    for (std::size_t k = 0; k < at.size(); ++k) {
      for (std::size_t i = 0; i < at[k].values.size(); ++i)
        EXPECT_NEAR(whole[k].values[i], mean[k].values[i], 1e-13);
    }
  }
}

TEST_P(EveryModel, SameBitsForAnyNumberOfThreads) {
  // 40 blocks: more than there are lanes, in shuffled order with repetitions.
  const data::Dataset many = sample(2530, columns, GetParam().classes), many_sparse = to_sparse(many);
  const Network<float> single(make_model(GetParam().model), many);
  const Parameters<float> at = single.initial(3);
  std::vector<std::uint32_t> order;
  for (std::size_t i = 0; i < 2530; ++i) order.push_back(static_cast<std::uint32_t>(i * i * 7 % 2530));
  for (const data::Dataset* data : {&many, &many_sparse}) {
    ThreadPool alone(1);
    BatchLoss<float> reference(single, alone);
    Parameters<float> expected = zeros_like(at);
    const Loss loss = reference.gradient(*data, order, at, expected);
    const Scores scores = reference.evaluate(*data, at);
    for (std::size_t threads = 2; threads <= 4; ++threads) {
      ThreadPool several(threads);
      BatchLoss<float> batch(single, several, 0);
      Parameters<float> gradient = zeros_like(at);
      for (int repetition = 0; repetition < 3; ++repetition) {
        EXPECT_EQ(batch.gradient(*data, order, at, gradient).total(), loss.total());
        for (std::size_t k = 0; k < at.size(); ++k) EXPECT_EQ(gradient[k].values, expected[k].values);
        const Scores again = batch.evaluate(*data, at);
        EXPECT_EQ(again.loss, scores.loss);
        EXPECT_EQ(again.metric, scores.metric);
      }
    }
  }
}

TEST_P(EveryModel, NanInParametersReachesTheLoss) {
  BatchLoss<double> batch(network, pool);
  for (const data::Dataset* data : {&dense, &sparse}) {
    Parameters<double> at = somewhere(), gradient = zeros_like(at);
    for (auto& tensor : at) {
      for (double& x : tensor.values) {
        const double here = x;
        x = std::numeric_limits<double>::quiet_NaN();
        EXPECT_TRUE(std::isnan(batch.gradient(*data, all_rows(rows), at, gradient).data)) << tensor.name;
        EXPECT_TRUE(std::isnan(batch.evaluate(*data, at).loss)) << tensor.name;
        x = here;
      }
    }
  }
}

}  // namespace
}  // namespace thalweg::models::gradient_test
