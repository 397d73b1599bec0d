#include "checkpoint/tensor_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <optional>
#include <tuple>

#include <thalweg/error.h>

#include "checkpoint/crc32.h"
#include "checkpoint/header.h"
#include "files/files.h"

namespace thalweg::checkpoint {
namespace {

static_assert(std::endian::native == std::endian::little, "the numbers of a file are little-endian");

using files::shown;

constexpr std::size_t length_bytes = 8;

struct DtypeInfo {
  const char* name;
  std::size_t size;
};
constexpr std::array<DtypeInfo, 15> dtypes{{{"BOOL", 1},
                                            {"U8", 1},
                                            {"I8", 1},
                                            {"F8_E5M2", 1},
                                            {"F8_E4M3", 1},
                                            {"I16", 2},
                                            {"U16", 2},
                                            {"F16", 2},
                                            {"BF16", 2},
                                            {"I32", 4},
                                            {"U32", 4},
                                            {"F32", 4},
                                            {"F64", 8},
                                            {"I64", 8},
                                            {"U64", 8}}};

std::string place(const std::string& file, const std::string& tensor) {
  return file + ", tensor " + shown(tensor);
}

/// The bytes that a tensor takes, or nothing where 64 bits cannot count them.
std::optional<std::uint64_t> bytes_of(Dtype dtype, const Shape& shape) {
  std::uint64_t bytes = dtype_size(dtype);
  for (const std::uint64_t length : shape) {
    if (__builtin_mul_overflow(bytes, length, &bytes)) return std::nullopt;
  }
  return bytes;
}

/// The JSON of a header, from the bytes of a file.
std::string_view header_of(const std::string& file, std::string_view bytes) {
  if (bytes.size() < length_bytes) {
    throw input_error(file, bytes.empty() ? "an empty file" : std::to_string(bytes.size()) + " bytes",
                      "a safetensors file, which begins with the length of its header in 8 bytes");
  }
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), length_bytes);
  // The first bytes of another kind of file are a length as well, mostly an enormous one.
  if (length > longest_header) {
    throw input_error(file,
                      "another kind of file (its first 8 bytes would be a header's length of " +
                          std::to_string(length) + ")",
                      "a safetensors file, whose header has at most 100000000 bytes");
  }
  if (length > bytes.size() - length_bytes) {
    throw input_error(file, std::to_string(bytes.size()) + " bytes",
                      std::to_string(length_bytes + length) +
                          " or more, as the length of the header says: the file is cut off");
  }
  const std::string_view header = bytes.substr(length_bytes, length);
  if (header.empty() || header[0] != '{') {
    throw input_error(
        file, header.empty() ? "an empty header" : "a header that begins with " + shown(header.substr(0, 1)),
        "a safetensors file, whose header begins with {");
  }
  return header;
}

constexpr const char* checksum_name = "checksum";
/// In a header: within a text its quotes would be escaped, so that it stands there once.
constexpr std::string_view checksum_before = R"("checksum":"crc32:)";
constexpr std::string_view no_digits = "00000000";

std::string hex_digits(std::uint32_t number) {
  std::string text(no_digits);
  for (std::size_t k = text.size(); k-- > 0; number >>= 4U) text[k] = "0123456789abcdef"[number & 15U];
  return text;
}

}  // namespace

const char* dtype_name(Dtype dtype) { return dtypes[static_cast<std::size_t>(dtype)].name; }

std::size_t dtype_size(Dtype dtype) { return dtypes[static_cast<std::size_t>(dtype)].size; }

std::string shape_text(const Shape& shape) {
  std::string text;
  for (const std::uint64_t length : shape) text += (text.empty() ? "" : ", ") + std::to_string(length);
  return "[" + text + "]";
}

