#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "data/dataset.h"

namespace thalweg::data {

/// Where a line stands.
struct LinePlace {
  const std::string& file;
  std::size_t line = 1;            ///< for errors, from 1
  const char* readable = nullptr;  ///< the end of the memory that the line lies in
};

/// "FILE:LINE".
[[nodiscard]] std::string place_text(const LinePlace& place);

/// Whether blanks go between the tokens of a line.
[[nodiscard]] inline bool is_libsvm_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// The next line of `text`, which it takes away, without its comment and the blanks around it. What follows
/// it in memory is a blank, '#' or '\n', or the end of the text.
[[nodiscard]] std::string_view take_libsvm_line(std::string_view& text);

/// The same, but with its comment.
[[nodiscard]] std::string_view take_line(std::string_view& text);

/// What stands from `start` to the next blank, or to `end`.
[[nodiscard]] std::string_view token_from(const char* start, const char* end);

/// The label that a line starts with. Throws if it has a colon in it.
[[nodiscard]] std::string_view libsvm_label(std::string_view line, const LinePlace& place);

/// Throws unless a label is spelled as a number.
void check_libsvm_label(std::string_view label, const LinePlace& place);

/// Reads what follows the label of a line behind the rows of `matrix`, without ending the row, and widens the
/// matrix. Errors: see libsvm.h.
void read_libsvm_pairs(std::string_view line, std::string_view label, SparseMatrix& matrix,
                       const LinePlace& place);

/// The same, and ends the row.
void read_libsvm_row(std::string_view line, std::string_view label, SparseMatrix& matrix,
                     const LinePlace& place);

/// Reads a line (of what take_libsvm_line() gives, not empty) as a row, and returns its label, a number.
std::string_view read_libsvm_line(std::string_view line, SparseMatrix& matrix, const LinePlace& place);

}  // namespace thalweg::data
