// Lines for a model that is there: with or without labels.

#include <gmock/gmock.h>

#include "data/stream.h"
#include "data/temporary.h"

namespace thalweg::data::stream_labels_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct StreamLabelsTest : ::testing::Test {
  SparseBatch read(const std::string& text, StreamLabels labels, bool words = false) {
    StreamOptions options;
    options.labels = labels;
    options.classes = {"-1", "1"};
    if (words) options.hashing = Hashing{.bits = 4};
    SparseStream stream(folder.file("a.svm", text), options);
    SparseBatch batch;
    stream.next(batch, 10);
    return batch;
  }
  std::string error(const std::string& text, StreamLabels labels, bool words = false) {
    return error_of(folder, [&] { static_cast<void>(read(text, labels, words)); });
  }
  TemporaryFolder folder;
};

TEST_F(StreamLabelsTest, TheFirstLineTellsWhetherThereAreAny) {
  const SparseBatch with = read("+1 1:2 3:4\n-1 2:5\n", StreamLabels::found);
  EXPECT_THAT(with.target, ElementsAre(1, 0));
  const SparseBatch without = read("1:2 3:4\n\n2:5\n", StreamLabels::found);
  EXPECT_THAT(without.target, IsEmpty());
  EXPECT_EQ(without.features.value, with.features.value);
  EXPECT_EQ(without.features.column, with.features.column);
  EXPECT_EQ(without.features.row_begin, with.features.row_begin);
  EXPECT_EQ(error("1 1:2\n1:2\n", StreamLabels::found),
            "a.svm:2: found '1:2' at the start of the line; expected LABEL INDEX:VALUE ...");
  EXPECT_EQ(error("1:2\n1 1:2\n", StreamLabels::found),
            "a.svm:2: found '1'; expected INDEX:VALUE, with a whole number from 1 as the index");
  EXPECT_EQ(error("2 1:2\n", StreamLabels::found),
            "a.svm:1: found the class '2'; expected a class of the training data: -1, 1");
}

TEST_F(StreamLabelsTest, IgnoredLabelsMayBeAnything) {
  const SparseBatch batch = read("? 1:2\nnan 1:3\n", StreamLabels::ignored);
  EXPECT_THAT(batch.target, IsEmpty());
  EXPECT_THAT(batch.features.value, ElementsAre(2, 3));
  EXPECT_EQ(error("1:2\n", StreamLabels::ignored),
            "a.svm:1: found '1:2' at the start of the line; expected LABEL INDEX:VALUE ...");
}

TEST_F(StreamLabelsTest, OfWordsANumberIsALabelUnlessItIsToldThatThereAreNone) {
  const SparseBatch words = read("good day\n", StreamLabels::found, true);
  EXPECT_THAT(words.target, IsEmpty());
  EXPECT_EQ(words.features.value.size(), 2U);
  const SparseBatch labelled = read("1 good day\n", StreamLabels::found, true);
  EXPECT_THAT(labelled.target, ElementsAre(1));
  EXPECT_EQ(labelled.features.column, words.features.column);
  EXPECT_EQ(read("spam good day\n", StreamLabels::ignored, true).features.column, words.features.column);
  EXPECT_EQ(read("1 good day\n", StreamLabels::none, true).features.value.size(), 3U);
}

}  // namespace
}  // namespace thalweg::data::stream_labels_test