TensorFile::TensorFile(std::string file, std::string bytes)
    : file_(std::move(file)), bytes_(std::make_shared<const std::string>(std::move(bytes))) {
  const std::string_view json = header_of(file_, *bytes_);
  const std::string_view data = std::string_view(*bytes_).substr(length_bytes + json.size());
  Header header = parse_header(file_, json);
  metadata_ = std::move(header.metadata);
  std::sort(header.entries.begin(), header.entries.end(),
            [](const HeaderEntry& a, const HeaderEntry& b) { return a.offsets < b.offsets; });
  std::uint64_t at = 0;
  for (HeaderEntry& entry : header.entries) {
    Tensor& tensor = entry.tensor;
    const std::uint64_t begin = entry.offsets[0], end = entry.offsets[1];
    const std::string offsets = "the data_offsets " + shape_text(entry.offsets);
    if (begin != at) {
      throw input_error(
          place(file_, tensor.name), offsets,
          "a begin at " + std::to_string(at) + ", where the tensor before it ends: no holes and no overlaps");
    }
    if (end < begin)
      throw input_error(place(file_, tensor.name), offsets, "an end that is not before its begin");
    const std::optional<std::uint64_t> size = bytes_of(tensor.dtype, tensor.shape);
    if (!size || *size != end - begin) {
      throw input_error(
          place(file_, tensor.name),
          offsets + " for the shape " + shape_text(tensor.shape) + " of " + dtype_name(tensor.dtype),
          size ? std::to_string(*size) + " bytes" : "a shape of fewer than 2^64 bytes");
    }
    if (end > data.size()) {
      throw input_error(place(file_, tensor.name),
                        std::to_string(data.size()) + " bytes of data for " + offsets,
                        "all of them: the file is cut off");
    }
    tensor.bytes = data.substr(begin, end - begin);
    at = end;
    by_name_.emplace(tensor.name, tensors_.size());
    tensors_.push_back(std::move(tensor));
  }
  if (at != data.size()) {
    throw input_error(file_, std::to_string(data.size()) + " bytes of data",
                      std::to_string(at) + ", which the tensors have");
  }
}

const Tensor* TensorFile::find(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : &tensors_[found->second];
}

const Tensor& TensorFile::at(std::string_view name) const {
  if (const Tensor* const tensor = find(name)) return *tensor;
  throw input_error(file_, "no tensor " + shown(name), "one of this name");
}

void TensorFile::check(const Tensor& tensor, Dtype dtype, const Shape& shape) const {
  if (tensor.dtype == dtype && tensor.shape == shape) return;
  throw input_error(place(file_, tensor.name),
                    dtype_name(tensor.dtype) + (" of the shape " + shape_text(tensor.shape)),
                    dtype_name(dtype) + (" of the shape " + shape_text(shape)));
}

TensorFile read_tensor_file(const std::string& path) { return {path, files::read_bytes(path)}; }

std::string tensor_file_header(const std::string& path, std::vector<Tensor>& tensors,
                               const Metadata& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const Tensor& a, const Tensor& b) {
    return std::tie(b.dtype, a.name) < std::tie(a.dtype, b.name);
  });
  std::string json = header_json(path, tensors, metadata);
  json.resize((json.size() + length_bytes - 1) / length_bytes * length_bytes, ' ');
  if (json.size() > longest_header) {
    throw input_error(path, "a header of " + std::to_string(json.size()) + " bytes",
                      "at most 100000000, as safetensors files may have");
  }
  const std::uint64_t length = json.size();
  std::string header(length_bytes, '\0');
  std::memcpy(header.data(), &length, length_bytes);
  return header + json;
}

namespace {

void write_pieces(const std::string& path, const std::string& header, const std::vector<Tensor>& tensors) {
  std::vector<std::string_view> pieces{header};
  for (const Tensor& tensor : tensors) {
    assert(bytes_of(tensor.dtype, tensor.shape) == tensor.bytes.size());
    pieces.push_back(tensor.bytes);
  }
  files::write_file(path, pieces);
}

}  // namespace

void write_tensor_file(const std::string& path, std::vector<Tensor> tensors, const Metadata& metadata) {
  const std::string header = tensor_file_header(path, tensors, metadata);
  write_pieces(path, header, tensors);
}

void write_checked_file(const std::string& path, std::vector<Tensor> tensors, Metadata metadata) {
  metadata[checksum_name] = "crc32:" + std::string(no_digits);
  std::string header = tensor_file_header(path, tensors, metadata);
  std::uint32_t sum = crc32(header);
  for (const Tensor& tensor : tensors) sum = crc32(tensor.bytes, sum);
  header.replace(header.find(checksum_before) + checksum_before.size(), no_digits.size(), hex_digits(sum));
  write_pieces(path, header, tensors);
}

Checksum checksum_of(const std::string& file, std::string_view bytes) {
  const std::string_view header = header_of(file, bytes);
  const std::size_t before = header.find(checksum_before);
  if (before == header.npos) return Checksum::none;
  const std::size_t at = length_bytes + before + checksum_before.size();
  const std::string_view digits = bytes.substr(at, no_digits.size());
  std::uint32_t sum = crc32(bytes.substr(0, at));
  sum = crc32(no_digits, sum);
  sum = crc32(bytes.substr(at + digits.size()), sum);
  return digits == hex_digits(sum) ? Checksum::holds : Checksum::broken;
}

}  // namespace thalweg::checkpoint
