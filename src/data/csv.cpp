#include "data/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include <thalweg/error.h>

#include "data/files.h"
#include "data/number.h"
#include "data/pages.h"
#include "data/source.h"
#include "data/text.h"

namespace thalweg::data {
namespace {

/// Reads fields one after the other and knows the line it is in.
class Scanner {
 public:
  Scanner(const std::string& file, std::string_view text, char delimiter)
      : file_(file), at_(text.data()), end_(text.data() + text.size()), delimiter_(delimiter) {}

  [[nodiscard]] std::size_t line() const { return line_; }

  /// Moves to the next line that is not blank; false at the end of the text.
  bool next_record() {
    for (;;) {
      const char* p = at_;
      while (p != end_ && (*p == ' ' || (*p == '\t' && delimiter_ != '\t'))) ++p;
      if (p == end_) return false;
      if (*p != '\n' && *p != '\r') return true;
      at_ = p;
      skip_line_end();
    }
  }

  /// Whether the record goes on after the field just read; steps over the delimiter or the line's end.
  bool more_fields() {
    if (at_ != end_ && *at_ == delimiter_) {
      ++at_;
      return true;
    }
    skip_line_end();
    return false;
  }

  /// A finite float that ends where its field ends: the common case, without copying.
  bool fast_number(float& value) {
    const char* p = at_;
    while (p != end_ && *p == ' ') ++p;
    if (const char* quick = read_float(p, end_, value)) {
      p = quick;
    } else {
      const auto [stop, error] = std::from_chars(p, end_, value);
      if (error != std::errc() || !std::isfinite(value)) return false;
      p = stop;
    }
    while (p != end_ && *p == ' ') ++p;
    if (p != end_ && *p != delimiter_ && *p != '\n' && *p != '\r') return false;
    at_ = p;
    return true;
  }

  /// Any field, without its quotes and the blanks around it.
  void field(std::string& value) {
    while (at_ != end_ && *at_ == ' ') ++at_;
    if (at_ != end_ && *at_ == '"') return quoted_field(value);
    const char* start = at_;
    while (at_ != end_ && *at_ != delimiter_ && *at_ != '\n' && *at_ != '\r') ++at_;
    value = trimmed({start, static_cast<std::size_t>(at_ - start)});
  }

 private:
  void quoted_field(std::string& value) {
    const std::size_t opened = line_;
    value.clear();
    for (++at_;; ++at_) {
      if (at_ == end_)
        throw input_error(at_line(file_, opened), "a quote that is never closed", "a closing \"");
      if (*at_ == '"') {
        ++at_;
        if (at_ == end_ || *at_ != '"') break;
      }
      if (*at_ == '\n') ++line_;
      value += *at_;
    }
    while (at_ != end_ && *at_ == ' ') ++at_;
    if (at_ != end_ && *at_ != delimiter_ && *at_ != '\n' && *at_ != '\r') {
      throw input_error(at_line(file_, line_),
                        std::string("text after the closing quote of \"") + value + '"',
                        "the next field or the end of the line (a quote inside quotes is written twice)");
    }
  }

  void skip_line_end() {
    if (at_ == end_) return;
    if (*at_ == '\r') ++at_;
    if (at_ != end_ && *at_ == '\n') ++at_;
    ++line_;
  }

