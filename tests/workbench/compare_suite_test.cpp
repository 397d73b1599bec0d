#include <cmath>
#include <filesystem>
#include <set>

#include <gmock/gmock.h>

#include <thalweg/error.h>
#include <thalweg/problems.h>

#include "models/spec.h"
#include "workbench/compare/experiment.h"
#include "workbench/compare/prepared.h"
#include "workbench/compare/suite.h"

namespace thalweg::workbench::compare_suite_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

/// A convex function, one with a curved valley, and a model.
SuiteOptions three_workloads() {
  SuiteOptions options = parse_experiment(R"(
optimizers = ["sgd", "adam", "momentum"]
trials = 4
seeds = 3
epochs = 6
steps = 10
[[workload]]
name = "ravine"
problem = "ravine"
[[workload]]
name = "valley"
problem = "rosenbrock"
dimension = 3
[[workload]]
name = "iris"
data = "iris"
model = "softmax"
batch = 16
)",
                                          "three.toml");
  options.common.threads = 1;
  return options;
}

std::string error_of(const std::string& text) {
  try {
    (void)parse_experiment(text, "e.toml");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, Error::Kind::input) << error.what();
    return error.what();
  }
  return "no error";
}

TEST(Functions, AreMinimizedFromStartsThatTheSeedDraws) {
  CompareOptions options;
  options.problem = "ravine";
  options.epochs = 5;
  options.steps = 20;
  const Prepared prepared = prepare(options);
  EXPECT_EQ(prepared.parameters, 2U);
  EXPECT_EQ(prepared.steps_per_epoch, 20U);
  std::size_t epochs = 0;
  const workbench::Run one = prepared.train({"sgd:lr=0.01", 1, 5}, [&] { ++epochs; });
  EXPECT_EQ(epochs, 5U);
  ASSERT_THAT(one.curve, SizeIs(5));
  EXPECT_EQ(one.start->metric, 0) << "of itself it has everything left";
  // Polyak: the slow direction shrinks by 0.99 a step, in value 0.99^2; half of the value is in it.
  EXPECT_NEAR(one.result->test->metric, std::log10(0.5 * std::pow(0.99, 200)), 0.1);
  EXPECT_EQ(one.result->test->metric, one.curve.back().validation.metric);
  const workbench::Run again = prepared.train({"sgd:lr=0.01", 1, 5}, [] {}),
                       other = prepared.train({"sgd:lr=0.01", 2, 5}, [] {});
  EXPECT_EQ(again.result->test->loss, one.result->test->loss);
  EXPECT_NE(other.result->test->loss, one.result->test->loss);
  const workbench::Run shorter = prepared.train({"sgd:lr=0.01", 1, 2}, [] {});
  EXPECT_EQ(shorter.curve.back().validation.loss, one.curve[1].validation.loss)
      << "a beginning of the same run";
}

TEST(Functions, DivergeAndArrive) {
  CompareOptions options;
  options.problem = "ravine";
  const Prepared prepared = prepare(options);
  const workbench::Run lost = prepared.train({"sgd:lr=0.1", 1, 30}, [] {});  // 2/100 is the limit
  EXPECT_FALSE(lost.result);
  EXPECT_THAT(lost.divergence->what, HasSubstr("a million times that of the start"));
  // A gap falls by a factor of 1e6 within about log(1e6)/log(81) steps: |1 - 0.1 * 100| = 9.
  EXPECT_NEAR(static_cast<double>(lost.divergence->step), 5, 3);
  options.problem = "parabola";
  const workbench::Run there =
      prepare(options).train({"sgd:lr=0.5", 1, 3}, [] {});  // one step to the minimum
  EXPECT_EQ(there.result->test->metric, -16);
  EXPECT_EQ(there.result->test->loss, 0);
  options.problem = "saddle";
  EXPECT_THROW((void)prepare(options), Error);
}

TEST(Suite, TheBundledWorkloadsAreAllGood) {
  std::set<std::string> names;
  for (const BundledWorkload& one : bundled_workloads()) {
    EXPECT_TRUE(names.insert(one.workload.id()).second) << one.workload.id();
    if (one.workload.is_function())
      EXPECT_TRUE(make_problem(one.workload.problem, one.workload.dimension).minimum) << one.workload.id();
    else
      (void)models::make_model(one.workload.model);
  }
  EXPECT_GE(suite_workloads("quick").size(), 8U);
  EXPECT_GT(suite_workloads("full").size(), suite_workloads("quick").size());
  try {
    (void)suite_workloads("quik");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("unknown suite 'quik': did you mean 'quick'?"));
  }
}

