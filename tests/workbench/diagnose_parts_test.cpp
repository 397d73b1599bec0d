// What a diagnosis is made of: curvature, descent, rates and limits, the recorder, the evidence of a run.

#include <cmath>
#include <numeric>

#include <gmock/gmock.h>

#include <thalweg/problems.h>
#include <thalweg/random.h>
#include <thalweg/registry.h>

#include "workbench/diagnose/advice.h"
#include "workbench/diagnose/curvature.h"
#include "workbench/diagnose/descent.h"
#include "workbench/diagnose/watch.h"
#include "workbench/train_samples.h"

namespace thalweg::workbench::diagnosis::diagnose_parts_test {
namespace {

using testing::DoubleNear;
using testing::Pointwise;

ObjectiveSubject problem(const std::string& name, std::size_t n = 0) {
  const Problem made = make_problem(name, n);
  return ObjectiveSubject(made, made.dimension);
}

Operator times(const std::vector<Vector>& a) {
  return [a](Point v, std::span<double> product) {
    for (std::size_t i = 0; i < a.size(); ++i)
      product[i] = std::inner_product(v.begin(), v.end(), a[i].begin(), 0.0);
  };
}

/// Symmetric, of random numbers.
std::vector<Vector> random_matrix(std::size_t n) {
  std::vector<Vector> a(n, Vector(n));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) a[i][j] = a[j][i] = normal(1, i, j);
  }
  return a;
}

TEST(DiagnoseCurvature, JacobiFindsTheEigenvaluesOfAKnownMatrix) {
  // The path graph's matrix: 2 - 2 cos(k pi / 6), k = 1 ... 5.
  std::vector<Vector> a(5, Vector(5, 0)), vectors;
  for (std::size_t i = 0; i < 5; ++i) {
    a[i][i] = 2;
    if (i > 0) a[i][i - 1] = a[i - 1][i] = -1;
  }
  const double root = std::sqrt(3.0);
  EXPECT_THAT(eigenvalues(a, vectors), Pointwise(DoubleNear(1e-13), Vector{2 - root, 1, 2, 3, 2 + root}));
  Vector product(5);
  times(a)(vectors[0], product);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(product[i], (2 - root) * vectors[0][i], 1e-13);
}

TEST(DiagnoseCurvature, LanczosFindsTheEndsOfTheSpectrum) {
  const std::vector<Vector> a = random_matrix(60);
  std::vector<Vector> vectors;
  const Vector exact = eigenvalues(a, vectors);
  const Ends ends = ends_of_spectrum(times(a), 60, 40, 7);
  EXPECT_NEAR(ends.largest, exact.back(), ends.largest_error + 1e-12);
  EXPECT_NEAR(ends.smallest, exact.front(), ends.smallest_error + 1e-12);
  EXPECT_LT(ends.largest_error, 1e-3);
  EXPECT_NEAR(std::abs(dot(ends.largest_vector, vectors.back())), 1, 1e-4);
  EXPECT_NEAR(norm(ends.smallest_vector), 1, 1e-12);
  // As many steps as rows are exact, and the same seed gives the same bits.
  const Ends all = ends_of_spectrum(times(a), 60, 60, 7), again = ends_of_spectrum(times(a), 60, 60, 7);
  EXPECT_NEAR(all.smallest, exact.front(), 1e-10);
  EXPECT_EQ(all.smallest, again.smallest);
  EXPECT_EQ(all.largest_vector, again.largest_vector);
}

TEST(DiagnoseCurvature, TheHessianOfRosenbrockIsTheAnalyticOne) {
  ObjectiveSubject subject = problem("rosenbrock");
  const double x = -1.2, y = 1;
  const Operator h = hessian(subject, Vector{x, y});
  EXPECT_THAT(diagonal_of(h, 2, 8, 0, 0),
              Pointwise(DoubleNear(1e-3), Vector{1200 * x * x - 400 * y + 2, 200}));
  Vector product(2);
  h(Vector{1, 0}, product);
  EXPECT_NEAR(product[1], -400 * x, 1e-4);
  // Scaled by D on both sides it has the eigenvalues of D H.
  const Ends ends = ends_of_spectrum(scaled(h, {0.5, 2}), 2, 2, 0);
  EXPECT_NEAR(ends.largest + ends.smallest, 0.5 * (1200 * x * x - 400 * y + 2) + 2 * 200, 1e-2);
}

