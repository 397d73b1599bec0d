#include "workbench/train.h"

#include <cmath>
#include <thread>

#include <gmock/gmock.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>

#include "data/load.h"
#include "workbench/train_samples.h"

namespace thalweg::workbench::train_test {
namespace {

using models::make_model;
using testing::HasSubstr;

TrainOptions with(const std::string& optimizer, std::size_t epochs, std::size_t batch) {
  TrainOptions options;
  options.optimizer = make_rule(optimizer);
  options.epochs = epochs;
  options.batch = batch;
  options.threads = 1;
  return options;
}

/// All numbers of a record but the times.
std::vector<double> numbers_of(const TrainRecord& record) {
  std::vector<double> result;
  const auto add = [&](const std::optional<models::Scores>& scores) {
    if (scores) result.insert(result.end(), {scores->loss, scores->metric});
  };
  for (const EpochRecord& e : record.epochs) {
    result.insert(result.end(), {e.train_loss, e.rate, e.gradient_norm});
    add(e.validation);
  }
  add(record.start);
  add(record.train);
  add(record.validation);
  add(record.test);
  result.insert(result.end(),
                {static_cast<double>(record.steps), static_cast<double>(record.best_epoch.value_or(0))});
  return result;
}

TEST(Train, RecordsWhatItDid) {
  // Ten rows in batches of 4: two full ones and one of 2.
  const data::Split split = random_split(10, 3, 2);
  TrainOptions options = with("sgd:lr=0.1", 3, 4);
  const TrainRecord record = train(split, make_model("logistic"), options);
  EXPECT_EQ(record.data, "sample");
  EXPECT_EQ(record.model, "logistic");
  EXPECT_EQ(record.optimizer, "sgd:lr=0.1");
  EXPECT_EQ(record.parameters, 4);
  EXPECT_EQ(record.steps, 9);
  EXPECT_EQ(record.stop, Stop::epochs_done);
  EXPECT_STREQ(stop_name(record.stop), "epochs_done");
  EXPECT_EQ(record.stop_text(), "all of 3 epochs done");
  ASSERT_EQ(record.epochs.size(), 3);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(record.epochs[i].epoch, i + 1);
    EXPECT_EQ(record.epochs[i].steps, 3 * (i + 1));
    EXPECT_EQ(record.epochs[i].rate, 0.1);
    EXPECT_GT(record.epochs[i].gradient_norm, 0);
  }
  EXPECT_NEAR(record.start->loss, std::log(2.0), 1e-7);
  EXPECT_EQ(record.batch, 4);
  EXPECT_EQ(record.validation->loss, record.epochs.back().validation->loss);
  EXPECT_FALSE(record.judged_best);
  EXPECT_LT(record.train->loss, std::log(2.0));
  EXPECT_TRUE(record.test);
  EXPECT_FALSE(record.divergence);
}

TEST(Train, MeansOfAnEpochByHand) {
  // y = 2 at x = 1, twice, one example a step, rate 0.25: the errors before the steps are 2 and 1.
  const TrainRecord record =
      train(split_of(numbers(1, {1, 1}, {2, 2})), make_model("linear"), with("sgd:lr=0.25", 1, 1));
  EXPECT_DOUBLE_EQ(record.epochs[0].train_loss, (2 + 0.5) / 2);
  EXPECT_NEAR(record.epochs[0].gradient_norm, (2 * std::sqrt(2.0) + std::sqrt(2.0)) / 2, 1e-12);
  EXPECT_DOUBLE_EQ(record.train->loss, 0.125);
  EXPECT_DOUBLE_EQ(record.train->metric, 0.5);
}

TEST(Train, MetricsAreInTheUnitOfTheTargets) {
  data::Split split = split_of(numbers(1, {1, 1}, {2, 2}));
  split.target = {100, 8};
  const TrainRecord record = train(split, make_model("linear"), with("sgd:lr=0.25", 1, 1));
  EXPECT_DOUBLE_EQ(record.test->metric, 4);
  EXPECT_DOUBLE_EQ(record.test->loss, 0.125);
  EXPECT_DOUBLE_EQ(record.epochs[0].validation->metric, 4);
}

TEST(Train, LossesAreWithoutThePenalty) {
  const TrainRecord record =
      train(split_of(numbers(1, {1, 1}, {2, 2})), make_model("linear:l2=0.5"), with("sgd:lr=0.25", 1, 1));
  // The second gradient of the weight is -1 + 0.5 * 0.5; the weight is 0.6875, the bias 0.75, the error
  // 0.5625.
  EXPECT_DOUBLE_EQ(record.epochs[0].train_loss, (2 + 0.5) / 2);
  EXPECT_DOUBLE_EQ(record.train->metric, 0.5625);
}

TEST(Train, SameBitsForAnyNumberOfThreads) {
  const data::Split split = random_split(2000, 100, 3);
  for (const char* optimizer : {"adam:lr=0.01", "nesterov:lr=0.05"}) {
    TrainOptions options = with(optimizer, 2, 700);
    options.transforms.push_back(make_transform("clip_norm:max=0.5"));
    options.transforms.push_back(make_transform("noise:eta=0.001"));
    const std::vector<double> expected = numbers_of(train(split, make_model("mlp:32,16"), options));
    for (options.threads = 2; options.threads <= 4; ++options.threads) {
      EXPECT_EQ(numbers_of(train(split, make_model("mlp:32,16"), options)), expected)
          << options.threads << " threads";
    }
  }
}

TEST(Train, SeveralAtOnceAreAsOneAfterTheOther) {
  const data::Split split = random_split(200, 10, 4);
  std::vector<std::vector<double>> alone(4), together(4);
  const auto run = [&](std::size_t i) {
    TrainOptions options = with("adam", 5, 16);
    options.seed = i;
    return numbers_of(train(split, make_model("mlp:8"), options));
  };
  for (std::size_t i = 0; i < 4; ++i) alone[i] = run(i);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 4; ++i) threads.emplace_back([&, i] { together[i] = run(i); });
  }
  EXPECT_EQ(together, alone);
  EXPECT_NE(alone[0], alone[1]);
}

