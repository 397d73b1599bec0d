#include "data/idx.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include <thalweg/error.h>

#include "data/pages.h"
#include "data/source.h"

namespace thalweg::data {
namespace {

std::size_t big_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

/// Reads until there are `count` bytes, or the end.
std::string read_start(Source& source, std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t used = 0;
  while (used < count) {
    const std::size_t got = source.read(bytes.data() + used, count - used);
    if (got == 0) break;
    used += got;
  }
  bytes.resize(used);
  return bytes;
}

/// The lengths of the dimensions.
std::vector<std::size_t> read_shape(const std::string& path, Source& source) {
  std::string bytes = read_start(source, 4);
  if (bytes.empty()) throw input_error(path, "an empty file", "an IDX file");
  if (bytes.size() < 4 || bytes[0] != 0 || bytes[1] != 0) {
    throw input_error(path, "another kind of file", "an IDX file, which starts with two zero bytes");
  }
  const std::size_t type = static_cast<unsigned char>(bytes[2]);
  const std::size_t dimensions = static_cast<unsigned char>(bytes[3]);
  if (type != 8) {
    throw input_error(path, "IDX element type " + std::to_string(type), "8: unsigned bytes");
  }
  bytes = read_start(source, 4 * dimensions);
  if (bytes.size() < 4 * dimensions) {
    throw input_error(path, "a header that is cut off after " + std::to_string(4 + bytes.size()) + " bytes",
                      std::to_string(4 + 4 * dimensions) + " bytes");
  }
  std::vector<std::size_t> shape;
  for (std::size_t k = 0; k < dimensions; ++k)
    shape.push_back(big_endian(std::string_view(bytes).substr(4 * k, 4)));
  return shape;
}

/// Reads an IDX file into numbers, 64 KiB at a time: the bytes never leave the cache before they are
/// converted. Room for all of them is taken at once only if the file has so many.
template <class T>
std::vector<std::size_t> read_elements(const std::string& path, std::vector<T>& values) {
  Source source(path);
  const std::vector<std::size_t> shape = read_shape(path, source);
  const std::size_t header = 4 + 4 * shape.size(), size = source.size();
  if (size > header) reserve_pages(values, size - header);
  std::vector<unsigned char> piece(std::size_t{1} << 16U);
  for (;;) {
    const std::size_t got = source.read(reinterpret_cast<char*>(piece.data()), piece.size());
    if (got == 0) break;
    values.insert(values.end(), piece.data(), piece.data() + got);
  }
  // Dividing what is there by each length cannot overflow, unlike their product.
  std::size_t left = values.size();
  bool fits = true;
  std::string declared;
  for (const std::size_t length : shape) {
    declared += (declared.empty() ? "" : " x ") + std::to_string(length);
    fits = fits && length != 0 && left % length == 0;
    if (fits) left /= length;
  }
  if (std::find(shape.begin(), shape.end(), 0U) != shape.end()) {
    throw input_error(path, "no elements (" + declared + ")", "at least one");
  }
  if (!fits || left != 1) {
    throw input_error(path, std::to_string(values.size()) + " bytes of elements",
                      declared + " of one byte each, as the header says");
  }
  return shape;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.rfind(from);
  if (at != text.npos) text.replace(at, from.size(), to);
}

std::string labels_beside(const std::string& images) {
  const std::filesystem::path path(images);
  std::string name = path.filename().string();
  if (name.find("images") == name.npos) {
    throw input_error(images, "a name without \"images\"",
                      "an images file as train-images-idx3-ubyte, with train-labels-idx1-ubyte beside it");
  }
  replace(name, "images", "labels");
  replace(name, "idx3", "idx1");
  // One of the two files may be compressed and the other not.
  const bool packed = name.size() > 3 && name.substr(name.size() - 3) == ".gz";
  const std::string other = packed ? name.substr(0, name.size() - 3) : name + ".gz";
  const auto beside = [&](const std::string& file) { return (path.parent_path() / file).string(); };
  return !std::filesystem::exists(beside(name)) && std::filesystem::exists(beside(other)) ? beside(other)
                                                                                          : beside(name);
}

Table read_images(const std::string& images) {
  DenseMatrix matrix;
  const std::vector<std::size_t> shape = read_elements(images, matrix.values);
  if (shape.size() < 2) {
    throw input_error(images, std::to_string(shape.size()) + " dimensions", "images: 2 dimensions or more");
  }
  Table table;
  table.file = images;
  matrix.rows = shape[0];
  matrix.columns = matrix.values.size() / matrix.rows;
  table.features = std::move(matrix);
  return table;
}

void add_labels(const std::string& labels, Table& table) {
  std::vector<unsigned char> classes;
  const std::vector<std::size_t> shape = read_elements(labels, classes);
  if (shape.size() != 1) {
    throw input_error(labels, std::to_string(shape.size()) + " dimensions", "labels: 1 dimension");
  }
  const std::size_t rows = std::get<DenseMatrix>(table.features).rows;
  if (shape[0] != rows) {
    throw input_error(labels, std::to_string(shape[0]) + " labels",
                      std::to_string(rows) + ", one for each image");
  }
  table.label.reserve(rows);
  for (const unsigned char c : classes) table.label.push_back(std::to_string(c));
}

}  // namespace

Table read_idx(const std::string& images) {
  const std::string labels = labels_beside(images);
  Table table = read_images(images);
  add_labels(labels, table);
  return table;
}

Table read_idx(const std::string& images, const KnownColumns& known) {
  Table table = read_images(images);
  check_known_count(images, std::get<DenseMatrix>(table.features).columns, known);
  std::error_code ignored;
  if (known.labels != Labels::read ||
      std::filesystem::path(images).filename().string().find("images") == std::string::npos)
    return table;
  const std::string labels = labels_beside(images);
  if (std::filesystem::exists(labels, ignored)) add_labels(labels, table);
  return table;
}

}  // namespace thalweg::data