TEST(DiagnoseCurvature, AnEstimatedDiagonalIsExactForADiagonalMatrix) {
  std::vector<Vector> a(20, Vector(20, 0));
  for (std::size_t i = 0; i < 20; ++i) a[i][i] = static_cast<double>(i) - 3;
  const Vector diagonal = diagonal_of(times(a), 20, 0, 4, 0);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(diagonal[i], static_cast<double>(i) - 3, 1e-12);
}

TEST(DiagnoseDescent, ReachesTheMinimumAlongAValleyAndAcrossAPlateau) {
  ObjectiveSubject valley = problem("rosenbrock"), plain = problem("plateau", 1);
  const Below low = descend(valley, Vector{-1.2, 1}, 80);
  EXPECT_LT(low.value, 1e-6);
  EXPECT_LE(low.evaluations, 80U);
  // The point on the way has at least half of the gain, which is 24.2.
  EXPECT_GE(low.half, 12.1);
  EXPECT_NEAR(valley.value(low.point), 24.2 - low.half, 1e-9);
  EXPECT_LT(descend(plain, Vector{20}, 60).value, 1e-6);
  // Where the value falls for ever, it stops.
  ObjectiveSubject endless = problem("saddle");
  const Below far = descend(endless, Vector{1, 0.1}, 200);
  EXPECT_LT(far.value, -1);
  EXPECT_GT(far.value, -1e3);
}

/// The rates and the last step of a rule under a gradient that stays the same.
std::pair<Rates, Vector> steady(const std::string& specification, const Vector& gradient, int steps) {
  Optimizer optimizer(make_rule(specification), {.threads = 1});
  Vector x(gradient.size(), 1), before, root(gradient.size());
  optimizer.add("x", x);
  for (int i = 0; i < steps; ++i) {
    optimizer.look_ahead();
    optimizer.come_back();
    before = x;
    optimizer.step([&] { return Gradients({gradient}); });
  }
  Vector step(gradient.size());
  for (std::size_t i = 0; i < step.size(); ++i) {
    step[i] = before[i] - x[i];
    root[i] = std::abs(gradient[i]);
  }
  Vector lengths = step;
  for (double& l : lengths) l = std::abs(l);
  return {rates_of(optimizer, {{"x", gradient.size()}}, optimizer.rate(), lengths, root), step};
}

TEST(DiagnoseRates, AreTheStepPerSteadyGradientForEveryRule) {
  const Vector gradient{0.3, -2, 1e-3};
  for (const std::string rule : {"sgd:lr=0.1",
                                 "momentum:lr=0.1",
                                 "momentum:lr=0.1,dampening=0.5,form=torch",
                                 "nesterov:lr=0.1",
                                 "nesterov:lr=0.1,form=torch",
                                 "qhm:lr=0.1,momentum=0.9",
                                 "aggmo:lr=0.1",
                                 "adagrad:lr=0.1",
                                 "adagrad:like=torch",
                                 "adagrad:lr=0.1,accumulator=mean,lr_decay=0.01",
                                 "rmsprop",
                                 "rmsprop:like=torch",
                                 "rmsprop:momentum=0.5",
                                 "adam",
                                 "adam:like=keras",
                                 "adamw:weight_decay=0",
                                 "amsgrad",
                                 "amsgrad:like=torch",
                                 "adamax",
                                 "nadam:form=optax",
                                 "qhadam",
                                 "adadelta",
                                 "adam:eps=1"}) {
    const auto [rates, step] = steady(rule, gradient, 20000);
    ASSERT_EQ(rates.rate.size(), gradient.size()) << rule;
    for (std::size_t i = 0; i < gradient.size(); ++i)
      EXPECT_NEAR(rates.rate[i] * gradient[i] / step[i], 1, 2e-3) << rule << " " << i;
    EXPECT_TRUE(rates.limit.has_value()) << rule;
  }
}

