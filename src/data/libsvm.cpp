#include "data/libsvm.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

#include <thalweg/error.h>

#include "data/files.h"
#include "data/text.h"

namespace thalweg::data {
namespace {

constexpr std::uint64_t largest_index = std::uint64_t{1} << 31;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// Reads one line into `matrix` and returns its label; `where` is called for errors only.
template <class Where>
std::string_view read_line(std::string_view text, SparseMatrix& matrix, Where where) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const auto token_from = [&](const char* start) {
    const char* stop = start;
    while (stop != end && !is_blank(*stop)) ++stop;
    return std::string_view(start, static_cast<std::size_t>(stop - start));
  };
  const std::string_view label = token_from(p);
  if (label.find(':') != label.npos) {
    throw input_error(where(), shown(label) + " at the start of the line", "LABEL INDEX:VALUE ...");
  }
  p += label.size();
  std::uint64_t previous = 0;
  for (;;) {
    while (p != end && is_blank(*p)) ++p;
    if (p == end) return label;
    const char* const start = p;
    std::uint64_t index = 0;
    const auto [colon, index_error] = std::from_chars(p, end, index);
    if (index_error == std::errc::result_out_of_range ||
        (index_error == std::errc() && index > largest_index)) {
      throw input_error(where(), "the index in " + shown(token_from(start)),
                        "an index of at most 2147483648");
    }
    if (index_error != std::errc() || colon == end || *colon != ':') {
      const std::string_view token = token_from(start);
      if (token.substr(0, 4) == "qid:") {
        throw input_error(where(), shown(token), "no qid: no model here learns to rank");
      }
      throw input_error(where(), shown(token), "INDEX:VALUE, with a whole number from 1 as the index");
    }
    if (index == 0) {
      throw input_error(where(), "index 0 in " + shown(token_from(start)),
                        "indices from 1 (add 1 to every index)");
    }
    if (index <= previous) {
      throw input_error(where(),
                        std::string(index == previous ? "the repeated" : "the unordered") + " index " +
                            std::to_string(index) + " after " + std::to_string(previous),
                        "increasing indices");
    }
    previous = index;
    float value = 0;
    const auto [stop, value_error] = std::from_chars(colon + 1, end, value);
    p = stop;
    if (value_error != std::errc() || !std::isfinite(value) || (p != end && !is_blank(*p))) {
      const std::string_view token = token_from(start);
      const std::string_view written = token.substr(static_cast<std::size_t>(colon + 1 - start));
      if (const char* accepted = parse_float(written, value)) {
        throw input_error(where(), shown(written) + " as the value of index " + std::to_string(index),
                          accepted);
      }
      p = start + token.size();
    }
    matrix.columns = std::max<std::size_t>(matrix.columns, index);
    if (value != 0) {
      matrix.column.push_back(static_cast<std::uint32_t>(index - 1));
      matrix.value.push_back(value);
    }
  }
}

}  // namespace

Table read_libsvm(const std::string& path) {
  const std::string bytes = read_file(path);
  Table table;
  table.file = path;
  SparseMatrix matrix;
  std::string_view text = bytes;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t newline = std::min(text.find('\n'), text.size());
    std::string_view content = text.substr(0, newline);
    text.remove_prefix(std::min(newline + 1, text.size()));
    content = trimmed(content.substr(0, content.find('#')));
    if (content.empty()) continue;
    table.label.emplace_back(read_line(content, matrix, [&] { return at_line(path, line); }));
    if (double number = 0; !parse_number(table.label.back(), number)) {
      throw input_error(at_line(path, line), shown(table.label.back()) + " as the label",
                        "a number (-1 or +1, 0 or 1, a class number or a value)");
    }
    table.line.push_back(line);
    matrix.row_begin.push_back(matrix.value.size());
    ++matrix.rows;
  }
  if (matrix.rows == 0) {
    throw input_error(path, bytes.empty() ? "an empty file" : "no rows of data",
                      "lines of LABEL INDEX:VALUE ...");
  }
  table.features = std::move(matrix);
  return table;
}

}  // namespace thalweg::data
