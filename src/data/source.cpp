#include "data/source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <thalweg/error.h>

#include "data/files.h"
#include "data/pages.h"

namespace thalweg::data {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds pause{20};

bool is_gzip(const char* bytes, std::size_t count) {
  return count >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

}  // namespace

struct Source::State {
  State(const std::string& path, SourceOptions chosen)
      : name(path == "-" ? "standard input" : path), options(std::move(chosen)), owned(path != "-") {
    if (!owned && options.follow)
      throw usage_error("follow", name, "must be a file: standard input ends when its writer ends");
    file = owned ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (file < 0) {
      if (errno == ENOENT) missing_file(path);
      throw unreadable(errno);
    }
    struct stat status {};
    if (::fstat(file, &status) == 0) {
      if (S_ISDIR(status.st_mode)) {
        close();
        throw input_error(path, "a folder", "a file");
      }
      regular = S_ISREG(status.st_mode);
    }
    start = regular ? std::max<off_t>(::lseek(file, 0, SEEK_CUR), 0) : 0;
    bytes = regular ? static_cast<std::size_t>(std::max<off_t>(status.st_size - start, 0)) : 0;
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (unpacking) inflateEnd(&stream);
    close();
  }

  void close() const {
    if (owned && file >= 0) ::close(file);
  }

  [[nodiscard]] Error unreadable(int error) const {
    return input_error(name, "that it cannot be read (" + std::generic_category().message(error) + ")",
                       "a readable file");
  }

  [[nodiscard]] bool stopped() const { return options.stop && options.stop(); }

  /// Waits until a pipe has something, or ends; false if it is to stop before that.
  [[nodiscard]] bool wait() const {
    pollfd waiting{file, POLLIN, 0};
    while (::poll(&waiting, 1, static_cast<int>(pause.count())) <= 0) {
      if (stopped()) return false;
    }
    return true;
  }

  /// What the file holds, compressed or not.
  std::size_t read_raw(char* to, std::size_t room) {
    const Clock::time_point since = Clock::now();
    for (;;) {
      if (options.stop && !regular && !wait()) return 0;
      const ssize_t got = ::read(file, to, room);
      if (got < 0 && errno != EINTR) throw unreadable(errno);
      if (got < 0 && stopped()) return 0;
      if (got < 0) continue;
      taken += static_cast<std::size_t>(got);
      if (got > 0 || !options.follow) return static_cast<std::size_t>(got);
      struct stat status {};
      if (regular && ::fstat(file, &status) == 0 && status.st_size < start + static_cast<off_t>(taken)) {
        throw input_error(
            name, std::to_string(status.st_size) + " bytes after " + std::to_string(taken) + " were read",
            "a file that grows");
      }
      if (stopped() || std::chrono::duration<double>(Clock::now() - since).count() >= options.idle) return 0;
      std::this_thread::sleep_for(pause);
    }
  }

  /// Moves what is left of the input to the front and reads until there are two bytes, or the end.
  void refill() {
    std::memmove(input.data(), input.data() + at, held - at);
    held -= at;
    at = 0;
    while (held < 2) {
      const std::size_t got = read_raw(input.data() + held, input.size() - held);
      if (got == 0) break;
      held += got;
    }
  }

  void begin() {
    begun = true;
    refill();
    packed = !options.as_is && is_gzip(input.data(), held);
    if (!packed) return;
    bytes = 0;
    if (options.follow) throw usage_error("follow", name, "must be a plain file: gzip cannot be followed");
    if (!unpacking && inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) throw std::bad_alloc();
    if (unpacking) inflateReset(&stream);
    unpacking = true;
  }

  std::size_t read(char* to, std::size_t room) {
    if (!begun) begin();
    if (packed) return inflate_some(to, room);
    if (at == held) return read_raw(to, room);
    const std::size_t count = std::min(room, held - at);
    std::memcpy(to, input.data() + at, count);
    at += count;
    return count;
  }