TEST(DiagnoseRates, OfAnUnknownRuleAreMeasured) {
  const auto [rates, step] = steady("prodigy", {0.3, -2}, 50);
  EXPECT_FALSE(rates.limit.has_value());
  EXPECT_NEAR(rates.rate[1] * -2, step[1], 1e-12 + 1e-9 * std::abs(step[1]));
  EXPECT_TRUE(std::isnan(rates.epsilon_share));
}

TEST(DiagnoseRates, EpsilonIsComparedWithTheRootThatItJoins) {
  const Vector gradient{0.5, 1e-3, 0};  // the last one has never had a gradient
  EXPECT_EQ(steady("adam:eps=1e-2", gradient, 5000).first.epsilon_share, 0.5);
  EXPECT_EQ(steady("adam", gradient, 5000).first.epsilon_share, 0);
  EXPECT_EQ(steady("rmsprop:eps=1e-4,eps_placement=inside", gradient, 5000).first.epsilon_share, 0.5);
  EXPECT_EQ(steady("rmsprop:eps=1e-4,eps_placement=outside", gradient, 5000).first.epsilon_share, 0);
  EXPECT_EQ(steady("adagrad:eps=1", gradient, 4).first.epsilon_share, 0.5);  // the root of 4 / 4 is 1
}

/// Whether a rule, started beside the minimum of lambda/2 x^2, comes closer and never goes far away (Adam's v
/// would bring it back).
bool is_stable(const std::string& specification, double lambda) {
  Optimizer optimizer(make_rule(specification), {.threads = 1});
  Vector x{1}, g(1);
  optimizer.add("x", x);
  for (int i = 0; i < 4000; ++i) {
    optimizer.step([&] {
      g[0] = lambda * x[0];
      return Gradients({g});
    });
    if (!(std::abs(x[0]) < 1e4)) return false;
  }
  return std::abs(x[0]) < 1;
}

TEST(DiagnoseRates, TheLimitIsWhereARuleTurnsUnstable) {
  for (const std::string rule :
       {"sgd:lr=0.1", "momentum:lr=0.1", "momentum:lr=0.1,momentum=0.5", "nesterov:lr=0.1",
        "qhm:lr=0.1,momentum=0.9", "qhm:lr=0.1", "aggmo:lr=0.1", "aggmo:lr=0.1,betas=[0,0.5]"}) {
    const Rates rates = steady(rule, {1}, 10).first;
    const double lambda = *rates.limit / rates.rate[0];
    EXPECT_TRUE(is_stable(rule, 0.99 * lambda)) << rule;
    EXPECT_FALSE(is_stable(rule, 1.01 * lambda)) << rule;
  }
  // With epsilon as the whole denominator a rule of means (here the one without bias correction) is linear.
  EXPECT_NEAR(*steady("adam", {1}, 10).first.limit, 38, 1e-12);
  EXPECT_TRUE(is_stable("amsgrad:lr=1e9,eps=1e9", 0.99 * 38));
  EXPECT_FALSE(is_stable("amsgrad:lr=1e9,eps=1e9", 1.05 * 38));
}

TEST(DiagnoseRecorder, SeesJumpsClippingAndTheMeanOfThePoints) {
  ObjectiveSubject subject = problem("parabola");
  Recorder recorder(subject, Vector{1}, 0, {make_transform("clip_norm:max=0.5")});
  for (int i = 0; i < 400; ++i) {
    const double from = i % 2 == 0 ? 1 : -1;
    recorder.step(Vector{-from}, Vector{2 * from}, 0.25);
  }
  EXPECT_NEAR(recorder.gradient_cosine(), -1, 1e-12);
  EXPECT_NEAR(recorder.step_cosine(), -1, 1e-12);
  EXPECT_NEAR(recorder.step_length(), 2, 1e-12);
  EXPECT_NEAR(recorder.update_ratio(), 2, 1e-12);
  EXPECT_NEAR(recorder.average()[0], 0, 0.03);
  EXPECT_EQ(recorder.clipped(), 1);
  EXPECT_EQ(recorder.shortened(), 0.25);
  EXPECT_EQ(recorder.gradient_quantile(0.9), 2);
  EXPECT_EQ(recorder.steps(), 400U);
  EXPECT_GE(recorder.checkpoints().size(), 40U);
  EXPECT_LE(recorder.checkpoints().size(), 97U);
  EXPECT_EQ(recorder.checkpoints().front().step, 0U);
  EXPECT_EQ(recorder.checkpoints().back().loss, 1);
}

