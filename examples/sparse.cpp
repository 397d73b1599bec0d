// Logistic regression on examples with few features of many: a step costs what an example has, not what the
// model has, and gives the same bits as steps with whole gradients.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <thalweg/thalweg.h>

namespace tw = thalweg;

namespace {

constexpr std::size_t features = 100'000;

/// An example: features, all with value 1, and whether it is of class 1.
struct Example {
  std::vector<std::uint32_t> features;
  bool positive;
};

/// Feature 0 is in half of the examples and means nothing; each of the others, rare, speaks for one class.
Example example(std::uint64_t number) {
  const bool positive = tw::uniform(1, 0, number) < 0.5;
  Example made{{}, positive};
  if (tw::uniform(1, 1, number) < 0.5) made.features.push_back(0);
  const auto rare = static_cast<std::uint32_t>(tw::uniform(1, 2, number) * 500);
  made.features.push_back(1 + 2 * rare + (positive ? 0 : 1));
  return made;
}

}  // namespace

int main() {
  for (const char* rule : {"sgd:lr=0.5", "adagrad:lr=0.5", "ftrl:lr=0.5,l1=0.1", "adam:lr=0.05"}) {
    std::vector<float> weights(features), gradient;
    tw::Optimizer optimizer = tw::make_optimizer(rule);
    optimizer.add_sparse("weights", weights);

    double loss = 0;  // of each example before it is learned
    for (std::uint64_t number = 0; number < 4000; ++number) {
      const Example now = example(number);
      float sum = 0;
      for (const float weight : optimizer.fetch<float>(0, now.features)) sum += weight;
      const double margin = now.positive ? static_cast<double>(sum) : -static_cast<double>(sum);
      loss += std::log1p(std::exp(-margin)) / 4000;
      const double slope = (now.positive ? -1 : 1) / (1 + std::exp(margin));
      gradient.assign(now.features.size(), static_cast<float>(slope));

      optimizer.begin_step();
      optimizer.step_fetched(0, gradient);
      optimizer.end_step();
    }
    optimizer.settle();  // writes the weights

    std::size_t used = 0;
    for (const float weight : weights) used += weight != 0 ? 1U : 0U;
    std::printf("%-20s mean loss %.3f, %zu weights are not 0\n", rule, loss, used);
  }
}
