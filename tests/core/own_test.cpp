// Rules and transforms that users write in their own programs.

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <thalweg/optimizer.h>
#include <thalweg/rules.h>
#include <thalweg/schedules/decay.h>

#include "errors.h"

namespace thalweg::own_test {
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

// One that measures: steps of length lr, counted. What it counts starts at 10, to see start().
struct Normalized {
  double lr = 1;
  static constexpr Card card{"normalized", "Normalized gradient", "this test", "for this test"};
  static constexpr std::array formula{Formula{"θ ← θ − η·g / ‖g‖", "\\theta - \\eta g / \\lVert g \\rVert"}};
  static constexpr std::array<Slot, 0> slots{};
  static constexpr std::array carried{Slot{"norm", "of the gradient"}, Slot{"count", "of steps"}};
  static constexpr std::array<Preset, 0> presets{};
  static std::vector<KeyInfo> keys() { return {lr_key(&Normalized::lr)}; }
  [[nodiscard]] std::array<double, 2> start() const { return {0, 10}; }
  template <class T>
  struct Coefficients {
    T step;
  };
  static std::array<double, 1> measure(double, double g, const std::array<double, 0>&,
                                       const Coefficients<double>&) {
    return {g * g};
  }
  void advance(std::array<double, 2>& carry, const std::array<double, 1>& sums, double t) const {
    carry = {std::sqrt(sums[0]), carry[1] + t};
  }
  [[nodiscard]] Coefficients<double> at(double, const std::array<double, 2>& carry) const {
    return {ratio(lr, carry[0])};
  }
  template <class T>
  static void update(T& theta, T g, std::array<T, 0>&, const Coefficients<T>& c) {
    theta -= c.step * g;
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

TEST(Own, RuleMeasuresAllParametersAndCarries) {
  std::vector<double> a{1}, b{1};
  Optimizer optimizer(Normalized{.lr = 0.5});
  optimizer.add("a", a);
  optimizer.add("b", b);
  EXPECT_EQ(optimizer.carried("count"), 10);
  for (int t = 1; t <= 3; ++t) {
    optimizer.step({std::vector<double>{3.0 * t}, std::vector<double>{4.0 * t}});
    EXPECT_EQ(optimizer.carried("norm"), 5 * t);
    EXPECT_NEAR(a[0], 1 - 0.3 * t, 1e-15);
    EXPECT_NEAR(b[0], 1 - 0.4 * t, 1e-15);
  }
  EXPECT_EQ(optimizer.carried("count"), 10 + 1 + 2 + 3);
  EXPECT_EQ(optimizer.rate(), 0.5);  // it has no rate() of its own
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
}  // namespace thalweg::own_test