  const std::string& file_;
  const char* at_;
  const char* end_;
  char delimiter_;
  std::size_t line_ = 1;
};

/// The one of comma, semicolon and tab that the first line has most of, outside quotes.
char find_delimiter(std::string_view text) {
  text = text.substr(std::min(text.find_first_not_of("\r\n"), text.size()));
  std::size_t commas = 0, semicolons = 0, tabs = 0;
  bool inside = false;
  for (const char c : text) {
    if (c == '"') inside = !inside;
    if (inside) continue;
    if (c == '\n' || c == '\r') break;
    commas += c == ',';
    semicolons += c == ';';
    tabs += c == '\t';
  }
  if (tabs > commas && tabs > semicolons) return '\t';
  return semicolons > 0 && semicolons >= commas ? ';' : ',';
}

std::vector<std::string> read_record(Scanner& scanner) {
  std::vector<std::string> fields;
  do scanner.field(fields.emplace_back());
  while (scanner.more_fields());
  return fields;
}

bool is_text(std::string_view text) { return !is_number(text) && !is_missing(text); }

/// The label column, from 0: unless it is given, the only column with text, since features are numbers, else
/// the last.
std::size_t find_label(const std::string& file, const std::string& label,
                       const std::vector<std::string>& first, const std::vector<std::string>& second) {
  const std::size_t columns = first.size();
  if (label.empty()) {
    std::size_t texts = 0, only = columns - 1;
    for (std::size_t j = 0; j < std::min(columns, second.size()); ++j) {
      if (!is_text(second[j])) continue;
      ++texts;
      only = j;
    }
    return texts == 1 && is_text(first[only]) ? only : columns - 1;
  }
  if (double number = 0; parse_number(label, number)) {
    if (number >= 1 && number <= static_cast<double>(columns) && number == std::trunc(number)) {
      return static_cast<std::size_t>(number) - 1;
    }
    throw input_error(file, std::to_string(columns) + " columns, so no label column " + label,
                      "the label column's number from 1 to " + std::to_string(columns) + ", or its name");
  }
  const auto found = std::find(first.begin(), first.end(), label);
  if (found != first.end()) return static_cast<std::size_t>(found - first.begin());
  if (std::any_of(first.begin(), first.end(), is_number)) {
    throw input_error(file, "no header line, so no label column named " + shown(label),
                      "the label column's number from 1 to " + std::to_string(columns));
  }
  throw unknown_name("label column of " + file, label, first);
}

/// 0, 1, 2, ... in every column but the label's: pandas' header of a table without names.
bool counts_up(const std::vector<std::string>& first, std::size_t label) {
  std::size_t features = 0;
  for (std::size_t j = 0; j < first.size(); ++j) {
    if (j != label && first[j] != std::to_string(features++)) return false;
  }
  return features > 1;
}

/// Whether a line of numbers can be the names of a model's columns.
bool counts_as_header(const std::vector<std::string>& first, const KnownColumns& known) {
  return !known.names.empty() &&
         std::all_of(known.names.begin(), known.names.end(), [&](const std::string& name) {
           return std::find(first.begin(), first.end(), name) != first.end();
         });
}

/// What the features and the line below say; Reader::label_is_header sees the rest.
bool is_header(const std::vector<std::string>& first, const std::vector<std::string>& second,
               std::size_t label) {
  if (std::all_of(first.begin(), first.end(), is_text)) return true;
  for (std::size_t j = 0; j < std::min(first.size(), second.size()); ++j) {
    if (j != label && is_text(first[j]) && is_number(second[j])) return true;
  }
  return false;
}

class Reader {
 public:
  /// `label` is what read_csv() has; with `known` it is not looked at.
  Reader(const std::string& path, std::string_view text, const std::string& label, const KnownColumns* known)
      : text_(text), scanner_(path, text, find_delimiter(text)) {
    table_.file = path;
    Scanner ahead = scanner_;
    if (!ahead.next_record()) {
      throw input_error(path, text.empty() ? "an empty file" : "blank lines only",
                        "rows of comma-separated numbers");
    }
    first_line_ = ahead.line();
    first_ = read_record(ahead);
    if (first_.size() < 2 && known == nullptr) {
      throw input_error(at_line(path, first_line_), "one column only (" + shown(first_[0]) + ")",
                        "features and a label, separated by commas, semicolons or tabs");
    }
    const bool more = ahead.next_record();
    const std::vector<std::string> second = more ? read_record(ahead) : std::vector<std::string>();
    if (known != nullptr) {
      const auto none = first_.size();
      header_ = is_header(first_, second, none) || counts_as_header(first_, *known);
      label_ = find_known_label(path, header_ ? first_ : std::vector<std::string>(), first_.size(), *known)
                   .value_or(none);
    } else {
      label_ = find_label(path, label, first_, second);
      const bool named = !label.empty() && !is_number(label);
      header_ = named || is_header(first_, second, label_);
    }
    if (header_ && !more) {
      throw input_error(at_line(path, first_line_), "a header and nothing after it",
                        "rows of numbers below it");
    }
  }

  Table read() {
    const bool has_label = label_ < first_.size();
    const std::size_t features = first_.size() - (has_label ? 1 : 0);
    DenseMatrix matrix;
    matrix.columns = features;
    scanner_.next_record();
    if (header_) {
      static_cast<void>(read_record(scanner_));
    }
    reserve(matrix);
    while (scanner_.next_record()) read_row(matrix.values);
    matrix.rows = table_.line.size();
    if (!header_ && label_is_header()) {
      header_ = true;
      matrix.values.erase(matrix.values.begin(),
                          matrix.values.begin() + static_cast<std::ptrdiff_t>(features));
      table_.label.erase(table_.label.begin());
      table_.line.erase(table_.line.begin());
      --matrix.rows;
    }
    if (has_label) table_.label_column = label_;
    if (header_ && has_label) {
      table_.label_name = first_[label_];
      first_.erase(first_.begin() + static_cast<std::ptrdiff_t>(label_));
    }
    if (header_) table_.feature_names = std::move(first_);
    table_.features = std::move(matrix);
    return std::move(table_);
  }

