#include "data/idx.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include <thalweg/error.h>

#include "data/files.h"
#include "data/text.h"

namespace thalweg::data {
namespace {

/// The elements of an IDX file behind its header.
struct Elements {
  std::string bytes;  ///< the whole file
  std::vector<std::size_t> shape;
  std::string_view values;
};

std::size_t big_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

void read_elements(const std::string& path, Elements& elements) {
  elements.bytes = read_file(path);
  const std::string_view bytes = elements.bytes;
  if (bytes.empty()) throw input_error(path, "an empty file", "an IDX file");
  if (bytes.size() < 4 || bytes[0] != 0 || bytes[1] != 0) {
    throw input_error(path, "another kind of file", "an IDX file, which starts with two zero bytes");
  }
  const std::size_t type = big_endian(bytes.substr(2, 1)), dimensions = big_endian(bytes.substr(3, 1));
  if (type != 8) {
    throw input_error(path, "IDX element type " + std::to_string(type), "8: unsigned bytes");
  }
  const std::size_t header = 4 + 4 * dimensions;
  if (bytes.size() < header) {
    throw input_error(path, "a header that is cut off after " + std::to_string(bytes.size()) + " bytes",
                      std::to_string(header) + " bytes");
  }
  elements.values = bytes.substr(header);
  // Dividing what is there by each length cannot overflow, unlike their product.
  std::size_t left = elements.values.size();
  bool fits = true;
  std::string declared;
  for (std::size_t k = 0; k < dimensions; ++k) {
    const std::size_t length = big_endian(bytes.substr(4 + 4 * k, 4));
    elements.shape.push_back(length);
    declared += (k == 0 ? "" : " x ") + std::to_string(length);
    fits = fits && length != 0 && left % length == 0;
    if (fits) left /= length;
  }
  if (std::find(elements.shape.begin(), elements.shape.end(), 0U) != elements.shape.end()) {
    throw input_error(path, "no elements (" + declared + ")", "at least one");
  }
  if (!fits || left != 1) {
    throw input_error(path, std::to_string(elements.values.size()) + " bytes of elements",
                      declared + " of one byte each, as the header says");
  }
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

}  // namespace

Table read_idx(const std::string& images) {
  const std::string labels = labels_beside(images);
  Elements pixels, classes;
  read_elements(images, pixels);
  if (pixels.shape.size() < 2) {
    throw input_error(images, std::to_string(pixels.shape.size()) + " dimensions",
                      "images: 2 dimensions or more");
  }
  read_elements(labels, classes);
  if (classes.shape.size() != 1) {
    throw input_error(labels, std::to_string(classes.shape.size()) + " dimensions", "labels: 1 dimension");
  }
  const std::size_t rows = pixels.shape[0];
  if (classes.shape[0] != rows) {
    throw input_error(labels, std::to_string(classes.shape[0]) + " labels",
                      std::to_string(rows) + ", one for each image");
  }
  Table table;
  table.file = images;
  DenseMatrix matrix;
  matrix.rows = rows;
  matrix.columns = pixels.values.size() / rows;
  matrix.values.resize(pixels.values.size());
  std::transform(pixels.values.begin(), pixels.values.end(), matrix.values.begin(),
                 [](char c) { return static_cast<float>(static_cast<unsigned char>(c)); });
  table.features = std::move(matrix);
  table.label.reserve(rows);
  for (const char c : classes.values) table.label.push_back(std::to_string(static_cast<unsigned char>(c)));
  return table;
}

}  // namespace thalweg::data
