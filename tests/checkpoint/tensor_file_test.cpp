#include "checkpoint/tensor_file.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "data/files.h"
#include "data/temporary.h"

namespace thalweg::checkpoint::tensor_file_test {
namespace {

using data::TemporaryFolder;
using Json = nlohmann::json;

/// A file of this header and so many bytes of data, each of them its number.
std::string file_of(const std::string& header, std::size_t data) {
  std::string bytes;
  for (unsigned k = 0; k < 8; ++k) bytes += static_cast<char>(header.size() >> (8 * k));
  bytes += header;
  for (std::size_t k = 0; k < data; ++k) bytes += static_cast<char>(k);
  return bytes;
}

/// What is wrong with a file of these bytes.
std::string refusal(std::string bytes) {
  return data::error_of(TemporaryFolder(), [&] { TensorFile("m", std::move(bytes)); });
}
std::string refusal(const std::string& header, std::size_t data) { return refusal(file_of(header, data)); }

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return '"' + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}";
}

std::vector<std::string> names_of(const TensorFile& file) {
  std::vector<std::string> names;
  for (const Tensor& tensor : file.tensors()) names.push_back(tensor.name);
  return names;
}

/// One tensor of every type, one without numbers, and one of a single number.
struct Everything {
  Everything() {
    std::iota(bytes.begin(), bytes.end(), '\x80');
    for (int k = 0; k <= static_cast<int>(Dtype::u64); ++k) {
      const auto dtype = static_cast<Dtype>(k);
      tensors.push_back({std::string("every ") + dtype_name(dtype),
                         dtype,
                         {2, 3},
                         std::string_view(bytes).substr(0, 6 * dtype_size(dtype))});
    }
    tensors.push_back(tensor_of<float>("none", {}, {4, 0, 2}));
    tensors.push_back(tensor_of<double>("scalar", {&number, 1}, {}));
    tensors.push_back(tensor_of<float>("\"\\\n\xC3\xA9", floats, {4}));
  }

  std::string bytes = std::string(48, '\0');
  double number = 0.1;
  std::array<float, 4> floats{-0.0F, 1e-45F, std::nanf("7"), 3.4e38F};
  std::vector<Tensor> tensors;
  Metadata metadata{{"format", "test"}, {"a \"name\"", "two\nlines \xE6\xB3\x95"}, {"", ""}};
};

TEST(TensorFile, GivesBackEveryBit) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/all.safetensors";
  const Everything all;
  write_tensor_file(path, all.tensors, all.metadata);
  const TensorFile file = read_tensor_file(path);
  EXPECT_EQ(file.metadata(), all.metadata);
  EXPECT_EQ(file.tensors().size(), all.tensors.size());
  for (const Tensor& tensor : all.tensors) {
    const Tensor& read = file.at(tensor.name);
    EXPECT_EQ(read.dtype, tensor.dtype) << tensor.name;
    EXPECT_EQ(read.shape, tensor.shape) << tensor.name;
    EXPECT_EQ(read.bytes, tensor.bytes) << tensor.name;
  }
  EXPECT_EQ(file.numbers<double>("scalar", {}), std::vector<double>{0.1});
  EXPECT_TRUE(file.numbers<float>("none", {4, 0, 2}).empty());
  EXPECT_EQ(file.find("nothing"), nullptr);
}

TEST(TensorFile, LaysTensorsOutAsTheReferenceDoes) {
  const std::array<double, 1> wide{1};
  const std::array<float, 1> narrow{2};
  const std::array<std::uint8_t, 3> bytes{1, 2, 3};
  std::vector<Tensor> tensors{tensor_of<std::uint8_t>("a", bytes, {3}), tensor_of<float>("c", narrow, {1}),
                              tensor_of<double>("d", wide, {}), tensor_of<float>("b", narrow, {1, 1})};
  const std::string header = tensor_file_header("m", tensors, {{"k", "v"}});
  const std::string json =
      R"({"__metadata__":{"k":"v"},"d":{"dtype":"F64","shape":[],"data_offsets":[0, 8]},)"
      R"("b":{"dtype":"F32","shape":[1, 1],"data_offsets":[8, 12]},)"
      R"("c":{"dtype":"F32","shape":[1],"data_offsets":[12, 16]},)"
      R"("a":{"dtype":"U8","shape":[3],"data_offsets":[16, 19]}})";
  ASSERT_EQ(header.substr(8, json.size()), json);
  EXPECT_EQ(header.size() % 8, 0U);
  EXPECT_EQ(header.find_first_not_of(' ', 8 + json.size()), header.npos);
  EXPECT_EQ(static_cast<unsigned char>(header[0]) + 256U * static_cast<unsigned char>(header[1]),
            header.size() - 8);
}

