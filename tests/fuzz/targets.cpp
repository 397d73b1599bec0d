#include "targets.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>

#include <sys/mman.h>
#include <unistd.h>

#include <thalweg/error.h>
#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/torch_state.h>

#include "checkpoint/crc32.h"
#include "checkpoint/tensor_file.h"
#include "data/csv.h"
#include "data/files.h"
#include "data/idx.h"
#include "data/libsvm.h"
#include "data/npy.h"
#include "data/npz.h"
#include "data/stream.h"
#include "models/spec.h"
#include "report/reader.h"
#include "workbench/compare/experiment.h"
#include "workbench/formula.h"
#include "workbench/model_file.h"

namespace thalweg::fuzz {
namespace {

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

/// A file in memory. Its path has no name that a reader could go by.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : file_(memfd_create("fuzz", MFD_CLOEXEC)) {
    expect(file_ >= 0, "memfd_create");
    while (!bytes.empty()) {
      const ssize_t written = write(file_, bytes.data(), bytes.size());
      expect(written > 0, "write");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(file_); }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

/// For files that need a name; in memory where the system has such a place.
const std::string& own_folder() {
  static const struct Folder {
    Folder() { expect(mkdtemp(path.data()) != nullptr, "mkdtemp"); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path =
        std::string(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") + "/thalweg-fuzz-XXXXXX";
  } folder;
  return folder.path;
}

/// Calls what may refuse its input with an Error of one kind and one line, and does not otherwise fail.
/// Returns whether it accepted.
template <class Action>
bool accepts(Error::Kind kind, const Action& action) {
  try {
    action();
    return true;
  } catch (const Error& error) {
    expect(error.kind == kind, "the kind of an error");
    expect(*error.what() != '\0' && std::strchr(error.what(), '\n') == nullptr, "an error is one line");
  }
  return false;
}

void check_features(const data::Table& table) {
  const std::size_t rows = table.label.size();
  if (const auto* dense = std::get_if<data::DenseMatrix>(&table.features)) {
    expect(dense->rows == rows && dense->values.size() == rows * dense->columns, "a dense table's sizes");
    return;
  }
  const auto& sparse = std::get<data::SparseMatrix>(table.features);
  expect(sparse.rows == rows && sparse.row_begin.size() == rows + 1, "a sparse table's rows");
  expect(sparse.row_begin.back() == sparse.column.size() && sparse.column.size() == sparse.value.size(),
         "a sparse table's nonzeros");
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t k = sparse.row_begin[r]; k < sparse.row_begin[r + 1]; ++k) {
      expect(sparse.column[k] < sparse.columns, "a column below the width");
      expect(k == sparse.row_begin[r] || sparse.column[k - 1] < sparse.column[k], "columns that increase");
    }
  }
}

void read_csv(std::string_view bytes) {
  const MemoryFile file(bytes);
  accepts(Error::Kind::input, [&] {
    data::Table table = data::read_csv(file.path(), "");
    check_features(table);
    static_cast<void>(data::make_dataset(std::move(table), std::nullopt));
  });
}

/// A stream of batches has what the whole file has.
void read_libsvm(std::string_view bytes) {
  const MemoryFile file(bytes);
  data::Table table;
  if (!accepts(Error::Kind::input, [&] { table = data::read_libsvm(file.path()); })) return;
  check_features(table);
  const auto& whole = std::get<data::SparseMatrix>(table.features);
  // The labels may be neither numbers nor few classes, which a stream says and a table does not yet.
  accepts(Error::Kind::input, [&] {
    data::StreamOptions options;
    options.most_classes = bytes.size() + 1;
    options.task = data::Task::classification;
    data::SparseStream stream(file.path(), options);
    data::SparseBatch batch;
    std::size_t row = 0, nonzero = 0;
    while (stream.next(batch, 3)) {
      for (std::size_t r = 0; r < batch.features.rows; ++r, ++row) {
        expect(row < whole.rows && batch.line[r] == table.line[row], "a streamed row");
        for (std::size_t k = batch.features.row_begin[r]; k < batch.features.row_begin[r + 1]; ++k, ++nonzero)
          expect(nonzero < whole.column.size() && batch.features.column[k] == whole.column[nonzero] &&
                     batch.features.value[k] == whole.value[nonzero],
                 "a streamed nonzero");
      }
    }
    expect(row == whole.rows && nonzero == whole.column.size(), "all of a stream");
  });
}

/// Lines with words for features; the first byte chooses among the options.
void read_words(std::string_view bytes) {
  if (bytes.empty()) return;
  const unsigned choice = static_cast<unsigned char>(bytes.front());
  const MemoryFile file(bytes.substr(1));
  accepts(Error::Kind::input, [&] {
    data::StreamOptions options;
    options.hashing = data::Hashing{.bits = 1 + choice % 16U,
                                    .seed = 0,
                                    .with_sign = (choice & 0x20U) != 0,
                                    .numbers_too = (choice & 0x40U) != 0};
    data::SparseStream stream(file.path(), options);
    data::SparseBatch batch;
    while (stream.next(batch, 2)) {
      for (const std::uint32_t column : batch.features.column)
        expect(column < std::uint32_t{1} << options.hashing->bits, "a hashed column");
    }
  });
}

/// Images, and labels behind them: the first two bytes say where these begin.
void read_idx(std::string_view bytes) {
  if (bytes.size() < 2) return;
  const std::size_t begin =
      static_cast<unsigned char>(bytes[0]) * 256U + static_cast<unsigned char>(bytes[1]);
  bytes.remove_prefix(2);
  const std::string_view images = bytes.substr(0, begin);
  const std::string_view labels = bytes.substr(images.size());
  const std::string& folder = own_folder();
  const MemoryFile image_file(images), label_file(labels);
  const std::string image_path = folder + "/images", label_path = folder + "/labels";
  unlink(image_path.c_str());
  unlink(label_path.c_str());
  expect(symlink(image_file.path().c_str(), image_path.c_str()) == 0, "symlink");
  expect(symlink(label_file.path().c_str(), label_path.c_str()) == 0, "symlink");
  accepts(Error::Kind::input, [&] { check_features(data::read_idx(image_path)); });
  unlink(image_path.c_str());
  unlink(label_path.c_str());
}

/// What is read is written and read again.
void read_npy(std::string_view bytes) {
  const MemoryFile file(bytes);
  data::NpyArray array;
  if (!accepts(Error::Kind::input, [&] { array = data::read_npy(file.path()); })) return;
  const std::string copy = own_folder() + "/copy.npy";
  data::write_npy(copy, array);
  const data::NpyArray again = data::read_npy(copy);
  expect(again.shape == array.shape && again.is_double() == array.is_double(), "an array written and read");
  const auto same = [](const auto& a, const auto& b) {
    return a.size() == b.size() &&
           (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0);
  };
  expect(array.is_double()
             ? same(std::get<std::vector<double>>(array.values), std::get<std::vector<double>>(again.values))
             : same(std::get<std::vector<float>>(array.values), std::get<std::vector<float>>(again.values)),
         "numbers written and read");
  accepts(Error::Kind::input, [&] { check_features(data::read_npy_table(file.path(), "")); });
}

/// As a data set, too, where it is one.
void read_npz(std::string_view bytes) {
  accepts(Error::Kind::input, [&] {
    for (const data::NamedArray& named : data::parse_npz("a.npz", bytes)) {
      std::size_t size = 1;
      for (const std::size_t length : named.array.shape) size *= length;
      expect(size == named.array.size(), "an array's size");
    }
  });
  const MemoryFile file(bytes);
  accepts(Error::Kind::input, [&] { check_features(data::read_npy_table(file.path(), "")); });
}

void read_tensors(std::string_view bytes) {
  const MemoryFile file(bytes);
  accepts(Error::Kind::input, [&] { static_cast<void>(checkpoint::read_tensor_file(file.path())); });
  accepts(Error::Kind::input, [&] { static_cast<void>(workbench::read_model(file.path())); });
}

/// An optimizer's checkpoint with a checksum that fits, whatever it holds: it is taken as a whole, and then
/// saved as such, or it is an error and nothing has changed.
void read_checkpoint(std::string_view bytes) {
  std::string summed(bytes);
  const std::string before = R"("checksum":"crc32:)";
  if (const std::size_t at = summed.find(before);
      at != summed.npos && at + before.size() + 8 <= summed.size()) {
    std::array<char, 9> digits{};
    summed.replace(at + before.size(), 8, "00000000");
    std::snprintf(digits.data(), digits.size(), "%08x", checkpoint::crc32(summed));
    summed.replace(at + before.size(), 8, digits.data());
  }
  const MemoryFile file(summed);
  std::optional<Checkpoint> checkpoint;
  if (!accepts(Error::Kind::input, [&] { checkpoint.emplace(file.path()); })) return;
  std::vector<float> weights(3, 7.0F), table(4, 7.0F);
  std::vector<bfloat16> narrow(2, bfloat16(7.0F));
  Optimizer optimizer(Adam{.lr = 0.5}, Storage{.state = StateType::automatic, .master = true});
  optimizer.add("weights", weights);
  optimizer.add("narrow", narrow);
  optimizer.add_sparse("table", table, {.block = 2});
  const bool fits = accepts(Error::Kind::input,
                            [&] { optimizer.load(*checkpoint, {.convert = true, .own_settings = true}); });
  if (!fits) {
    expect(optimizer.steps() == 0 && weights == std::vector<float>(3, 7.0F),
           "nothing of a refused checkpoint");
    return;
  }
  expect(optimizer.steps() == checkpoint->steps(), "the steps of a checkpoint");
  const std::string copy = own_folder() + "/copy.safetensors";
  optimizer.save(copy, checkpoint->notes());
  optimizer.load(copy);
}

/// The state of a PyTorch optimizer, with a checksum that fits: the JSON, and the tensors behind it; the
/// first two bytes say where these begin. What becomes a checkpoint goes back.
void read_torch_state(std::string_view bytes) {
  if (bytes.size() < 2) return;
  const std::size_t begin =
      static_cast<unsigned char>(bytes[0]) * 256U + static_cast<unsigned char>(bytes[1]);
  bytes.remove_prefix(2);
  std::string json(bytes.substr(0, begin));
  const std::string tensors(bytes.substr(json.size())), before = R"("crc32":)";
  if (const std::size_t at = json.find(before); at != json.npos) {
    const std::size_t number = at + before.size(), end = json.find_first_not_of(" 0123456789", number);
    json.replace(number, end - number, std::to_string(checkpoint::crc32(tensors)));
  }
  const std::string stem = own_folder() + "/state", made = own_folder() + "/made";
  std::ofstream(stem + ".json", std::ios::binary) << json;
  std::ofstream(stem + ".safetensors", std::ios::binary) << tensors;
  if (!accepts(Error::Kind::input, [&] { import_torch_state(stem + ".json", made); })) return;
  const Checkpoint checkpoint(made);
  export_torch_state(checkpoint, stem + ".json");
  import_torch_state(stem + ".json", made);
  expect(Checkpoint(made).steps() == checkpoint.steps(), "the steps of a state that went back");
}

void read_gzip(std::string_view bytes) {
  const MemoryFile file(std::string("\x1f\x8b").append(bytes));
  accepts(Error::Kind::input, [&] { static_cast<void>(data::read_file(file.path())); });
}

/// What is parsed has a text that is parsed to the same.
template <class Parse>
void parse_again(std::string_view text, const Parse& parse) {
  std::string once;
  if (!accepts(Error::Kind::usage, [&] { once = parse(text); })) return;
  std::string twice;
  expect(accepts(Error::Kind::usage, [&] { twice = parse(once); }), "the text of what was parsed");
  expect(once == twice, "the text of what was parsed twice");
}

void parse_rule(std::string_view text) {
  parse_again(text, [](std::string_view t) { return make_rule(t).text(); });
}
void parse_schedule(std::string_view text) {
  parse_again(text, [](std::string_view t) { return make_schedule(t).text(); });
}
void parse_transform(std::string_view text) {
  parse_again(text, [](std::string_view t) { return make_transform(t).text(); });
}
void parse_model(std::string_view text) {
  accepts(Error::Kind::usage, [&] { static_cast<void>(models::make_model(std::string(text))); });
}
void parse_formula(std::string_view text) {
  accepts(Error::Kind::usage, [&] { static_cast<void>(workbench::make_formula(std::string(text))); });
}
void parse_experiment(std::string_view text) {
  std::string once;
  if (!accepts(Error::Kind::input,
               [&] { once = workbench::experiment_text(workbench::parse_experiment(text, "e.toml")); }))
    return;
  expect(once == workbench::experiment_text(workbench::parse_experiment(once, "e.toml")),
         "the text of an experiment");
}
void parse_results(std::string_view text) {
  accepts(Error::Kind::input, [&] { static_cast<void>(report::parse_results(std::string(text), "r.json")); });
}

}  // namespace

const std::vector<Target>& targets() {
  static const std::vector<Target> all{
      {"csv", read_csv},
      {"libsvm", read_libsvm},
      {"words", read_words},
      {"idx", read_idx},
      {"npy", read_npy},
      {"npz", read_npz},
      {"gzip", read_gzip},
      {"rule", parse_rule},
      {"schedule", parse_schedule},
      {"transform", parse_transform},
      {"model", parse_model},
      {"formula", parse_formula},
      {"experiment", parse_experiment},
      {"results", parse_results},
      {"tensors", read_tensors},
      {"checkpoint", read_checkpoint},
      {"torch_state", read_torch_state},
  };
  return all;
}

const Target& target(std::string_view name) {
  for (const Target& one : targets()) {
    if (one.name == name) return one;
  }
  throw std::invalid_argument("no target " + std::string(name));
}

}  // namespace thalweg::fuzz
