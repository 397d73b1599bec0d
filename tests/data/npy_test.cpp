#include "data/npy.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include <gmock/gmock.h>

#include "data/files.h"
#include "data/temporary.h"

namespace thalweg::data::npy_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string npy(const std::string& type, const std::string& shape, const std::string& elements,
                const std::string& fortran = "False", int version = 1) {
  const std::string header =
      "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
  std::string bytes = "\x93NUMPY";
  bytes += {static_cast<char>(version), '\0', static_cast<char>(header.size()), '\0'};
  if (version > 1) bytes += std::string(2, '\0');
  return bytes + header + elements;
}

struct Npy : ::testing::Test {
  NpyArray read(const std::string& bytes) { return read_npy(folder.file("a.npy", bytes)); }
  std::string error(const std::string& bytes) {
    return error_of(folder, [&] { static_cast<void>(read(bytes)); });
  }
  std::string table_error(const std::string& bytes, const std::string& label = "") {
    const std::string path = folder.file("a.npy", bytes);
    return error_of(folder, [&] { static_cast<void>(read_npy_table(path, label)); });
  }
  TemporaryFolder folder;
};

TEST_F(Npy, WritesWhatItReadsBitForBit) {
  const std::string path = folder.path() + "/a.npy";
  const std::vector<float> single{1.5F, -0.0F, std::numeric_limits<float>::infinity(), 1e-45F, 3, 4};
  const std::vector<double> wide{0.1, std::nan(""), -1e300};
  write_npy(path, {{2, 3}, single});
  NpyArray back = read_npy(path);
  EXPECT_THAT(back.shape, ElementsAre(2, 3));
  ASSERT_FALSE(back.is_double());
  EXPECT_EQ(bytes_of(std::get<std::vector<float>>(back.values)), bytes_of(single));
  write_npy(path, {{3}, wide});
  back = read_npy(path);
  EXPECT_THAT(back.shape, ElementsAre(3));
  ASSERT_TRUE(back.is_double());
  EXPECT_EQ(bytes_of(std::get<std::vector<double>>(back.values)), bytes_of(wide));
  write_npy(path, {{0, 7}, std::vector<double>{}});
  EXPECT_THAT(read_npy(path).shape, ElementsAre(0, 7));
}

TEST_F(Npy, WritesNumpysOwnHeader) {
  const std::string path = folder.path() + "/a.npy";
  write_npy(path, {{2}, std::vector<float>{1, 2}});
  const std::string bytes = read_file(path);
  EXPECT_EQ(bytes.substr(0, 70), std::string("\x93NUMPY\x01\x00\x76\x00", 10) +
                                     "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }   ");
  EXPECT_EQ(bytes.size(), 128 + 8);
  EXPECT_EQ(bytes[127], '\n');
  write_npy(path, {{1, 2}, std::vector<double>{1, 2}});
  EXPECT_THAT(read_file(path), HasSubstr("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }"));
}

