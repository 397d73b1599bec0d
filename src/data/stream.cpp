#include "data/stream.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <unordered_map>

#include <thalweg/error.h>

#include "checkpoint/crc32.h"
#include "data/lines.h"
#include "data/number.h"
#include "data/table.h"
#include "data/text.h"

namespace thalweg::data {
namespace {

constexpr std::size_t most_labels = std::size_t{1} << 20U;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class T>
using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

/// The name of a class that a label is spelled for. Throws where it is not finite.
std::string name_of(std::string_view label, const LinePlace& place) {
  double value = 0;
  if (parse_number(label, value) && !std::isfinite(value)) {
    throw input_error(at_line(place.file, place.line), shown(label) + " as the label",
                      "a class or a finite number");
  }
  return class_name(std::string(label));
}

float value_of(std::string_view label, const LinePlace& place) {
  const char* const start = label.data() + (label.substr(0, 1) == "+" ? 1 : 0);
  float value = 0;
  if (read_float(start, place.readable, value) == label.data() + label.size()) return value;
  if (const char* accepted = parse_float(label, value)) {
    throw input_error(at_line(place.file, place.line), shown(label) + " as the value to predict", accepted);
  }
  return value;
}

/// Gives labels their class numbers.
class Classes {
 public:
  /// `names`: all that there are, or else `known`: those before others.
  Classes(const std::vector<std::string>& names, const std::vector<std::string>& known, std::size_t most)
      : given_(!names.empty()), most_(most) {
    for (const std::string& name : given_ ? names : known) {
      double value = 0;
      if (!parse_number(name, value) || !std::isfinite(value))
        throw usage_error("classes", name, "must be finite numbers, as the labels of LIBSVM are");
      if (!number_.emplace(class_name(name), names_.size()).second)
        throw usage_error("classes", name, "must be there once");
      names_.push_back(class_name(name));
    }
    if (given_ && names_.size() == 1) throw usage_error("classes", names_[0], "must be two or more");
  }

  float number(std::string_view label, const LinePlace& place) {
    // Labels repeat: the spelling of each is looked at once.
    if (const auto known = spelled_.find(label); known != spelled_.end()) return known->second;
    const std::string name = name_of(label, place);
    auto found = number_.find(name);
    if (found == number_.end()) {
      const std::string where = at_line(place.file, place.line);
      if (given_) throw unknown_class(where, std::string(label), names_);
      if (names_.size() == most_) {
        throw input_error(where, "the class " + shown(label) + " after " + std::to_string(most_) + " others",
                          "at most " + std::to_string(most_) + " classes");
      }
      found = number_.emplace(name, names_.size()).first;
      names_.push_back(name);
    }
    const auto value = static_cast<float>(found->second);
    if (spelled_.size() < most_labels) spelled_.emplace(label, value);
    return value;
  }

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  bool given_;
  std::size_t most_;
  std::vector<std::string> names_;
  ByText<std::size_t> number_;
  ByText<float> spelled_;
};

/// What the labels of a whole file are, seen one after the other.
class LabelSurvey {
 public:
  explicit LabelSurvey(std::optional<Task> task) : task_(task) {}

  void add(std::string_view label, const LinePlace& place) {
    ++rows_;
    if (values()) {
      static_cast<void>(value_of(label, place));
      return;
    }
    if (const auto known = spelled_.find(label); known != spelled_.end()) return;
    const std::string name = name_of(label, place);
    double value = 0;
    whole_ = whole_ && parse_number(label, value) && value == std::trunc(value);
    spelled_.emplace(label, true);
    if (names_.emplace(name, true).second) sorted_.push_back(name);
    if (values()) {
      spelled_ = {};
      names_ = {};
      sorted_ = {};
    } else if (spelled_.size() > most_labels) {
      throw input_error(at_line(place.file, place.line),
                        "more than " + std::to_string(most_labels) + " different labels",
                        "fewer classes, or the task to be told: regression");
    }
  }

  [[nodiscard]] std::size_t rows() const { return rows_; }

  void finish(const std::string& file, StreamSurvey& survey) {
    survey.task = values() ? Task::regression : Task::classification;
    if (values()) return;
    sort_classes(sorted_);
    check_classes(file, sorted_, rows_, !task_ && whole_);
    survey.classes = std::move(sorted_);
  }

 private:
  [[nodiscard]] bool values() const { return task_ ? *task_ == Task::regression : !whole_; }

