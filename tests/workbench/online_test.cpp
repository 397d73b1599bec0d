// Learning from rows as they come.

#include "workbench/online.h"

#include <atomic>
#include <cmath>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <thalweg/registry.h>
#include <thalweg/rules/sgd.h>

#include "data/temporary.h"
#include "stream_samples.h"

namespace thalweg::workbench::online_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Progressive, AddsUpAndHasALineWheneverTheNumberHasDoubled) {
  Progressive scores(data::Task::classification, 3);
  EXPECT_FALSE(scores.line());
  EXPECT_FALSE(scores.line(true));
  std::vector<ProgressiveRow> lines;
  const double losses[] = {1, 2, 4, 8, 16, 32};
  for (std::size_t i = 0; i < 6; ++i) {
    scores.add(losses[i], i % 2 == 1);
    if (const auto line = scores.line()) lines.push_back(*line);
  }
  if (const auto line = scores.line(true)) lines.push_back(*line);
  EXPECT_FALSE(scores.line(true));
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0].examples, 1U);
  EXPECT_EQ(lines[1].examples, 2U);
  EXPECT_EQ(lines[2].examples, 4U);
  EXPECT_EQ(lines[3].examples, 6U);
  EXPECT_EQ(lines[2].since_last.loss, (4.0 + 8) / 2);
  EXPECT_EQ(lines[2].average.loss, (1.0 + 2 + 4 + 8) / 4);
  EXPECT_EQ(lines[3].since_last.loss, (16.0 + 32) / 2);
  EXPECT_EQ(lines[3].since_last.metric, 0.5);
  EXPECT_EQ(lines[0].average.metric, 0);
  EXPECT_EQ(scores.last_window().loss, (8.0 + 16 + 32) / 3);
  EXPECT_EQ(scores.last_window().metric, 2.0 / 3);
  EXPECT_EQ(scores.in_window(), 3U);
}

TEST(Progressive, OfSeveralExamplesAStepIsLateAndOfNumbersIsARootMeanSquare) {
  Progressive scores(data::Task::regression, 0);
  for (const double loss : {0.5, 2.0, 8.0}) scores.add(loss, false);  // errors 1, 2, 4
  const auto line = scores.line();
  ASSERT_TRUE(line);
  EXPECT_EQ(line->examples, 3U);
  EXPECT_EQ(line->average.metric, std::sqrt((1.0 + 4 + 16) / 3));
  EXPECT_FALSE(scores.line());
  scores.add(0.5, false);
  EXPECT_EQ(scores.line()->examples, 4U) << "4 is still to come after 3";
}

data::StreamOptions of_classes(std::vector<std::string> classes = {}, std::size_t columns = 0) {
  data::StreamOptions how;
  how.task = data::Task::classification;
  how.classes = std::move(classes);
  how.columns = columns;
  return how;
}

OnlineOptions with(const std::string& optimizer) {
  OnlineOptions options;
  options.optimizer = make_rule(optimizer);
  return options;
}

struct Online : ::testing::Test {
  struct Result {
    OnlineRecord record;
    models::Parameters<float> parameters;
    std::vector<std::string> classes;
    std::vector<std::uint64_t> lines;
  };
  /// Learns from a path.
  static Result learned(const std::string& path, const std::string& model, const OnlineOptions& options,
                        std::size_t batch = 1, data::StreamOptions how = {}) {
    const models::ModelSpec spec = models::make_model(model);
    how.task = task_of(spec);
    OnlineLearner learner(spec, options);
    data::SparseStream stream(path, how);
    Result result;
    OnlineRun run;
    run.batch = batch;
    run.line = [&](const ProgressiveRow& row) { result.lines.push_back(row.examples); };
    result.record = learn_online(learner, stream, run);
    result.parameters = learner.parameters();
    result.classes = stream.classes();
    return result;
  }
  Result learned_text(const std::string& text, const std::string& model, const std::string& optimizer,
                      std::size_t batch = 1, const data::StreamOptions& how = {}) {
    return learned(folder.file("a.svm", text), model, with(optimizer), batch, how);
  }
  std::string error(const std::string& text, const std::string& model, const std::string& optimizer) {
    return data::error_of(folder, [&] { static_cast<void>(learned_text(text, model, optimizer)); });
  }
  data::TemporaryFolder folder;
};

