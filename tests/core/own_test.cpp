// Rules and transforms that users write in their own programs.

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/optimizer.h>
#include <thalweg/rules.h>
#include <thalweg/schedules/decay.h>

#include "errors.h"

namespace thalweg {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

// A rule of one's own, as a user writes it: sign descent with a memory (state starts at 1, to see initial()).
struct SignMemory {
  double lr = 0.5, keep = 0.5;
  static constexpr Card card{"sign_memory", "Sign with memory", "this test", "for this test"};
  static constexpr std::array formula{Formula{"θ ← θ − η·sign(m)", "\\theta - \\eta \\operatorname{sign} m"}};
  static constexpr std::array slots{Slot{"m", "memory"}};
  static constexpr std::array<Preset, 0> presets{};
  static std::vector<KeyInfo> keys() {
    return {lr_key(&SignMemory::lr), key(&SignMemory::keep, "keep", "k", in_half_open(0, 1), "kept share")};
  }
  [[nodiscard]] double initial(std::size_t) const { return 1; }
  template <class T>
  struct Coefficients {
    T lr, keep;
  };
  [[nodiscard]] Coefficients<double> at(double) const { return {lr, keep}; }
  template <class T>
  static void update(T& theta, T g, std::array<T, 1>& state, const Coefficients<T>& c) {
    auto& [m] = state;
    m = c.keep * m + g;
    theta -= m > 0 ? c.lr : m < 0 ? -c.lr : T(0);
  }
};

// And a transform: each gradient entry times its index + 1.
struct Ramp {
  double factor = 1;
  static constexpr Card card{"ramp", "Ramp", "this test", "for this test"};
  static constexpr std::array formula{Formula{"g ← f·(i + 1)·g", "f (i + 1) g"}};
  static std::vector<KeyInfo> keys() { return {key(&Ramp::factor, "factor", "f", above(0), "factor")}; }
  template <class T>
  struct Coefficients {
    T factor;
  };
  [[nodiscard]] Coefficients<double> at(const TransformStep& step) const { return {factor * step.t}; }
  template <class T>
  static void apply(T&, T& g, const Element& e, const Coefficients<T>& c) {
    g *= c.factor * static_cast<T>(e.index + 1);
  }
};

TEST(Own, RuleRunsLikeTheLibrarys) {
  std::vector<double> theta{1, 1, 1};
  Optimizer optimizer(SignMemory{});
  optimizer.add("x", theta);
  EXPECT_THAT(optimizer.slot<double>("x", "m"), Each(1));
  optimizer.schedule("lr", constant(1, 1) | constant(0.5));
  optimizer.step({std::vector<double>{-0.25, -0.5, -1}});  // m = 0.25, 0, -0.5
  EXPECT_THAT(theta, ElementsAre(0.5, 1, 1.5));
  optimizer.step({std::vector<double>{0, 0, 1}});  // m = 0.125, 0, 0.75
  EXPECT_THAT(theta, ElementsAre(0.25, 1, 1.25));
  EXPECT_USAGE_ERROR(Optimizer(SignMemory{.keep = 1}), "sign_memory: keep = 1: must be in [0, 1)");
  EXPECT_EQ(AnyRule(SignMemory{.lr = 2}).text(), "sign_memory:lr=2");
}

TEST(Own, RuleHasTheSameBitsEverywhere) {
  const auto run = [](const Execution& execution) {
    std::vector<float> theta(1000, 1.0F);
    Optimizer optimizer(SignMemory{.lr = 0.1}, execution);
    optimizer.add("x", theta);
    for (int t = 0; t < 5; ++t) {
      std::vector<float> g(theta.size());
      for (std::size_t i = 0; i < g.size(); ++i)
        g[i] = std::sin(static_cast<float>(i) + static_cast<float>(t));
      optimizer.step({g});
    }
    return theta;
  };
  const auto reference = run({.isa = "baseline"});
  for (const std::string& isa : isa_names()) EXPECT_EQ(run({.isa = isa, .chunk = 7}), reference) << isa;
}

TEST(Own, TransformKnowsIndexAndStep) {
  std::vector<double> a{0, 0}, b{0};
  Optimizer optimizer(SGD{.lr = 1});
  optimizer.add("a", a);
  optimizer.add("b", b);
  optimizer.transform(Ramp{.factor = 2});
  for (int t = 0; t < 2; ++t) optimizer.step({std::vector<double>{-1, -1}, std::vector<double>{-1}});
  EXPECT_THAT(a, ElementsAre(2 * 1 + 4 * 1, 2 * 2 + 4 * 2));
  EXPECT_THAT(b, ElementsAre(2 * 3 + 4 * 3));
  EXPECT_USAGE_ERROR(optimizer.transform(Ramp{.factor = 0}), "ramp: factor = 0: must be greater than 0");
}

}  // namespace
}  // namespace thalweg
