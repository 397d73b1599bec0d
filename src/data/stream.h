#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/hashing.h"
#include "data/source.h"

namespace thalweg::data {

/// Which lines of a stream begin with a label.
enum class StreamLabels {
  needed,   ///< every one
  found,    ///< every one or none, as the first one does: with a word without a colon, or, where words are
            ///< hashed, with a number
  ignored,  ///< every one, but it is left out, whatever it is
  none,     ///< none
};

/// How the lines of a stream are read.
struct StreamOptions {
  /// What a target is: the label's value, or the number of its class. Empty: a class if `classes` are given.
  std::optional<Task> task;
  /// The names of the classes by their numbers ("1", "1.0" and "+1" are one class). A label of none of them
  /// is an error. Empty: classes are numbered as they come (from a pipe, they cannot be known before).
  std::vector<std::string> classes;
  std::vector<std::string> known{};  ///< classes that have come before, by their numbers; others may come
  std::size_t most_classes = 1000;   ///< that may come
  /// Columns; a larger index is an error, or is left out of the row (`drop_beyond`). 0: as many as come.
  /// With hashing it has to be 0: there are 2^bits.
  std::size_t columns = 0;
  bool drop_beyond = false;
  StreamLabels labels = StreamLabels::needed;
  std::optional<Hashing> hashing;                    ///< features are words (see hashing.h)
  std::size_t longest_line = std::size_t{1} << 26U;  ///< bytes; a longer one is an error
  bool may_be_empty = false;                         ///< or an end without a row is an error
  bool checksum = false;                             ///< whether the bytes that are read are summed up
  SourceOptions source;                              ///< following a file that grows
};

/// How far a stream was read: behind a line.
struct StreamPosition {
  std::size_t rows = 0, lines = 0;
  std::size_t bytes = 0;       ///< of text
  std::uint32_t checksum = 0;  ///< CRC-32 of them, if StreamOptions::checksum; or else 0
};

/// Some rows of a stream.
struct SparseBatch {
  SparseMatrix features;          ///< its columns: all that have been seen, or were given
  std::vector<float> target;      ///< one per row: the label's value, or the number of its class; or none
  std::vector<std::size_t> line;  ///< one per row, from 1
  std::size_t first = 0;          ///< rows of the stream before these
};

/// Reads LIBSVM lines (see libsvm.h) batch by batch: a file, plain or gzip, of any size; standard input
/// ("-"); a file that grows. Between calls it holds 320 KiB, or twice the longest line where one is longer
/// than 256 KiB, besides the batch of the caller, whose memory is used again. Errors are those of
/// read_libsvm(), with file and line, when their line is reached; a usage Error for options that contradict
/// each other.
class SparseStream {
 public:
  explicit SparseStream(const std::string& path, StreamOptions options = {});
  ~SparseStream();
  SparseStream(SparseStream&&) noexcept;
  SparseStream& operator=(SparseStream&&) noexcept;

  /// Replaces `batch` by the next `rows` rows (1 or more), fewer at the end; false where there are none.
  /// Waits for as many where a pipe or a followed file does not have them yet, but never for what comes after
  /// them.
  bool next(SparseBatch& batch, std::size_t rows);
  /// Whether rewind() can: not for pipes.
  [[nodiscard]] bool can_rewind() const;
  /// Begins anew, for another epoch; classes and columns that came stay known. Throws a usage Error if it
  /// cannot.
  void rewind();
  /// The names of the classes so far, by number; empty where targets are values.
  [[nodiscard]] const std::vector<std::string>& classes() const;
  [[nodiscard]] std::size_t columns() const;  ///< so far, or as given
  [[nodiscard]] std::size_t rows() const;     ///< since it began, or began anew
  /// Behind the rows that next() has given.
  [[nodiscard]] StreamPosition position() const;
  /// Goes on from the position of another stream of the same text, before the first next(), without looking
  /// at the rows before it. Throws an input Error for a text that is shorter; if there is a checksum, for
  /// another one; and where a last line that had no end has grown.
  void go_to(const StreamPosition& place);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What a pass over a whole file finds out.
struct StreamSurvey {
  std::size_t rows = 0, columns = 0;
  std::size_t bytes = 0;       ///< of text
  std::uint32_t checksum = 0;  ///< as StreamPosition has it
  Task task = Task::classification;
  std::vector<std::string> classes;  ///< sorted naturally, as make_dataset() does; empty for regression
};

/// Reads a file once, without its values, and tells what make_dataset() would: the task (unless it is told),
/// the classes and their order, the width. Holds what SparseStream does, and the classes (2^20 at most).
/// Looks at labels and at the last index of each line; errors in between are found when they are streamed.
/// Throws a usage Error for what can be read only once, and the input Errors of make_dataset().
[[nodiscard]] StreamSurvey survey_stream(const std::string& path, const StreamOptions& options = {});

}  // namespace thalweg::data
