#include "data/load.h"

#include <algorithm>
#include <cstdlib>

#include <gmock/gmock.h>

#include "data/temporary.h"

namespace thalweg::data::load_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::size_t> class_counts(const Dataset& data) {
  std::vector<std::size_t> counts(data.classes());
  for (const float target : data.target) ++counts[static_cast<std::size_t>(target)];
  return counts;
}

const DenseMatrix& dense(const Dataset& data) { return std::get<DenseMatrix>(data.features); }

std::string error(const TemporaryFolder& folder, const std::string& name, const LoadOptions& options = {}) {
  return error_of(folder, [&] { static_cast<void>(load_split(name, options)); });
}

TEST(Bundled, HasWhatItSays) {
  ASSERT_EQ(bundled().size(), 6);
  EXPECT_EQ(bundled().front().name, "digits");
  for (const BundledInfo& info : bundled()) {
    const Loaded loaded = load(info.name);
    EXPECT_EQ(loaded.data.name, info.name);
    EXPECT_EQ(loaded.data.rows() + (loaded.test ? loaded.test->rows() : 0), info.rows) << info.name;
    EXPECT_EQ(loaded.data.columns(), info.columns) << info.name;
    EXPECT_EQ(loaded.data.classes(), info.classes) << info.name;
    EXPECT_EQ(loaded.data.task, info.task) << info.name;
    EXPECT_TRUE(std::filesystem::exists(std::string(THALWEG_SOURCE) + "/data/" + info.name + "/README.md"));
  }
}

TEST(Bundled, Digits) {
  const Dataset data = load("digits").data;
  EXPECT_THAT(class_counts(data), ElementsAre(178, 182, 177, 183, 181, 182, 181, 179, 174, 180));
  EXPECT_EQ(data.class_names.back(), "9");
  EXPECT_EQ(data.feature_names[9], "pixel_1_1");
  EXPECT_EQ(dense(data).values[2], 5);
  EXPECT_EQ(*std::max_element(dense(data).values.begin(), dense(data).values.end()), 16);
}

TEST(Bundled, Tables) {
  const Dataset iris = load("iris").data;
  EXPECT_THAT(iris.class_names, ElementsAre("setosa", "versicolor", "virginica"));
  EXPECT_THAT(class_counts(iris), ElementsAre(50, 50, 50));
  EXPECT_THAT(iris.feature_names, ElementsAre("sepal_length", "sepal_width", "petal_length", "petal_width"));
  EXPECT_THAT(class_counts(load("wine").data), ElementsAre(59, 71, 48));
  const Dataset cancer = load("breast_cancer").data;
  EXPECT_THAT(cancer.class_names, ElementsAre("benign", "malignant"));
  EXPECT_THAT(class_counts(cancer), ElementsAre(357, 212));
  const Dataset diabetes = load("diabetes").data;
  EXPECT_EQ(diabetes.target[0], 151);
  EXPECT_EQ(dense(diabetes).values[8], 4.8598F);
}

TEST(Bundled, AgaricusIsSparseAndBringsItsTestSet) {
  const Loaded loaded = load("agaricus");
  ASSERT_TRUE(loaded.test);
  const auto& m = std::get<SparseMatrix>(loaded.data.features);
  EXPECT_EQ(m.rows, 6513);
  EXPECT_EQ(loaded.test->rows(), 1611);
  EXPECT_EQ(m.value.size(), 6513 * 22);
  const Split split = load_split("agaricus");
  EXPECT_EQ(split.train.rows() + split.validation.rows(), 6513);
  EXPECT_EQ(split.validation.rows(), 977);
  EXPECT_EQ(split.test.rows(), 1611);
}

TEST(Bundled, UnknownNamesSuggestTheNearest) {
  const TemporaryFolder folder;
  EXPECT_EQ(
      error(folder, "digts"),
      "unknown data set 'digts': did you mean 'digits'? (known: digits, iris, wine, breast_cancer, diabetes, "
      "agaricus)");
}

TEST(Bundled, IsFoundThroughTheEnvironment) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() + "/iris");
  folder.file("iris/mine.csv", "1,a\n2,b\n");
  ::setenv("THALWEG_DATA", folder.path().c_str(), 1);
  EXPECT_EQ(load("iris").data.rows(), 2);
  EXPECT_EQ(load("wine").data.rows(), 178);  // What is not there is looked for further on.
  ::unsetenv("THALWEG_DATA");
}