TEST(Suite, RanksOverAllWorkloadsAndThreadsChangeNothing) {
  SuiteOptions options = three_workloads();
  std::vector<std::string> workloads;
  const SuiteComparison one = compare_suite(options, [&](const CompareProgress& progress) {
    if (workloads.empty() || workloads.back() != progress.workload) workloads.push_back(progress.workload);
    EXPECT_LE(progress.fraction, 1 + 1e-9);
  });
  EXPECT_THAT(workloads, ElementsAre("ravine", "valley", "iris"));
  ASSERT_THAT(one.workloads, SizeIs(3));
  ASSERT_THAT(one.ranking, SizeIs(3));
  EXPECT_EQ(one.workloads[0].measure(), Measure::log10_gap);
  EXPECT_EQ(one.workloads[2].measure(), Measure::accuracy);
  double first = 0;
  for (const Overall& o : one.ranking) {
    first += o.first;
    double sum = 0;
    std::size_t reached = 0;
    for (const Comparison& c : one.workloads) {
      std::vector<double> steps;
      for (const Participant& p : c.participants) steps.push_back(p.to_target.value().steps.median);
      const double ratio = ratios(steps)[o.participant];
      sum += area(ratio);
      reached += std::isinf(ratio) ? 0 : 1;
    }
    EXPECT_DOUBLE_EQ(o.area, sum / 3) << one.label(o.participant);
    EXPECT_EQ(o.reached, reached);
    EXPECT_LE(o.area_bounds.low, o.area);
    EXPECT_GE(o.area_bounds.high, o.area);
    EXPECT_THAT(o.places, SizeIs(3));
  }
  EXPECT_NEAR(first, 1, 1e-9);
  EXPECT_GE(one.ranking[0].area, one.ranking[1].area);

  options.common.threads = 3;
  const SuiteComparison three = compare_suite(options);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(one.ranking[i].participant, three.ranking[i].participant);
    EXPECT_EQ(one.ranking[i].area_bounds.low, three.ranking[i].area_bounds.low);
    EXPECT_EQ(one.ranking[i].mean_place, three.ranking[i].mean_place);
  }
}

TEST(Suite, HalvingWithMoreKeysIsTheSameForEveryNumberOfThreads) {
  SuiteOptions options = three_workloads();
  options.common.tuner = Tuner::halving;
  options.common.tune = {"lr", "beta1"};
  SuiteOptions parallel = options;
  parallel.common.threads = 3;
  const SuiteComparison one = compare_suite(options), three = compare_suite(parallel);
  for (std::size_t w = 0; w < 3; ++w) {
    for (std::size_t p = 0; p < 3; ++p) {
      const Participant &a = one.workloads[w].participants[p], &b = three.workloads[w].participants[p];
      ASSERT_EQ(a.trials.size(), b.trials.size());
      for (std::size_t t = 0; t < a.trials.size(); ++t) EXPECT_EQ(a.trials[t].spec, b.trials[t].spec);
      EXPECT_EQ(a.chosen, b.chosen);
      EXPECT_EQ(a.sensitivity, b.sensitivity);
      for (std::size_t r = 0; r < a.runs.size(); ++r)
        EXPECT_EQ(a.runs[r].result->test->loss, b.runs[r].result->test->loss);
    }
  }
}

