#include "report/summary.h"

#include <gmock/gmock.h>

#include "samples.h"

namespace thalweg::report::summary_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<double> high{0.98, 0.979, 0.981}, middle{0.978, 0.981, 0.976}, low{0.90, 0.901, 0.899};

TEST(Headline, AWinnerHasItsLeadWithUncertainty) {
  EXPECT_EQ(headline(comparison({participant("sgd", low), participant("adam", high)})),
            "adam won on digits (mlp:64) with a test accuracy of 98.0 % (95 % interval 97.8 to 98.2); the "
            "next is sgd, "
            "8.0 ± 0.5 points behind.");
}

TEST(Headline, TiesAreTiesAndTheFirstBehindIsNamed) {
  EXPECT_EQ(headline(comparison(
                {participant("sgd", low), participant("adam", high), participant("nadam", middle)})),
            "adam came out first on digits (mlp:64) with a test accuracy of 98.0 % (95 % interval 97.8 to "
            "98.2), but "
            "nadam ties with it; the first that is told apart is sgd, 8.0 ± 0.7 points behind.");
}

TEST(Headline, WhereAllTieNobodyWins) {
  EXPECT_EQ(headline(comparison({participant("adam", high), participant("nadam", middle)})),
            "No optimizer wins on digits (mlp:64): adam has the best mean, a test accuracy of 98.0 % (95 % "
            "interval 97.8 "
            "to 98.2), but 3 seeds cannot tell it apart from any other.");
}

TEST(Headline, ManyTiesAreCounted) {
  std::vector<workbench::Participant> many{participant("sgd", low)};
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) many.push_back(participant(name, high));
  EXPECT_THAT(headline(comparison(many)), HasSubstr("but b, c, d and 2 others tie with it"));
}

TEST(Headline, OneOrNoScore) {
  EXPECT_THAT(headline(comparison({participant("adam", high), participant("sgd", {0.9, diverged, 0.9})})),
              HasSubstr("adam is the only one with a score"));
  EXPECT_EQ(headline(comparison({participant("sgd", {diverged, diverged, diverged})})),
            "No optimizer has a score on digits (mlp:64): each of them diverged.");
}

TEST(Headline, ASingleSeedIsNotTakenForProof) {
  auto one = comparison({participant("adam", {0.98}), participant("sgd", {0.9})});
  one.seeds = {1};
  EXPECT_EQ(headline(one),
            "adam came out first on digits (mlp:64) with a test accuracy of 98.0 %, in a single run "
            "each, which cannot tell skill from chance.");
}

TEST(Headline, RegressionHasAnError) {
  EXPECT_THAT(
      headline(comparison({participant("adam", {54.1, 54.2, 54.3}), participant("sgd", {60, 60.1, 60.2})},
                          data::Task::regression)),
      HasSubstr("adam won on digits (mlp:64) with a root mean squared error on the test part of 54.20 (95 % "
                "interval 53.95 to 54.45); the next is sgd, 5.90 ± "));
}

TEST(Notes, NothingToNote) { EXPECT_THAT(notes(comparison({participant("adam", high)})), IsEmpty()); }

TEST(Notes, WhatAReaderMustKnow) {
  auto lost = participant("sgd", {});
  lost.chosen.reset();
  auto edge = participant("qhm", high);
  edge.at_edge = true;
  auto fixed = participant("aggmo", high);
  fixed.contender.rates.origin = workbench::RateRange::Origin::fixed;
  EXPECT_THAT(
      notes(comparison({lost, participant("adam", {0.9, diverged, 0.9}), edge, fixed})),
      ElementsAre("Diverged in every trial, so there is nothing to judge: sgd.",
                  "Diverged with some of the seeds, so there is no score: adam.",
                  "The best learning rate is the lowest or highest that was tried, so that a better one may "
                  "lie beyond: qhm.",
                  "Not tuned, because its learning rate was given: aggmo."));
}

TEST(CommandLine, RepeatsTheComparison) {
  workbench::CompareOptions options;
  options.data = "my data/it's.csv";
  options.label = "price";
  options.optimizers = {"adam", "aggmo:betas=[0,0.9]"};
  options.seed = 3;
  EXPECT_EQ(command_line(options),
            "thalweg compare --data 'my data/it'\\''s.csv' --label price --model mlp:64 --optimizer adam "
            "--optimizer "
            "'aggmo:betas=[0,0.9]' --trials 12 --seeds 10 --epochs 30 --batch 32 --seed 3");
}

TEST(ScoreText, HasTheUnitAndTheReach) {
  const auto c = comparison({participant("adam", high)});
  EXPECT_EQ(score_text(c, 0.97456), "97.5 %");
  EXPECT_EQ(score_text(c, workbench::Standing::Score{0.97, 0.96, 0.98}), "97.0 % ± 1.0");
  EXPECT_EQ(score_text(c, workbench::Standing::Score{0.99, 0.97, 1.0}), "99.0 % ± 2.0") << "cut at 100 %";
  EXPECT_EQ(score_text(c, workbench::Standing::Score{0.99, {}, {}}), "99.0 %");
}

}  // namespace
}  // namespace thalweg::report::summary_test