TEST(LoadSplit, SplitsDigitsInProportion) {
  const Split split = load_split("digits");
  EXPECT_EQ(split.train.rows(), 1257);
  EXPECT_EQ(split.validation.rows(), 270);
  EXPECT_EQ(split.test.rows(), 270);
  for (const std::size_t n : class_counts(split.test)) EXPECT_NEAR(static_cast<double>(n), 27, 1.5);
}

TEST(LoadSplit, StandardizesByTheTrainingPartAlone) {
  const Split split = load_split("wine");
  for (std::size_t j = 0; j < 13; ++j) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < split.train.rows(); ++i) {
      const auto x = static_cast<double>(dense(split.train).values[i * 13 + j]);
      sum += x;
      squares += x * x;
    }
    const auto rows = static_cast<double>(split.train.rows());
    EXPECT_NEAR(sum / rows, 0, 1e-6);
    EXPECT_NEAR(squares / rows, 1, 1e-6);
  }
}

TEST(LoadSplit, RowsOutsideTheTrainingPartNeverInfluenceTheScaling) {
  // Two files that differ only in rows that the split puts into validation or test: training must not see it.
  const TemporaryFolder folder;
  const auto table = [](const std::vector<std::size_t>& outliers) {
    std::string text;
    for (std::size_t i = 0; i < 40; ++i) {
      const bool far = std::find(outliers.begin(), outliers.end(), i) != outliers.end();
      text += std::to_string(far ? 1000 * i : i * i) + "," +
              std::to_string(far ? 77.5 : static_cast<double>(i) + 0.5) + "\n";
    }
    return text;
  };
  LoadOptions options;
  options.standardize_target = true;
  const std::string path = folder.file("a.csv", table({}));
  const Split before = load_split(path, options);
  const Parts parts = split_rows(load(path, options).data, 0.15, 0.15, 0);
  std::vector<std::size_t> outside = parts.validation;
  outside.insert(outside.end(), parts.test.begin(), parts.test.end());
  EXPECT_EQ(outside.size(), 12);
  folder.file("a.csv", table(outside));
  const Split after = load_split(path, options);
  EXPECT_EQ(dense(before.train).values, dense(after.train).values);
  EXPECT_EQ(before.train.target, after.train.target);
  EXPECT_EQ(before.target.mean, after.target.mean);
  EXPECT_EQ(before.target.scale, after.target.scale);
  EXPECT_NE(dense(before.test).values, dense(after.test).values);
  EXPECT_NE(dense(before.validation).values, dense(after.validation).values);
}

TEST(LoadSplit, KeepsTheUnitOfTheTargets) {
  LoadOptions options;
  options.standardize_target = true;
  const Split split = load_split("diabetes", options);
  options.standardize_target = false;
  const Split raw = load_split("diabetes", options);
  EXPECT_EQ(raw.target.scale, 1);
  EXPECT_GT(split.target.scale, 50);
  for (std::size_t i = 0; i < raw.test.rows(); ++i) {
    EXPECT_NEAR(split.target.mean + split.target.scale * static_cast<double>(split.test.target[i]),
                static_cast<double>(raw.test.target[i]), 1e-4);
  }
}

TEST(LoadSplit, LeavesTheFeaturesAloneIfAsked) {
  LoadOptions options;
  options.standardize = false;
  const Split split = load_split("digits", options);
  const auto& values = dense(split.train).values;
  EXPECT_EQ(*std::max_element(values.begin(), values.end()), 16);
}

TEST(LoadSplit, TakesATestFile) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 20; ++i) text += std::to_string(i) + (i % 2 == 0 ? ",a\n" : ",b\n");
  LoadOptions options;
  options.test = folder.file("t.csv", "100,b\n200,a\n300,b\n");
  options.standardize = false;
  const Split split = load_split(folder.file("a.csv", text), options);
  EXPECT_EQ(split.train.rows(), 17);
  EXPECT_EQ(split.validation.rows(), 3);
  EXPECT_THAT(dense(split.test).values, ElementsAre(100, 200, 300));
  EXPECT_THAT(split.test.target, ElementsAre(1, 0, 1));
  folder.file("t.csv", "100,b\n200,c\n");
  EXPECT_EQ(error(folder, folder.path() + "/a.csv", options),
            "t.csv:2: found the class 'c'; expected a class of the training data: a, b");
}

