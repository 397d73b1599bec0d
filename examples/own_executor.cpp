// Steps on threads of your own: thalweg brings a pool, but a program that has threads already can lend them.
// Here each part of a step becomes a std::async; with OpenMP or TBB, run() is the few lines that
// thalweg/execution.h shows. The result has the same bits as with one thread.
#include <cstdio>
#include <future>
#include <memory>
#include <vector>

#include <thalweg/thalweg.h>

namespace tw = thalweg;

class Async : public tw::Executor {
 public:
  std::size_t threads() const override { return 4; }
  void run(std::size_t parts, const std::function<void(std::size_t)>& part) override {
    std::vector<std::future<void>> others;
    for (std::size_t i = 1; i < parts; ++i) others.push_back(std::async(std::launch::async, part, i));
    part(0);
    for (auto& other : others) other.get();
    ++calls;
  }
  int calls = 0;
};

std::vector<float> fit(const tw::Execution& execution) {
  std::vector<float> x(1'000'000, 1), gradient(x.size());
  tw::Optimizer opt(tw::Adam{.lr = 0.1}, execution);
  opt.add("x", x);
  for (int step = 0; step < 10; ++step) {
    for (std::size_t i = 0; i < x.size(); ++i) gradient[i] = x[i] * static_cast<float>(i % 7);
    opt.step({gradient});
  }
  return x;
}

int main() {
  const auto mine = std::make_shared<Async>();  // may serve several optimizers
  const std::vector<float> parallel = fit({.executor = mine}), alone = fit({.threads = 1});
  std::printf("%d steps on my threads, x[1] = %.4f\n", mine->calls, static_cast<double>(parallel[1]));
  std::printf("the same bits as with one thread: %s\n", parallel == alone ? "yes" : "no");
}
