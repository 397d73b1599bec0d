#pragma once

#include <span>
#include <string>
#include <string_view>

namespace thalweg::files {

/// The text between quotes as an error message shows it: on one line, cut after 40 characters.
[[nodiscard]] std::string shown(std::string_view text);

/// The bytes of a file. Errors: there is no such file (names the nearest one in its folder), it cannot be
/// read, it is a folder.
[[nodiscard]] std::string read_bytes(const std::string& path);

/// Writes a file whole or not at all, and so that it outlives a power cut: into a temporary file in the same
/// folder, synced, then renamed over `path`, and the folder synced. A symbolic link is followed; a device or
/// pipe is written to directly. Errors: the folder is missing or the file cannot be written, with the
/// system's reason; then `path` is what it was before.
class WholeFile {
 public:
  explicit WholeFile(const std::string& path);
  /// Leaves nothing behind, unless it was finished.
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  void write(std::string_view bytes);
  void finish();

 private:
  std::string path_, target_, folder_;  ///< target: behind symbolic links
  std::string temporary_;               ///< empty for what nothing can replace, and once finished
  int descriptor_ = -1;
};

/// The same, of what is in memory.
void write_file(const std::string& path, std::string_view bytes);

/// The same, of pieces that follow each other.
void write_file(const std::string& path, std::span<const std::string_view> pieces);

/// Throws write_file()'s Error where it would fail from the start: for what takes long before it writes.
/// Leaves nothing behind.
void check_writable(const std::string& path);

/// The error for a path where nothing is, with the nearest name in its folder.
[[noreturn]] void missing_file(const std::string& path);

}  // namespace thalweg::files