/// Runs the reader that was written from the specification.
std::string run_python(const std::string& path) {
  const std::string command =
      "python3 -B '" THALWEG_TEST_FILES "/checkpoint/read_safetensors.py' '" + path + "'";
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  std::string text;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
  return ::pclose(pipe) == 0 ? text : "failed: " + text;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    for (const unsigned shift : {4U, 0U})
      text += "0123456789abcdef"[(static_cast<unsigned char>(c) >> shift) & 15U];
  }
  return text;
}

TEST(TensorFile, AReaderMadeFromTheSpecificationAgrees) {
  if (std::system("python3 -c '' 2>/dev/null") != 0) GTEST_SKIP() << "needs python3";
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/all.safetensors";
  const Everything all;
  write_tensor_file(path, all.tensors, all.metadata);
  Json expected;
  expected["metadata"] = all.metadata;
  for (const Tensor& tensor : all.tensors)
    expected["tensors"][tensor.name] = {
        {"dtype", dtype_name(tensor.dtype)}, {"shape", tensor.shape}, {"hex", hex(tensor.bytes)}};
  const std::string text = run_python(path);
  EXPECT_EQ(Json::parse(text, nullptr, false), expected) << text;
}

TEST(TensorFile, ReadsWhatOthersWrite) {
  // In an order of their own, unpadded, not aligned, fields in any order, more blanks.
  const TensorFile file("m",
                        file_of("{\n \"z\": {\"data_offsets\":[3,7],\"shape\":[1],\"dtype\":\"F32\"},"
                                R"("__metadata__":{},"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
                                R"("empty":{"dtype":"I64","shape":[0,9],"data_offsets":[3,3]}}   )",
                                7));
  EXPECT_THAT(names_of(file), testing::ElementsAre("a", "empty", "z"));
  EXPECT_EQ(file.numbers<std::uint8_t>("a", {3}), (std::vector<std::uint8_t>{0, 1, 2}));
  const std::array<char, 4> last{3, 4, 5, 6};
  float number = 0;
  std::memcpy(&number, last.data(), 4);
  EXPECT_EQ(file.numbers<float>("z", {1}), std::vector<float>{number});
  EXPECT_TRUE(TensorFile("m", file_of("{}", 0)).tensors().empty());
}

TEST(TensorFile, DoesNotTakeItsFirstBytesForGzip) {
  const TemporaryFolder folder;
  const std::string header = entry("a", "U8", "[3]", "[0,3]");
  const std::string bytes = file_of("{" + header + "}" + std::string(0x8b1f - header.size() - 2, ' '), 3);
  ASSERT_EQ(bytes.substr(0, 2), "\x1f\x8b");
  EXPECT_EQ(read_tensor_file(folder.file("m", bytes)).at("a").bytes.size(), 3U);
}

TEST(TensorFile, RefusesOtherKindsOfFilesAndCutOffOnes) {
  EXPECT_EQ(refusal(""),
            "m: found an empty file; expected a safetensors file, which begins with the length "
            "of its header in 8 bytes");
  EXPECT_EQ(refusal("{}"),
            "m: found 2 bytes; expected a safetensors file, which begins with the length of its "
            "header in 8 bytes");
  EXPECT_EQ(refusal("5.1,3.5,1.4,0.2,setosa"),
            "m: found another kind of file (its first 8 bytes would be a header's length of "
            "3185503108754124341); expected a safetensors file, whose header has at most 100000000 bytes");
  EXPECT_EQ(refusal(std::string("\x01\xe1\xf5\x05\0\0\0\0{}", 10)),
            "m: found another kind of file (its first 8 bytes would be a header's length of 100000001); "
            "expected a safetensors file, whose header has at most 100000000 bytes");
  EXPECT_EQ(refusal(std::string(8, '\0')),
            "m: found an empty header; expected a safetensors file, whose header begins with {");
  EXPECT_EQ(
      refusal(" {}", 0),
      "m: found a header that begins with ' '; expected a safetensors file, whose header begins with {");
  const std::string whole = file_of("{" + entry("a", "F32", "[2]", "[0,8]") + "}", 8);
  EXPECT_EQ(refusal(whole), "no error");
  EXPECT_EQ(refusal(whole.substr(0, 20)),
            "m: found 20 bytes; expected 62 or more, as the length of the header says: the file is cut off");
  EXPECT_EQ(
      refusal(whole.substr(0, whole.size() - 1)),
      "m, tensor 'a': found 7 bytes of data for the data_offsets [0, 8]; expected all of them: the file "
      "is cut off");
  EXPECT_EQ(refusal(whole + "x"), "m: found 9 bytes of data; expected 8, which the tensors have");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(refusal(whole.substr(0, size)), "no error") << size;
}

