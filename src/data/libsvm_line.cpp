#include "data/libsvm_line.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

#include <thalweg/error.h>

#include "data/number.h"
#include "data/text.h"

namespace thalweg::data {
namespace {

constexpr std::uint64_t largest_index = std::uint64_t{1} << 31;

/// The index at `start` and the place of the colon behind it, by the slow way, which has all the errors.
const char* checked_index(const char* start, const char* end, std::uint64_t& index, const LinePlace& place) {
  const auto [colon, error] = std::from_chars(start, end, index);
  if (error == std::errc::result_out_of_range || (error == std::errc() && index > largest_index)) {
    throw input_error(place_text(place), "the index in " + shown(token_from(start, end)),
                      "an index of at most 2147483648");
  }
  if (error != std::errc() || colon == end || *colon != ':') {
    const std::string_view token = token_from(start, end);
    if (token.substr(0, 4) == "qid:") {
      throw input_error(place_text(place), shown(token), "no qid: no model here learns to rank");
    }
    throw input_error(place_text(place), shown(token),
                      "INDEX:VALUE, with a whole number from 1 as the index");
  }
  return colon;
}

[[noreturn]] void refuse_index(std::uint64_t index, std::uint64_t previous, std::string_view token,
                               const LinePlace& place) {
  if (index == 0) {
    throw input_error(place_text(place), "index 0 in " + shown(token),
                      "indices from 1 (add 1 to every index)");
  }
  throw input_error(place_text(place),
                    std::string(index == previous ? "the repeated" : "the unordered") + " index " +
                        std::to_string(index) + " after " + std::to_string(previous),
                    "increasing indices");
}

/// The value of the token at `start`, of which `written` is the part behind the colon.
const char* checked_value(const char* start, const char* written, const char* end, float& value,
                          std::uint64_t index, const LinePlace& place) {
  const auto [stop, error] = std::from_chars(written, end, value);
  if (error == std::errc() && std::isfinite(value) && (stop == end || is_libsvm_blank(*stop))) return stop;
  const std::string_view token = token_from(start, end);
  const std::string_view text = token.substr(static_cast<std::size_t>(written - start));
  if (const char* accepted = parse_float(text, value)) {
    throw input_error(place_text(place), shown(text) + " as the value of index " + std::to_string(index),
                      accepted);
  }
  return start + token.size();
}

}  // namespace

std::string place_text(const LinePlace& place) { return at_line(place.file, place.line); }

std::string_view token_from(const char* start, const char* end) {
  const char* stop = start;
  while (stop != end && !is_libsvm_blank(*stop)) ++stop;
  return {start, static_cast<std::size_t>(stop - start)};
}

std::string_view take_line(std::string_view& text) {
  const std::size_t newline = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, newline);
  text.remove_prefix(std::min(newline + 1, text.size()));
  return trimmed(line);
}

std::string_view take_libsvm_line(std::string_view& text) {
  const std::string_view line = take_line(text);
  return trimmed(line.substr(0, line.find('#')));
}

std::string_view libsvm_label(std::string_view line, const LinePlace& place) {
  const std::string_view label = token_from(line.data(), line.data() + line.size());
  if (label.find(':') != label.npos) {
    throw input_error(place_text(place), shown(label) + " at the start of the line", "LABEL INDEX:VALUE ...");
  }
  return label;
}

void check_libsvm_label(std::string_view label, const LinePlace& place) {
  const char* const start = label.data() + (label.substr(0, 1) == "+" ? 1 : 0);
  float quick = 0;
  if (!label.empty() && read_float(start, place.readable, quick) == label.data() + label.size()) return;
  if (double number = 0; !parse_number(label, number)) {
    throw input_error(place_text(place), shown(label) + " as the label",
                      "a number (-1 or +1, 0 or 1, a class number or a value)");
  }
}

void read_libsvm_pairs(std::string_view line, std::string_view label, SparseMatrix& matrix,
                       const LinePlace& place) {
  const char* const end = line.data() + line.size();
  const char* p = label.data() + label.size();
  std::uint64_t previous = 0;
  for (;;) {
    while (p != end && is_libsvm_blank(*p)) ++p;
    if (p == end) break;
    const char* const start = p;
    std::uint64_t index = 0;
    p = read_index(start, place.readable, index);
    if (p == nullptr || *p != ':') {
      std::uint64_t checked = 0;  // not `index`, which then never has to leave its register
      p = checked_index(start, end, checked, place);
      index = checked;
    }
    if (index <= previous) refuse_index(index, previous, token_from(start, end), place);
    previous = index;
    const char* const written = p + 1;
    float value = 0;
    p = read_float(written, place.readable, value);
    if (p == nullptr || (p != end && !is_libsvm_blank(*p))) {
      float checked = 0;
      p = checked_value(start, written, end, checked, index, place);
      value = checked;
    }
    if (value != 0) {
      matrix.column.push_back(static_cast<std::uint32_t>(index - 1));
      matrix.value.push_back(value);
    }
  }
  matrix.columns = std::max<std::size_t>(matrix.columns, previous);
}

void read_libsvm_row(std::string_view line, std::string_view label, SparseMatrix& matrix,
                     const LinePlace& place) {
  read_libsvm_pairs(line, label, matrix, place);
  matrix.row_begin.push_back(matrix.value.size());
  ++matrix.rows;
}

std::string_view read_libsvm_line(std::string_view line, SparseMatrix& matrix, const LinePlace& place) {
  const std::string_view label = libsvm_label(line, place);
  read_libsvm_row(line, label, matrix, place);
  check_libsvm_label(label, place);
  return label;
}

}  // namespace thalweg::data