 private:
  /// From the length of the first lines, so that a large table is not moved while it grows. A row has as many
  /// bytes as columns, delimiters and its end alone, whatever the first lines are like.
  void reserve(DenseMatrix& matrix) {
    std::size_t sample = 0, lines = 0;
    for (std::size_t at = 0; lines < 100 && at < text_.size(); ++lines) {
      at = std::min(text_.find('\n', at), text_.size() - 1) + 1;
      sample = at;
    }
    const std::size_t expected =
        lines < 2 ? 1 : text_.size() / std::max<std::size_t>(sample / lines, 1) * 17 / 16 + 1;
    const std::size_t rows = std::min(expected, text_.size() / first_.size() + 1);
    reserve_pages(matrix.values, rows * matrix.columns);
    if (label_ < first_.size()) reserve_pages(table_.label, rows);
    reserve_pages(table_.line, rows);
  }

  void read_row(std::vector<float>& values) {
    const std::size_t line = scanner_.line(), columns = first_.size();
    for (std::size_t j = 0;; ++j) {
      if (j == label_) {
        scanner_.field(field_);
        table_.label.push_back(field_);
      } else {
        float value = 0;
        if (!scanner_.fast_number(value)) value = slow_number(line, j);
        values.push_back(value);
      }
      const bool more = scanner_.more_fields();
      if (more && j + 1 == columns) {
        scanner_.field(field_);
        throw ragged(line, columns + 1 + count_fields());
      }
      if (!more && j + 1 < columns) throw ragged(line, j + 1);
      if (!more) break;
    }
    table_.line.push_back(line);
  }

  float slow_number(std::size_t line, std::size_t column) {
    scanner_.field(field_);
    float value = 0;
    const char* accepted = parse_float(field_, value);
    if (accepted == nullptr) return value;
    const std::string found = field_;
    // In a row that lacks a field the others stand in the wrong columns: that comes first.
    const std::size_t fields = column + 1 + count_fields();
    if (fields != first_.size()) throw ragged(line, fields);
    const std::string hint = is_text(found) && label_ < first_.size()
                                 ? " (text may only stand in the label column, which is column " +
                                       std::to_string(label_ + 1) + " here)"
                                 : "";
    throw input_error(at_line(table_.file, line), shown(found) + " in " + column_name(column),
                      accepted + hint);
  }

  /// The fields that follow the one just read.
  std::size_t count_fields() {
    std::size_t fields = 0;
    for (; scanner_.more_fields(); ++fields) scanner_.field(field_);
    return fields;
  }

  Error ragged(std::size_t line, std::size_t fields) const {
    return input_error(at_line(table_.file, line),
                       std::to_string(fields) + (fields == 1 ? " field" : " fields"),
                       std::to_string(first_.size()) + ", as in line " + std::to_string(first_line_));
  }

  std::string column_name(std::size_t column) const {
    return "column " + std::to_string(column + 1) + (header_ ? " (" + shown(first_[column]) + ")" : "");
  }

  /// What only the whole label column shows: text over numbers, or a name over other names where the features
  /// are counted.
  bool label_is_header() const {
    const auto& labels = table_.label;
    if (labels.size() < 2 || !is_text(labels[0])) return false;
    if (std::all_of(labels.begin() + 1, labels.end(), is_number)) return true;
    return counts_up(first_, label_) &&
           std::find(labels.begin() + 1, labels.end(), labels[0]) == labels.end();
  }

  std::string_view text_;
  Scanner scanner_;
  Table table_;
  std::vector<std::string> first_;  ///< the fields of the first record
  std::size_t first_line_ = 1, label_ = 0;
  bool header_ = false;
  std::string field_;
};

Table read_text(const std::string& name, std::string_view text, const std::string& label,
                const KnownColumns* known) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  return Reader(name, text, label, known).read();
}

}  // namespace

Table read_csv(const std::string& path, const std::string& label) {
  return read_text(path, read_file(path), label, nullptr);
}

Table read_csv(const std::string& path, const KnownColumns& known) {
  Source source(path);
  Table table = read_text(source.name(), read_all(source), "", &known);
  arrange(known, table);
  if (known.labels == Labels::ignored) table.label.clear();
  return table;
}

}  // namespace thalweg::data
