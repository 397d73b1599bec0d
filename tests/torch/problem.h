#pragma once

// problem.py in C++: the same bits of start and gradient, and the cases as the library has them.

#include <array>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <thalweg/registry.h>

namespace thalweg::test {

struct ProblemTensor {
  const char* name;
  std::size_t size;
  std::uint64_t first_step;  ///< the first step with a gradient
};
constexpr std::array<ProblemTensor, 4> problem_tensors{
    {{"layer.weight", 12, 1}, {"delayed", 3, 3}, {"late", 4, 8}, {"layer.bias", 4, 1}}};
constexpr std::uint64_t steps_before = 7, steps_after = 50;

inline nlohmann::json torch_cases(const std::string& folder) {
  return nlohmann::json::parse(std::ifstream(folder + "/cases.json"));
}

/// A case in the library, with parameters of type T.
template <class T>
struct ProblemRun {
  explicit ProblemRun(const nlohmann::json& of)
      : options(of), optimizer(make_optimizer(of["rule"].get<std::string>(), Execution{.threads = 1})) {
    const std::string transform = of["transform"];
    if (!transform.empty()) optimizer.transform(make_transform(transform));
  }

  /// Adds the tensors that have a gradient in this step.
  void add_until(std::uint64_t t) {
    for (const ProblemTensor& tensor : problem_tensors) {
      const std::size_t k = static_cast<std::size_t>(&tensor - problem_tensors.data());
      if (tensor.first_step > t || !theta[k].empty()) continue;
      for (std::size_t i = 0; i < tensor.size; ++i)
        theta[k].push_back(static_cast<T>(i) * static_cast<T>(0.25) - static_cast<T>(1));
      GroupOptions group;
      if (std::string(tensor.name) == "layer.bias") {
        const std::map<std::string, double> second = options["second"];
        group.others.assign(second.begin(), second.end());
      }
      optimizer.add(tensor.name, theta[k], group);
      order.push_back(k);
    }
  }
  /// All of them, as they are before a checkpoint is loaded.
  void add_all() { add_until(steps_before + 1); }

  void step_until(std::uint64_t last) {
    while (optimizer.steps() < last) {
      const std::uint64_t t = optimizer.steps() + 1;
      add_until(t);
      std::vector<std::vector<T>> gradients;
      for (const std::size_t k : order) gradients.push_back(gradient(k, t));
      optimizer.step(Gradients(std::vector<GradientView>(gradients.begin(), gradients.end())));
    }
  }

  [[nodiscard]] std::vector<T> gradient(std::size_t k, std::uint64_t t) const {
    const std::vector<T>& x = theta[k];
    const auto phase = static_cast<int>((7 * t + 3 * std::string(problem_tensors[k].name).size()) % 11) - 5;
    std::vector<T> g;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const T slope = static_cast<T>(i) * static_cast<T>(0.25) + static_cast<T>(0.5);
      const T lowest = static_cast<T>(1) - static_cast<T>(i) * static_cast<T>(0.5);
      const T pull = slope * (x[i] - lowest), push = static_cast<T>(0.125) * (x[i] - x[(i + 1) % x.size()]);
      g.push_back(pull + push + static_cast<T>(phase / 16.0));
    }
    return g;
  }

  nlohmann::json options;
  std::array<std::vector<T>, problem_tensors.size()> theta;
  Optimizer optimizer;
  std::vector<std::size_t> order;
};

}  // namespace thalweg::test
