#include "data/stream.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <random>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "data/libsvm.h"
#include "data/lines.h"
#include "data/table.h"
#include "data/temporary.h"

namespace thalweg::data::stream_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Standard input from somewhere else, as long as it lives.
class Input {
 public:
  explicit Input(int descriptor) : before_(::dup(STDIN_FILENO)) {
    ::dup2(descriptor, STDIN_FILENO);
    ::close(descriptor);
  }
  ~Input() {
    ::dup2(before_, STDIN_FILENO);
    ::close(before_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

 private:
  int before_;
};

/// Random rows, comments and blank lines between; more than the buffer of Lines.
std::string many_rows(std::size_t rows) {
  std::mt19937 random(4);
  std::string text = "# made up\n";
  for (std::size_t i = 0; i < rows; ++i) {
    text += random() % 2 == 0 ? "+1" : "-1";
    std::uint32_t index = 0;
    for (std::size_t k = 0; k < random() % 30; ++k) {
      index += 1 + static_cast<std::uint32_t>(random() % 1000);
      text += " " + std::to_string(index) + ":";
      text += random() % 3 == 0 ? "1" : std::to_string(static_cast<double>(random() % 20001) / 1e4 - 1);
    }
    if (random() % 50 == 0) text += "  # remark: 1:2";
    text += random() % 40 == 0 ? "\r\n\n" : "\n";
  }
  return text;
}

struct Stream : ::testing::Test {
  /// All batches of a stream, one behind the other.
  static SparseBatch all(SparseStream& stream, std::size_t rows) {
    SparseBatch whole, batch;
    while (stream.next(batch, rows)) {
      EXPECT_EQ(batch.first, whole.features.rows);
      EXPECT_EQ(batch.features.row_begin.size(), batch.features.rows + 1);
      EXPECT_EQ(batch.target.size(), batch.features.rows);
      EXPECT_EQ(batch.line.size(), batch.features.rows);
      for (std::size_t i = 0; i < batch.features.rows; ++i)
        whole.features.row_begin.push_back(whole.features.value.size() + batch.features.row_begin[i + 1]);
      const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
      append(whole.features.column, batch.features.column);
      append(whole.features.value, batch.features.value);
      append(whole.target, batch.target);
      append(whole.line, batch.line);
      whole.features.rows += batch.features.rows;
      whole.features.columns = batch.features.columns;
    }
    EXPECT_EQ(batch.features.rows, 0U);
    EXPECT_EQ(stream.rows(), whole.features.rows);
    return whole;
  }
  std::string error(const std::string& text, const StreamOptions& options = {}) {
    const std::string path = folder.file("a.svm", text);
    return error_of(folder, [&] {
      SparseStream stream(path, options);
      static_cast<void>(all(stream, 3));
    });
  }
  std::string survey_error(const std::string& text, const StreamOptions& options = {}) {
    const std::string path = folder.file("a.svm", text);
    return error_of(folder, [&] { static_cast<void>(survey_stream(path, options)); });
  }
  TemporaryFolder folder;
};

void expect_same(const SparseBatch& batch, const Dataset& data) {
  const auto& m = std::get<SparseMatrix>(data.features);
  EXPECT_EQ(batch.features.rows, m.rows);
  EXPECT_EQ(batch.features.columns, m.columns);
  EXPECT_EQ(batch.features.row_begin, m.row_begin);
  EXPECT_EQ(batch.features.column, m.column);
  EXPECT_EQ(batch.features.value, m.value);
  EXPECT_EQ(batch.target, data.target);
}

TEST_F(Stream, GivesWhatReadLibsvmGivesWhateverTheBatch) {
  const std::string text = many_rows(9000);
  ASSERT_GT(text.size(), 2 * Lines::buffer);
  const std::string plain = folder.file("a.svm", text), packed = folder.file("b.svm", gzip(text));
  const Table table = read_libsvm(plain);
  const std::vector<std::size_t> lines = table.line;
  const Dataset data = make_dataset(read_libsvm(packed), std::nullopt);
  const StreamSurvey survey = survey_stream(packed);
  EXPECT_EQ(survey.rows, data.rows());
  EXPECT_EQ(survey.columns, data.columns());
  EXPECT_EQ(survey.bytes, text.size());
  EXPECT_EQ(survey.task, Task::classification);
  EXPECT_EQ(survey.classes, data.class_names);
  StreamOptions options;
  options.classes = survey.classes;
  options.columns = survey.columns;
  for (const std::string& path : {plain, packed}) {
    SparseStream stream(path, options);
    for (const std::size_t rows : {1U, 7U, 256U, 100'000U}) {
      const SparseBatch whole = all(stream, rows);
      expect_same(whole, data);
      EXPECT_EQ(whole.line, lines);
      ASSERT_TRUE(stream.can_rewind());
      stream.rewind();
    }
  }
}

TEST_F(Stream, ReadsStandardInputFromAPipeAndFromAFile) {
  const std::string text = many_rows(3000);
  const Dataset data = make_dataset(read_libsvm(folder.file("a.svm", text)), std::nullopt);
  StreamOptions options;
  options.classes = {"-1", "1"};
  for (const std::string& bytes : {text, gzip(text)}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    std::thread writer([&] {
      EXPECT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
      ::close(ends[1]);
    });
    {
      const Input input(ends[0]);
      SparseStream stream("-", options);
      EXPECT_FALSE(stream.can_rewind());
      expect_same(all(stream, 100), data);
      EXPECT_EQ(error_of(folder, [&] { stream.rewind(); }),
                "rewind = standard input: must be a file: what came through a pipe is gone");
      EXPECT_EQ(
          error_of(folder, [&] { static_cast<void>(survey_stream("-")); }),
          "survey = standard input: must be a whole file: of what can be read once, the classes have to be "
          "told");
    }
    writer.join();
  }
  const Input input(::open((folder.path() + "/a.svm").c_str(), O_RDONLY));
  SparseStream stream("-", options);
  expect_same(all(stream, 100), data);
  stream.rewind();
  expect_same(all(stream, 1000), data);
}

TEST_F(Stream, GivesALineOfAPipeAsSoonAsItIsThere) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Input input(ends[0]);
  SparseStream stream("-");
  SparseBatch batch;
  for (const char* line : {"1 1:2\n", "-1 2:0.5\n", "3.5 1:1\n"}) {
    ASSERT_GT(::write(ends[1], line, std::strlen(line)), 0);
    ASSERT_TRUE(stream.next(batch, 1));  // would hang if it waited for more
  }
  EXPECT_THAT(batch.target, ElementsAre(3.5F));
  ::close(ends[1]);
  EXPECT_FALSE(stream.next(batch, 1));
}

TEST_F(Stream, FollowsAFileThatGrows) {
  const std::string path = folder.file("a.svm", "1 1:2\n0 2:");
  std::atomic<bool> stop{false};
  StreamOptions options;
  options.source.follow = true;
  options.source.stop = [&] { return stop.load(); };
  SparseStream stream(path, options);
  SparseBatch batch;
  ASSERT_TRUE(stream.next(batch, 1));
  const auto append = [&](const char* text) { std::ofstream(path, std::ios::app) << text; };
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    append("0.25\n1 3:1\n0 4:1");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop = true;
  });
  ASSERT_TRUE(stream.next(batch, 2));
  EXPECT_THAT(batch.features.value, ElementsAre(0.25F, 1));
  ASSERT_TRUE(stream.next(batch, 2));  // the unfinished line, at the end
  EXPECT_THAT(batch.features.column, ElementsAre(3));
  EXPECT_FALSE(stream.next(batch, 2));
  writer.join();