TEST(TensorFile, RefusesHolesOverlapsAndShapesThatDisagree) {
  const std::string a = entry("a", "U8", "[4]", "[0,4]");
  const auto with = [&](const std::string& second, std::size_t data) {
    return refusal("{" + a + "," + second + "}", data);
  };
  EXPECT_EQ(with(entry("b", "U8", "[4]", "[5,9]"), 9),
            "m, tensor 'b': found the data_offsets [5, 9]; expected a begin at 4, where the tensor before it "
            "ends: no holes and no overlaps");
  EXPECT_EQ(with(entry("b", "U8", "[4]", "[3,7]"), 7),
            "m, tensor 'b': found the data_offsets [3, 7]; expected a begin at 4, where the tensor before it "
            "ends: no holes and no overlaps");
  EXPECT_EQ(with(entry("b", "U8", "[4]", "[0,4]"), 4),
            "m, tensor 'b': found the data_offsets [0, 4]; expected a begin at 4, where the tensor before it "
            "ends: no holes and no overlaps");
  EXPECT_EQ(with(entry("b", "U8", "[0]", "[4,3]"), 4),
            "m, tensor 'b': found the data_offsets [4, 3]; expected an end that is not before its begin");
  EXPECT_EQ(with(entry("b", "F32", "[2]", "[4,8]"), 8),
            "m, tensor 'b': found the data_offsets [4, 8] for the shape [2] of F32; expected 8 bytes");
  EXPECT_EQ(with(entry("b", "F32", "[]", "[4,4]"), 4),
            "m, tensor 'b': found the data_offsets [4, 4] for the shape [] of F32; expected 4 bytes");
  EXPECT_EQ(with(entry("b", "U8", "[18446744073709551615,18446744073709551615]", "[4,5]"), 5),
            "m, tensor 'b': found the data_offsets [4, 5] for the shape [18446744073709551615, "
            "18446744073709551615] of U8; expected a shape of fewer than 2^64 bytes");
  // 2^62 numbers of 4 bytes: 64 bits would count them as none.
  EXPECT_EQ(
      with(entry("b", "F32", "[4611686018427387904]", "[4,4]"), 4),
      "m, tensor 'b': found the data_offsets [4, 4] for the shape [4611686018427387904] of F32; expected "
      "a shape of fewer than 2^64 bytes");
  EXPECT_EQ(
      with(entry("b", "U8", "[18446744073709551611]", "[4,18446744073709551615]"), 8),
      "m, tensor 'b': found 8 bytes of data for the data_offsets [4, 18446744073709551615]; expected all "
      "of them: the file is cut off");
}