  std::optional<Task> task_;
  bool whole_ = true;
  std::size_t rows_ = 0;
  ByText<bool> spelled_, names_;
  std::vector<std::string> sorted_;
};

void check(const StreamOptions& options) {
  if (options.task == Task::regression && !options.classes.empty())
    throw usage_error("classes", options.classes[0], "must not be given for regression");
  if (options.hashing) {
    check_hashing(*options.hashing);
    if (options.columns != 0)
      throw usage_error("columns", std::to_string(options.columns),
                        "must be left out with hashing, which has 2^bits of them");
  }
  if (options.drop_beyond && options.columns == 0)
    throw usage_error("drop_beyond", "true", "needs the number of columns");
}

/// The error of a source without a row.
Error without_rows(const std::string& name, std::size_t bytes) {
  return input_error(name, bytes == 0 ? "an empty file" : "no rows of data",
                     "lines of LABEL INDEX:VALUE ...");
}

}  // namespace

struct SparseStream::State {
  State(const std::string& path, StreamOptions chosen)
      : options((check(chosen), std::move(chosen))),
        lines(Source(path, options.source), options.longest_line),
        labels(options.labels),
        values(options.task ? *options.task == Task::regression : options.classes.empty()),
        classes(options.classes, options.known, options.most_classes),
        columns(options.hashing ? std::size_t{1} << options.hashing->bits : options.columns) {
    if (options.hashing) hashed.emplace(*options.hashing);
  }

  /// Leaves out, or refuses, what of the last row is beyond the columns.
  void narrow(SparseMatrix& matrix, const LinePlace& place) const {
    const std::size_t widest = matrix.columns;
    matrix.columns = columns;
    if (!options.drop_beyond) {
      throw input_error(at_line(place.file, place.line), "index " + std::to_string(widest),
                        "an index of at most " + std::to_string(columns) + ", the number of columns");
    }
    while (matrix.value.size() > matrix.row_begin[matrix.rows - 1] && matrix.column.back() >= columns) {
      matrix.column.pop_back();
      matrix.value.pop_back();
    }
    matrix.row_begin.back() = matrix.value.size();
  }

  /// Whether the lines begin with a label: the first one tells.
  static StreamLabels labels_by(std::string_view first_line, bool words) {
    const std::string_view first = token_from(first_line.data(), first_line.data() + first_line.size());
    const bool label = words ? is_number(first) : first.find(':') == first.npos;
    return label ? StreamLabels::needed : StreamLabels::none;
  }

  void add_line(std::string_view content, SparseBatch& batch) {
    const LinePlace place{lines.source().name(), line, readable};
    SparseMatrix& matrix = batch.features;
    if (labels == StreamLabels::found) labels = labels_by(content, hashed.has_value());
    if (labels == StreamLabels::needed) {
      const std::string_view label =
          hashed ? hashed->read(content, matrix, place) : read_libsvm_line(content, matrix, place);
      batch.target.push_back(values ? value_of(label, place) : classes.number(label, place));
    } else {
      std::string_view nothing{content.data(), 0};
      if (labels == StreamLabels::ignored)
        nothing = hashed ? token_from(content.data(), content.data() + content.size())
                         : libsvm_label(content, place);
      if (hashed)
        hashed->read_words(content, nothing, matrix, place);
      else
        read_libsvm_row(content, nothing, matrix, place);
    }
    if (options.columns != 0 && matrix.columns > columns) narrow(matrix, place);
    batch.line.push_back(line);
  }

  bool next(SparseBatch& batch, std::size_t wanted) {
    SparseMatrix& matrix = batch.features;
    matrix.rows = 0;
    matrix.columns = columns;
    matrix.row_begin.assign(1, 0);
    matrix.column.clear();
    matrix.value.clear();
    batch.target.clear();
    batch.line.clear();
    batch.first = rows;
    while (matrix.rows < wanted) {
      if (text.empty() && !more()) break;
      ++line;
      const std::string_view content = hashed ? take_line(text) : take_libsvm_line(text);
      if (!content.empty() && content[0] != '#') add_line(content, batch);
    }
    rows += matrix.rows;
    columns = matrix.columns;
    const bool stopped = options.source.stop && options.source.stop();
    if (rows == 0 && !options.may_be_empty && !options.source.follow && !stopped)
      throw without_rows(lines.source().name(), bytes);
    return matrix.rows > 0;
  }

  /// Brings the next lines into memory; false at the end.
  bool more() {
    sum_up();
    text = lines.next();
    bytes += text.size();
    readable = text.data() + text.size() + Lines::margin;
    summed = text.data();
    return !text.empty();
  }

  /// Takes what was read of the lines in memory into the checksum.
  void sum_up() {
    if (options.checksum)
      checksum = checkpoint::crc32({summed, static_cast<std::size_t>(text.data() - summed)}, checksum);
    summed = text.data();
  }

