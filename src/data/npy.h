#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "data/known_columns.h"
#include "data/table.h"

namespace thalweg::data {

/// An array as NumPy's .npy files hold it, in C order: the last index runs fastest.
struct NpyArray {
  std::vector<std::size_t> shape;  ///< 1 or 2 lengths
  std::variant<std::vector<float>, std::vector<double>> values;

  [[nodiscard]] std::size_t size() const {
    return std::visit([](const auto& v) { return v.size(); }, values);
  }
  [[nodiscard]] bool is_double() const { return std::holds_alternative<std::vector<double>>(values); }
};

/// Reads a .npy file (format 1 to 3) of 1 or 2 dimensions, C or Fortran order, little-endian: f4 stays float,
/// f8 stays double; i1, i2, i4, i8, u1, u2, u4, u8 and b1 become double (beyond 2^53 rounded). NaN and
/// infinity pass. Errors: not a .npy file, another type or number of dimensions, a size that differs from
/// what the header says.
[[nodiscard]] NpyArray read_npy(const std::string& path);
/// The same of its bytes; `path` is what errors call them.
[[nodiscard]] NpyArray parse_npy(const std::string& path, std::string_view bytes);

/// Writes `array` as a .npy file, format 1.0, little-endian f4 or f8, C order; whole or not at all (see
/// write_file).
void write_npy(const std::string& path, const NpyArray& array);

/// Reads a .npy file of 2 dimensions as a data set. `label` is a .npy file with one label per row (n or n x
/// 1), or the number of the label column from 1, or empty for the last column. Errors as read_npy's, and: NaN
/// or infinity, lengths that differ, a label column that does not exist.
///
/// Or a .npz file (told by its content; see parse_npz): the features are its only array of 2 dimensions, or
/// that of several which is named x, X, data or features. `label` may then also name an array; if it is
/// empty, the labels are the other array, where there is just one.
[[nodiscard]] Table read_npy_table(const std::string& path, const std::string& label);

/// The same, for a model that is there.
[[nodiscard]] Table read_npy_table(const std::string& path, const KnownColumns& known);

}  // namespace thalweg::data
