#include "data/csv.h"

#include <clocale>

#include <gmock/gmock.h>

#include "data/temporary.h"

namespace thalweg::data::csv_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Csv : ::testing::Test {
  Table read(const std::string& text, const std::string& label = "") {
    return read_csv(folder.file("a.csv", text), label);
  }
  std::string error(const std::string& text, const std::string& label = "") {
    return error_of(folder, [&] { static_cast<void>(read(text, label)); });
  }
  static const std::vector<float>& values(const Table& table) {
    return std::get<DenseMatrix>(table.features).values;
  }
  TemporaryFolder folder;
};

TEST_F(Csv, ReadsNumbersAndTheLabelInTheLastColumn) {
  const Table table = read("1,2.5,a\n-3e2,+4,b\n");
  EXPECT_THAT(values(table), ElementsAre(1, 2.5F, -300, 4));
  EXPECT_THAT(table.label, ElementsAre("a", "b"));
  EXPECT_THAT(table.line, ElementsAre(1, 2));
  EXPECT_THAT(table.feature_names, IsEmpty());
  EXPECT_EQ(std::get<DenseMatrix>(table.features).rows, 2);
  EXPECT_EQ(std::get<DenseMatrix>(table.features).columns, 2);
}

TEST_F(Csv, FindsAHeaderOverNumbers) {
  const Table table = read("width,height,kind\n1,2,a\n3,4,b\n");
  EXPECT_THAT(table.feature_names, ElementsAre("width", "height"));
  EXPECT_EQ(table.label_name, "kind");
  EXPECT_THAT(values(table), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(table.line, ElementsAre(2, 3));
}

TEST_F(Csv, FindsAHeaderOfWhichOnlyOneFieldIsText) {
  EXPECT_THAT(read("width,2020,kind\n1,2,a\n3,4,b\n").feature_names, ElementsAre("width", "2020"));
  // Only the label column tells, and only after all of it is read.
  const Table table = read("7,9,target\n1,2,0\n3,4,1\n");
  EXPECT_THAT(table.feature_names, ElementsAre("7", "9"));
  EXPECT_THAT(values(table), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(table.label, ElementsAre("0", "1"));
  EXPECT_THAT(table.line, ElementsAre(2, 3));
  // pandas names the columns of a bare table 0, 1, 2, ...
  EXPECT_THAT(read("0,1,2,kind\n5,6,7,a\n8,9,1,b\n").feature_names, ElementsAre("0", "1", "2"));
}

TEST_F(Csv, TakesNoDataForAHeader) {
  EXPECT_EQ(read("1,2,a\n3,4,b\n").label.size(), 2);
  EXPECT_EQ(read("T,2,8\nI,5,12\n", "1").label.size(), 2);
  EXPECT_EQ(read("5,2,8,a\n3,5,12,b\n").label.size(), 2);
  // A missing value in the first line is an error there, not a name.
  EXPECT_EQ(error("1,NA,a\n3,4,b\n"), "a.csv:1: found 'NA' in column 2; expected a number");
}

TEST_F(Csv, TakesTheLabelByNameOrNumber) {
  EXPECT_THAT(read("kind,w,h\na,1,2\nb,3,4\n", "kind").label, ElementsAre("a", "b"));
  EXPECT_THAT(read("a,1,2\nb,3,4\n", "1").label, ElementsAre("a", "b"));
  const Table middle = read("w,kind,h\n1,a,2\n3,b,4\n", "2");
  EXPECT_THAT(middle.label, ElementsAre("a", "b"));
  EXPECT_THAT(middle.feature_names, ElementsAre("w", "h"));
  EXPECT_THAT(values(middle), ElementsAre(1, 2, 3, 4));
}

TEST_F(Csv, TakesTheOnlyColumnWithTextForTheLabelUnlessItIsGiven) {
  EXPECT_THAT(read("a,1,2\nb,3,4\n").label, ElementsAre("a", "b"));
  EXPECT_THAT(read("kind,w,h\na,1,2\nb,3,4\n").label, ElementsAre("a", "b"));
  EXPECT_THAT(read("1,2,3\n4,5,6\n").label, ElementsAre("3", "6"));
  EXPECT_THAT(error("a,x,2\nb,y,4\n"), HasSubstr("found 'a' in column 1"));
  EXPECT_THAT(error("1,2,3\n1,x,3\n"), HasSubstr("found 'x' in column 2"));
  EXPECT_THAT(error("a,1,2\nb,3,4\n", "3"), HasSubstr("found 'a' in column 1"));
  EXPECT_THAT(error("a,1,2\nb,3,4\n", "kind"), HasSubstr("no header line"));
}

TEST_F(Csv, ReadsQuotesCrlfBlanksAndTheByteOrderMark) {
  const Table table = read(
      "\xEF\xBB\xBF\r\n\"wid\"\"th\", \"a,b\" ,kind\r\n\r\n 1 ,\"2\",\"x\ny\"\r\n3 , 4,\"z, "
      "\"\"q\"\"\"\r\n\r\n");
  EXPECT_THAT(table.feature_names, ElementsAre("wid\"th", "a,b"));
  EXPECT_THAT(values(table), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(table.label, ElementsAre("x\ny", "z, \"q\""));
  EXPECT_THAT(table.line, ElementsAre(4, 6));
}

TEST_F(Csv, FindsTheDelimiter) {
  EXPECT_THAT(values(read("1;2;a\n3;4;b\n")), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(values(read("1\t2\ta\n3\t4\tb\n")), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(read("\"a, b, c\";\"d, e\";kind\n3;4;b\n").feature_names, ElementsAre("a, b, c", "d, e"));
}

TEST_F(Csv, ReadsGzipByContentWhateverTheName) {
  EXPECT_THAT(values(read(gzip("1,2,a\n3,4,b\n"))), ElementsAre(1, 2, 3, 4));
}

TEST_F(Csv, ReadsTheSameInEveryLocale) {
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"}) std::setlocale(LC_ALL, name);
  EXPECT_THAT(values(read("1.5,a\n2.25,b\n")), ElementsAre(1.5F, 2.25F));
  std::setlocale(LC_ALL, "C");
}

TEST_F(Csv, RoundsTinyNumbersToZeroAndRefusesHugeOnes) {
  const Table table = read("1e-50,1e-400,1e-40,a\n-1e-60,0.5,3.4e38,b\n");
  EXPECT_THAT(values(table), ElementsAre(0, 0, 1e-40F, -0.0F, 0.5F, 3.4e38F));
  EXPECT_EQ(error("1,1e39,a\n"),
            "a.csv:1: found '1e39' in column 2; expected a number of at most 3.4e38 in size");
  EXPECT_EQ(error("1,-1e999,a\n"),
            "a.csv:1: found '-1e999' in column 2; expected a number of at most 3.4e38 in size");
}

TEST_F(Csv, RefusesRaggedRows) {
  EXPECT_EQ(error("1,2,a\n3,4,b\n5,c\n"), "a.csv:3: found 2 fields; expected 3, as in line 1");
  EXPECT_EQ(error("x,y,kind\n1,2,a\n\n3,4,5,6,b\n"), "a.csv:4: found 5 fields; expected 3, as in line 1");
  EXPECT_EQ(error("1,2,a\n3,4,b,\n"), "a.csv:2: found 4 fields; expected 3, as in line 1");
  EXPECT_EQ(error("1,2,a\n3\n"), "a.csv:2: found 1 field; expected 3, as in line 1");
}

TEST_F(Csv, RefusesTextInAFeature) {
  const std::string hint = " (text may only stand in the label column, which is column 3 here)";
  EXPECT_EQ(error("1,2,a\n3,oops,b\n"), "a.csv:2: found 'oops' in column 2; expected a number" + hint);
  EXPECT_EQ(error("x,y,kind\n1,2,a\n3,4z,b\n"),
            "a.csv:3: found '4z' in column 2 ('y'); expected a number" + hint);
  EXPECT_EQ(error("x,y,kind\n1,,a\n"), "a.csv:2: found '' in column 2 ('y'); expected a number");
  EXPECT_EQ(error("1,0x10,a\n"), "a.csv:1: found '0x10' in column 2; expected a number" + hint);
  EXPECT_EQ(error("T,2,8\nI,5,12\n", "3"), "a.csv:1: found 'T' in column 1; expected a number" + hint);
}

TEST_F(Csv, RefusesNanAndInfinity) {
  EXPECT_EQ(error("1,2,a\nnan,4,b\n"), "a.csv:2: found 'nan' in column 1; expected a finite number");
  EXPECT_EQ(error("x,y,kind\n1,-inf,a\n"),
            "a.csv:2: found '-inf' in column 2 ('y'); expected a finite number");
}

TEST_F(Csv, RefusesALabelColumnThatIsNotThere) {
  EXPECT_EQ(error("width,height,kind\n1,2,a\n", "knd"),
            "unknown label column of a.csv 'knd': did you mean 'kind'? (known: width, height, kind)");
  EXPECT_EQ(error("1,2,a\n", "4"),
            "a.csv: found 3 columns, so no label column 4; expected the label column's number from 1 to 3, "
            "or its name");
  EXPECT_THAT(error("1,2,a\n", "0"),
              HasSubstr("no label column 0; expected the label column's number from 1 to 3"));
  EXPECT_THAT(error("1,2,a\n", "1.5"), HasSubstr("no label column 1.5"));
  EXPECT_THAT(error("1,2,3\n", "kind"), HasSubstr("no header line, so no label column named 'kind'"));
}

TEST_F(Csv, RefusesFilesWithoutData) {
  EXPECT_EQ(error(""), "a.csv: found an empty file; expected rows of comma-separated numbers");
  EXPECT_EQ(error("\n \r\n"), "a.csv: found blank lines only; expected rows of comma-separated numbers");
  EXPECT_EQ(error("x,y,kind\n"),
            "a.csv:1: found a header and nothing after it; expected rows of numbers below it");
  EXPECT_EQ(error("1\n2\n"),
            "a.csv:1: found one column only ('1'); expected features and a label, separated by commas, "
            "semicolons or "
            "tabs");
}

TEST_F(Csv, RefusesBrokenQuotes) {
  EXPECT_EQ(error("1,2,a\n3,4,\"b\n5,6,c\n"),
            "a.csv:2: found a quote that is never closed; expected a closing \"");
  EXPECT_THAT(error("1,2,a\n3,4,\"b\"x\n"),
              HasSubstr("a.csv:2: found text after the closing quote of \"b\""));
}

}  // namespace
}  // namespace thalweg::data::csv_test