// By hand. The first class that comes is number 0; a class is wrong where it is new.
TEST_F(Online, PredictsEachRowBeforeItLearnsFromIt) {
  const Result r = learned_text("1 1:1\n0 1:1\n0 1:1\n0 2:3\n", "logistic", "sgd:lr=1");
  const auto loss = [](double z, double t) {
    return std::log1p(std::exp(-std::abs(z))) + std::max(z, 0.0) - t * z;
  };
  const auto slope = [](double z, double t) { return 1 / (1 + std::exp(-z)) - t; };
  double w1 = 0, w2 = 0, b = 0, sum = 0;
  const double x[] = {1, 1, 1, 0}, y[] = {0, 0, 0, 3}, t[] = {0, 1, 1, 1};
  for (std::size_t i = 0; i < 4; ++i) {
    const double z = w1 * x[i] + w2 * y[i] + b, g = slope(z, t[i]);
    sum += loss(z, t[i]);
    w1 -= g * x[i];
    w2 -= g * y[i];
    b -= g;
  }
  EXPECT_THAT(r.classes, ElementsAre("1", "0"));
  EXPECT_NEAR(r.record.average.loss, sum / 4, 1e-6);
  EXPECT_EQ(r.record.average.metric, 2.0 / 4) << "right: the third and the fourth";
  EXPECT_THAT(r.lines, ElementsAre(1, 2, 4));
  ASSERT_EQ(r.parameters[0].values.size(), 2U);
  EXPECT_NEAR(r.parameters[0].values[0], w1, 1e-6);
  EXPECT_NEAR(r.parameters[0].values[1], w2, 1e-6);
  EXPECT_NEAR(r.parameters[1].values[0], b, 1e-6);
  EXPECT_EQ(r.record.stop_text(), "the data ended");
}

TEST_F(Online, PredictsABatchBeforeItLearnsFromIt) {
  const Result r = learned_text("2 1:1\n4 2:1\n3 1:1\n", "linear", "sgd:lr=0.5", 2);
  // Both of the first batch are predicted as 0; the mean gradient of (w1, w2, b) is (-1, -2, -3).
  const double third = 3 - (0.5 * 1 + 0.5 * 3);
  EXPECT_NEAR(r.record.average.loss, (0.5 * 4 + 0.5 * 16 + 0.5 * third * third) / 3, 1e-6);
  EXPECT_NEAR(r.record.average.metric, std::sqrt((4 + 16 + third * third) / 3), 1e-6);
  EXPECT_EQ(r.record.steps, 2U);
  EXPECT_EQ(r.record.examples, 3U);
}

TEST_F(Online, ClassesThatComeJoinWithWeightsOfZero) {
  const Result r = learned_text("5 1:1\n7 1:1\n9 1:1\n", "softmax", "sgd:lr=1");
  EXPECT_THAT(r.classes, ElementsAre("5", "7", "9"));
  // Of one class: loss 0, no gradient. Then z = 0 of two, and after that step +-1 of two beside a third's 0.
  const double third = std::log(std::exp(-1.0) + std::exp(1.0) + 1);
  EXPECT_NEAR(r.record.average.loss, (0 + std::log(2) + third) / 3, 1e-6);
  EXPECT_EQ(r.record.average.metric, 0);
  EXPECT_EQ(r.parameters[0].columns, 3U);
  EXPECT_NEAR(r.parameters[0].values[2], 1 - std::exp(0.0) / std::exp(third), 1e-6);
}

/// Weights that grow with the columns have the bits of weights that were all there, whatever the rule.
TEST_F(Online, GrowsAsIfTheWidthHadBeenKnown) {
  const std::string path = folder.file("a.svm", stream_text(120, 700, 2));
  const data::StreamSurvey survey = data::survey_stream(path);
  const models::ModelSpec spec = models::make_model("logistic");
  for (const char* const rule : {"sgd:lr=0.1", "momentum:lr=0.05", "adagrad:lr=0.1", "adam:lr=0.01",
                                 "adamw:lr=0.01", "ftrl:lr=0.2,l1=0.01", "sgd:lr=0.1,l2=0.01"}) {
    for (const std::size_t batch : {1U, 7U}) {
      const Result grown = learned(path, "logistic", with(rule), batch);
      OnlineLearner learner(spec, with(rule));
      learner.reserve(survey.columns, 2);
      data::SparseStream stream(path, of_classes({}, survey.columns));
      OnlineRun run;
      run.batch = batch;
      const OnlineRecord record = learn_online(learner, stream, run);
      EXPECT_EQ(record.average.loss, grown.record.average.loss) << rule;
      const auto parameters = learner.parameters();
      ASSERT_EQ(parameters[0].values.size(), survey.columns);
      EXPECT_EQ(parameters[0].values, grown.parameters[0].values) << rule;
      EXPECT_EQ(parameters[1].values, grown.parameters[1].values) << rule;
    }
  }
}