TEST(Suite, MistakesAreNamedBeforeAnyWork) {
  SuiteOptions options = three_workloads();
  const auto error = [&] {
    try {
      (void)compare_suite(options, [](const CompareProgress&) { FAIL() << "has begun"; });
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  options.common.tune = {"lr", "beta3"};
  EXPECT_THAT(error(),
              AllOf(HasSubstr("none of the optimizers has"), HasSubstr("'beta3'"), HasSubstr("beta")));
  options = three_workloads();
  options.workloads[1].name = "iris";
  EXPECT_EQ(error(), "workload = iris: named twice");
}

TEST(Experiment, TheTextReadsBackToTheSame) {
  SuiteOptions options = three_workloads();
  options.common.title = "A \"quoted\" title \\ with\ttabs";
  options.common.tuner = Tuner::halving;
  options.common.tune = {"lr", "beta1"};
  options.common.optimizers = {"adam:lr=1e-4..1e-1", "aggmo:betas=[0,0.9]"};
  options.workloads[2].target = 0.93;
  const std::string text = experiment_text(options);
  const SuiteOptions back = parse_experiment(text, "x.toml");
  EXPECT_EQ(experiment_text(back), text);
  EXPECT_EQ(back.common.title, options.common.title);
  EXPECT_EQ(back.common.optimizers, options.common.optimizers);
  EXPECT_EQ(back.common.tuner, Tuner::halving);
  EXPECT_EQ(back.workloads[1].dimension, 3U);
  EXPECT_EQ(back.workloads[2].target, 0.93);
  EXPECT_EQ(back.workloads[2].batch, 16U);

  SuiteOptions suite;
  suite.common.optimizers = {"adam"};
  suite.suite = "quick";
  suite.workloads = suite_workloads("quick");
  EXPECT_THAT(experiment_text(suite), HasSubstr("suite = \"quick\"\n"));
  EXPECT_EQ(parse_experiment(experiment_text(suite), "x").workloads.size(), suite.workloads.size());
}

TEST(Experiment, OneWorkloadMayStandAtTheTop) {
  const SuiteOptions options =
      parse_experiment("data = \"wine\"\nmodel = \"softmax\"\nepochs = 7\ntarget = 1\n", "x");
  ASSERT_THAT(options.workloads, SizeIs(1));
  EXPECT_EQ(options.workloads[0].data, "wine");
  EXPECT_EQ(options.workloads[0].epochs, 7U);
  EXPECT_EQ(options.workloads[0].target, 1.0) << "a whole number is a number";
  EXPECT_EQ(options.of(0).model, "softmax");
  EXPECT_EQ(parse_experiment("", "x").workloads[0].data, "digits");
}

TEST(Experiment, TheExamplesAreGood) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(THALWEG_SOURCE "/examples/experiments")) {
    const SuiteOptions options = read_experiment(file.path().string());
    EXPECT_FALSE(options.common.title.empty()) << file.path();
    for (std::size_t i = 0; i < options.workloads.size(); ++i) (void)checked(options.of(i));
    ++count;
  }
  EXPECT_GE(count, 2U);
}

TEST(Experiment, MistakesNameFileLineAndTheNearest) {
  EXPECT_EQ(error_of("trials = 4\ntrails = 5\n").substr(0, 54),
            "e.toml:2: unknown key 'trails': did you mean 'trials'?");
  EXPECT_EQ(error_of("\n\ntrials = \"many\"\n"),
            "e.toml:3: found 'many'; expected a whole number, at least 1");
  EXPECT_EQ(error_of("seeds = 0"), "e.toml:1: found 0; expected a whole number, at least 1");
  EXPECT_EQ(error_of("epochs = 2.5"), "e.toml:1: found 2.5; expected a whole number, at least 1");
  EXPECT_THAT(error_of("seed = 1\noptimizers = [\"adma\"]"),
              AllOf(StartsWith("e.toml:2: "), HasSubstr("did you mean 'adam'")));
  EXPECT_EQ(error_of("data = \"\""), "e.toml:1: found an empty text; expected a bundled data set or a file");
  EXPECT_EQ(error_of("optimizers = \"adam\""), "e.toml:1: found 'adam'; expected a list of texts");
  EXPECT_THAT(error_of("tuner = \"halvin\""),
              StartsWith("e.toml:1: unknown tuner 'halvin': did you mean 'halving'?"));
  EXPECT_THAT(error_of("model = \"mpl:3\""), AllOf(StartsWith("e.toml:1: "), HasSubstr("mlp")));
  EXPECT_THAT(error_of("problem = \"rosenbrok\""), AllOf(StartsWith("e.toml:1: "), HasSubstr("rosenbrock")));
  EXPECT_THAT(error_of("a = \n"), StartsWith("e.toml:1: "));
  EXPECT_THAT(error_of("[[workload]]\nproblem = \"beale\"\nbatch = 3\n"),
              StartsWith("e.toml:3: found the key 'batch'"));
  EXPECT_THAT(error_of("steps = 3\n"), StartsWith("e.toml:1: found the key 'steps'"));
  EXPECT_THAT(error_of("suite = \"quick\"\nepochs = 3\n"),
              StartsWith("e.toml:2: found 'epochs' beside 'suite'"));
  EXPECT_THAT(error_of("data = \"iris\"\n[[workload]]\nname = \"a\"\n"),
              StartsWith("e.toml:1: found 'data' beside"));
  EXPECT_THAT(error_of("workload = 3"), StartsWith("e.toml:1: found 3; expected tables"));
  EXPECT_THAT(error_of("[[workload]]\nnmae = \"a\"\n"),
              StartsWith("e.toml:2: unknown key 'nmae': did you mean 'name'?"));
}

}  // namespace
}  // namespace thalweg::workbench::compare_suite_test
