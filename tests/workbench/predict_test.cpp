#include "workbench/predict.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "data/load.h"
#include "data/temporary.h"
#include "workbench/trainer.h"

namespace thalweg::workbench::predict_test {
namespace {

using data::TemporaryFolder;

/// All that a model says about a file.
struct Said {
  std::vector<float> value;
  std::vector<double> probabilities;
  PredictRecord record;
};

Said said(const TrainedModel& model, PredictOptions options) {
  Said all;
  all.record = predict(model, options, [&](const Predictions& p) {
    EXPECT_EQ(p.first, all.value.size());
    EXPECT_EQ(p.count, p.value.size());
    all.value.insert(all.value.end(), p.value.begin(), p.value.end());
    all.probabilities.insert(all.probabilities.end(), p.probabilities.begin(), p.probabilities.end());
  });
  return all;
}

struct Trained {
  data::Split split;
  TrainedModel model;
  models::Scores test;
};

Trained trained(const std::string& source, const std::string& spec, const data::LoadOptions& load) {
  Trained result{data::load_split(source, load), {}, {}};
  TrainOptions options;
  options.epochs = 3;
  options.threads = 1;
  Trainer trainer(result.split, models::make_model(spec), options);
  const TrainRecord record = train(trainer, result.split, models::make_model(spec), options);
  result.model = trained_model(result.split, models::make_model(spec), trainer.parameters());
  result.test = *record.test;
  return result;
}

/// The outputs of the network for the test part, all rows at once in the split's own memory.
std::vector<float> outputs_of(const Trained& t) {
  const models::Network<float> network(t.model.model, t.split.train);
  models::Workspace<float> workspace;
  std::vector<float> all;
  const std::size_t rows = t.split.test.rows();
  for (std::size_t begin = 0; begin < rows; begin += 64) {
    const models::Rows part{nullptr, begin, std::min<std::size_t>(64, rows - begin)};
    network.prepare(t.split.test, part, t.model.parameters, workspace);
    const float* const z = network.outputs(t.split.test, part, 0, t.model.parameters, workspace);
    all.insert(all.end(), z, z + part.count * network.output_count());
  }
  return all;
}

/// A table of random rows with a label: more than go through the network at a time.
std::string table_of(std::size_t rows, std::uint64_t seed, bool numbers) {
  std::ostringstream text;
  text << "label,a,b,c\n";
  std::uint64_t state = seed;
  const auto next = [&] {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state >> 40U) / 1e6 - 8;
  };
  for (std::size_t i = 0; i < rows; ++i) {
    const double a = next(), b = next(), c = next();
    if (numbers)
      text << 100 + a * b / 7 + 0.25;
    else
      text << (a > b ? "low" : c > 2 ? "middle" : "high");
    text << ',' << a << ',' << b << ',' << 1000 * c << '\n';
  }
  return text.str();
}

/// LIBSVM lines of random length and values; some are empty.
std::string svm_of(std::size_t rows, std::uint64_t state) {
  std::ostringstream text;
  for (std::size_t i = 0; i < rows; ++i) {
    std::ostringstream pairs;
    int sum = 0;
    for (int index = 1; index <= 40; ++index) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      const int value = static_cast<int>(state >> 54U) - 512;
      if (value > -400) continue;
      sum += index % 3 * value;
      pairs << ' ' << index << ':' << value / 7.0;
    }
    text << (sum < -2500 ? 3 : sum < -1500 ? 1 : 2) << pairs.str() << '\n';
  }
  return text.str();
}

