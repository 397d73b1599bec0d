#include "data/npy.h"

#include <bit>
#include <cassert>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include <thalweg/error.h>

#include "data/files.h"
#include "data/text.h"

namespace thalweg::data {
namespace {

static_assert(std::endian::native == std::endian::little,
              ".npy files are read and written as they lie in memory");

constexpr std::string_view magic = "\x93NUMPY";
constexpr const char* accepted_types = "little-endian f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 or b1";

struct Header {
  std::string type;  ///< without the byte order: "f4"
  bool fortran = false;
  std::vector<std::size_t> shape;
};

Error bad_header(const std::string& path, std::string_view header) {
  return input_error(path, "the header " + shown(header),
                     "a .npy header: a dictionary of 'descr', 'fortran_order' and 'shape'");
}

/// What follows `'key':` in the header's dictionary.
std::string_view value_of(const std::string& path, std::string_view header, std::string_view key) {
  std::string name = "'";
  name.append(key).append("':");
  const std::size_t at = header.find(name);
  if (at == header.npos) throw bad_header(path, header);
  return trimmed(header.substr(at + name.size()));
}

std::vector<std::size_t> parse_shape(const std::string& path, std::string_view header,
                                     std::string_view text) {
  const std::size_t close = text.find(')');
  if (text.empty() || text.front() != '(' || close == text.npos) throw bad_header(path, header);
  std::vector<std::size_t> shape;
  for (text = text.substr(1, close - 1); !trimmed(text).empty();) {
    text = trimmed(text);
    std::size_t length = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc()) throw bad_header(path, header);
    shape.push_back(length);
    text = trimmed(text.substr(static_cast<std::size_t>(stop - text.data())));
    if (text.empty()) break;
    if (text.front() != ',') throw bad_header(path, header);
    text.remove_prefix(1);
  }
  return shape;
}

Header parse_header(const std::string& path, std::string_view header) {
  Header result;
  const std::string_view type = value_of(path, header, "descr");
  const std::size_t end = type.size() < 2 ? type.npos : type.find(type.front(), 1);
  if (type.empty() || end == type.npos) throw bad_header(path, header);
  if (type.front() != '\'' && type.front() != '"')
    throw input_error(path, "structured records", accepted_types);
  const std::string_view name = type.substr(1, end - 1);
  if (name.size() != 3 || (name[0] != '<' && name[0] != '|' && name[0] != '=')) {
    throw input_error(path, "elements of type " + shown(name), accepted_types);
  }
  result.type = name.substr(1);
  const std::string_view order = value_of(path, header, "fortran_order");
  if (order.substr(0, 4) != "True" && order.substr(0, 5) != "False") throw bad_header(path, header);
  result.fortran = order.front() == 'T';
  result.shape = parse_shape(path, header, value_of(path, header, "shape"));
  return result;
}

/// The elements of `bytes`, stored as Stored, in C order as Value.
template <class Stored, class Value>
std::vector<Value> convert(const Header& header, std::string_view bytes) {
  const std::size_t rows = header.shape[0], columns = header.shape.size() > 1 ? header.shape[1] : 1;
  std::vector<Value> values(rows * columns);
  if (values.empty()) return values;  // the other length may be any number
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      Stored element;
      std::memcpy(&element, bytes.data() + (header.fortran ? j * rows + i : i * columns + j) * sizeof(Stored),
                  sizeof(Stored));
      values[i * columns + j] = static_cast<Value>(element);
    }
  }
  return values;
}