TEST(TensorFile, RefusesHeadersThatAreNotAsTheFormatHasThem) {
  const auto one = [](const std::string& fields) { return refusal("{\"a\":{" + fields + "}}", 4); };
  const std::string dtype = R"("dtype":"U8")", shape = R"("shape":[4])", offsets = R"("data_offsets":[0,4])";
  ASSERT_EQ(one(dtype + "," + shape + "," + offsets), "no error");
  EXPECT_EQ(one(shape + "," + offsets),
            "m, tensor 'a': found no dtype; expected dtype, shape and data_offsets");
  EXPECT_EQ(one(dtype + "," + offsets),
            "m, tensor 'a': found no shape; expected dtype, shape and data_offsets");
  EXPECT_EQ(one(dtype + "," + shape),
            "m, tensor 'a': found no data_offsets; expected dtype, shape and data_offsets");
  EXPECT_EQ(one(dtype + "," + shape + "," + offsets + "," + dtype),
            "m, tensor 'a': found dtype twice; expected each field once");
  EXPECT_EQ(one(dtype + R"(,"strides":[1])"),
            "m, tensor 'a': found the field 'strides'; expected dtype, shape and data_offsets alone");
  EXPECT_EQ(one(R"("dtype":"U4")"),
            "m, tensor 'a': found the dtype 'U4'; expected BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, U16, F16, "
            "BF16, I32, U32, F32, F64, I64, U64");
  EXPECT_EQ(
      one(R"("dtype":8)"),
      "m, tensor 'a': found 8 as dtype; expected a text: BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, U16, F16, "
      "BF16, I32, U32, F32, F64, I64, U64");
  EXPECT_EQ(one(R"("shape":4)"),
            "m, tensor 'a': found 4 as shape; expected an array of whole numbers from 0");
  for (const char* bad : {"-1", "1.5", "null", "true", "'x'", "{}", "[1]", "1e3", "18446744073709551616"}) {
    std::string json = bad;
    if (json == "'x'") json = "\"x\"";
    const std::string shown = json == "\"x\"" ? "'x'"
                              : json == "{}"  ? "an object"
                              : json == "[1]" ? "an array"
                                              : json;
    EXPECT_EQ(one(R"("shape":[2,)" + json + "]"),
              "m, tensor 'a': found " + shown + " in shape; expected an array of whole numbers from 0");
  }
  EXPECT_EQ(one(R"("data_offsets":[0])"),
            "m, tensor 'a': found 1 data_offsets; expected two: where its bytes begin and end");
  EXPECT_EQ(one(R"("data_offsets":[0,1,2])"),
            "m, tensor 'a': found 3 data_offsets; expected two: where its bytes begin and end");
  EXPECT_EQ(refusal(R"({"a":[1]})", 0),
            "m: found an array as 'a'; expected an object with dtype, shape and data_offsets");
  EXPECT_EQ(refusal("{" + entry("a", "U8", "[0]", "[0,0]") + "," + entry("a", "U8", "[0]", "[0,0]") + "}", 0),
            "m: found 'a' twice; expected each name once");
  EXPECT_EQ(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0),
            "m: found '__metadata__' twice; expected each name once");
  EXPECT_EQ(refusal(R"({"__metadata__":"x"})", 0),
            "m: found 'x' as '__metadata__'; expected an object with dtype, shape and data_offsets");
  EXPECT_EQ(refusal(R"({"__metadata__":{"a":1}})", 0), "m, __metadata__: found 1 as 'a'; expected a text");
  EXPECT_EQ(refusal(R"({"__metadata__":{"a":{}}})", 0),
            "m, __metadata__: found an object as 'a'; expected a text");
  EXPECT_EQ(refusal(R"({"__metadata__":{"a":"1","a":"1"}})", 0),
            "m, __metadata__: found 'a' twice; expected each name once");
  EXPECT_EQ(refusal("{", 0), "m: found broken JSON at byte 2 of the header; expected a safetensors file");
  EXPECT_EQ(refusal("{}{}", 0), "m: found broken JSON at byte 3 of the header; expected a safetensors file");
  EXPECT_EQ(refusal("{\"\xff\":1}", 0),
            "m: found broken JSON at byte 3 of the header; expected a safetensors file");
}

TEST(TensorFile, TakesNoMemoryForWhatAHeaderOnlySays) {
  // Deep nesting and a million dimensions end where they begin, or are counted without being looked at.
  EXPECT_EQ(refusal(R"({"a":)" + std::string(1'000'000, '['), 0),
            "m: found an array as 'a'; expected an object with dtype, shape and data_offsets");
  std::string ones = "1";
  for (int k = 0; k < 100'000; ++k) ones += ",1";
  EXPECT_EQ(refusal("{" + entry("a", "U8", "[" + ones + "]", "[0,1]") + "}", 1), "no error");
}

TEST(TensorFile, SaysWhichTensorIsNotAsExpected) {
  const TensorFile file("m", file_of("{" + entry("a", "F32", "[2,1]", "[0,8]") + "}", 8));
  const auto error = [&](auto type, const char* name, const Shape& shape) {
    return data::error_of(TemporaryFolder(),
                          [&] { static_cast<void>(file.numbers<decltype(type)>(name, shape)); });
  };
  EXPECT_EQ(error(float{}, "b", {2, 1}), "m: found no tensor 'b'; expected one of this name");
  EXPECT_EQ(error(float{}, "a", {2}),
            "m, tensor 'a': found F32 of the shape [2, 1]; expected F32 of the shape [2]");
  EXPECT_EQ(error(double{}, "a", {2, 1}),
            "m, tensor 'a': found F32 of the shape [2, 1]; expected F64 of the shape [2, 1]");
  EXPECT_EQ(error(float{}, "a", {2, 1}), "no error");
}

TEST(TensorFile, WritesNothingWhereATextIsNotUtf8) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m";
  EXPECT_EQ(data::error_of(folder,
                           [&] {
                             write_tensor_file(path, {}, {{"name", "caf\xE9"}});
                           }),
            "m: found text that is not UTF-8 to be written ('caf\xE9'); expected names in UTF-8");
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace thalweg::checkpoint::tensor_file_test
