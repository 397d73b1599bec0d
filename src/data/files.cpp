#include "data/files.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <thalweg/error.h>

#include "data/text.h"

namespace thalweg::data {
namespace {

namespace fs = std::filesystem;

/// A file descriptor that closes itself.
struct Descriptor {
  explicit Descriptor(int opened) : number(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  int number;
};

std::string system_reason(int error) { return std::generic_category().message(error); }

Error unwritable(const std::string& path, int error) {
  return input_error(path, "that it cannot be written (" + system_reason(error) + ")",
                     "a path that can be written");
}

std::string read_bytes(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number < 0) {
    if (errno == ENOENT) missing_file(path);
    throw input_error(path, "that it cannot be read (" + system_reason(errno) + ")", "a readable file");
  }
  struct stat status {};
  if (::fstat(file.number, &status) == 0 && S_ISDIR(status.st_mode)) {
    throw input_error(path, "a folder", "a file");
  }
  // One byte more than the size, so that the end is seen without growing the buffer.
  std::string bytes(static_cast<std::size_t>(std::max<off_t>(status.st_size, 4095)) + 1, '\0');
  std::size_t used = 0;
  for (;;) {
    if (used == bytes.size()) bytes.resize(2 * used);
    const ssize_t got = ::read(file.number, bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      throw input_error(path, "that it cannot be read (" + system_reason(errno) + ")", "a readable file");
    }
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  bytes.resize(used);
  return bytes;
}

bool is_gzip(std::string_view bytes) { return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b'; }

std::string decompress(const std::string& path, std::string_view packed) {
  z_stream stream{};
  if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) throw std::bad_alloc();
  struct Close {
    z_stream* stream;
    ~Close() { inflateEnd(stream); }
  } const close{&stream};
  constexpr std::size_t most = std::numeric_limits<uInt>::max();
  std::string plain(std::max<std::size_t>(4 * packed.size(), 4096), '\0');
  std::size_t read = 0, written = 0;
  for (;;) {
    if (written == plain.size()) plain.resize(2 * written);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + read));
    stream.avail_in = static_cast<uInt>(std::min(packed.size() - read, most));
    stream.next_out = reinterpret_cast<Bytef*>(plain.data() + written);
    stream.avail_out = static_cast<uInt>(std::min(plain.size() - written, most));
    const uInt in = stream.avail_in, out = stream.avail_out;
    const int state = inflate(&stream, Z_NO_FLUSH);
    read += in - stream.avail_in;
    written += out - stream.avail_out;
    if (state == Z_STREAM_END) {
      // gzip files may be concatenated; anything else behind the end is ignored, as gzip itself does.
      if (!is_gzip(packed.substr(read))) break;
      inflateReset(&stream);
    } else if (state == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (state != Z_OK && state != Z_BUF_ERROR) {
      throw input_error(path, "a broken gzip stream at byte " + std::to_string(read), "an intact gzip file");
    } else if (read == packed.size() && stream.avail_out != 0) {
      throw input_error(path, "a gzip stream that is cut off after " + std::to_string(read) + " bytes",
                        "an intact gzip file");
    }
  }
  plain.resize(written);
  return plain;
}

void write_all(int descriptor, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw unwritable(path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Opens a new file beside `target`, with its permissions if it exists, and puts its name into `temporary`.
int open_beside(const std::string& target, std::string& temporary) {
  struct stat status {};
  const bool replaces = ::stat(target.c_str(), &status) == 0;
  for (int attempt = 0; attempt < 1000; ++attempt) {
    temporary = target + "." + std::to_string(::getpid()) + "-" + std::to_string(attempt) + ".tmp";
    const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0 && replaces) static_cast<void>(::fchmod(descriptor, status.st_mode & 07777));
    if (descriptor >= 0 || errno != EEXIST) return descriptor;
  }
  return -1;
}

}  // namespace

std::string read_file(const std::string& path) {
  std::string bytes = read_bytes(path);
  return is_gzip(bytes) ? decompress(path, bytes) : bytes;
}

void write_file(const std::string& path, std::string_view bytes) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status)) throw input_error(path, "a folder", "a file that can be written");
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.number < 0) throw unwritable(path, errno);
    return write_all(file.number, bytes, path);
  }
  const std::string target = fs::exists(status) ? fs::canonical(path, ignored).string() : path;
  const fs::path folder = fs::path(target).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, ignored)) {
    throw input_error(path, "no folder " + shown(folder.string()), "a path in an existing folder");
  }
  std::string temporary;
  const Descriptor file(open_beside(target, temporary));
  if (file.number < 0) throw unwritable(path, errno);
  try {
    write_all(file.number, bytes, path);
    if (::fsync(file.number) != 0 || ::rename(temporary.c_str(), target.c_str()) != 0)
      throw unwritable(path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void missing_file(const std::string& path) {
  fs::path folder = fs::path(path).parent_path();
  if (folder.empty()) folder = ".";
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw input_error(path, "no folder " + shown(folder.string()), "an existing file or folder");
  }
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  const std::string near = nearest_name(fs::path(path).filename().string(), names);
  throw input_error(path, "no such file",
                    near.empty() ? "an existing file or folder"
                                 : "an existing file or folder: did you mean '" + near + "'?");
}

}  // namespace thalweg::data