  std::size_t inflate_some(char* to, std::size_t room) {
    const std::size_t most = std::min<std::size_t>(room, std::numeric_limits<uInt>::max());
    while (!ended) {
      if (at == held) refill();
      stream.next_in = reinterpret_cast<Bytef*>(input.data() + at);
      stream.avail_in = static_cast<uInt>(held - at);
      stream.next_out = reinterpret_cast<Bytef*>(to);
      stream.avail_out = static_cast<uInt>(most);
      const int state = inflate(&stream, Z_NO_FLUSH);
      const bool at_end = at == held;
      at = held - stream.avail_in;
      const std::size_t got = most - stream.avail_out;
      if (state == Z_STREAM_END) {
        // gzip files may be concatenated; anything else behind the end is ignored, as gzip itself does.
        if (held - at < 2) refill();
        if (is_gzip(input.data() + at, held - at))
          inflateReset(&stream);
        else
          ended = true;
      } else if (state == Z_MEM_ERROR) {
        throw std::bad_alloc();
      } else if (state != Z_OK && state != Z_BUF_ERROR) {
        throw input_error(name, "a broken gzip stream at byte " + std::to_string(taken - (held - at)),
                          "an intact gzip file");
      } else if (got == 0 && at_end) {
        throw input_error(name, "a gzip stream that is cut off after " + std::to_string(taken) + " bytes",
                          "an intact gzip file");
      }
      if (got > 0) return got;
    }
    return 0;
  }

  void rewind() {
    if (!regular || ::lseek(file, start, SEEK_SET) < 0)
      throw usage_error("rewind", name, "must be a file: what came through a pipe is gone");
    begun = ended = false;
    at = held = taken = 0;
  }

  std::string name;
  SourceOptions options;
  bool owned;
  int file = -1;
  bool regular = false, begun = false, packed = false, unpacking = false, ended = false;
  off_t start = 0;
  std::size_t bytes = 0, taken = 0;   ///< size; how much of it was read, as it lies in the file
  std::array<char, 1U << 16U> input;  // not cleared: of a small file, most is never touched
  std::size_t at = 0, held = 0;
  z_stream stream{};
};

Source::Source(const std::string& path, SourceOptions options)
    : state_(std::make_unique<State>(path, std::move(options))) {}
Source::~Source() = default;
Source::Source(Source&&) noexcept = default;
Source& Source::operator=(Source&&) noexcept = default;

const std::string& Source::name() const { return state_->name; }

std::size_t Source::read(char* to, std::size_t room) { return state_->read(to, room); }

bool Source::can_rewind() const { return state_->regular; }

void Source::rewind() { state_->rewind(); }

std::size_t Source::size() const {
  if (!state_->begun && !state_->options.follow) state_->begin();
  return state_->bytes;
}

std::size_t Source::packed() const { return state_->packed ? state_->taken : 0; }

Error unpacks_to_too_much(const std::string& path, std::size_t packed) {
  return input_error(
      path, std::to_string(packed) + " bytes that unpack to over " + std::to_string(unpacked_limit(packed)),
      "at most 64 MiB or a hundred times its size: unpack it yourself if it is meant so");
}

std::string read_all(Source& source) {
  // One byte more than the size, so that the end is seen without growing the buffer.
  std::string bytes;
  reserve_pages(bytes, std::max<std::size_t>(source.size(), 4095) + 1);
  bytes.resize(bytes.capacity());
  std::size_t used = 0;
  for (;;) {
    const std::size_t limit = source.packed() > 0 ? unpacked_limit(source.packed()) : bytes.max_size() / 2;
    if (used > limit) throw unpacks_to_too_much(source.name(), source.packed());
    if (used == bytes.size()) bytes.resize(std::min(2 * used, limit + 1));
    const std::size_t got = source.read(bytes.data() + used, bytes.size() - used);
    if (got == 0) break;
    used += got;
  }
  bytes.resize(used);
  return bytes;
}

std::string read_file(const std::string& path) {
  Source source(path == "-" ? "./-" : path);
  return read_all(source);
}

}  // namespace thalweg::data
