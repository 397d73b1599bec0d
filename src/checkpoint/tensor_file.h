#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace thalweg::checkpoint {

/// The types of numbers that safetensors files hold, in the order in which tensors lie in a file, but that
/// the widest come first.
enum class Dtype { boolean, u8, i8, f8_e5m2, f8_e4m3, i16, u16, f16, bf16, i32, u32, f32, f64, i64, u64 };

/// "F32", as the files have it.
[[nodiscard]] const char* dtype_name(Dtype dtype);
/// Bytes of one number.
[[nodiscard]] std::size_t dtype_size(Dtype dtype);

template <class T>
[[nodiscard]] constexpr Dtype dtype_of() {
  if constexpr (std::is_same_v<T, float>) return Dtype::f32;
  if constexpr (std::is_same_v<T, double>) return Dtype::f64;
  if constexpr (std::is_same_v<T, std::uint8_t>) return Dtype::u8;
  if constexpr (std::is_same_v<T, std::int8_t>) return Dtype::i8;
  if constexpr (std::is_same_v<T, std::uint16_t>) return Dtype::u16;
  if constexpr (std::is_same_v<T, std::int16_t>) return Dtype::i16;
  if constexpr (std::is_same_v<T, std::uint32_t>) return Dtype::u32;
  if constexpr (std::is_same_v<T, std::int32_t>) return Dtype::i32;
  if constexpr (std::is_same_v<T, std::uint64_t>) return Dtype::u64;
  if constexpr (std::is_same_v<T, std::int64_t>) return Dtype::i64;
}

using Shape = std::vector<std::uint64_t>;

/// "[3, 4]", and "[]" of a single number.
[[nodiscard]] std::string shape_text(const Shape& shape);

/// A named array, whose numbers lie elsewhere.
struct Tensor {
  std::string name;
  Dtype dtype = Dtype::f32;
  Shape shape;             ///< lengths of the dimensions; none: a single number; a 0 among them: no number
  std::string_view bytes;  ///< the numbers, little-endian, the last index running fastest
};

/// A tensor of these numbers, which have to outlive it.
template <class T>
[[nodiscard]] Tensor tensor_of(std::string name, std::span<const T> numbers, Shape shape) {
  return {std::move(name),
          dtype_of<T>(),
          std::move(shape),
          {reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()}};
}

using Metadata = std::map<std::string, std::string>;

/// What a safetensors file holds (https://github.com/huggingface/safetensors, "Format"). Copies share it.
class TensorFile {
 public:
  /// Checks everything but the numbers. Errors, as input Errors with the file and where there is one the
  /// tensor: a file that is cut off or of another kind, a header that is no JSON object or of over 100 MB,
  /// two tensors of one name, an unknown type, a shape that disagrees with the bytes, bytes that no tensor or
  /// more than one has. Nothing is allocated by what a header says.
  TensorFile(std::string file, std::string bytes);

  [[nodiscard]] const std::string& name() const { return file_; }                ///< for errors
  [[nodiscard]] const std::vector<Tensor>& tensors() const { return tensors_; }  ///< as they lie in the file
  [[nodiscard]] const Metadata& metadata() const { return metadata_; }

  [[nodiscard]] const Tensor* find(std::string_view name) const;
  /// Throws an input Error where there is none.
  [[nodiscard]] const Tensor& at(std::string_view name) const;
  /// The numbers of a tensor. Throws an input Error where there is none, or one of another type or shape.
  template <class T>
  [[nodiscard]] std::vector<T> numbers(std::string_view name, const Shape& shape) const {
    const Tensor& tensor = at(name);
    check(tensor, dtype_of<T>(), shape);
    std::vector<T> result(tensor.bytes.size() / sizeof(T));
    if (!result.empty()) std::memcpy(result.data(), tensor.bytes.data(), tensor.bytes.size());
    return result;
  }

 private:
  void check(const Tensor& tensor, Dtype dtype, const Shape& shape) const;

  std::string file_;
  std::shared_ptr<const std::string> bytes_;
  std::vector<Tensor> tensors_;
  std::unordered_map<std::string, std::size_t> by_name_;
  Metadata metadata_;
};

/// Reads a file; see TensorFile, and files::read_bytes() for what can be wrong with files.
[[nodiscard]] TensorFile read_tensor_file(const std::string& path);

/// The bytes before the numbers: the length of the header, and the header. Sorts the tensors as they are to
/// follow: the widest types first, so that all are aligned, then by name, as the reference does. Names and
/// lengths have to be right. Throws an input Error for `path` where a text is not UTF-8 or the header would
/// have over 100 MB.
[[nodiscard]] std::string tensor_file_header(const std::string& path, std::vector<Tensor>& tensors,
                                             const Metadata& metadata);

/// Throws an input Error for `path` unless the text is UTF-8, as the texts of a header have to be.
void check_text(const std::string& path, const std::string& text);

/// Writes a file, whole or not at all (files::write_file). Errors: those of tensor_file_header() and of
/// files::write_file().
void write_tensor_file(const std::string& path, std::vector<Tensor> tensors, const Metadata& metadata);

/// The same with a checksum of the whole file in its metadata: "checksum" is "crc32:" and the CRC-32 (eight
/// hexadecimal digits) of all bytes of the file where these digits are eight zeros.
void write_checked_file(const std::string& path, std::vector<Tensor> tensors, Metadata metadata);

/// Whether a file of these bytes is the one that was written. Believes nothing of it but the length of its
/// header, for which it throws what TensorFile throws.
enum class Checksum { none, holds, broken };
[[nodiscard]] Checksum checksum_of(const std::string& file, std::string_view bytes);

}  // namespace thalweg::checkpoint
