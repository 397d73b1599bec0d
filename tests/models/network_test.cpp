#include "models/network.h"

#include <gmock/gmock.h>

#include "models/batch_loss.h"
#include "models/samples.h"

namespace thalweg::models::network_test {
namespace {

using testing::ElementsAre;

data::Dataset dataset(std::size_t columns, std::vector<float> features, std::vector<float> targets,
                      std::size_t classes) {
  data::Dataset result = sample(targets.size(), columns, classes);
  result.features = data::DenseMatrix{targets.size(), columns, std::move(features)};
  result.target = std::move(targets);
  return result;
}

struct Outcome {
  Loss loss;
  Parameters<double> gradient;
  Scores scores;
};

/// Runs a model on all rows with the tensors given as they follow each other.
Outcome run(const char* model, const data::Dataset& data, const std::vector<std::vector<double>>& tensors) {
  const Network<double> network(make_model(model), data);
  Parameters<double> at = network.initial(0);
  EXPECT_EQ(at.size(), tensors.size());
  for (std::size_t k = 0; k < at.size(); ++k) {
    EXPECT_EQ(at[k].values.size(), tensors[k].size());
    at[k].values = tensors[k];
  }
  ThreadPool pool(1);
  BatchLoss<double> batch(network, pool);
  Outcome outcome{{}, zeros_like(at), {}};
  outcome.loss = batch.gradient(data, all_rows(data.rows()), at, outcome.gradient);
  outcome.scores = batch.evaluate(data, at);
  return outcome;
}

TEST(Network, LinearByHand) {
  // Predictions 1*1 + 2*2 + 0.5 = 5.5 and 3*1 - 1*2 + 0.5 = 1.5; errors 0.5 and -0.5.
  const Outcome o = run("linear", dataset(2, {1, 2, 3, -1}, {5, 2}, 0), {{1, 2}, {0.5}});
  EXPECT_DOUBLE_EQ(o.loss.data, 0.125);
  EXPECT_THAT(o.gradient[0].values, ElementsAre(-0.5, 0.75));
  EXPECT_THAT(o.gradient[1].values, ElementsAre(0));
  EXPECT_DOUBLE_EQ(o.scores.loss, 0.125);
  EXPECT_DOUBLE_EQ(o.scores.metric, 0.5);
}

TEST(Network, L2CountsWeightsAndNotBiases) {
  // 0.1/2 (1 + 4); the bias is left out, and the data's scores do not have it.
  const Outcome o = run("linear:l2=0.1", dataset(2, {1, 2, 3, -1}, {5, 2}, 0), {{1, 2}, {0.5}});
  EXPECT_DOUBLE_EQ(o.loss.penalty, 0.25);
  EXPECT_DOUBLE_EQ(o.loss.total(), 0.375);
  EXPECT_DOUBLE_EQ(o.gradient[0].values[0], -0.5 + 0.1);
  EXPECT_DOUBLE_EQ(o.gradient[0].values[1], 0.75 + 0.2);
  EXPECT_DOUBLE_EQ(o.gradient[1].values[0], 0);
  EXPECT_DOUBLE_EQ(o.scores.loss, 0.125);
}

TEST(Network, LogisticByHand) {
  // z = ln 3: the probability of class 1 is 3/4. Both classes once, so the losses are -ln(3/4) and -ln(1/4).
  const Outcome o = run("logistic", dataset(1, {1, 1}, {1, 0}, 2), {{std::log(3.0)}, {0}});
  EXPECT_DOUBLE_EQ(o.loss.data, (std::log(4.0 / 3) + std::log(4.0)) / 2);
  EXPECT_DOUBLE_EQ(o.gradient[0].values[0], (-0.25 + 0.75) / 2);
  EXPECT_DOUBLE_EQ(o.scores.metric, 0.5);
}

TEST(Network, SoftmaxByHand) {
  // z = (ln 1, ln 2, ln 5), probabilities 1/8, 2/8, 5/8; the target is the second class.
  const Outcome o = run("softmax", dataset(1, {2}, {1}, 3), {{0, 0, 0}, {0, std::log(2.0), std::log(5.0)}});
  EXPECT_DOUBLE_EQ(o.loss.data, std::log(4.0));
  EXPECT_DOUBLE_EQ(o.gradient[1].values[0], 0.125);
  EXPECT_DOUBLE_EQ(o.gradient[1].values[1], -0.75);
  EXPECT_DOUBLE_EQ(o.gradient[1].values[2], 0.625);
  EXPECT_DOUBLE_EQ(o.gradient[0].values[2], 1.25);
  EXPECT_EQ(o.scores.metric, 0);
}

TEST(Network, PerceptronByHand) {
  // x = (1, 2); hidden sums 1 - 2 + 0 = -1 and 1 + 2 + 1 = 4; ReLU gives (0, 4); output 0.5 * 4 - 1 = 1,
  // error 1.
  const Outcome o = run("mlp:2", dataset(2, {1, 2}, {0}, 0), {{1, 1, -1, 1}, {0, 1}, {3, 0.5}, {-1}});
  EXPECT_DOUBLE_EQ(o.loss.data, 0.5);
  EXPECT_THAT(o.gradient[0].values, ElementsAre(0, 0.5, 0, 1));
  EXPECT_THAT(o.gradient[1].values, ElementsAre(0, 0.5));
  EXPECT_THAT(o.gradient[2].values, ElementsAre(0, 4));
  EXPECT_THAT(o.gradient[3].values, ElementsAre(1));
}

TEST(Network, LogarithmOfTheNumberOfClassesAtZero) {
  const data::Dataset data = sample(100, 5, 10);
  EXPECT_DOUBLE_EQ(run("softmax", data, {std::vector<double>(50), std::vector<double>(10)}).loss.data,
                   std::log(10.0));
  const data::Dataset two = sample(100, 5, 2);
  EXPECT_DOUBLE_EQ(run("logistic", two, {std::vector<double>(5), {0}}).loss.data, std::log(2.0));
}

TEST(Network, HugeOutputsDoNotOverflow) {
  const Outcome logistic = run("logistic", dataset(1, {1e4F, -1e4F}, {0, 1}, 2), {{1}, {0}});
  EXPECT_DOUBLE_EQ(logistic.loss.data, 1e4);
  EXPECT_DOUBLE_EQ(logistic.gradient[0].values[0], 1e4);
  const Outcome right = run("logistic", dataset(1, {1e4F, -1e4F}, {1, 0}, 2), {{1}, {0}});
  EXPECT_EQ(right.loss.data, 0);
  EXPECT_EQ(right.gradient[0].values[0], 0);
  EXPECT_EQ(right.scores.metric, 1);
  const Outcome softmax = run("softmax", dataset(1, {1}, {0}, 2), {{-1e5, 1e5}, {0, 0}});
  EXPECT_DOUBLE_EQ(softmax.loss.data, 2e5);
  EXPECT_THAT(softmax.gradient[0].values, ElementsAre(-1, 1));
}

TEST(Network, InitialWeightsHaveTheirVariance) {
  const auto variance = [](const Tensor<float>& tensor) {
    double sum = 0, squares = 0;
    for (const float x : tensor.values) {
      sum += static_cast<double>(x);
      squares += static_cast<double>(x) * static_cast<double>(x);
    }
    const auto count = static_cast<double>(tensor.values.size());
    EXPECT_NEAR(sum / count, 0, 4 * std::sqrt(squares / count / count)) << tensor.name;
    return squares / count;
  };
  const data::Dataset data = sample(2, 300, 100);
  const Parameters<float> relu = Network<float>(make_model("mlp:200,150"), data).initial(1);
  ASSERT_EQ(relu.size(), 6);
  // The standard error of a variance is sqrt(2/n) of it: within 4 of them.
  const auto near = [&](const Tensor<float>& tensor, double expected) {
    EXPECT_NEAR(variance(tensor), expected,
                4 * std::sqrt(2 / static_cast<double>(tensor.values.size())) * expected)
        << tensor.name;
  };
  near(relu[0], 2.0 / 300);
  near(relu[2], 2.0 / 200);
  near(relu[4], 2.0 / (150 + 100));
  const Parameters<float> tanh = Network<float>(make_model("mlp:200,150,activation=tanh"), data).initial(1);
  near(tanh[0], 2.0 / (300 + 200));
  near(tanh[2], 2.0 / (200 + 150));
  near(tanh[4], 2.0 / (150 + 100));
  for (const std::size_t bias : {1U, 3U, 5U}) EXPECT_THAT(relu[bias].values, testing::Each(0.0F));
}

TEST(Network, InitialWeightsDependOnTheSeedAlone) {
  const data::Dataset data = sample(2, 30, 10);
  const Network<float> network(make_model("mlp:20,20"), data);
  EXPECT_EQ(network.initial(1)[0].values, network.initial(1)[0].values);
  EXPECT_NE(network.initial(1)[0].values, network.initial(2)[0].values);
  const Parameters<float> one = network.initial(1);
  EXPECT_NE(one[2].values[0] * std::sqrt(20.0F), one[0].values[0] * std::sqrt(30.0F));
  for (const char* convex : {"softmax", "mlp:20"}) {
    const bool zero = Network<float>(make_model(convex), data).initial(1)[0].values[0] == 0;
    EXPECT_EQ(zero, std::string(convex) == "softmax");
  }
}

TEST(Network, NamesItsTensors) {
  const data::Dataset data = sample(2, 3, 4);
  const auto names = [&](const char* model) {
    std::vector<std::string> result;
    for (const auto& t : Network<float>(make_model(model), data).initial(0)) {
      result.push_back(t.name + " " + std::to_string(t.rows) + "x" + std::to_string(t.columns));
      EXPECT_EQ(t.values.size(), t.rows * t.columns);
    }
    return result;
  };
  EXPECT_THAT(names("softmax"), ElementsAre("weights 3x4", "bias 1x4"));
  EXPECT_THAT(names("mlp:5"),
              ElementsAre("layer1.weights 3x5", "layer1.bias 1x5", "layer2.weights 5x4", "layer2.bias 1x4"));
}

TEST(Network, CountsTheRowsForWhichAUnitPassesAGradient) {
  data::Dataset data = sample(3, 1, 2);
  std::get<data::DenseMatrix>(data.features).values = {-1, 0.5F, 2};
  const auto live = [&](const char* model, const std::vector<double>& weights) {
    const Network<double> network(make_model(model), data);
    Parameters<double> at = network.initial(0);
    at[0].values = weights;
    std::vector<std::vector<std::size_t>> counts;
    Workspace<double> workspace;
    network.count_live(data, {nullptr, 0, 2}, at, counts, workspace);
    network.count_live(data, {nullptr, 2, 1}, at, counts, workspace);  // adds
    return counts;
  };
  // max(w x, 0) for w = 1, -1, 0; the slope of tanh(w x) is over 0.01 up to |w x| = 2.99.
  EXPECT_THAT(live("mlp:3", {1, -1, 0}), ElementsAre(ElementsAre(2U, 1U, 0U)));
  EXPECT_THAT(live("mlp:3,activation=tanh", {1, 2.98, 3.02}), ElementsAre(ElementsAre(3U, 2U, 1U)));
  EXPECT_THAT(live("softmax", {1, 2}), ElementsAre());
}

}  // namespace
}  // namespace thalweg::models::network_test