TEST(Train, SparseRowsTrainAsDenseOnes) {
  const data::Split dense = random_split(300, 20, 3);
  const data::Split sparse{
      models::to_sparse(dense.train), models::to_sparse(dense.validation), models::to_sparse(dense.test), {}};
  for (const char* model : {"softmax", "mlp:8,activation=tanh"}) {
    const TrainRecord a = train(dense, make_model(model), with("adam", 3, 32)),
                      b = train(sparse, make_model(model), with("adam", 3, 32));
    EXPECT_NEAR(a.train->loss, b.train->loss, 1e-5);
    EXPECT_NEAR(a.test->loss, b.test->loss, 1e-5);
  }
}

TEST(Train, StopsAtTheStepsThatAreAllowed) {
  TrainOptions options = with("sgd", 10, 4);
  options.max_steps = 5;
  const TrainRecord record = train(random_split(10, 3, 2), make_model("softmax"), options);
  EXPECT_EQ(record.stop, Stop::max_steps);
  EXPECT_EQ(record.stop_text(), "the limit of 5 steps was reached");
  EXPECT_EQ(record.steps, 5);
  ASSERT_EQ(record.epochs.size(), 2);
  EXPECT_EQ(record.epochs[1].steps, 5);
  EXPECT_TRUE(record.epochs[1].validation);
}

TEST(Train, StopsAtTheTimeThatIsAllowed) {
  TrainOptions options = with("sgd", 1000000, 4);
  options.max_seconds = 0.05;
  const TrainRecord record = train(random_split(10, 3, 2), make_model("softmax"), options);
  EXPECT_EQ(record.stop, Stop::max_seconds);
  EXPECT_THAT(record.stop_text(), HasSubstr("the time limit was reached after "));
  EXPECT_GE(record.seconds, 0.05);
  EXPECT_LT(record.epochs.size(), 1000000);
}

TEST(Train, StopsAtTheTarget) {
  // The error halves each epoch: 0.5, 0.25, 0.125, times 8.
  data::Split split = split_of(numbers(1, {1}, {1}));
  split.target = {0, 8};
  TrainOptions options = with("sgd:lr=0.25", 100, 0);
  options.target = 1.5;
  const TrainRecord record = train(split, make_model("linear"), options);
  EXPECT_EQ(record.stop, Stop::target_reached);
  EXPECT_EQ(record.stop_text(), "the target was reached after 3 epochs");
  EXPECT_DOUBLE_EQ(record.validation->metric, 1);

  TrainOptions accuracy = with("adam:lr=0.1", 200, 4);
  accuracy.target = 0.9;
  data::Split same = random_split(20, 10, 2);
  same.validation = same.train;
  const TrainRecord learned = train(same, make_model("logistic"), accuracy);
  EXPECT_EQ(learned.stop, Stop::target_reached);
  EXPECT_GE(learned.validation->metric, 0.9);
  EXPECT_LT(learned.epochs.size(), 200);
  if (learned.epochs.size() > 1) {
    EXPECT_LT(learned.epochs[learned.epochs.size() - 2].validation->metric, 0.9);
  }
}

