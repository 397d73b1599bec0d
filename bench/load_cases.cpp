#include "bench/load_cases.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <thalweg/error.h>

#include "bench/arrays.h"
#include "bench/measure.h"
#include "data/csv.h"
#include "data/files.h"
#include "data/idx.h"
#include "data/libsvm.h"
#include "data/stream.h"

namespace thalweg::bench {
namespace {

constexpr std::size_t row_nonzeros = 100, table_columns = 50, pixels = 28 * 28, batch_rows = 1000;

/// Random numbers that are the same everywhere (splitmix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  std::uint64_t below(std::uint64_t count) { return next() % count; }

 private:
  std::uint64_t state_;
};

/// What is in a file that is made up.
struct Made {
  std::string text;
  std::size_t rows = 0;
};

/// Three values of ten are 1, the others as 0.0123; indices up to 100,000.
Made made_libsvm(std::size_t bytes) {
  Random random(1);
  Made made;
  made.text.reserve(bytes + 4096);
  const auto to = std::back_inserter(made.text);
  for (; made.text.size() < bytes; ++made.rows) {
    made.text += random.below(2) == 0 ? "-1" : "+1";
    std::uint64_t index = 0;
    for (std::size_t k = 0; k < row_nonzeros; ++k) {
      index += 1 + random.below(100'000 / row_nonzeros * 2 - 1) / 2 + random.below(2);
      fmt::format_to(to, " {}:", index);
      if (random.below(10) < 3)
        made.text += '1';
      else
        fmt::format_to(to, "0.{:04}", 1 + random.below(9999));
    }
    made.text += '\n';
  }
  return made;
}

Made made_csv(std::size_t bytes) {
  Random random(2);
  Made made;
  made.text.reserve(bytes + 4096);
  const auto to = std::back_inserter(made.text);
  for (; made.text.size() < bytes; ++made.rows) {
    for (std::size_t j = 1; j < table_columns; ++j)
      fmt::format_to(to, "{}{}.{:05},", random.below(2) == 0 ? "-" : "", random.below(10),
                     random.below(100'000));
    fmt::format_to(to, "{}\n", random.below(2));
  }
  return made;
}

std::string idx_header(std::initializer_list<std::size_t> shape) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(shape.size())};
  for (const std::size_t length : shape) {
    for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(length >> shift & 255U);
  }
  return bytes;
}

Made made_images(std::size_t bytes) {
  Random random(3);
  Made made{idx_header({bytes / pixels, 28, 28}), bytes / pixels};
  const std::size_t header = made.text.size();
  made.text.resize(header + made.rows * pixels);
  for (std::size_t i = header; i + 8 <= made.text.size(); i += 8) {
    const std::uint64_t word = random.next();
    std::memcpy(made.text.data() + i, &word, sizeof word);
  }
  return made;
}

/// The files, each made when it is first wanted, in a folder that goes with them.
class Files {
 public:
  explicit Files(std::size_t bytes) : bytes_(bytes) {}
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  ~Files() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  struct File {
    std::string path;
    std::size_t rows = 0;
    double bytes = 0;
  };

  const File& libsvm() {
    return libsvm_.path.empty() ? libsvm_ = written("made.svm", made_libsvm(bytes_)) : libsvm_;
  }
  const File& csv() { return csv_.path.empty() ? csv_ = written("made.csv", made_csv(bytes_)) : csv_; }
  const File& idx() {
    if (!idx_.path.empty()) return idx_;
    const Made images = made_images(bytes_);
    Random random(4);
    std::string labels = idx_header({images.rows});
    for (std::size_t i = 0; i < images.rows; ++i) labels += static_cast<char>(random.below(10));
    written("made-labels-idx1-ubyte", {std::move(labels), images.rows});
    return idx_ = written("made-images-idx3-ubyte", images);
  }

 private:
  File written(const std::string& name, const Made& made) {
    if (folder_.empty()) {
      std::string pattern = (std::filesystem::temp_directory_path() / "thalweg-bench-XXXXXX").string();
      if (::mkdtemp(pattern.data()) == nullptr)
        throw CaseFailed("no temporary folder (" + std::string(std::strerror(errno)) + ")");
      folder_ = pattern;
    }
    File file{folder_ + "/" + name, made.rows, static_cast<double>(made.text.size())};
    try {
      data::write_file(file.path, made.text);
    } catch (const Error& error) {
      throw CaseFailed(error.what());
    }
    return file;
  }

  std::size_t bytes_;
  std::string folder_;
  File libsvm_, csv_, idx_;
};

using Which = const Files::File& (Files::*)();

/// Reads a file whole, with one call after the other, into memory that is new each time.
std::size_t copy(const Files::File& file) {
  const int descriptor = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw CaseFailed(std::strerror(errno));
  const Array memory(static_cast<std::size_t>(file.bytes));
  std::size_t used = 0;
  for (;;) {
    const ssize_t got = ::read(descriptor, memory.as<char>() + used, memory.bytes() - used);
    if (got <= 0) break;
    used += static_cast<std::size_t>(got);
  }
  ::close(descriptor);
  return used == static_cast<std::size_t>(file.bytes) ? file.rows : 0;
}

/// A case that reads a file and says how many rows it has. `moved`: bytes read and written for each of it.
Case load_case(const std::shared_ptr<Files>& files, std::size_t bytes, const std::string& name, Which which,
               double moved, const std::function<std::size_t(const Files::File&)>& load) {
  Case c;
  c.group = "load";
  c.name = name;
  c.unit = "byte";
  c.bytes = moved;
  c.limit = "copy";
  c.units = static_cast<double>(bytes);
  const auto file = std::make_shared<Files::File>();
  c.prepare = [=] { *file = (files.get()->*which)(); };
  c.run = [=] {
    std::size_t rows = 0;
    try {
      rows = load(*file);
    } catch (const Error& error) {
      throw CaseFailed(error.what());
    }
    if (rows != file->rows) throw CaseFailed(fmt::format("{} rows instead of {}", rows, file->rows));
  };
  c.release = [] {};
  return c;
}

std::size_t stream(const std::string& path) {
  data::SparseStream all(path);
  data::SparseBatch batch;
  while (all.next(batch, batch_rows)) {
  }
  return all.rows();
}

}  // namespace

std::string load_size(std::size_t bytes) { return fmt::format("{} MB", bytes / 1'000'000); }

Block load_block(std::size_t bytes, std::size_t rounds, const std::vector<Peer>& peers) {
  const auto files = std::make_shared<Files>(bytes);
  Block block;
  block.size = load_size(bytes);
  block.precision = "float32";
  block.rounds = rounds;
  block.warm = false;
  block.memory = 8 * bytes;  // images become floats, and text lies beside its numbers
  using File = Files::File;
  const auto add = [&](const std::string& name, Which which, double moved, auto load) {
    block.cases.push_back(load_case(files, bytes, name, which, moved, load));
  };
  add("copy", &Files::idx, 2, [](const File& file) { return copy(file); });
  block.cases.back().group = "limit";
  block.cases.back().limit.clear();
  add("new memory", &Files::idx, 4, [](const File& f) {
    const Array floats(static_cast<std::size_t>(f.bytes) * sizeof(float));
    std::memset(floats.data(), 0, floats.bytes());
    return f.rows;
  });
  block.cases.back().group = "limit";
  block.cases.back().limit.clear();
  add("load libsvm", &Files::libsvm, 0, [](const File& f) { return data::read_libsvm(f.path).label.size(); });
  add("load csv", &Files::csv, 0, [](const File& f) { return data::read_csv(f.path, "").label.size(); });
  add("load idx", &Files::idx, 5, [](const File& f) { return data::read_idx(f.path).label.size(); });
  add("stream libsvm", &Files::libsvm, 0, [](const File& f) { return stream(f.path); });
  add("survey libsvm", &Files::libsvm, 0, [](const File& f) { return data::survey_stream(f.path).rows; });
  for (const Peer& peer : peers) {
    for (int n = 0; peer.loading != nullptr && peer.loading->function(n) != nullptr; ++n) {
      const std::string function = peer.loading->function(n), format = function.substr(0, function.find(' '));
      const Which which = format == "libsvm" ? &Files::libsvm : format == "csv" ? &Files::csv : &Files::idx;
      add(peer.name + ": load " + function, which, 0, [loading = peer.loading, n](const File& f) {
        const long rows = loading->load(n, f.path.c_str());
        if (rows < 0) throw CaseFailed("it did not read the file");
        return static_cast<std::size_t>(rows);
      });
      block.cases.back().group = "peer";
      block.cases.back().limit.clear();
      block.cases.back().reference = "load " + format;
    }
  }
  return block;
}

}  // namespace thalweg::bench