  options.source.stop = {};
  options.source.idle = 0.01;
  SparseStream idle(path, options);
  EXPECT_EQ(all(idle, 10).features.rows, 4U);
  folder.file("a.svm", "1 1:2\n");
  EXPECT_EQ(error_of(folder, [&] { static_cast<void>(idle.next(batch, 1)); }),
            "a.svm: found 6 bytes after 26 were read; expected a file that grows");
}

TEST_F(Stream, RefusesToFollowWhatCannotGrow) {
  StreamOptions options;
  options.source.follow = true;
  EXPECT_EQ(error_of(folder, [&] { SparseStream("-", options); }),
            "follow = standard input: must be a file: standard input ends when its writer ends");
  const std::string path = folder.file("a.gz", gzip("1 1:1\n"));
  EXPECT_EQ(error_of(folder,
                     [&] {
                       SparseStream stream(path, options);
                       static_cast<void>(all(stream, 1));
                     }),
            "follow = a.gz: must be a plain file: gzip cannot be followed");
}

TEST_F(Stream, TargetsAreValuesOrClassesGivenOrAsTheyCome) {
  const std::string path = folder.file("a.svm", "3 1:1\n-1 1:1\n+3.0 1:1\n0 1:1\n");
  const auto targets = [&](const StreamOptions& options) {
    SparseStream stream(path, options);
    return std::pair(all(stream, 3).target, stream.classes());
  };
  StreamOptions options;
  EXPECT_THAT(targets(options).first, ElementsAre(3, -1, 3, 0));
  EXPECT_THAT(targets(options).second, IsEmpty());
  options.task = Task::classification;
  EXPECT_THAT(targets(options).first, ElementsAre(0, 1, 0, 2));
  EXPECT_THAT(targets(options).second, ElementsAre("3", "-1", "0"));
  options.classes = {"-1", "0", "1", "3.0"};
  EXPECT_THAT(targets(options).first, ElementsAre(3, 0, 3, 1));
  EXPECT_THAT(targets(options).second, ElementsAre("-1", "0", "1", "3"));
  const std::string bad = "1 1:1\n2 1:1\n";
  options.classes = {"1", "-1"};
  EXPECT_EQ(error(bad, options),
            "a.svm:2: found the class '2'; expected a class of the training data: 1, -1");
  EXPECT_EQ(error("nan 1:1\n", options),
            "a.svm:1: found 'nan' as the label; expected a class or a finite number");
  options.classes = {"1", "+1"};
  EXPECT_EQ(error(bad, options), "classes = +1: must be there once");
  options.classes = {"1", "spam"};
  EXPECT_EQ(error(bad, options), "classes = spam: must be finite numbers, as the labels of LIBSVM are");
  options.classes = {"1"};
  EXPECT_EQ(error(bad, options), "classes = 1: must be two or more");
  options.classes = {};
  options.most_classes = 1;
  EXPECT_EQ(error(bad, options), "a.svm:2: found the class '2' after 1 others; expected at most 1 classes");
  options.task = Task::regression;
  EXPECT_EQ(error("inf 1:1\n", options),
            "a.svm:1: found 'inf' as the value to predict; expected a finite number");
  options.classes = {"1", "2"};
  EXPECT_EQ(error(bad, options), "classes = 1: must not be given for regression");
}

