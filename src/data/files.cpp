#include "data/files.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thalweg/error.h>

#include "data/pages.h"
#include "data/source.h"
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
  Source source(path == "-" ? "./-" : path);
  // One byte more than the size, so that the end is seen without growing the buffer.
  std::string bytes;
  reserve_pages(bytes, std::max<std::size_t>(source.size(), 4095) + 1);
  bytes.resize(bytes.capacity());
  std::size_t used = 0;
  for (;;) {
    if (used == bytes.size()) bytes.resize(2 * used);
    const std::size_t got = source.read(bytes.data() + used, bytes.size() - used);
    if (got == 0) break;
    used += got;
  }
  bytes.resize(used);
  return bytes;
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