TEST_F(Online, LearnsTheSameHoweverTheBytesArrive) {
  const std::string text = stream_text(60, 300, 3);
  const Result whole = learned_text(text, "softmax", "adam:lr=0.05", 4);
  for (const std::size_t piece : {1U, 97U}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    std::thread writer([&] {
      for (std::size_t at = 0; at < text.size(); at += piece) {
        const std::size_t count = std::min(piece, text.size() - at);
        EXPECT_EQ(::write(ends[1], text.data() + at, count), static_cast<ssize_t>(count));
      }
      ::close(ends[1]);
    });
    const Result parts = learned("/dev/fd/" + std::to_string(ends[0]), "softmax", with("adam:lr=0.05"), 4);
    writer.join();
    ::close(ends[0]);
    EXPECT_EQ(parts.record.average.loss, whole.record.average.loss);
    EXPECT_EQ(parts.lines, whole.lines);
    EXPECT_EQ(parts.parameters[0].values, whole.parameters[0].values);
    EXPECT_EQ(parts.parameters[1].values, whole.parameters[1].values);
  }
}

TEST_F(Online, LearnsFromAFileThatGrowsUntilItIsInterrupted) {
  const std::string path = folder.file("a.svm", "1 1:1\n0 2:1\n");
  std::atomic<bool> stop{false};
  data::StreamOptions how = of_classes();
  how.source = {.follow = true, .idle = 60, .stop = [&] { return stop.load(); }};
  data::SparseStream stream(path, how);
  OnlineLearner learner(models::make_model("logistic"), with("sgd:lr=1"));
  OnlineRun run;
  run.interrupted = how.source.stop;
  std::thread writer;
  std::atomic<std::uint64_t> learned{0};  // a line comes after 1, 2 and 4 examples
  run.line = [&](const ProgressiveRow& row) {
    learned = row.examples;
    if (row.examples == 2)  // what there was: now more comes, the last line unfinished
      writer = std::thread([&] {
        std::ofstream(path, std::ios::app) << "1 1:1 9:1\n0 2:1\n1 1:";
        while (learned < 4) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        stop = true;
      });
  };
  const OnlineRecord record = learn_online(learner, stream, run);
  writer.join();
  EXPECT_EQ(record.stop, OnlineStop::interrupted);
  EXPECT_EQ(record.stop_text(), "interrupted");
  EXPECT_EQ(record.examples, 4U) << "an unfinished line is not learned from";
  EXPECT_EQ(learner.columns(), 9U);
}

TEST_F(Online, HashesWordsIntoAFixedWidth) {
  data::StreamOptions how;
  how.hashing = data::Hashing{.bits = 6};
  const Result r =
      learned_text("1 spam money\n0 hello world\n1 money spam\n", "logistic", "sgd:lr=1", 1, how);
  ASSERT_EQ(r.parameters[0].values.size(), 64U);
  const auto weight = [&](const char* word) {
    return r.parameters[0].values[data::hashed_key(word, *how.hashing).column];
  };
  EXPECT_NE(weight("spam"), 0);
  EXPECT_EQ(weight("spam"), weight("money"));
  EXPECT_EQ(weight("hello"), weight("world"));
  EXPECT_LT(weight("spam"), 0) << "1 came first, and is class 0";
  EXPECT_GT(weight("hello"), 0);
}

TEST_F(Online, EndsWhenItIsAsked) {
  const std::string path = folder.file("a.svm", stream_text(50, 30, 2));
  const auto run_with = [&](OnlineRun run) {
    OnlineLearner learner(models::make_model("logistic"), with("sgd"));
    data::SparseStream stream(path, of_classes());
    return learn_online(learner, stream, run);
  };
  OnlineRun limited;
  limited.batch = 4;
  limited.max_steps = 3;
  EXPECT_EQ(run_with(limited).examples, 12U);
  EXPECT_EQ(run_with(limited).stop_text(), "the limit of 3 steps was reached");
  OnlineRun asked;
  std::size_t calls = 0;
  asked.interrupted = [&] { return ++calls > 5; };
  EXPECT_EQ(run_with(asked).examples, 5U);
  limited.batch = 0;
  EXPECT_EQ(data::error_of(folder, [&] { static_cast<void>(run_with(limited)); }),
            "batch = 0: must be at least 1: a stream has no end to wait for");
}