TEST_F(Npy, ReadsFortranOrderAndAllVersions) {
  const std::string elements = bytes_of<float>({1, 2, 3, 4, 5, 6});
  EXPECT_THAT(std::get<0>(read(npy("<f4", "(2, 3)", elements)).values), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(std::get<0>(read(npy("<f4", "(2, 3)", elements, "True")).values),
              ElementsAre(1, 3, 5, 2, 4, 6));
  EXPECT_THAT(std::get<0>(read(npy("<f4", "(6,)", elements, "True", 2)).values),
              ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(read(npy("<f4", "( 3 , 2 )", elements, "False", 3)).shape[0], 3);
  EXPECT_EQ(read(gzip(npy("<f4", "(6,)", elements))).size(), 6);
}

TEST_F(Npy, ReadsEveryIntegerType) {
  const auto values = [&](const std::string& type, const std::string& elements) {
    return std::get<std::vector<double>>(read(npy(type, "(2,)", elements)).values);
  };
  EXPECT_THAT(values("|i1", bytes_of<std::int8_t>({-128, 127})), ElementsAre(-128, 127));
  EXPECT_THAT(values("<i2", bytes_of<std::int16_t>({-32768, 7})), ElementsAre(-32768, 7));
  EXPECT_THAT(values("<i4", bytes_of<std::int32_t>({-2147483647, 7})), ElementsAre(-2147483647, 7));
  EXPECT_THAT(values("<i8", bytes_of<std::int64_t>({-(std::int64_t{1} << 53), 7})), ElementsAre(-0x1p53, 7));
  EXPECT_THAT(values("|u1", bytes_of<std::uint8_t>({0, 255})), ElementsAre(0, 255));
  EXPECT_THAT(values("<u2", bytes_of<std::uint16_t>({0, 65535})), ElementsAre(0, 65535));
  EXPECT_THAT(values("<u4", bytes_of<std::uint32_t>({0, 4294967295U})), ElementsAre(0, 4294967295.0));
  EXPECT_THAT(values("<u8", bytes_of<std::uint64_t>({0, 1ULL << 63U})), ElementsAre(0, 0x1p63));
  EXPECT_THAT(values("|b1", bytes_of<std::uint8_t>({0, 1})), ElementsAre(0, 1));
}

TEST_F(Npy, RefusesSizesThatAreNotThere) {
  EXPECT_EQ(
      error(npy("<f4", "(2, 3)", std::string(20, '\0'))),
      "a.npy: found 20 bytes of elements; expected 24 bytes, as the header says (2 x 3 elements of type f4)");
  EXPECT_EQ(error(npy("<f8", "(1,)", std::string(9, '\0'))),
            "a.npy: found 9 bytes of elements; expected 8 bytes, as the header says (1 elements of type f8)");
  EXPECT_EQ(error(npy("<f8", "(4294967296, 4294967296)", "")),
            "a.npy: found 0 bytes of elements; expected far more bytes, as the header says (4294967296 x "
            "4294967296 "
            "elements of type f8)");
  // Four bytes each would be counted, but the doubles that they become would not.
  EXPECT_EQ(error(npy("<i4", "(3700070955161500000, 0)", "")),
            "a.npy: found 0 bytes of elements; expected far more bytes, as the header says "
            "(3700070955161500000 x 0 elements of type i4)");
  EXPECT_THAT(read(npy("<i4", "(2305843009213693951, 0)", "")).shape, ElementsAre(2305843009213693951U, 0));
  EXPECT_EQ(error(npy("<f4", "(2,)", "").substr(0, 30)),
            "a.npy: found a header that is cut off; expected 58 bytes of header");
}

TEST_F(Npy, RefusesOtherFilesTypesAndShapes) {
  EXPECT_THAT(error(""), HasSubstr("a.npy: found an empty file; expected a .npy file"));
  EXPECT_THAT(error("PK\x03\x04 and more of it"),
              HasSubstr("a.npy: found another kind of file; expected a .npy file"));
  EXPECT_THAT(error(npy("<f4", "(1,)", "abcd", "False", 9)),
              HasSubstr("version 9; expected version 1, 2 or 3"));
  const std::string types = "; expected little-endian f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 or b1";
  EXPECT_EQ(error(npy(">f4", "(1,)", "abcd")), "a.npy: found elements of type '>f4'" + types);
  EXPECT_EQ(error(npy("<f2", "(1,)", "ab")), "a.npy: found elements of type 'f2'" + types);
  EXPECT_EQ(error(npy("|O", "(1,)", "ab")), "a.npy: found elements of type '|O'" + types);
  EXPECT_EQ(error(npy("<f4", "(1, 1, 1)", "abcd")),
            "a.npy: found an array of 3 dimensions; expected 1 or 2 dimensions");
  EXPECT_EQ(error(npy("<f4", "()", "abcd")),
            "a.npy: found an array of 0 dimensions; expected 1 or 2 dimensions");
  for (const char* shape : {"(x,)", "(1", "1", "(1 2)", "(-1,)"}) {
    EXPECT_THAT(error(npy("<f4", shape, "abcd")), HasSubstr("expected a .npy header")) << shape;
  }
}

TEST_F(Npy, ReadsATableWithTheLabelInAColumnOrInAFile) {
  const std::string matrix = npy("<f8", "(2, 3)", bytes_of<double>({1, 2, 0, 3, 4, 1}));
  const std::string path = folder.file("X.npy", matrix);
  const Table last = read_npy_table(path, "");
  EXPECT_THAT(std::get<DenseMatrix>(last.features).values, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(last.label, ElementsAre("0", "1"));
  EXPECT_THAT(read_npy_table(path, "1").label, ElementsAre("1", "3"));
  const Table both =
      read_npy_table(path, folder.file("y.npy", npy("<i8", "(2,)", bytes_of<std::int64_t>({7, -1}))));
  EXPECT_EQ(std::get<DenseMatrix>(both.features).columns, 3);
  EXPECT_THAT(both.label, ElementsAre("7", "-1"));
  EXPECT_EQ(
      read_npy_table(path, folder.file("y.npy", npy("<f4", "(2, 1)", bytes_of<float>({0.5F, 2})))).label[0],
      "0.5");
}

TEST_F(Npy, RefusesTablesThatCannotBeLearntFrom) {
  const std::string matrix = npy("<f8", "(2, 3)", bytes_of<double>({1, 2, 0, 3, 4, 1}));
  EXPECT_EQ(table_error(matrix, "4"),
            "a.npy: found 3 columns without names, so no label column '4'; expected a number from 1 to 3, or "
            "a .npy "
            "file of labels");
  EXPECT_EQ(table_error(npy("<f8", "(2, 2)", bytes_of<double>({1, 0, std::nan(""), 1}))),
            "a.npy, row 2: found nan in column 1; expected a finite number");
  EXPECT_EQ(table_error(npy("<f8", "(1, 2)", bytes_of<double>({-1e300, 0}))),
            "a.npy, row 1: found -1e+300 in column 1; expected a number of at most 3.4e38 in size");
  EXPECT_THAT(table_error(npy("<f8", "(2,)", bytes_of<double>({1, 0}))),
              HasSubstr("found an array of 1 dimension;"));
  EXPECT_THAT(table_error(npy("<f8", "(0, 2)", "")), HasSubstr("a.npy: found an empty array"));
  // At once, however many rows there are of nothing.
  EXPECT_THAT(table_error(npy("<f8", "(73709551615, 0)", "")), HasSubstr("a.npy: found an empty array"));
  EXPECT_EQ(table_error(matrix, folder.file("y.npy", npy("<f4", "(3,)", std::string(12, '\0')))),
            "y.npy: found 3 labels; expected one for each of the 2 rows of data");
}

}  // namespace
}  // namespace thalweg::data::npy_test
