#include "files/files.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thalweg/error.h>

namespace thalweg::files {
namespace {

namespace fs = std::filesystem;

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

std::string shown(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string result = "'";
  for (const char c : text.substr(0, longest))
    result += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  return result + (text.size() > longest ? "...'" : "'");
}

std::string read_bytes(const std::string& path) {
  const auto refuse = [&](int error) {
    return input_error(path, "that it cannot be read (" + system_reason(error) + ")", "a readable file");
  };
  const struct Open {
    explicit Open(const std::string& name) : file(::open(name.c_str(), O_RDONLY | O_CLOEXEC)) {}
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;
    ~Open() {
      if (file >= 0) ::close(file);
    }
    int file;
  } opened(path);
  if (opened.file < 0 && errno == ENOENT) missing_file(path);
  struct stat status {};
  if (opened.file < 0 || ::fstat(opened.file, &status) != 0) throw refuse(errno);
  if (S_ISDIR(status.st_mode)) throw input_error(path, "a folder", "a file");
  // One byte more than the size, so that the end is seen without growing.
  std::string bytes(S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) + 1 : 4096, '\0');
  for (std::size_t used = 0;;) {
    if (used == bytes.size()) bytes.resize(2 * used);
    const ssize_t got = ::read(opened.file, bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno != EINTR) throw refuse(errno);
    if (got == 0) {
      bytes.resize(used);
      return bytes;
    }
    if (got > 0) used += static_cast<std::size_t>(got);
  }
}

WholeFile::WholeFile(const std::string& path) : path_(path), target_(path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status)) throw input_error(path, "a folder", "a file that can be written");
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    if (fs::exists(status)) target_ = fs::canonical(path, ignored).string();
    folder_ = fs::path(target_).parent_path().string();
    if (folder_.empty()) {
      folder_ = ".";
    } else if (!fs::is_directory(folder_, ignored)) {
      throw input_error(path, "no folder " + shown(folder_), "a path in an existing folder");
    }
    descriptor_ = open_beside(target_, temporary_);
  }
  if (descriptor_ < 0) throw unwritable(path, errno);
}

WholeFile::~WholeFile() {
  ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void WholeFile::write(std::string_view bytes) { write_all(descriptor_, bytes, path_); }

void WholeFile::finish() {
  if (temporary_.empty()) return;
  if (::fsync(descriptor_) != 0 || ::rename(temporary_.c_str(), target_.c_str()) != 0)
    throw unwritable(path_, errno);
  temporary_.clear();
  // The new name lasts once the folder is on the disk too. Where a system cannot sync folders, it need not.
  const int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  static_cast<void>(::fsync(folder));
  ::close(folder);
}

void write_file(const std::string& path, std::string_view bytes) { write_file(path, std::span(&bytes, 1)); }

void write_file(const std::string& path, std::span<const std::string_view> pieces) {
  WholeFile file(path);
  for (const std::string_view piece : pieces) file.write(piece);
  file.finish();
}

void check_writable(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_fifo(path, ignored)) WholeFile file(path);  // to open a pipe would wait for its reader
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

}  // namespace thalweg::files
