#include "data/idx.h"

#include <gmock/gmock.h>

#include "data/temporary.h"

namespace thalweg::data::idx_test {
namespace {

using ::testing::ElementsAre;

std::string header(int type, const std::vector<unsigned>& shape) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(shape.size())};
  for (const unsigned length : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(length >> shift & 255U);
  }
  return bytes;
}

const std::string two_images = header(8, {2, 1, 3}) + std::string("\x00\x01\x02\xff\x10\x20", 6);
const std::string two_labels = header(8, {2}) + std::string("\x07\x00", 2);

struct Idx : ::testing::Test {
  Table read(const std::string& images, const std::string& labels) {
    folder.file("train-labels-idx1-ubyte", labels);
    return read_idx(folder.file("train-images-idx3-ubyte", images));
  }
  std::string error(const std::string& images, const std::string& labels) {
    return error_of(folder, [&] { static_cast<void>(read(images, labels)); });
  }
  TemporaryFolder folder;
};

TEST_F(Idx, ReadsBytesAsTheyAre) {
  const Table table = read(two_images, gzip(two_labels));
  const auto& m = std::get<DenseMatrix>(table.features);
  EXPECT_EQ(m.rows, 2);
  EXPECT_EQ(m.columns, 3);
  EXPECT_THAT(m.values, ElementsAre(0, 1, 2, 255, 16, 32));
  EXPECT_THAT(table.label, ElementsAre("7", "0"));
}

TEST_F(Idx, FindsACompressedLabelsFileBesidePlainImages) {
  folder.file("t10k-labels-idx1-ubyte.gz", gzip(two_labels));
  EXPECT_EQ(read_idx(folder.file("t10k-images-idx3-ubyte", two_images)).label.size(), 2);
}

TEST_F(Idx, RefusesWhatIsCutOffOrTooLong) {
  const std::string images = "train-images-idx3-ubyte", labels = "train-labels-idx1-ubyte";
  EXPECT_EQ(error(two_images.substr(0, 21), two_labels),
            images + ": found 5 bytes of elements; expected 2 x 1 x 3 of one byte each, as the header says");
  EXPECT_EQ(error(two_images + "x", two_labels),
            images + ": found 7 bytes of elements; expected 2 x 1 x 3 of one byte each, as the header says");
  EXPECT_EQ(error(two_images.substr(0, 10), two_labels),
            images + ": found a header that is cut off after 10 bytes; expected 16 bytes");
  EXPECT_EQ(error("", two_labels), images + ": found an empty file; expected an IDX file");
  EXPECT_EQ(error(two_images, header(8, {3}) + std::string(3, '\1')),
            labels + ": found 3 labels; expected 2, one for each image");
  EXPECT_EQ(error(header(8, {0, 2, 2}), two_labels),
            images + ": found no elements (0 x 2 x 2); expected at least one");
}

TEST_F(Idx, RefusesHugeSizesWithoutAllocatingThem) {
  EXPECT_EQ(error(header(8, {0xffffffffU, 0xffffffffU, 0xffffffffU}) + "x", two_labels),
            "train-images-idx3-ubyte: found 1 bytes of elements; expected 4294967295 x 4294967295 x "
            "4294967295 of one "
            "byte each, as the header says");
}

TEST_F(Idx, RefusesOtherKinds) {
  const std::string images = "train-images-idx3-ubyte";
  EXPECT_EQ(error("P5 2 2 255", two_labels),
            images + ": found another kind of file; expected an IDX file, which starts with two zero bytes");
  EXPECT_EQ(error(header(13, {1, 1}) + "abcd", two_labels),
            images + ": found IDX element type 13; expected 8: unsigned bytes");
  EXPECT_EQ(error(two_labels, two_labels),
            images + ": found 1 dimensions; expected images: 2 dimensions or more");
  EXPECT_EQ(error(two_images, two_images),
            "train-labels-idx1-ubyte: found 3 dimensions; expected labels: 1 dimension");
}

TEST_F(Idx, SaysWhichLabelsFileIsMissing) {
  const std::string path = folder.file("x-images-idx3-ubyte", two_images);
  EXPECT_EQ(error_of(folder, [&] { static_cast<void>(read_idx(path)); }),
            "x-labels-idx1-ubyte: found no such file; expected an existing file or folder: did you mean "
            "'x-images-idx3-ubyte'?");
  const std::string other = folder.file("pictures.idx", two_images);
  EXPECT_THAT(error_of(folder, [&] { static_cast<void>(read_idx(other)); }),
              ::testing::HasSubstr("pictures.idx: found a name without \"images\""));
}

}  // namespace
}  // namespace thalweg::data::idx_test