struct PredictTest : ::testing::Test {
  /// Trains with the test set in a file, and expects of that file what the training says of it.
  void expect_agrees(const std::string& train, const std::string& test, const std::string& spec) {
    SCOPED_TRACE(spec);
    data::LoadOptions load;
    load.label = train.find(".csv") == train.npos ? "" : "label";
    load.test = test;
    load.standardize_target = true;
    const Trained t = trained(train, spec, load);
    const bool classes = t.model.task == data::Task::classification;
    const Said one = said(t.model, {.data = test, .probabilities = classes, .threads = 1});
    ASSERT_EQ(one.record.rows, t.split.test.rows());
    ASSERT_TRUE(one.record.scores);
    EXPECT_EQ(one.record.scores->loss, t.test.loss);
    EXPECT_EQ(one.record.scores->metric, t.test.metric);
    const std::vector<float> z = outputs_of(t);
    const std::size_t outputs = z.size() / one.value.size();
    for (std::size_t i = 0; i < one.value.size(); ++i) {
      const float* const row = z.data() + i * outputs;
      if (!classes) {
        const double value = t.model.target.mean + t.model.target.scale * static_cast<double>(row[0]);
        ASSERT_EQ(one.value[i], static_cast<float>(value)) << i;
      } else if (outputs == 1) {
        ASSERT_EQ(one.value[i], row[0] > 0 ? 1 : 0) << i;
        ASSERT_NEAR(one.probabilities[2 * i + 1], 1 / (1 + std::exp(-static_cast<double>(row[0]))), 1e-14);
      } else {
        ASSERT_EQ(one.value[i], static_cast<float>(std::max_element(row, row + outputs) - row)) << i;
        double sum = 0;
        for (std::size_t k = 0; k < outputs; ++k) sum += std::exp(static_cast<double>(row[k]));
        for (std::size_t k = 0; k < outputs; ++k)
          ASSERT_NEAR(one.probabilities[i * outputs + k], std::exp(static_cast<double>(row[k])) / sum, 1e-14);
      }
    }
    const Said three = said(t.model, {.data = test, .probabilities = classes, .threads = 3});
    EXPECT_EQ(three.value, one.value);
    EXPECT_EQ(three.probabilities, one.probabilities);
    EXPECT_EQ(three.record.scores->loss, one.record.scores->loss);
  }
  TemporaryFolder folder;
};

TEST_F(PredictTest, SaysOfADenseFileWhatTheTrainingSays) {
  const std::string train = folder.file("a.csv", table_of(700, 1, false));
  const std::string test = folder.file("b.csv", table_of(5000, 2, false));
  expect_agrees(train, test, "softmax");
  expect_agrees(train, test, "mlp:40,30");
}

TEST_F(PredictTest, GivesNumbersInTheirUnit) {
  const std::string train = folder.file("a.csv", table_of(700, 1, true));
  const std::string test = folder.file("b.csv", table_of(3001, 2, true));
  expect_agrees(train, test, "linear");
  expect_agrees(train, test, "mlp:40");
}

TEST_F(PredictTest, SaysOfASparseFileWhatTheTrainingSays) {
  const std::string folder_of_data = THALWEG_SOURCE "/data/agaricus/";
  expect_agrees(folder_of_data + "agaricus.test.svm.gz", folder_of_data + "agaricus.train.svm.gz",
                "logistic");
  const std::string train = folder.file("a.svm", svm_of(700, 1)),
                    test = folder.file("b.svm", svm_of(5000, 2));
  expect_agrees(train, test, "softmax");
  expect_agrees(train, test, "mlp:20");
}

TEST_F(PredictTest, HashesWordsAsTheModelSays) {
  TrainedModel model;
  model.model = models::make_model("linear");
  model.task = data::Task::regression;
  model.columns = 16;
  model.sparse = true;
  model.hashing = data::Hashing{.bits = 4, .seed = 3, .with_sign = true};
  model.target = {10, 2};
  model.parameters = {{"weights", 16, 1, true, std::vector<float>(16)}, {"bias", 1, 1, false, {0.5F}}};
  const data::HashedKey key = data::hashed_key("free", *model.hashing);
  ASSERT_NE(key.column, 6U);
  model.parameters[0].values[key.column] = 0.25F;
  model.parameters[0].values[6] = 4;  // of the index 7, which is no word
  const Said words = said(model, {.data = folder.file("a.txt", "free:3\n7:1\nfree 7:-1\n")});
  const float once = 2 * 0.25F * key.sign;
  EXPECT_EQ(words.value, (std::vector<float>{11 + 3 * once, 11 + 8, 11 - 8 + once}));
  EXPECT_FALSE(words.record.scores);
  const Said labelled = said(model, {.data = folder.file("b.txt", "12 7:1\n")});
  EXPECT_EQ(labelled.record.scores->metric, 7);  // 19 for 12
}

