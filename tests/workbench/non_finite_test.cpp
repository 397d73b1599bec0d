// Trainings whose loss or gradient is not finite: stopped with a report, skipped, or clipped.

#include <cmath>
#include <string>

#include <gmock/gmock.h>

#include <thalweg/registry.h>

#include "data/temporary.h"
#include "train_samples.h"
#include "workbench/online.h"
#include "workbench/stream_train.h"
#include "workbench/train.h"
#include "workbench/trainer.h"

namespace thalweg::workbench::non_finite_test {
namespace {

using models::make_model;
using ::testing::ElementsAre;

TrainOptions with(NonFinite policy, const std::string& optimizer, std::size_t epochs, std::size_t batch) {
  TrainOptions options;
  options.optimizer = make_rule(optimizer);
  options.non_finite = policy;
  options.epochs = epochs;
  options.batch = batch;
  options.shuffle = false;
  return options;
}

/// The gradient of its third row, 1e30 times 1e10, is beyond float; the loss is not.
data::Split with_a_bad_row() {
  return split_of(numbers(1, {1, 2, 1e30F, 3}, {1, 3, 1e10F, 2}), false, false);
}
data::Split without_it() { return split_of(numbers(1, {1, 2, 3}, {1, 3, 2}), false, false); }

std::vector<float> values(const Trainer& trainer) {
  std::vector<float> all;
  for (const auto& tensor : trainer.parameters())
    all.insert(all.end(), tensor.values.begin(), tensor.values.end());
  for (const auto& tensor : trainer.parameters()) {
    for (const std::string slot : {"m", "v"}) {
      for (const double x : trainer.optimizer().slot_values(tensor.name, slot))
        all.push_back(static_cast<float>(x));
    }
  }
  return all;
}

TEST(NonFiniteTraining, StopsWithAReport) {
  const data::Split split = with_a_bad_row();
  const TrainRecord record = train(split, make_model("linear"), with(NonFinite::stop, "sgd:lr=0.5", 3, 1));
  EXPECT_EQ(record.stop, Stop::diverged);
  // From 0 the first row takes weight and bias to 0.5, the second has the error 1.5 - 3 and the gradient (-3,
  // -1.5).
  EXPECT_EQ(
      record.stop_text(),
      "diverged at step 3: the gradient of weights is not finite (weights[0] is inf; at step 2 the loss "
      "was 1.125, the gradient's norm 3.354)");
  EXPECT_EQ(record.non_finite.text(), "");
}

// With the bits of a training that never met the row.
TEST(NonFiniteTraining, SkipsAStepAsIfItsBatchWereNotThere) {
  const data::Split bad = with_a_bad_row(), good = without_it();
  const TrainOptions options = with(NonFinite::skip, "adam:lr=0.1", 3, 1);
  Trainer skipping(bad, make_model("linear"), options), reference(good, make_model("linear"), options);
  const TrainRecord record = train(skipping, bad, make_model("linear"), options);
  const TrainRecord expected = train(reference, good, make_model("linear"), options);
  EXPECT_EQ(values(skipping), values(reference));
  EXPECT_EQ(record.stop, Stop::epochs_done);
  EXPECT_FALSE(record.train);  // the row is in it
  EXPECT_EQ(record.steps, 9U);
  EXPECT_EQ(record.non_finite.skipped, 3U);
  EXPECT_EQ(record.non_finite.text(),
            "3 steps skipped, the last time at step 9: the gradient of weights is not finite");
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_DOUBLE_EQ(record.epochs[e].train_loss, expected.epochs[e].train_loss);
    EXPECT_EQ(record.epochs[e].gradient_norm, expected.epochs[e].gradient_norm);
  }
}

// Saved after each step in turn, also after one that was skipped.
TEST(NonFiniteTraining, GoesOnFromACheckpointWithItsTally) {
  const data::Split split = with_a_bad_row();
  const TrainOptions options = with(NonFinite::skip, "adam:lr=0.1", 2, 1);
  const data::TemporaryFolder folder;
  const std::string path = folder.path() + "/run.safetensors";
  const auto advance = [](Trainer& trainer, std::size_t from, std::size_t to) {
    EpochRecord last;
    for (std::size_t k = from; k < to; ++k) {
      EXPECT_TRUE(trainer.step());
      if (trainer.epoch_ended()) last = trainer.finish_epoch().value();
    }
    return last;
  };
  for (const std::size_t saved : std::vector<std::size_t>{1, 2, 3, 6, 7}) {
    Trainer whole(split, make_model("linear"), options), first(split, make_model("linear"), options),
        second(split, make_model("linear"), options);
    const EpochRecord expected = advance(whole, 0, 8);
    advance(first, 0, saved);
    first.save(path, {});
    second.load(Checkpoint(path));
    const EpochRecord found = advance(second, saved, 8);
    EXPECT_EQ(values(second), values(whole)) << saved;
    EXPECT_EQ(found.train_loss, expected.train_loss) << saved;
    EXPECT_EQ(second.non_finite().text(), whole.non_finite().text()) << saved;
  }
}

TEST(NonFiniteTraining, ObserversSeeTheStepsThatAreMade) {
  std::vector<std::uint64_t> seen;
  const TrainRecord record = train(with_a_bad_row(), make_model("linear"),
                                   with(NonFinite::skip, "sgd:lr=0.01", 2, 1), [&](const TrainProgress& p) {
                                     if (p.finished == nullptr) seen.push_back(p.step);
                                     return true;
                                   });
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(NonFiniteTraining, PutsTheParametersBackThatLookedAhead) {
  // The last step of all is skipped: nothing after it would put them back.
  const data::Split bad = split_of(numbers(1, {1, 2, 3, 1e30F}, {1, 3, 2, 1e10F}), false, false),
                    good = without_it();
  const TrainOptions options = with(NonFinite::skip, "nesterov:lr=0.01", 2, 1);
  Trainer skipping(bad, make_model("linear"), options), reference(good, make_model("linear"), options);
  static_cast<void>(train(skipping, bad, make_model("linear"), options));
  static_cast<void>(train(reference, good, make_model("linear"), options));
  for (std::size_t k = 0; k < 2; ++k)
    EXPECT_EQ(skipping.parameters()[k].values, reference.parameters()[k].values);
}

TEST(NonFiniteTraining, AnEpochWithoutAStepIsADivergence) {
  const data::Split split = split_of(numbers(1, {1e30F, 1e30F}, {1e10F, 1e10F}), false, false);
  const TrainRecord record = train(split, make_model("linear"), with(NonFinite::skip, "sgd", 5, 1));
  EXPECT_EQ(record.stop_text(),
            "diverged at step 1: every step of epoch 1 was skipped: the gradient of weights is not finite "
            "(weights[0] is -inf)");
  EXPECT_EQ(record.non_finite.skipped, 2U);
}

// The only entry of the weights' gradient becomes 0; that of the bias, -1e10, is finite.
TEST(NonFiniteTraining, ClipsTheGradient) {
  const data::Split split = split_of(numbers(1, {1e30F}, {1e10F}), false, false);
  Trainer trainer(split, make_model("linear"), with(NonFinite::clip, "sgd:lr=0.5", 1, 1));
  ASSERT_TRUE(trainer.step());
  EXPECT_THAT(trainer.parameters()[0].values, ElementsAre(0));
  EXPECT_THAT(trainer.parameters()[1].values, ElementsAre(0.5e10F));
  EXPECT_EQ(
      trainer.non_finite().text(),
      "1 entry of a gradient made finite, the last time at step 1: the gradient of weights is not finite");
  EXPECT_THAT(trainer.gradient()[0].values, ElementsAre(0));
}

TEST(NonFiniteTraining, OfSixteenBits) {
  TrainPrecision precision{.parameters = Precision::float16, .loss_scale = 1e6};
  for (const NonFinite policy : {NonFinite::skip, NonFinite::clip}) {
    TrainOptions options = with(policy, "adam", 1, 10);
    options.precision = precision;
    const data::Split split = random_split(20, 6, 3);
    Trainer one(split, make_model("softmax"), options);
    const auto before = values(one);
    ASSERT_TRUE(one.step());
    EXPECT_EQ(one.stepped(), policy == NonFinite::clip);
    EXPECT_EQ(values(one) == before, policy == NonFinite::skip);
    for (const float x : values(one)) EXPECT_TRUE(std::isfinite(x));
  }
}

TEST(NonFiniteTraining, OnlyPoliciesThatLook) {
  try {
    static_cast<void>(train(without_it(), make_model("linear"), with(NonFinite::pass, "sgd", 1, 1)));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "non_finite = pass: must be stop, skip or clip: a training looks at its loss anyway");
  }
}

/// Rows of one feature, of which the second's gradient is not finite.
constexpr const char* bad_lines = "1 1:1\n1e10 1:1e30\n3 1:2\n2 1:3\n";
constexpr const char* good_lines = "1 1:1\n3 1:2\n2 1:3\n";

TEST(NonFiniteStream, SkipsWhatComesAsIfItHadNotCome) {
  const data::TemporaryFolder folder;
  OnlineOptions options;
  options.optimizer = make_rule("adam:lr=0.1");
  options.non_finite = NonFinite::skip;
  const auto learn = [&](const std::string& path, OnlineLearner& learner) {
    data::StreamOptions how;
    how.task = data::Task::regression;
    data::SparseStream stream(path, how);
    return learn_online(learner, stream, {});
  };
  OnlineLearner skipping(make_model("linear"), options), reference(make_model("linear"), options);
  const OnlineRecord record = learn(folder.file("bad.svm", bad_lines), skipping);
  const OnlineRecord expected = learn(folder.file("good.svm", good_lines), reference);
  EXPECT_EQ(skipping.parameters()[0].values, reference.parameters()[0].values);
  EXPECT_EQ(record.average.loss, expected.average.loss);
  EXPECT_EQ(record.steps, 3U);
  EXPECT_EQ(record.examples, 3U);
  EXPECT_EQ(record.non_finite.text(),
            "1 step skipped, the last time at step 2: the gradient of weights is not finite");

  options.non_finite = NonFinite::clip;
  OnlineLearner clipping(make_model("linear"), options);
  const OnlineRecord clipped = learn(folder.file("bad.svm", bad_lines), clipping);
  EXPECT_EQ(clipped.steps, 4U);
  EXPECT_EQ(clipped.non_finite.clipped, 1U);
  EXPECT_TRUE(std::isfinite(clipping.parameters()[0].values[0]));
}

TEST(NonFiniteStream, InEpochs) {
  const data::TemporaryFolder folder;
  StreamTrainOptions options;
  options.learner.optimizer = make_rule("adam:lr=0.1");
  options.learner.non_finite = NonFinite::skip;
  options.epochs = 2;
  options.batch = 1;
  StreamTrainer skipping(folder.file("bad.svm", bad_lines), {}, make_model("linear"), options);
  const TrainRecord record = skipping.train();
  StreamTrainer reference(folder.file("good.svm", good_lines), {}, make_model("linear"), options);
  const TrainRecord expected = reference.train();
  EXPECT_EQ(skipping.learner().parameters()[0].values, reference.learner().parameters()[0].values);
  EXPECT_EQ(record.epochs[1].gradient_norm, expected.epochs[1].gradient_norm);
  EXPECT_EQ(record.epochs[1].train_loss, expected.epochs[1].train_loss);
  EXPECT_EQ(record.non_finite.skipped, 2U);
  StreamTrainer never(folder.file("never.svm", "1e10 1:1e30\n"), {}, make_model("linear"), options);
  EXPECT_EQ(never.train().stop_text(),
            "diverged at step 1: every step of epoch 1 was skipped, the last time at step 1: the gradient of "
            "weights is not finite");
}

}  // namespace
}  // namespace thalweg::workbench::non_finite_test