TEST(LoadSplit, WidensSparseDataBeforeScaling) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 20; ++i) text += std::to_string(i % 2) + " 1:2 3:" + std::to_string(i + 1) + "\n";
  LoadOptions options;
  options.test = folder.file("a.t.svm", "1 1:1 7:5\n");
  const Split split = load_split(folder.file("a.svm", text), options);
  EXPECT_EQ(split.train.columns(), 7);
  EXPECT_EQ(split.validation.columns(), 7);
  // Column 7 never occurs in training: nothing was learnt about it, so nothing may come from it.
  EXPECT_THAT(std::get<SparseMatrix>(split.test.features).value, ElementsAre(0.5F, 0));
}

TEST(LoadSplit, ReadsNpyWithLabelFilesForBothSets) {
  const TemporaryFolder folder;
  const auto npy = [&](const char* name, const std::string& shape, const std::string& bytes) {
    const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + "}";
    return folder.file(
        name, std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + bytes);
  };
  LoadOptions options;
  options.label = npy("y.npy", "(8,)", {1, 0, 1, 0, 1, 0, 1, 0});
  options.test = npy("T.npy", "(1, 2)", {9, 9});
  options.test_label = npy("ty.npy", "(1,)", {1});
  options.validation = 0.25;
  const Split split =
      load_split(npy("X.npy", "(8, 2)", {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}), options);
  EXPECT_EQ(split.train.columns(), 2);
  EXPECT_EQ(split.train.rows(), 6);
  EXPECT_THAT(split.test.target, ElementsAre(1));
}

TEST(Load, LooksIntoFolders) {
  const TemporaryFolder folder;
  folder.file("README.md", "words");
  EXPECT_EQ(error(folder, folder.path()).substr(folder.path().size()),
            ": found no data file; expected one, or one with \"train\" and one with \"test\" or \"t10k\" in "
            "its name (" +
                accepted_extensions() + ")");
  folder.file("x.train.svm", "1 1:2\n0 2:3\n");
  EXPECT_FALSE(load(folder.path()).test);
  folder.file("x.test.svm", "1 3:2\n");
  EXPECT_EQ(load(folder.path()).test->columns(), 3);
  folder.file("more.csv", "1,2\n");
  EXPECT_THAT(error(folder, folder.path()), HasSubstr("found 3 data files; expected one, or one with"));
}

TEST(Load, FindsBothSetsOfAnIdxFolder) {
  const TemporaryFolder folder;
  const std::string images{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4},
      labels{0, 0, 8, 1, 0, 0, 0, 2, 0, 1};
  folder.file("train-images-idx3-ubyte.gz", gzip(images));
  folder.file("train-labels-idx1-ubyte.gz", gzip(labels));
  folder.file("t10k-images-idx3-ubyte.gz", gzip(images));
  folder.file("t10k-labels-idx1-ubyte.gz", gzip(labels));
  const Loaded loaded = load(folder.path());
  EXPECT_THAT(dense(loaded.data).values, ElementsAre(1, 2, 3, 4));
  ASSERT_TRUE(loaded.test);
  EXPECT_THAT(loaded.test->target, ElementsAre(0, 1));
}

TEST(Load, RefusesWhatItCannotRead) {
  const TemporaryFolder folder;
  EXPECT_EQ(error(folder, folder.file("a.xlsx", "PK")),
            "a.xlsx: found an unknown kind of file (by its extension); expected " + accepted_extensions());
  folder.file("b.csv", "");
  EXPECT_EQ(error(folder, folder.path() + "/b.cvs"),
            "b.cvs: found no such file; expected an existing file or folder: did you mean 'b.csv'?");
  LoadOptions options;
  options.test = folder.path() + "/none.csv";
  EXPECT_THAT(error(folder, "iris", options), HasSubstr("none.csv: found no such file"));
  options = {};
  options.label = "1";
  EXPECT_THAT(error(folder, "agaricus", options), HasSubstr("label = 1: cannot be chosen"));
  options.label = "specis";
  EXPECT_THAT(error(folder, "iris", options), HasSubstr("did you mean 'species'?"));
}

TEST(Load, ErrorsAreOfTheRightKind) {
  const TemporaryFolder folder;
  const auto kind = [&](const std::string& name) {
    try {
      static_cast<void>(load(name));
    } catch (const Error& e) {
      return e.kind;
    }
    throw std::logic_error("no error");
  };
  EXPECT_EQ(kind("digts"), Error::Kind::usage);
  EXPECT_EQ(kind(folder.path() + "/none.csv"), Error::Kind::input);
  EXPECT_EQ(kind(folder.file("a.csv", "1,2\n1\n")), Error::Kind::input);
}

}  // namespace
}  // namespace thalweg::data::load_test
