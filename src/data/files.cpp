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

/// Where the bytes of a file that is to be written go.
struct Place {
  std::string target;   ///< behind symbolic links
  std::string folder;   ///< the target's
  bool direct = false;  ///< a device or a pipe, which nothing can replace
};

/// Throws where nothing can be written: a folder, or a file in none.
Place place_of(const std::string& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status)) throw input_error(path, "a folder", "a file that can be written");
  Place place{path, {}, fs::exists(status) && !fs::is_regular_file(status)};
  if (place.direct) return place;
  if (fs::exists(status)) place.target = fs::canonical(path, ignored).string();
  place.folder = fs::path(place.target).parent_path().string();
  if (place.folder.empty()) {
    place.folder = ".";
  } else if (!fs::is_directory(place.folder, ignored)) {
    throw input_error(path, "no folder " + shown(place.folder), "a path in an existing folder");
  }
  return place;
}

}  // namespace

std::string read_file(const std::string& path) {
  Source source(path == "-" ? "./-" : path);
  return read_all(source);
}

void write_file(const std::string& path, std::string_view bytes) { write_file(path, std::span(&bytes, 1)); }

void write_file(const std::string& path, std::span<const std::string_view> pieces) {
  const Place place = place_of(path);
  if (place.direct) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.number < 0) throw unwritable(path, errno);
    for (const std::string_view piece : pieces) write_all(file.number, piece, path);
    return;
  }
  std::string temporary;
  const Descriptor file(open_beside(place.target, temporary));
  if (file.number < 0) throw unwritable(path, errno);
  try {
    for (const std::string_view piece : pieces) write_all(file.number, piece, path);
    if (::fsync(file.number) != 0 || ::rename(temporary.c_str(), place.target.c_str()) != 0)
      throw unwritable(path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  // The new name lasts once the folder is on the disk too. Where a system cannot sync folders, it need not.
  const Descriptor folder(::open(place.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number >= 0) static_cast<void>(::fsync(folder.number));
}

void check_writable(const std::string& path) {
  const Place place = place_of(path);
  std::string temporary;
  const Descriptor file(place.direct ? ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)
                                     : open_beside(place.target, temporary));
  // A pipe that nobody reads yet may have its reader by then.
  if (file.number < 0 && !(place.direct && errno == ENXIO)) throw unwritable(path, errno);
  if (!place.direct) ::unlink(temporary.c_str());
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
