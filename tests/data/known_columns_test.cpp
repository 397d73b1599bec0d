#include "data/known_columns.h"

#include <gmock/gmock.h>

#include "data/csv.h"
#include "data/idx.h"
#include "data/npy.h"
#include "data/temporary.h"

namespace thalweg::data::known_columns_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Of a model that has learned "kind" from "width" and "height", in whose file the label came first.
KnownColumns known(Labels labels = Labels::read, const std::string& label = "") {
  return {2, {"width", "height"}, "kind", 0, label, labels};
}

struct Known : ::testing::Test {
  Table read(const std::string& text, const KnownColumns& columns = known()) {
    return read_csv(folder.file("a.csv", text), columns);
  }
  std::string error(const std::string& text, const KnownColumns& columns = known()) {
    return error_of(folder, [&] { static_cast<void>(read(text, columns)); });
  }
  static const std::vector<float>& values(const Table& table) {
    return std::get<DenseMatrix>(table.features).values;
  }
  TemporaryFolder folder;
};

TEST_F(Known, FindsColumnsByTheirNamesInAnyOrder) {
  const Table table = read("height,kind,width\n1,a,2\n3,b,4\n");
  EXPECT_THAT(values(table), ElementsAre(2, 1, 4, 3));
  EXPECT_THAT(table.label, ElementsAre("a", "b"));
  EXPECT_THAT(table.line, ElementsAre(2, 3));
  EXPECT_THAT(values(read("width,height\n1,2\n")), ElementsAre(1, 2));
  EXPECT_THAT(read("height,width\n1,2\n").label, IsEmpty());
}

