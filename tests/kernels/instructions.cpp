// Small fixed steps whose instructions callgrind counts (see count_instructions): each call of
// measured_steps() is one workload, named on a line of the output. Everything else is outside the count. One
// thread, AVX2, fixed sizes.

#include <array>
#include <cstddef>
#include <cstdint>
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
extern "C" [[gnu::noinline]] void measured_steps(const std::function<void()>& step, int steps) {
  for (int i = 0; i < steps; ++i) step();
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
  const auto step = [&] {
    optimizer.look_ahead();
    optimizer.step(gradients);
  };
  step();
  measured_steps(step, steps);
  std::cout << name << '\n';
}

/// Steps of 100 parameters of a sparse tensor, after some that are not counted.
void sparse_workload(const std::string& name, const tw::AnyRule& rule, const tw::SparseOptions& sparse = {},
                     const std::function<void(tw::Optimizer&)>& set_up = {}) {
  std::vector<std::uint32_t> indices;
  for (std::uint32_t k = 0; k < 100; ++k) indices.push_back(k * 97);
  std::vector<float> table(10'000, 1), bias(1), slope(indices.size(), 0.25F), other(1, 0.25F);
  tw::Execution execution;
  execution.threads = 1;
  execution.isa = "x86-64-v3";
  tw::Optimizer optimizer(rule, execution);
  optimizer.add_sparse("weights", table, sparse);
  optimizer.add("bias", bias);
  if (set_up) set_up(optimizer);
  const std::array<tw::GradientView, 2> gradients{slope, other};
  const auto step = [&] {
    (void)optimizer.fetch<float>(0, indices);
    optimizer.step_fetched(gradients);
  };
  for (int i = 0; i < 3; ++i) step();
  volatile int steps = 10;  // a constant would make a copy of the function, of another name
  measured_steps(step, steps);
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
  for (const std::string rule : {"sgd", "adagrad", "adam", "ftrl"})
    sparse_workload(rule + "/100 of 10000 floats", tw::make_rule(rule));
  sparse_workload("sgd:l2=1e-3/100 of 10000 floats, skipped scaled, a schedule", tw::make_rule("sgd:l2=1e-3"),
                  {.skipped = tw::Skipped::scaled}, [](tw::Optimizer& optimizer) {
                    optimizer.schedule("lr", tw::make_schedule("inverse_time:decay=0.01"));
                  });
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