TEST_F(Stream, KeepsToTheColumnsThatAreGiven) {
  StreamOptions options;
  options.columns = 3;
  const std::string text = "1 1:1 3:2\n0 2:1 4:5 9:1\n1 8:1\n1 1:4\n";
  EXPECT_EQ(error(text, options),
            "a.svm:2: found index 9; expected an index of at most 3, the number of columns");
  options.drop_beyond = true;
  SparseStream stream(folder.file("a.svm", text), options);
  const SparseBatch batch = all(stream, 10);
  EXPECT_EQ(batch.features.columns, 3U);
  EXPECT_THAT(batch.features.row_begin, ElementsAre(0, 2, 3, 3, 4));
  EXPECT_THAT(batch.features.column, ElementsAre(0, 2, 1, 0));
  options.columns = 0;
  EXPECT_EQ(error(text, options), "drop_beyond = true: needs the number of columns");
  options = {};
  options.columns = 3;
  options.hashing = Hashing{};
  EXPECT_EQ(error(text, options), "columns = 3: must be left out with hashing, which has 2^bits of them");
}

TEST_F(Stream, NamesFileAndLineAsReadLibsvmDoes) {
  EXPECT_EQ(error("1 1:1\n\n1 1:1\n1 1:1\n1 3:2 3:1\n"),
            "a.svm:5: found the repeated index 3 after 3; expected increasing indices");
  EXPECT_EQ(error(""), "a.svm: found an empty file; expected lines of LABEL INDEX:VALUE ...");
  EXPECT_EQ(error("# nothing\n"), "a.svm: found no rows of data; expected lines of LABEL INDEX:VALUE ...");
  EXPECT_EQ(
      error("spam 1:1\n"),
      "a.svm:1: found 'spam' as the label; expected a number (-1 or +1, 0 or 1, a class number or a value)");
  EXPECT_EQ(error_of(folder, [&] { SparseStream(folder.path() + "/none.svm"); }).substr(0, 28),
            "none.svm: found no such file");
}

TEST_F(Stream, HasABoundOfLinesNotOfFiles) {
  StreamOptions options;
  options.longest_line = 1000;
  const std::string text = many_rows(3000);
  EXPECT_EQ(error(text, options), "no error");  // the bound is looked at where the buffer is full
  options.longest_line = Lines::buffer;
  EXPECT_THAT(error("1 1:1\n1 " + std::string(4 * Lines::buffer, ' ') + "\n", options),
              ::testing::StartsWith("a.svm: found a line of more than "));
  options.longest_line = 8 * Lines::buffer;
  EXPECT_EQ(error("1 1:1\n1 " + std::string(4 * Lines::buffer, ' ') + "2:1\n", options), "no error");
}