TEST_F(Known, CountsColumnsWithoutNames) {
  const Table table = read("a,1,2\nb,3,4\n");
  EXPECT_THAT(values(table), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(table.label, ElementsAre("a", "b"));
  EXPECT_THAT(values(read("1,2\n")), ElementsAre(1, 2));
  EXPECT_THAT(read("1,2\n").label, IsEmpty());
  // A model whose data had no names counts where there are some.
  EXPECT_THAT(values(read("x,y,z\n1,2,3\n", {2, {}, "", {}, "", Labels::read})), ElementsAre(1, 2));
}

TEST_F(Known, NamesThatAreNumbersAreNames) {
  const KnownColumns pandas{3, {"0", "1", "2"}, "target", 3, "", Labels::read};
  EXPECT_THAT(values(read("2,1,0\n7,8,9\n", pandas)), ElementsAre(9, 8, 7));
  EXPECT_THAT(read("0,1,2,target\n7,8,9,5\n", pandas).label, ElementsAre("5"));
}

TEST_F(Known, NamesThatAreThereTwiceKeepTheirOrder) {
  const KnownColumns twice{3, {"a", "b", "a"}, "", {}, "", Labels::read};
  EXPECT_THAT(values(read("b,a,a\n1,2,3\n", twice)), ElementsAre(2, 1, 3));
  EXPECT_EQ(error("b,a\n1,2\n", twice),
            "a.csv: found no column 'a'; expected the 3 columns that the model has learned from");
}

TEST_F(Known, OneFeatureWithoutALabelIsATable) {
  EXPECT_THAT(values(read("1\n2\n", {1, {}, "", {}, "", Labels::read})), ElementsAre(1, 2));
}

TEST_F(Known, LeavesLabelsAloneOrTakesEveryColumn) {
  const Table ignored = read("kind,width,height\n?,1,2\n", known(Labels::ignored));
  EXPECT_THAT(values(ignored), ElementsAre(1, 2));
  EXPECT_THAT(ignored.label, IsEmpty());
  EXPECT_EQ(error("1,2,3\n", known(Labels::none)),
            "a.csv: found 3 columns; expected 2, as the model has features");
  EXPECT_EQ(error("kind,width,height\n1,1,2\n", known(Labels::none)),
            "a.csv: found the column 'kind'; expected the 2 columns that the model has learned from");
}

TEST_F(Known, TheUserCanSayWhichColumnIsTheLabel) {
  EXPECT_THAT(read("width,height,sort\n1,2,a\n", known(Labels::read, "sort")).label, ElementsAre("a"));
  EXPECT_THAT(read("1,2,a\n", known(Labels::read, "3")).label, ElementsAre("a"));
  EXPECT_EQ(error("width,height,sort\n1,2,a\n", known(Labels::read, "sorts")),
            "unknown label column of a.csv 'sorts': did you mean 'sort'? (known: width, height, sort)");
  EXPECT_EQ(error("1,2,a\n", known(Labels::read, "4")),
            "a.csv: found 3 columns, so no label column '4'; expected the label column's number from 1 to 3");
}

TEST_F(Known, SaysWhichColumnsAreMissingOrTooMany) {
  EXPECT_EQ(error("width,kind\n1,a\n"),
            "a.csv: found no column 'height'; expected the 2 columns that the model has learned from");
  EXPECT_EQ(error("width,hight,depth,kind\n1,2,3,a\n"),
            "a.csv: found no column 'height', but the columns 'hight', 'depth'; expected the 2 columns that "
            "the model has learned from");
  EXPECT_EQ(error("width,height,a,b,c,d,e\n1,2,3,4,5,6,7\n"),
            "a.csv: found the columns 'a', 'b', 'c' and 2 more; expected the 2 columns that the model has "
            "learned from and maybe the label 'kind'");
  EXPECT_EQ(error("1,2,3,4\n"),
            "a.csv: found 4 columns; expected 2, as the model has features, or 3 with the label");
  EXPECT_EQ(error("1\n"),
            "a.csv: found 1 column; expected 2, as the model has features, or 3 with the label");
  EXPECT_EQ(error("1,2\n1\n"), "a.csv:2: found 1 field; expected 2, as in line 1");
}

TEST_F(Known, NpyHasItsLabelsInAColumnOrAFileOrNot) {
  const std::string path = folder.path() + "/a.npy", labels = folder.path() + "/labels.npy";
  write_npy(path, {{2, 3}, std::vector<float>{7, 1, 2, 8, 3, 4}});
  write_npy(labels, {{2}, std::vector<float>{5, 6}});
  EXPECT_THAT(read_npy_table(path, known()).label, ElementsAre("7", "8"));
  EXPECT_THAT(values(read_npy_table(path, known())), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(read_npy_table(path, known(Labels::ignored)).label, IsEmpty());
  EXPECT_EQ(error_of(folder, [&] { static_cast<void>(read_npy_table(path, known(Labels::read, labels))); }),
            "a.npy: found 3 columns; expected 2, as the model has features");
  write_npy(path, {{2, 2}, std::vector<float>{1, 2, 3, 4}});
  EXPECT_THAT(read_npy_table(path, known(Labels::read, labels)).label, ElementsAre("5", "6"));
  EXPECT_THAT(read_npy_table(path, known()).label, IsEmpty());
}

TEST_F(Known, IdxMayLackItsLabels) {
  const std::string path =
      folder.file("images-idx3", std::string("\0\0\x08\x03\0\0\0\x01\0\0\0\x01\0\0\0\x02\x05\x06", 18));
  EXPECT_THAT(values(read_idx(path, known())), ElementsAre(5, 6));
  EXPECT_THAT(read_idx(path, known()).label, IsEmpty());
  folder.file("labels-idx1", std::string("\0\0\x08\x01\0\0\0\x01\x09", 9));
  EXPECT_THAT(read_idx(path, known()).label, ElementsAre("9"));
  EXPECT_THAT(read_idx(path, known(Labels::ignored)).label, IsEmpty());
  EXPECT_EQ(error_of(folder,
                     [&] {
                       static_cast<void>(read_idx(path, {3, {}, "", {}, "", Labels::read}));
                     }),
            "images-idx3: found 2 features; expected 3, as the model has");
}

}  // namespace
}  // namespace thalweg::data::known_columns_test
