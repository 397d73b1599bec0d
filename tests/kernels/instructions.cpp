// Small fixed steps whose instructions callgrind counts (see count_instructions): each call of
// measured_steps() is one workload, named on a line of the output. Everything else is outside the count. One
// thread, AVX2, fixed sizes.

#include <cstddef>
#include <exception>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include <thalweg/registry.h>
#include <thalweg/thalweg.h>

namespace tw = thalweg;

/// What is counted. The name is how callgrind finds it, so it must stay a function of its own.
extern "C" [[gnu::noinline]] void measured_steps(tw::Optimizer& optimizer, const tw::Gradients& gradients,
                                                 int steps) {
  for (int i = 0; i < steps; ++i) {
    optimizer.look_ahead();
    optimizer.step(gradients);
  }
}

namespace {

/// Steps of `count` tensors of `size` parameters each, after one that is not counted.
template <class T>
void workload(const std::string& name, const tw::AnyRule& rule, std::size_t count, std::size_t size,
              int steps, const std::function<void(tw::Optimizer&)>& set_up = {}) {
  std::mt19937 random(1);
  const auto numbers = [&] {
    std::vector<T> made(size);
    for (T& x : made) x = static_cast<T>(static_cast<double>(random() % 1024) / 1024 - 0.5);
    return made;
  };
  std::vector<std::vector<T>> theta, gradient;
  for (std::size_t i = 0; i < count; ++i) {
    theta.push_back(numbers());
    gradient.push_back(numbers());
  }
  tw::Execution execution;
  execution.threads = 1;
  execution.isa = "x86-64-v3";
  tw::Optimizer optimizer(rule, execution);
  for (std::size_t i = 0; i < count; ++i) optimizer.add(std::to_string(i), theta[i]);
  if (set_up) set_up(optimizer);
  const tw::Gradients gradients(std::vector<tw::GradientView>(gradient.begin(), gradient.end()));
  optimizer.look_ahead();
  optimizer.step(gradients);
  measured_steps(optimizer, gradients, steps);
  std::cout << name << '\n';
}

void workloads() {
  for (const tw::detail::RuleInfo* rule : tw::rules())
    workload<float>(std::string(rule->card.name) + "/1000 floats", tw::make_rule(rule->card.name), 1, 1000,
                    8);
  const tw::AnyRule adam = tw::make_rule("adam");
  workload<double>("adam/1000 doubles", adam, 1, 1000, 8);
  workload<float>("adam/1 float", adam, 1, 1, 100);
  workload<float>("adam/100000 floats", adam, 1, 100'000, 1);
  workload<float>("adam/1000 tensors of 10", adam, 1000, 10, 2);
  workload<float>("sgd/1000 tensors of 10", tw::make_rule("sgd"), 1000, 10, 2);
  workload<float>("adam/30 tensors of 1000", adam, 30, 1000, 2);
  workload<float>("adam/a schedule", adam, 1, 1, 100, [](tw::Optimizer& optimizer) {
    optimizer.schedule("lr", tw::make_schedule("warmup:steps=50 | cosine:steps=950"));
  });
  for (const std::string chain : {"clip_value:max=0.25", "clip_norm:max=1", "noise"})
    workload<float>("adam/" + chain + ", 10000 floats", adam, 1, 10'000, 1,
                    [&](tw::Optimizer& optimizer) { optimizer.transform(tw::make_transform(chain)); });
  workload<float>(
      "adamw/clip_norm:max=1, 10000 floats", tw::make_rule("adamw:weight_decay=0.01"), 1, 10'000, 1,
      [](tw::Optimizer& optimizer) { optimizer.transform(tw::make_transform("clip_norm:max=1")); });
}

}  // namespace

int main() {
  try {
    workloads();
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 2;
  }
}
