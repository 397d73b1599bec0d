// Your own training loop: thalweg steps parameters that stay yours.
// Fits y = a x + b to a few points with AdamW; the bias has no weight decay, the rate warms up and then
// falls.
#include <cstdio>
#include <vector>

#include <thalweg/thalweg.h>

namespace tw = thalweg;

int main() {
  const std::vector<double> x{0, 1, 2, 3, 4}, y{1.1, 2.9, 5.2, 6.8, 9.1};
  std::vector<double> slope{0}, bias{0}, grad_slope{0}, grad_bias{0};

  tw::Optimizer opt(tw::AdamW{.lr = 0.1, .weight_decay = 1e-3});
  opt.add("slope", slope);
  opt.add("bias", bias, {.weight_decay = 0});
  opt.schedule("lr", tw::warmup(50) | tw::cosine(950));
  opt.transform(tw::clip_norm(10));

  for (int step = 0; step < 1000; ++step) {
    double loss = 0;
    grad_slope[0] = grad_bias[0] = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double error = slope[0] * x[i] + bias[0] - y[i];
      loss += error * error / 2;
      grad_slope[0] += error * x[i];
      grad_bias[0] += error;
    }
    if (step % 250 == 0) std::printf("step %4d  loss %9.5f  lr %.4f\n", step, loss, opt.value("lr"));
    opt.step({grad_slope, grad_bias});
  }
  std::printf("y = %.3f x + %.3f\n", slope[0], bias[0]);
}