  [[nodiscard]] StreamPosition position() {
    sum_up();
    return {rows, line, bytes - text.size(), checksum};
  }

  [[nodiscard]] Error changed(const StreamPosition& place, const std::string& found) const {
    return input_error(lines.source().name(), found,
                       "the " + std::to_string(place.lines) + " lines that were read before, and more");
  }

  void go_to(const StreamPosition& place) {
    const std::size_t size = lines.source().size();
    if (options.source.follow && size < place.bytes)
      throw changed(place, std::to_string(size) + " bytes of " + std::to_string(place.bytes));
    bool whole = true;  // whether the last line had its end
    while (bytes - text.size() < place.bytes) {
      if (!more()) throw changed(place, std::to_string(bytes) + " bytes of " + std::to_string(place.bytes));
      const std::size_t count = std::min(text.size(), place.bytes - (bytes - text.size()));
      whole = text[count - 1] == '\n';
      text.remove_prefix(count);
    }
    sum_up();
    if (checksum != place.checksum) throw changed(place, "others");
    if (!whole && !text.empty()) {
      if (text.front() != '\n') throw changed(place, "that the last of them has grown");
      text.remove_prefix(1);
    }
    rows = place.rows;
    line = place.lines;
  }

  StreamOptions options;
  Lines lines;
  std::optional<HashedLines> hashed;
  StreamLabels labels;
  bool values;
  Classes classes;
  std::size_t columns, rows = 0, line = 0, bytes = 0;
  std::string_view text;         ///< of the lines that are in memory, what is not read yet
  const char* summed = nullptr;  ///< in these lines, the end of what is in the checksum
  std::uint32_t checksum = 0;
  const char* readable = nullptr;
};

SparseStream::SparseStream(const std::string& path, StreamOptions options)
    : state_(std::make_unique<State>(path, std::move(options))) {}
SparseStream::~SparseStream() = default;
SparseStream::SparseStream(SparseStream&&) noexcept = default;
SparseStream& SparseStream::operator=(SparseStream&&) noexcept = default;

bool SparseStream::next(SparseBatch& batch, std::size_t rows) { return state_->next(batch, rows); }

bool SparseStream::can_rewind() const { return state_->lines.source().can_rewind(); }

void SparseStream::rewind() {
  state_->lines.rewind();
  state_->text = {};
  state_->rows = state_->line = state_->bytes = 0;
  state_->summed = nullptr;
  state_->checksum = 0;
}

const std::vector<std::string>& SparseStream::classes() const { return state_->classes.names(); }

std::size_t SparseStream::columns() const { return state_->columns; }

std::size_t SparseStream::rows() const { return state_->rows; }

StreamPosition SparseStream::position() const { return state_->position(); }

void SparseStream::go_to(const StreamPosition& place) { state_->go_to(place); }

StreamSurvey survey_stream(const std::string& path, const StreamOptions& options) {
  check(options);
  Lines lines(Source(path, options.source), options.longest_line);
  const std::string& name = lines.source().name();
  if (!lines.source().can_rewind() || options.source.follow) {
    throw usage_error("survey", name,
                      "must be a whole file: of what can be read once, the classes have to be told");
  }
  StreamSurvey survey;
  LabelSurvey labels(options.task);
  SparseMatrix row;
  std::size_t line = 0;
  for (std::string_view text = lines.next(); !text.empty(); text = lines.next()) {
    survey.bytes += text.size();
    if (options.checksum) survey.checksum = checkpoint::crc32(text, survey.checksum);
    const char* const readable = text.data() + text.size() + Lines::margin;
    while (!text.empty()) {
      const LinePlace place{name, ++line, readable};
      const std::string_view content = options.hashing ? take_line(text) : take_libsvm_line(text);
      if (content.empty() || content[0] == '#') continue;
      const std::string_view label = libsvm_label(content, place);
      check_libsvm_label(label, place);
      labels.add(label, place);
      if (options.hashing || label.size() == content.size()) continue;
      // The last pair tells the width; the others wait for their turn.
      const char* const end = content.data() + content.size();
      const char* last = end;
      while (!is_libsvm_blank(last[-1])) --last;
      row.column.clear();
      row.value.clear();
      read_libsvm_pairs({last, static_cast<std::size_t>(end - last)}, {last, 0}, row, place);
    }
  }
  survey.rows = labels.rows();
  survey.columns = options.hashing ? std::size_t{1} << options.hashing->bits : row.columns;
  if (survey.rows == 0) throw without_rows(name, survey.bytes);
  if (survey.columns == 0) throw input_error(name, "labels only", "at least one feature column");
  labels.finish(name, survey);
  return survey;
}

}  // namespace thalweg::data
