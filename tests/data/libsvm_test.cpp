#include "data/libsvm.h"

#include <gmock/gmock.h>

#include "data/temporary.h"

namespace thalweg::data::libsvm_test {
namespace {

using ::testing::ElementsAre;

struct Libsvm : ::testing::Test {
  Table read(const std::string& text) { return read_libsvm(folder.file("a.svm", text)); }
  std::string error(const std::string& text) {
    return error_of(folder, [&] { static_cast<void>(read(text)); });
  }
  TemporaryFolder folder;
};

TEST_F(Libsvm, ReadsRowsWithIndicesFromOne) {
  const Table table = read("# made by hand\n+1 1:0.5 4:-2e1  # a comment\r\n\n-1\n-1 2:1 3:+3 \n");
  const auto& m = std::get<SparseMatrix>(table.features);
  EXPECT_EQ(m.rows, 3);
  EXPECT_EQ(m.columns, 4);
  EXPECT_THAT(m.row_begin, ElementsAre(0, 2, 2, 4));
  EXPECT_THAT(m.column, ElementsAre(0, 3, 1, 2));
  EXPECT_THAT(m.value, ElementsAre(0.5F, -20, 1, 3));
  EXPECT_THAT(table.label, ElementsAre("+1", "-1", "-1"));
  EXPECT_THAT(table.line, ElementsAre(2, 4, 5));
}

TEST_F(Libsvm, CountsExplicitZerosForTheWidthOnly) {
  const Table table = read("1 1:2 9:0\n2 3:1e-60\n");
  const auto& m = std::get<SparseMatrix>(table.features);
  EXPECT_EQ(m.columns, 9);
  EXPECT_THAT(m.value, ElementsAre(2));
}

TEST_F(Libsvm, ReadsGzipAndALastLineWithoutEnd) {
  const Table table = read(gzip("1 1:2\n0 2:3"));
  EXPECT_EQ(table.label.size(), 2);
  EXPECT_EQ(std::get<SparseMatrix>(table.features).columns, 2);
}

TEST_F(Libsvm, RefusesBadIndices) {
  EXPECT_EQ(error("1 1:2\n1 0:5\n"),
            "a.svm:2: found index 0 in '0:5'; expected indices from 1 (add 1 to every index)");
  EXPECT_EQ(error("1 3:2 3:1\n"), "a.svm:1: found the repeated index 3 after 3; expected increasing indices");
  EXPECT_EQ(error("1 1:1\n0 3:2 2:1\n"),
            "a.svm:2: found the unordered index 2 after 3; expected increasing indices");
  EXPECT_EQ(error("1 2147483649:1\n"),
            "a.svm:1: found the index in '2147483649:1'; expected an index of at most 2147483648");
  EXPECT_EQ(error("1 99999999999999999999:1\n"),
            "a.svm:1: found the index in '99999999999999999999:1'; expected an index of at most 2147483648");
  const std::string accepted = "; expected INDEX:VALUE, with a whole number from 1 as the index";
  EXPECT_EQ(error("1 -1:1\n"), "a.svm:1: found '-1:1'" + accepted);
  EXPECT_EQ(error("1 x:1\n"), "a.svm:1: found 'x:1'" + accepted);
  EXPECT_EQ(error("1 1.5:1\n"), "a.svm:1: found '1.5:1'" + accepted);
  EXPECT_EQ(error("1 5\n"), "a.svm:1: found '5'" + accepted);
  EXPECT_EQ(error("1 1 :5\n"), "a.svm:1: found '1'" + accepted);
}

TEST_F(Libsvm, RefusesBadValuesAndLabels) {
  EXPECT_EQ(error("1 1:\n"), "a.svm:1: found '' as the value of index 1; expected a number");
  EXPECT_EQ(error("1 1:2:3\n"), "a.svm:1: found '2:3' as the value of index 1; expected a number");
  EXPECT_EQ(error("1 7:nan\n"), "a.svm:1: found 'nan' as the value of index 7; expected a finite number");
  EXPECT_EQ(error("1 7:-inf\n"), "a.svm:1: found '-inf' as the value of index 7; expected a finite number");
  EXPECT_EQ(error("1 7:1e40\n"),
            "a.svm:1: found '1e40' as the value of index 7; expected a number of at most 3.4e38 in size");
  EXPECT_EQ(error("1:2 2:3\n"),
            "a.svm:1: found '1:2' at the start of the line; expected LABEL INDEX:VALUE ...");
  const std::string label = " as the label; expected a number (-1 or +1, 0 or 1, a class number or a value)";
  EXPECT_EQ(error("1 1:1\nspam 2:3\n"), "a.svm:2: found 'spam'" + label);
  EXPECT_EQ(error("1,3 2:3\n"), "a.svm:1: found '1,3'" + label);
}

TEST_F(Libsvm, RefusesRankingQueriesWithTheReason) {
  EXPECT_EQ(error("3 qid:1 1:1\n"), "a.svm:1: found 'qid:1'; expected no qid: no model here learns to rank");
}

TEST_F(Libsvm, RefusesFilesWithoutData) {
  EXPECT_EQ(error(""), "a.svm: found an empty file; expected lines of LABEL INDEX:VALUE ...");
  EXPECT_EQ(error("# nothing\n\n"), "a.svm: found no rows of data; expected lines of LABEL INDEX:VALUE ...");
}

}  // namespace
}  // namespace thalweg::data::libsvm_test