TEST_F(Stream, SurveysLabelsAsMakeDatasetDoes) {
  StreamOptions options;
  const StreamSurvey values = survey_stream(folder.file("a.svm", "1 1:1\n2.5 7:1 # 9:1\n"));
  EXPECT_EQ(values.task, Task::regression);
  EXPECT_EQ(values.columns, 7U);
  EXPECT_THAT(values.classes, IsEmpty());
  options.task = Task::classification;
  EXPECT_THAT(survey_stream(folder.file("a.svm", "10 1:1\n2.5 7:1\n9\n+10.0 1:1"), options).classes,
              ElementsAre("2.5", "9", "10"));
  for (const std::string& text :
       std::vector<std::string>{"1 1:1\n1 2:1\n", "", "#\n", "1\n2\n", "nan 1:1\n2 1:1\n", "1 2:1 1:1\n1 1\n",
                                "x 1:1\n", "1:1\n"}) {
    const std::string path = folder.file("a.svm", text);
    const std::string expected =
        error_of(folder, [&] { static_cast<void>(make_dataset(read_libsvm(path), std::nullopt)); });
    if (text != "1 2:1 1:1\n1 1\n") {
      EXPECT_EQ(survey_error(text), expected) << text;
    }
  }
  // Only the last pair of a line is looked at.
  EXPECT_EQ(survey_error("1 2:1 1:1\n1 1\n"),
            "a.svm:2: found '1'; expected INDEX:VALUE, with a whole number from 1 as the index");
  std::string many;
  for (int i = 0; i < 30; ++i) many += std::to_string(i) + " 1:1\n";
  EXPECT_EQ(survey_error(many),
            "a.svm: found 30 different whole numbers as labels of 30 rows, which may be classes or values; "
            "expected the task to be told: classification or regression");
}

// A last line may lack its end, and have it when it is come back to.
TEST_F(Stream, GoesOnFromAPosition) {
  const std::string text = many_rows(6000) + "1 5:1";
  ASSERT_GT(text.size(), Lines::buffer);
  StreamOptions options;
  options.task = Task::classification;
  options.classes = {"-1", "1"};
  options.checksum = true;
  const std::string plain = folder.file("a.svm", text), packed = folder.file("a.svm.gz", gzip(text)),
                    longer = folder.file("b.svm", text + "\n-1 7:2\n");
  SparseStream once(plain, options);
  SparseBatch batch, again;
  std::size_t rows = 0;
  while (once.next(batch, 1100)) {
    rows += batch.features.rows;
    const StreamPosition place = once.position();
    EXPECT_EQ(place.rows, rows);
    EXPECT_EQ(place.lines, batch.line.back());
    EXPECT_EQ(place.checksum,
              ::crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(place.bytes)));
    for (const std::string& path : {plain, packed, longer}) {
      SparseStream other(path, options);
      other.go_to(place);
      if (path != longer) {  // where the last line has got its end
        EXPECT_EQ(other.position().checksum, place.checksum);
      }
      SparseStream passed(path, options);
      ASSERT_TRUE(passed.next(batch, rows));
      const bool more = passed.next(batch, 7);
      EXPECT_EQ(other.next(again, 7), more);
      EXPECT_EQ(again.first, rows);
      EXPECT_EQ(again.line, batch.line);
      EXPECT_EQ(again.target, batch.target);
      EXPECT_EQ(again.features.column, batch.features.column);
      EXPECT_EQ(again.features.value, batch.features.value);
    }
  }
  EXPECT_EQ(once.position().bytes, text.size());
}

TEST_F(Stream, RefusesAPositionInAnotherText) {
  StreamOptions options;
  options.checksum = true;
  const std::string text = "# two\n1 1:1\n0 2:1";
  SparseStream stream(folder.file("a.svm", text), options);
  SparseBatch batch;
  ASSERT_TRUE(stream.next(batch, 2));
  const auto error = [&](const std::string& now, bool follow = false) {
    options.source.follow = follow;
    return error_of(folder,
                    [&] { SparseStream(folder.file("b.svm", now), options).go_to(stream.position()); });
  };
  EXPECT_EQ(error("# two\n1 1:1\n1 2:1\n"),
            "b.svm: found others; expected the 3 lines that were read before, and more");
  EXPECT_EQ(error("# two\n1 1:1\n"),
            "b.svm: found 12 bytes of 17; expected the 3 lines that were read before, and more");
  EXPECT_EQ(error("# two\n1 1:1\n", true),
            "b.svm: found 12 bytes of 17; expected the 3 lines that were read before, and more");
  EXPECT_EQ(error(text + "5\n"),
            "b.svm: found that the last of them has grown; expected the 3 lines that were read before, and "
            "more");
  EXPECT_EQ(error(text), "no error");
  EXPECT_EQ(error(text + "\n1 1:1\n"), "no error");
}

TEST_F(Stream, NumbersKnownClassesFirst) {
  StreamOptions options;
  options.task = Task::classification;
  options.known = {"7", "-1"};
  SparseStream stream(folder.file("a.svm", "3 1:1\n-1 1:1\n7 1:1\n"), options);
  SparseBatch batch;
  ASSERT_TRUE(stream.next(batch, 3));
  EXPECT_THAT(batch.target, ElementsAre(2, 1, 0));
  EXPECT_THAT(stream.classes(), ElementsAre("7", "-1", "3"));
}

}  // namespace
}  // namespace thalweg::data::stream_test