/// Checks the size that the header declares against what is there, before anything of that size is allocated.
template <class Stored, class Value = double>
NpyArray read_elements(const std::string& path, const Header& header, std::string_view bytes) {
  // Of eight bytes each, whatever their type is here: what is read is written as doubles.
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max() / sizeof(double);
  static_assert(sizeof(Stored) <= sizeof(double));
  std::size_t count = 1;
  std::string shape;
  bool fits = true;
  for (const std::size_t length : header.shape) {
    shape += (shape.empty() ? "" : " x ") + std::to_string(length);
    fits = fits && (length == 0 || count <= most / length);
    if (fits) count *= length;
  }
  const std::size_t size = count * sizeof(Stored);
  if (!fits || size != bytes.size()) {
    throw input_error(path, std::to_string(bytes.size()) + " bytes of elements",
                      (fits ? std::to_string(size) : std::string("far more")) +
                          " bytes, as the header says (" + shape + " elements of type " + header.type + ")");
  }
  return {header.shape, convert<Stored, Value>(header, bytes)};
}

}  // namespace

NpyArray read_npy(const std::string& path) { return parse_npy(path, read_file(path)); }

NpyArray parse_npy(const std::string& path, std::string_view bytes) {
  std::string_view rest = bytes;
  if (rest.substr(0, magic.size()) != magic || rest.size() < 10) {
    throw input_error(path, rest.empty() ? "an empty file" : "another kind of file",
                      "a .npy file, which starts with \\x93NUMPY");
  }
  const int version = static_cast<unsigned char>(rest[6]);
  if (version < 1 || version > 3) {
    throw input_error(path, ".npy format version " + std::to_string(version), "version 1, 2 or 3");
  }
  const std::size_t width = version == 1 ? 2 : 4;
  std::uint32_t length = 0;
  if (rest.size() >= 8 + width) std::memcpy(&length, rest.data() + 8, width);
  if (rest.size() < 8 + width + length) {
    throw input_error(path, "a header that is cut off", std::to_string(length) + " bytes of header");
  }
  const Header header = parse_header(path, trimmed(rest.substr(8 + width, length)));
  rest.remove_prefix(8 + width + length);
  if (header.shape.empty() || header.shape.size() > 2) {
    throw input_error(path, "an array of " + std::to_string(header.shape.size()) + " dimensions",
                      "1 or 2 dimensions");
  }
  const std::string& type = header.type;
  if (type == "f4") return read_elements<float, float>(path, header, rest);
  if (type == "f8") return read_elements<double>(path, header, rest);
  if (type == "i1") return read_elements<std::int8_t>(path, header, rest);
  if (type == "i2") return read_elements<std::int16_t>(path, header, rest);
  if (type == "i4") return read_elements<std::int32_t>(path, header, rest);
  if (type == "i8") return read_elements<std::int64_t>(path, header, rest);
  if (type == "u1" || type == "b1") return read_elements<std::uint8_t>(path, header, rest);
  if (type == "u2") return read_elements<std::uint16_t>(path, header, rest);
  if (type == "u4") return read_elements<std::uint32_t>(path, header, rest);
  if (type == "u8") return read_elements<std::uint64_t>(path, header, rest);
  throw input_error(path, "elements of type " + shown(type), accepted_types);
}

void write_npy(const std::string& path, const NpyArray& array) {
  [[maybe_unused]] std::size_t size = 1;  // for the assertion
  std::string shape;
  for (const std::size_t length : array.shape) {
    size *= length;
    shape += std::to_string(length) + (array.shape.size() == 1 ? "," : shape.empty() ? ", " : "");
  }
  assert(!array.shape.empty() && array.shape.size() <= 2 && size == array.size());
  std::string header = std::string("{'descr': '") + (array.is_double() ? "<f8" : "<f4") +
                       "', 'fortran_order': False, 'shape': (" + shape + "), }";
  // The elements start at a multiple of 64 bytes, so that the file can be mapped into memory.
  header.resize((magic.size() + 4 + header.size() + 1 + 63) / 64 * 64 - magic.size() - 4 - 1, ' ');
  header += '\n';
  std::string bytes(magic);
  bytes += {'\x01', '\x00', static_cast<char>(header.size() % 256), static_cast<char>(header.size() / 256)};
  bytes += header;
  std::visit(
      [&](const auto& values) {
        bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0]));
      },
      array.values);
  write_file(path, bytes);
}

}  // namespace thalweg::data