TEST(Train, StopsEarlyAndJudgesTheBestEpoch) {
  // Training pulls to 1, validation wants 0.3: best where the prediction passes 0.3. It is 0.1, 0.19, 0.271,
  // 0.3439, ...
  data::Split split = split_of(numbers(1, {0}, {1}));
  split.validation.target = {0.3F};
  TrainOptions options = with("sgd:lr=0.1", 100, 0);
  options.patience = 3;
  const TrainRecord record = train(split, make_model("linear"), options);
  EXPECT_EQ(record.stop, Stop::early_stopped);
  EXPECT_EQ(record.stop_text(), "the validation loss has not improved since epoch 3");
  EXPECT_EQ(record.best_epoch, 3);
  EXPECT_EQ(record.epochs.size(), 6);
  EXPECT_TRUE(record.judged_best);
  EXPECT_NEAR(record.validation->metric, 0.3 - 0.271, 1e-6);
  EXPECT_NEAR(record.test->metric, 1 - 0.271, 1e-6);

  options.patience = 0;
  options.epochs = 6;
  const TrainRecord last = train(split, make_model("linear"), options);
  EXPECT_EQ(last.best_epoch, 3);
  EXPECT_FALSE(last.judged_best);
  EXPECT_NEAR(last.test->metric, std::pow(0.9, 6), 1e-6);
}

TEST(Train, DivergenceIsReportedWithItsStep) {
  // With rate 10 the error grows by -19 a step: 1, 19, 361, 6859; half its square passes a million at the
  // fourth.
  const data::Split alone = split_of(numbers(1, {1}, {1}), false);
  const TrainRecord record = train(alone, make_model("linear"), with("sgd:lr=10", 50, 0));
  EXPECT_EQ(record.stop, Stop::diverged);
  EXPECT_EQ(
      record.stop_text(),
      "diverged at step 4: the loss is a million times that of the start (at step 3 the loss was 6.516e+04, "
      "the gradient's norm 510.5)");
  EXPECT_EQ(record.divergence->step, 4);
  EXPECT_EQ(record.steps, 3);
  EXPECT_EQ(record.epochs.size(), 3);
  EXPECT_FALSE(record.train || record.validation || record.test);

  // The validation sees it one step earlier.
  const TrainRecord watched =
      train(split_of(numbers(1, {1}, {1})), make_model("linear"), with("sgd:lr=10", 50, 0));
  EXPECT_EQ(watched.divergence->step, 3);
  EXPECT_EQ(watched.epochs.size(), 2);
  EXPECT_FALSE(watched.train || watched.validation || watched.test);

  // Judging is not spared either: the last epoch has no step after it to see it.
  const TrainRecord judged = train(alone, make_model("linear"), with("sgd:lr=10", 3, 0));
  EXPECT_EQ(judged.stop, Stop::diverged);
  EXPECT_FALSE(judged.train || judged.validation || judged.test);
}

TEST(Train, DivergenceNamesTheTensor) {
  const data::Split alone = split_of(numbers(1, {1}, {1}), false);
  // Weight and bias become 3e38: finite, but not their sum.
  EXPECT_EQ(
      train(alone, make_model("linear"), with("sgd:lr=3e38", 5, 0)).stop_text(),
      "diverged at step 2: the gradient of weights is not finite (weights[0] is inf; at step 1 the loss was "
      "0.5, the gradient's norm 1.414)");
  const data::Split ten = split_of(numbers(1, {0}, {10}), false);
  EXPECT_EQ(train(ten, make_model("linear"), with("sgd:lr=1e38", 5, 0)).stop_text(),
            "diverged at step 1: bias is not finite");
  const TrainRecord deep = train(random_split(50, 5, 3), make_model("mlp:8,8"), with("sgd:lr=1e30", 5, 10));
  EXPECT_EQ(deep.stop, Stop::diverged);
  EXPECT_FALSE(deep.test);
}

