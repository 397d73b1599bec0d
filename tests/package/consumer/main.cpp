// A user's program: all it knows of thalweg are the installed headers. It checks the numbers that it gets.
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <unistd.h>

#include <thalweg/thalweg.h>

#include "sign_of_mean.h"

namespace tw = thalweg;

namespace {

int failures = 0;

void expect_near(const std::string& what, double value, double expected) {
  if (std::abs(value - expected) <= 1e-12) return;
  std::cout << what << " is " << value << ", not " << expected << '\n';
  ++failures;
}

/// A constant gradient moves Adam by lr g / (|g| + eps) in every step.
void step_own_loop() {
  std::vector<double> weights{1, 2}, bias{7};
  tw::Optimizer optimizer(tw::Adam{.lr = 0.1});
  optimizer.add("weights", weights);
  optimizer.add("bias", bias, {.lr = 0.5});
  const std::vector<double> weight_gradient{0.5, -3}, bias_gradient{2};
  for (int i = 0; i < 2; ++i) optimizer.step({weight_gradient, bias_gradient});
  expect_near("weights[0]", weights[0], 1 - 2 * 0.1 * 0.5 / (0.5 + 1e-8));
  expect_near("weights[1]", weights[1], 2 + 2 * 0.1 * 3 / (3 + 1e-8));
  expect_near("bias[0]", bias[0], 7 - 2 * 0.5 * 2 / (2 + 1e-8));
}

/// Descent on the square with lr 0.6: 6, -1.2, 0.24.
void step_by_name() {
  std::vector<double> x{6};
  auto optimizer = tw::make_optimizer("sgd:lr=0.6");
  optimizer.add("x", x);
  for (const double expected : {-1.2, 0.24}) {
    optimizer.step({std::vector<double>{2 * x[0]}});
    expect_near("x", x[0], expected);
  }
}

std::vector<float> own_rule_trajectory(const std::string& isa) {
  std::vector<float> theta(37), gradient(theta.size());
  tw::Optimizer optimizer(SignOfMean{.lr = 0.1, .beta = 0.3}, {.isa = isa});
  optimizer.add("theta", theta);
  std::vector<float> all;
  for (int step = 0; step < 20; ++step) {
    for (std::size_t i = 0; i < theta.size(); ++i)
      gradient[i] = std::sin(0.7F * static_cast<float>(i) + static_cast<float>(step)) + theta[i];
    optimizer.step({gradient});
    const auto mean = optimizer.slot<float>("theta", "m");
    all.insert(all.end(), theta.begin(), theta.end());
    all.insert(all.end(), mean.begin(), mean.end());
  }
  return all;
}

/// A rule of one's own runs as the library's do: on every instruction set, with the same bits.
void step_own_rule() {
  std::vector<double> theta{1, 1, 1};
  tw::Optimizer optimizer(SignOfMean{.lr = 0.25, .beta = 0.5});
  optimizer.add("theta", theta);
  optimizer.step({std::vector<double>{4, -4, 0}});    // m = 2, -2, 0
  optimizer.step({std::vector<double>{-1, -1, -1}});  // m = 0.5, -1.5, -0.5
  expect_near("theta[0]", theta[0], 0.5);
  expect_near("theta[1]", theta[1], 1.5);
  expect_near("theta[2]", theta[2], 1.25);

  const auto baseline = own_rule_trajectory("baseline");
  for (const auto& isa : tw::isa_names()) {
    if (own_rule_trajectory(isa) == baseline) continue;
    std::cout << "the own rule has other bits on " << isa << '\n';
    ++failures;
  }
}

/// What is saved and loaded goes on with the same bits, also with a rule of one's own.
void go_on_from_a_checkpoint() {
  std::vector<double> theta{1, 2, 3}, again{0, 0, 0};
  const std::vector<double> gradient{0.5, -3, 0};
  tw::Optimizer optimizer(SignOfMean{.lr = 0.25}), resumed(SignOfMean{.lr = 0.25});
  optimizer.add("theta", theta);
  resumed.add("theta", again);
  optimizer.step({gradient});
  const auto folder = std::filesystem::temp_directory_path();
  const std::string path = (folder / ("thalweg-consumer-" + std::to_string(getpid()))).string();
  optimizer.save(path, {.texts = {{"epoch", "7"}}});
  const tw::Notes notes = resumed.load(path);
  std::filesystem::remove(path);
  optimizer.step({gradient});
  resumed.step({gradient});
  if (again == theta && notes.texts.at("epoch") == "7") return;
  std::cout << "the checkpoint goes on otherwise\n";
  ++failures;
}

/// A user's mistake says what was wrong.
void make_a_mistake() {
  try {
    tw::Optimizer(tw::Adam{.lr = -1});
  } catch (const tw::Error& error) {
    if (error.name.find("lr") != std::string::npos && error.value == "-1") return;
    std::cout << "unexpected error: " << error.what() << '\n';
  }
  ++failures;
}

}  // namespace

int main() {
  step_own_loop();
  step_by_name();
  step_own_rule();
  go_on_from_a_checkpoint();
  make_a_mistake();
  std::cout << failures << " numbers differ\n";
  return failures == 0 ? 0 : 1;
}
