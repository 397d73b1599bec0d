#include "data/libsvm.h"

#include <algorithm>
#include <string_view>

#include <thalweg/error.h>

#include "data/libsvm_line.h"
#include "data/lines.h"
#include "data/pages.h"
#include "data/text.h"

namespace thalweg::data {
namespace {

/// Makes room for a whole file of so many bytes, of which `read` are in `table`: room that turns out not to
/// be needed is never touched.
void reserve(Table& table, SparseMatrix& matrix, std::size_t bytes, std::size_t read) {
  if (read == 0 || bytes <= read) return;
  const double times = 1.05 * static_cast<double>(bytes) / static_cast<double>(read);
  const auto expected = [&](std::size_t count) {
    return static_cast<std::size_t>(times * static_cast<double>(count)) + 1;
  };
  reserve_pages(matrix.column, expected(matrix.value.size()));
  reserve_pages(matrix.value, expected(matrix.value.size()));
  reserve_pages(matrix.row_begin, expected(matrix.rows + 1));
  reserve_pages(table.label, expected(matrix.rows));
  reserve_pages(table.line, expected(matrix.rows));
}

}  // namespace

Table read_libsvm(const std::string& path) {
  Lines lines(Source(path == "-" ? "./-" : path));
  Table table;
  table.file = path;
  SparseMatrix matrix;
  std::size_t line = 0, bytes = 0;
  for (std::string_view text = lines.next(); !text.empty(); text = lines.next()) {
    const bool first = bytes == 0;
    bytes += text.size();
    const char* const readable = text.data() + text.size() + Lines::margin;
    while (!text.empty()) {
      ++line;
      const std::string_view content = take_libsvm_line(text);
      if (content.empty()) continue;
      table.label.emplace_back(read_libsvm_line(content, matrix, {path, line, readable}));
      table.line.push_back(line);
    }
    if (first) reserve(table, matrix, lines.source().size(), bytes);
  }
  if (matrix.rows == 0) {
    throw input_error(path, bytes == 0 ? "an empty file" : "no rows of data",
                      "lines of LABEL INDEX:VALUE ...");
  }
  table.features = std::move(matrix);
  return table;
}

}  // namespace thalweg::data