TEST_F(PredictTest, ReadsRowsWithoutLabelsAndTellsNoScores) {
  const std::string text = table_of(100, 1, false);
  const std::string train = folder.file("a.csv", text);
  const Trained t = trained(train, "softmax", {.label = "label", .test = train});
  std::string bare;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) bare += line.substr(line.find(',') + 1) + "\n";
  const Said with = said(t.model, {.data = train});
  const Said without = said(t.model, {.data = folder.file("bare.csv", bare)});
  const Said ignored = said(t.model, {.data = train, .labels = data::Labels::ignored});
  EXPECT_TRUE(with.record.scores);
  EXPECT_FALSE(without.record.scores);
  EXPECT_FALSE(ignored.record.scores);
  EXPECT_EQ(without.value, with.value);
  EXPECT_EQ(ignored.value, with.value);
}

TEST_F(PredictTest, RefusesWhatDoesNotBelongToTheModel) {
  const std::string train = folder.file("a.csv", table_of(100, 1, false));
  const Trained dense = trained(train, "softmax", {.label = "label", .test = train});
  const std::string svm =
      folder.file("a.svm", "0 1:1 3:1\n1 2:1\n0 1:1\n1 2:1 3:1\n0 1:1\n1 2:1\n0 1:1\n1 2:1\n");
  const Trained sparse = trained(svm, "logistic", {.test = svm});
  const auto error = [&](const TrainedModel& model, const PredictOptions& options) {
    return data::error_of(folder, [&] { static_cast<void>(said(model, options)); });
  };
  EXPECT_EQ(
      error(dense.model, {.data = svm}),
      "a.svm: found sparse data (LIBSVM); expected dense data (csv, idx, npy), as the model has learned "
      "from");
  EXPECT_EQ(error(sparse.model, {.data = train}),
            "a.csv: found dense data; expected sparse data (LIBSVM), as the model has learned from");
  EXPECT_EQ(error(dense.model, {.data = folder.file("b.csv", "a,b,label\n1,2,low\n")}),
            "b.csv: found no column 'c'; expected the 3 columns that the model has learned from");
  EXPECT_EQ(error(dense.model, {.data = folder.file("b.csv", "a,b,c,label\n1,2,3,loud\n")}),
            "b.csv:2: found the class 'loud'; expected a class of the training data: high, low, middle");
  EXPECT_EQ(error(sparse.model, {.data = folder.file("b.svm", "2 1:1\n")}),
            "b.svm:1: found the class '2'; expected a class of the training data: 0, 1");
  EXPECT_EQ(error(sparse.model, {.data = folder.file("b.svm", "1 4:1\n")}),
            "b.svm:1: found index 4; expected an index of at most 3, the number of columns");
  EXPECT_EQ(said(sparse.model, {.data = folder.file("b.svm", "1 2:1 4:1\n"), .drop_beyond = true}).value,
            said(sparse.model, {.data = folder.file("c.svm", "1 2:1\n")}).value);
  EXPECT_EQ(error(dense.model, {.data = train, .drop_beyond = true}),
            "drop_beyond = given: is for models of sparse features (LIBSVM)");
  EXPECT_EQ(error(sparse.model, {.data = svm, .label = "1"}),
            "label = 1: cannot be chosen: LIBSVM lines begin with it");
  EXPECT_EQ(error(dense.model, {.data = train, .label = "1", .labels = data::Labels::none}),
            "label = 1: must not be given where labels are not read");
  EXPECT_THAT(error(dense.model, {.data = folder.file("b.txt", "1,2,3\n")}),
              testing::StartsWith("b.txt: found an unknown kind of file (by its extension); expected .csv"));
  TrainedModel numbers = dense.model;
  numbers.task = data::Task::regression;
  EXPECT_EQ(error(numbers, {.data = train, .probabilities = true}),
            "probabilities = given: needs a model of classes: this one predicts numbers");
}

}  // namespace
}  // namespace thalweg::workbench::predict_test