TEST(DiagnoseEvidence, OfTheSaddleHasTheEscapeDirection) {
  ObjectiveSubject subject = problem("saddle", 3);
  const Evidence e =
      diagnose_descent(subject, {1, 1, 1e-6}, {.optimizer = make_rule("sgd:lr=0.1"), .steps = 40});
  EXPECT_NEAR(e.smallest, -2, 1e-6);
  EXPECT_NEAR(e.largest, 2, 1e-6);
  EXPECT_NEAR(e.escape[2], 1, 1e-6);  // towards where it already is
  EXPECT_NEAR(e.steepness, 0.2, 1e-6);
  EXPECT_EQ(e.limit, 2);
  EXPECT_GT(e.escape_gain, 0.5);
  ASSERT_EQ(e.escape_parts.size(), 1U);
  EXPECT_EQ(e.escape_parts[0].first, "x");
  EXPECT_NEAR(e.escape_parts[0].second, 1, 1e-12);
}

TEST(DiagnoseEvidence, OfADivergedTrainingNamesTheFirstTensor) {
  data::Split split = split_of(three_points());
  TrainOptions options;
  options.optimizer = make_rule("sgd:lr=100");
  options.batch = 0;
  options.epochs = 50;
  options.threads = 1;
  const models::ModelSpec model = models::make_model("linear");
  Trainer trainer(split, model, options);
  TrainingWatch watch(trainer, split, model, options);
  while (trainer.steps() < 50 && trainer.step()) watch.after_step();
  const Evidence e = watch.finish();
  ASSERT_TRUE(e.breakdown.has_value());
  EXPECT_EQ(e.breakdown->step, trainer.divergence()->step);
  EXPECT_TRUE(e.breakdown->finite);
  EXPECT_NEAR(e.start_curvature, (8 + std::sqrt(40.0)) / 6, 1e-4);  // of [[5, 3], [3, 3]] / 3
  const Diagnosis d = diagnose(e, {options.optimizer});
  EXPECT_STREQ(state_name(d.verdict.state), "diverged");
  EXPECT_EQ(d.advice.option, "--optimizer");
  EXPECT_EQ(d.advice.value, "sgd:lr=0.21");  // a quarter of 2 over that curvature
}

TEST(DiagnoseEvidence, NoiseScaleIsTheVarianceOfOneExampleOverTheSquaredGradient) {
  // One weight, no bias to speak of: gradients of the examples are -y x; x = 1, y = 1 + or - 3, equally
  // often.
  std::vector<float> x, y;
  for (int i = 0; i < 256; ++i) {
    x.push_back(1);
    y.push_back(i % 2 == 0 ? 4.0F : -2.0F);
  }
  const data::Split split = split_of(numbers(1, x, y));
  TrainOptions options;
  options.optimizer = make_rule("sgd:lr=0");
  options.batch = 8;
  options.epochs = 1;
  options.threads = 1;
  const models::ModelSpec model = models::make_model("linear");
  Trainer trainer(split, model, options);
  TrainingWatch watch(trainer, split, model, options);
  while (trainer.steps() < 32 && trainer.step()) watch.after_step();
  const Evidence e = watch.finish();
  // Each of weight and bias has a gradient of -1 and a variance of 9: 18 / 2. All 32 batches are looked at.
  EXPECT_NEAR(e.noise_scale, 9, 2.5);
  EXPECT_EQ(e.batch_size, 8);
  EXPECT_NEAR(e.gradient_norm, std::sqrt(2.0), 1e-6);
  EXPECT_NEAR(e.reference, 4.5, 1e-6);
  EXPECT_EQ(e.step_length, 0);
}

}  // namespace
}  // namespace thalweg::workbench::diagnosis::diagnose_parts_test