TEST_F(Online, DivergesWithAReason) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "1 1:10\n";
  const Result r = learned_text(text, "linear", "sgd:lr=10");
  EXPECT_EQ(r.record.stop, OnlineStop::diverged);
  EXPECT_THAT(r.record.stop_text(), testing::ContainsRegex("^diverged at step [0-9]+: .* is not finite$"));
  EXPECT_LT(r.record.examples, 200U);
  EXPECT_TRUE(std::isfinite(r.record.average.loss));
}

TEST_F(Online, RefusesWhatAStreamDoesNotAllow) {
  EXPECT_EQ(error("1 1:1\n", "mlp:3", "sgd"),
            "model = mlp:3: has hidden layers; a stream trains linear (numbers), logistic (two classes) and "
            "softmax (classes)");
  EXPECT_THAT(error("1 1:1\n", "logistic", "nesterov"),
              HasSubstr("wants the gradient away from the parameters, which a stream of sparse rows does not "
                        "allow; one of sgd, momentum, "));
  EXPECT_THAT(error("1 1:1\n", "logistic", "dog"),
              HasSubstr("optimizer = dog: measures all parameters in every step, which"));
  EXPECT_THAT(error("1 1:1\n", "logistic:l2=0.1", "sgd:l2=0.1"), HasSubstr("leave one out"));
  OnlineOptions options = with("sgd");
  options.transforms = {make_transform("clip_norm:max=1")};
  EXPECT_EQ(data::error_of(folder, [&] { OnlineLearner(models::make_model("linear"), options); }),
            "transform = clip_norm: looks at features that the rows of a step do not have; a stream takes l2 "
            "and decay");
  options.transforms = {make_transform("decay:lambda=0.1")};
  OnlineLearner(models::make_model("linear"), options);
  data::StreamOptions how;
  how.most_classes = 2;
  EXPECT_EQ(data::error_of(folder,
                           [&] {
                             static_cast<void>(learned(folder.file("a.svm", "0 1:1\n1 1:1\n7 1:1\n"),
                                                       "logistic", with("sgd"), 1, how));
                           }),
            "a.svm:3: found the class '7' after 2 others; expected at most 2 classes");
}

TEST_F(Online, GoesOnFromAModel) {
  const std::string path = folder.file("a.svm", stream_text(80, 200, 3));
  const models::ModelSpec spec = models::make_model("softmax");
  const Result once = learned(path, "softmax", with("sgd:lr=0.1"));
  TrainedModel half;
  {
    OnlineLearner learner(spec, with("sgd:lr=0.1"));
    data::SparseStream stream(path, of_classes(once.classes));
    learner.reserve(0, 3);
    OnlineRun run;
    run.max_steps = 40;
    static_cast<void>(learn_online(learner, stream, run));
    half = trained_model(learner, path, stream.classes(), std::nullopt);
    EXPECT_EQ(half.columns, learner.columns());
    EXPECT_EQ(half.class_names, once.classes);
    EXPECT_EQ(half.parameters[0].values.size(), 3 * half.columns);
    EXPECT_EQ(data::error_of(folder, [&] { static_cast<void>(trained_model(learner, path, {"5"}, {})); }),
              "a.svm: found rows of one class only, 5; expected two or more classes for a model to keep");
  }
  OnlineLearner learner(spec, with("sgd:lr=0.1"), half);
  EXPECT_EQ(learner.parameters()[0].values, half.parameters[0].values);
  data::SparseStream stream(path, of_classes(once.classes));
  data::SparseBatch skipped;
  ASSERT_TRUE(stream.next(skipped, 40));
  static_cast<void>(learn_online(learner, stream, {}));
  // SGD has no state, and the classes were known: two halves are the whole.
  OnlineLearner whole(spec, with("sgd:lr=0.1"));
  whole.reserve(0, 3);
  data::SparseStream again(path, of_classes(once.classes));
  static_cast<void>(learn_online(whole, again, {}));
  EXPECT_EQ(learner.parameters()[0].values, whole.parameters()[0].values);
  EXPECT_EQ(learner.parameters()[1].values, whole.parameters()[1].values);
  half.scaling.emplace();
  EXPECT_THAT(data::error_of(folder, [&] { OnlineLearner(spec, with("sgd"), half); }),
              HasSubstr("was trained on standardized data"));
  EXPECT_THAT(data::error_of(folder, [&] { OnlineLearner(models::make_model("linear"), with("sgd"), half); }),
              HasSubstr("must be of the kind that was loaded: softmax"));
}

}  // namespace
}  // namespace thalweg::workbench::online_test
