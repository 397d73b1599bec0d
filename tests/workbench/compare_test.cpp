#include "workbench/compare/compare.h"

#include <gmock/gmock.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>

namespace thalweg::workbench::compare_test {
namespace {

using testing::HasSubstr;

CompareOptions small() {
  CompareOptions options;
  options.data = "iris";
  options.model = "softmax";
  options.optimizers = {"sgd", "adam", "adagrad"};
  options.trials = 4;
  options.seeds = 3;
  options.epochs = 5;
  options.batch = 16;
  options.threads = 1;
  return options;
}

std::string error_of(const CompareOptions& options) {
  try {
    (void)compare(options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Compare, JudgesOnRealData) {
  const Comparison comparison = compare(small());
  ASSERT_EQ(comparison.participants.size(), 3U);
  ASSERT_EQ(comparison.ranking.size(), 3U);
  EXPECT_EQ(comparison.data.columns, 4U);
  EXPECT_EQ(comparison.data.classes, 3U);
  EXPECT_EQ(comparison.data.train_rows + comparison.data.validation_rows + comparison.data.test_rows, 150U);
  EXPECT_EQ(comparison.parameters, 15U);
  EXPECT_TRUE(comparison.higher_is_better());
  for (const Standing& standing : comparison.ranking) EXPECT_GT(standing.score->mean, 0.8);
  for (const Participant& p : comparison.participants) {
    EXPECT_EQ(p.label, p.contender.optimizer);
    for (const auto& run : p.runs) {
      ASSERT_EQ(run.curve.size(), 5U);
      EXPECT_EQ(run.curve.front().epoch, 1U);
      EXPECT_EQ(run.curve.back().validation.loss, run.result->validation.loss);
      EXPECT_LT(run.curve.back().train_loss, run.curve.front().train_loss);
    }
  }
}

TEST(Compare, TheInstructionSetChangesNothing) {
  CompareOptions options = small();
  const Comparison best = compare(options);
  options.isa = "baseline";
  const Comparison plain = compare(options);
  for (std::size_t i = 0; i < best.participants.size(); ++i) {
    for (std::size_t r = 0; r < best.participants[i].runs.size(); ++r) {
      EXPECT_EQ(best.participants[i].runs[r].result->test->loss,
                plain.participants[i].runs[r].result->test->loss);
      EXPECT_EQ(best.participants[i].runs[r].spec, plain.participants[i].runs[r].spec);
    }
  }
  options.isa = "sse9";
  EXPECT_THAT(error_of(options), HasSubstr("unknown instruction set 'sse9'"));
}

TEST(Compare, AllRulesTakePartByDefault) {
  CompareOptions options = small();
  options.optimizers.clear();
  options.trials = options.seeds = options.epochs = 1;
  const Comparison comparison = compare(options);
  ASSERT_EQ(comparison.participants.size(), rules().size());
  for (std::size_t i = 0; i < rules().size(); ++i)
    EXPECT_EQ(comparison.participants[i].label, rules()[i]->card.name);
}

TEST(Compare, VariantsOfOneRuleHaveTheirOwnNames) {
  CompareOptions options = small();
  options.trials = options.seeds = options.epochs = 1;
  options.optimizers = {"adam", "sgd", "adam:beta1=0.5"};
  const Comparison comparison = compare(options);
  EXPECT_EQ(comparison.participants[0].label, "adam");
  EXPECT_EQ(comparison.participants[1].label, "sgd");
  EXPECT_EQ(comparison.participants[2].label, "adam:beta1=0.5");
  options.optimizers = {"adam", "adam"};
  EXPECT_THAT(error_of(options), HasSubstr("optimizer = adam: given twice"));
}

TEST(Compare, RegressionIsJudgedInTheUnitOfItsTargets) {
  CompareOptions options = small();
  options.data = "diabetes";
  options.model = "linear";
  options.optimizers = {"sgd"};
  const Comparison comparison = compare(options);
  EXPECT_FALSE(comparison.higher_is_better());
  // Least squares reaches about 55 on these targets, whose standard deviation is 77.
  EXPECT_GT(comparison.ranking[0].score->mean, 40);
  EXPECT_LT(comparison.ranking[0].score->mean, 70);
}

TEST(Compare, TheChecksumFollowsTheData) {
  CompareOptions options = small();
  options.trials = options.seeds = options.epochs = 1;
  options.optimizers = {"sgd"};
  const std::string first = compare(options).data.checksum;
  EXPECT_EQ(first.size(), 8U);
  EXPECT_EQ(compare(options).data.checksum, first);
  options.seed = 1;
  EXPECT_NE(compare(options).data.checksum, first) << "another split";
  options.data = "agaricus";
  options.model = "logistic";
  EXPECT_EQ(compare(options).data.checksum.size(), 8U);
}

TEST(Compare, MistakesAreNamedBeforeAnyWork) {
  CompareOptions options = small();
  options.optimizers = {"adma"};
  EXPECT_THAT(error_of(options), HasSubstr("did you mean 'adam'"));
  options = small();
  options.trials = 0;
  EXPECT_EQ(error_of(options), "trials = 0: must be at least 1");
  options = small();
  options.seeds = 0;
  EXPECT_EQ(error_of(options), "seeds = 0: must be at least 1");
  options = small();
  options.model = "linear";
  EXPECT_THAT(error_of(options), HasSubstr("linear"));
  options = small();
  options.data = "irsi";
  EXPECT_THAT(error_of(options), HasSubstr("iris"));
}

}  // namespace
}  // namespace thalweg::workbench::compare_test
