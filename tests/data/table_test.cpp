#include "data/table.h"

#include <gmock/gmock.h>

#include "data/temporary.h"

namespace thalweg::data::table_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A table of one column, with these labels in lines 1, 2, ...
Table table_of(std::vector<std::string> labels, const std::string& file = "a.csv") {
  Table table;
  table.file = file;
  table.features = DenseMatrix{labels.size(), 1, std::vector<float>(labels.size(), 1.0F)};
  for (std::size_t i = 0; i < labels.size(); ++i) table.line.push_back(i + 1);
  table.label = std::move(labels);
  return table;
}

Dataset dataset_of(std::vector<std::string> labels, std::optional<Task> task = std::nullopt) {
  return make_dataset(table_of(std::move(labels)), task);
}

std::string error(std::vector<std::string> labels, std::optional<Task> task = std::nullopt) {
  try {
    static_cast<void>(dataset_of(std::move(labels), task));
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Labels, TextBecomesClassesInNaturalOrder) {
  const Dataset data = dataset_of({"class_10", "class_2", "class_10", "apple"});
  EXPECT_EQ(data.task, Task::classification);
  EXPECT_THAT(data.class_names, ElementsAre("apple", "class_2", "class_10"));
  EXPECT_THAT(data.target, ElementsAre(2, 1, 2, 0));
}

TEST(Labels, WholeNumbersBecomeClassesByValue) {
  const Dataset data = dataset_of({"10", "+1", "-1", "1.0", "9", "1e1"});
  EXPECT_EQ(data.task, Task::classification);
  EXPECT_THAT(data.class_names, ElementsAre("-1", "1", "9", "10"));
  EXPECT_THAT(data.target, ElementsAre(3, 1, 0, 1, 2, 3));
  EXPECT_THAT(dataset_of({"-0", "0", "1"}).class_names, ElementsAre("0", "1"));
}

TEST(Labels, FractionsMeanRegression) {
  const Dataset data = dataset_of({"1", "2.5", "-3"});
  EXPECT_EQ(data.task, Task::regression);
  EXPECT_THAT(data.target, ElementsAre(1, 2.5F, -3));
  EXPECT_THAT(data.class_names, IsEmpty());
}

TEST(Labels, TheTaskCanBeTold) {
  EXPECT_THAT(dataset_of({"1", "2", "2"}, Task::regression).target, ElementsAre(1, 2, 2));
  EXPECT_THAT(dataset_of({"0.5", "1.5", "0.5"}, Task::classification).class_names, ElementsAre("0.5", "1.5"));
  EXPECT_EQ(error({"1", "tall"}, Task::regression),
            "a.csv:2: found 'tall' as the value to predict; expected a number");
  EXPECT_EQ(error({"1", "1e50"}, Task::regression),
            "a.csv:2: found '1e50' as the value to predict; expected a number of at most 3.4e38 in size");
}

TEST(Labels, WholeNumbersThatMayBeEitherAreAskedAbout) {
  std::vector<std::string> labels;
  for (int i = 0; i < 60; ++i) labels.push_back(std::to_string(i % 30));
  EXPECT_EQ(error(labels),
            "a.csv: found 30 different whole numbers as labels of 60 rows, which may be classes or values; "
            "expected the "
            "task to be told: classification or regression");
  EXPECT_EQ(dataset_of(labels, Task::classification).classes(), 30);
  EXPECT_EQ(dataset_of(labels, Task::regression).task, Task::regression);
}

TEST(Labels, MissingAndNonFiniteOnesAreRefused) {
  EXPECT_EQ(error({"a", ""}), "a.csv:2: found a missing label ''; expected a class or a number");
  EXPECT_EQ(error({"1", "?"}), "a.csv:2: found a missing label '?'; expected a class or a number");
  EXPECT_EQ(error({"1", "2", "NA"}),
            "a.csv:3: found a missing label 'NA'; expected a number, as in the other rows");
  EXPECT_EQ(error({"1", "nan"}), "a.csv:2: found 'nan' as the label; expected a class or a finite number");
  EXPECT_EQ(error({"0.5", "-inf"}),
            "a.csv:2: found '-inf' as the label; expected a class or a finite number");
  // Namibia, not a hole.
  EXPECT_THAT(dataset_of({"DE", "NA", "FR"}).class_names, ElementsAre("DE", "FR", "NA"));
}

TEST(Labels, OneClassOnlyIsRefused) {
  EXPECT_EQ(error({"spam", "spam", "spam"}),
            "a.csv: found one class only ('spam' in all 3 rows); expected at least two classes");
  EXPECT_EQ(error({"1", "1.0"}),
            "a.csv: found one class only ('1' in all 2 rows); expected at least two classes");
}

TEST(Labels, RowsWithoutFeaturesAreRefused) {
  Table table = table_of({"a", "b"});
  table.features = SparseMatrix{2, 0, {0, 0, 0}, {}, {}};
  EXPECT_THAT(error_of(TemporaryFolder(), [&] { static_cast<void>(make_dataset(std::move(table), {})); }),
              HasSubstr("a.csv: found labels only"));
}

struct TestSet : ::testing::Test {
  Dataset train = dataset_of({"b", "a", "b"});
  Dataset test(Table table) { return make_test_dataset(std::move(table), train); }
  std::string test_error(Table table) {
    return error_of(TemporaryFolder(), [&] { static_cast<void>(test(std::move(table))); });
  }
};

TEST_F(TestSet, UsesTheClassesOfTheTrainingData) {
  const Dataset data = test(table_of({"b", "b"}, "t.csv"));
  EXPECT_THAT(data.target, ElementsAre(1, 1));
  EXPECT_THAT(data.class_names, ElementsAre("a", "b"));
}

TEST_F(TestSet, NamesAClassThatTheTrainingDataLacks) {
  EXPECT_EQ(test_error(table_of({"b", "c"}, "t.csv")),
            "t.csv:2: found the class 'c'; expected a class of the training data: a, b");
}

TEST_F(TestSet, TakesTheTaskOfTheTrainingData) {
  train = dataset_of({"0.5", "1.5"});
  EXPECT_THAT(test(table_of({"3", "4"})).target, ElementsAre(3, 4));
  EXPECT_EQ(test(table_of({"3", "4"})).task, Task::regression);
}

TEST_F(TestSet, AgreesInColumns) {
  Table wide = table_of({"a"}, "t.csv");
  wide.features = DenseMatrix{1, 2, {1, 2}};
  EXPECT_EQ(test_error(wide), "t.csv: found 2 feature columns; expected 1, as in the training data");
  Table sparse = table_of({"a"}, "t.svm");
  sparse.features = SparseMatrix{1, 1, {0, 1}, {0}, {1}};
  EXPECT_THAT(test_error(sparse), HasSubstr("t.svm: found data of another kind than the training data"));
  train.feature_names = {"width"};
  Table named = table_of({"a"}, "t.csv");
  named.feature_names = {"height"};
  EXPECT_EQ(test_error(named),
            "t.csv: found feature 1 named 'height'; expected 'width', as in the training data");
}

TEST_F(TestSet, WidensSparseDataToTheLarger) {
  const auto sparse = [](std::size_t columns) {
    Table table = table_of({"a", "b"});
    table.features = SparseMatrix{2, columns, {0, 1, 1}, {0}, {1}};
    return table;
  };
  for (const auto& [train_columns, test_columns] : {std::pair<std::size_t, std::size_t>{3, 5}, {5, 3}}) {
    train = make_dataset(sparse(train_columns), {});
    EXPECT_EQ(test(sparse(test_columns)).columns(), 5);
    EXPECT_EQ(train.columns(), 5);
  }
}

}  // namespace
}  // namespace thalweg::data::table_test