TEST(Train, ObserverSeesEverythingAndMayStop) {
  const data::Split split = random_split(10, 3, 2);
  std::vector<std::string> seen;
  const auto watch = [&](const TrainProgress& p) {
    seen.push_back(std::to_string(p.epoch) + "/" + std::to_string(p.epochs) + " " + std::to_string(p.step) +
                   "/" + std::to_string(p.steps) +
                   (p.finished != nullptr ? " done " + std::to_string(p.finished->epoch) : ""));
    EXPECT_GT(p.loss, 0);
    return p.step < 3;
  };
  const TrainRecord record = train(split, make_model("softmax"), with("sgd", 4, 5), watch);
  EXPECT_THAT(seen,
              testing::ElementsAre("1/4 1/8", "1/4 2/8", "1/4 2/8 done 1", "2/4 3/8", "2/4 3/8 done 2"));
  EXPECT_EQ(record.stop, Stop::cancelled);
  EXPECT_EQ(record.stop_text(), "cancelled after 3 steps");
  EXPECT_TRUE(record.test);
}

TEST(Train, PartsWithoutRowsHaveNoScores) {
  const TrainRecord record =
      train(split_of(three_points(), false, false), make_model("linear"), with("sgd", 2, 0));
  EXPECT_TRUE(record.train);
  EXPECT_FALSE(record.start || record.validation || record.test || record.best_epoch ||
               record.epochs[0].validation);
}

TEST(Train, LearnsTheDigits) {
  data::LoadOptions load;
  TrainOptions options = with("adam", 20, 32);
  const TrainRecord record = train(data::load_split("digits", load), make_model("mlp:64"), options);
  EXPECT_GE(record.test->metric, 0.96);
  EXPECT_LT(record.seconds, 10);
}

TEST(TrainOptions, SayWhatIsWrong) {
  const auto complaint = [](const data::Split& split, const std::string& model, auto change) -> std::string {
    TrainOptions options;
    change(options);
    try {
      static_cast<void>(train(split, make_model(model), options));
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  const data::Split line = split_of(three_points()), classes = random_split(8, 2, 2),
                    bare = split_of(three_points(), false);
  EXPECT_EQ(complaint(line, "linear", [](auto& o) { o.epochs = 0; }), "epochs = 0: must be at least 1");
  EXPECT_EQ(complaint(line, "linear", [](auto& o) { o.max_steps = 0; }), "max_steps = 0: must be at least 1");
  EXPECT_EQ(complaint(line, "linear", [](auto& o) { o.max_seconds = 0; }), "max_seconds = 0: must be over 0");
  EXPECT_EQ(complaint(line, "linear", [](auto& o) { o.target = -1; }),
            "target = -1: must be a root mean squared error, at least 0");
  EXPECT_EQ(complaint(classes, "softmax", [](auto& o) { o.target = 96; }),
            "target = 96: must be an accuracy, in [0, 1]");
  EXPECT_EQ(complaint(line, "linear", [](auto& o) { o.plateau = Plateau{.mode = Plateau::Mode::max}; }),
            "plateau.mode = max: must be min for a regression: the validation loss is to fall");
  EXPECT_EQ(complaint(line, "linear", [](auto& o) { o.cooldown = 1.5; }),
            "cooldown = 1.5: must be a share of the steps, in [0, 1]");
  const auto both = [](auto& o) {
    o.cooldown = 0.3;
    o.schedules.emplace_back("lr", make_schedule("cosine"));
  };
  EXPECT_EQ(complaint(line, "linear", both), "cooldown = 0.3: must be 0 where lr has a schedule of its own");
  EXPECT_EQ(complaint(bare, "linear", [](auto& o) { o.patience = 3; }),
            "patience = given: needs a validation part, but this one has no rows");
  EXPECT_THAT(complaint(line, "softmax", [](auto&) {}),
              HasSubstr("predicts classes, but the targets of numbers are numbers"));
  EXPECT_THAT(complaint(line, "linear",
                        [](auto& o) {
                          o.groups.push_back({"*.biass", {}});
                        }),
              HasSubstr("unknown tensor '*.biass'"));
  EXPECT_THAT(
      complaint(line, "linear", [](auto& o) { o.schedules.emplace_back("rate", make_schedule("cosine")); }),
      HasSubstr("rate"));
}

}  // namespace
}  // namespace thalweg::workbench::train_test
