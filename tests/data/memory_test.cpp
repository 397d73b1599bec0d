// That no file makes a reader allocate more than a stated multiple of its size: the worst that its format
// allows, and what lies about its sizes.

#include <gtest/gtest.h>

#include "data/counted_memory.h"
#include "data/csv.h"
#include "data/idx.h"
#include "data/libsvm.h"
#include "data/npy.h"
#include "data/temporary.h"

namespace thalweg::data::memory_test {
namespace {

constexpr std::size_t size = std::size_t{1} << 20U, always = std::size_t{1} << 19U;

std::string repeated(const std::string& text) {
  std::string all;
  while (all.size() < size) all += text;
  return all;
}

/// Bytes held at most while a file of these bytes is read, by byte of it, beside half a megabyte.
template <class Read>
double multiple(const TemporaryFolder& folder, const std::string& bytes, const Read& read) {
  const std::string path = folder.file("images-ubyte", bytes);  // as IDX has to be called
  const std::size_t needed = test::held_by([&] { error_of(folder, [&] { read(path); }); });
  return needed < always ? 0 : static_cast<double>(needed - always) / static_cast<double>(bytes.size());
}

std::string npy(const std::string& type, const std::string& shape, const std::string& elements) {
  const std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
  return std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(header.size()) + '\0' + header + elements;
}

TEST(Memory, OfReadersIsAMultipleOfTheFile) {
  const TemporaryFolder folder;
  const auto csv = [](const std::string& path) { static_cast<void>(read_csv(path, "")); };
  for (const char* text : {"1,2\n", "1,2,3,4,5,6,7,8\n", "a,b\n", "\"\",\n", "1,2,"})
    EXPECT_LE(multiple(folder, repeated(text), csv), 56) << text;
  // What the first lines are like says nothing of the others.
  for (const char* text : {"1,2,", "1,2\n"})
    EXPECT_LE(multiple(folder, std::string(200, '\n') + repeated(text), csv), 56) << text;
  EXPECT_GE(multiple(folder, repeated("1,2,"), csv), 40) << "nothing is counted";
  const auto libsvm = [](const std::string& path) { static_cast<void>(read_libsvm(path)); };
  for (const char* text : {"1\n", "1 1:1\n", "1 2147483647:1\n", "1 1:1 2:1 3:1 4:1\n", "#\n"})
    EXPECT_LE(multiple(folder, repeated(text), libsvm), 32) << text;
  EXPECT_GE(multiple(folder, repeated("1\n"), libsvm), 20) << "nothing is counted";
  const auto array = [](const std::string& path) { static_cast<void>(read_npy_table(path, "")); };
  const std::string bytes(size, '\1'), shape = "(" + std::to_string(size / 2) + ", 2)";
  EXPECT_LE(multiple(folder, npy("|u1", shape, bytes), array), 40);
  EXPECT_GE(multiple(folder, npy("|u1", shape, bytes), array), 16) << "nothing is counted";
  // Sizes that are not there.
  EXPECT_EQ(multiple(folder, npy("<f8", "(1000000000000, 1000)", bytes.substr(0, 100)), array), 0);
  EXPECT_EQ(multiple(folder, npy("<f4", "(4294967296, 4294967296)", ""), array), 0);
  const std::string images("\0\0\x08\x03\x7f\xff\xff\xff\x7f\xff\xff\xff\x7f\xff\xff\xff", 16);
  const auto idx = [](const std::string& path) { static_cast<void>(read_idx(path)); };
  EXPECT_EQ(multiple(folder, images, idx), 0);
  const std::string pixels = std::string("\0\0\x08\x03\0\x10\0\0\0\0\0\1\0\0\0\1", 16) + bytes;
  folder.file("labels-ubyte", std::string("\0\0\x08\x01\0\x10\0\0", 8) + bytes);
  EXPECT_LE(multiple(folder, pixels, idx), 48) << "of two files as large";
  EXPECT_GE(multiple(folder, pixels, idx), 32) << "nothing is counted";
}

}  // namespace
}  // namespace thalweg::data::memory_test
