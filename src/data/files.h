#pragma once

#include <string>
#include <string_view>

namespace thalweg::data {

/// The bytes of a file, decompressed where its content (not its name) is gzip. Errors: there is no such file
/// (names the nearest one in its folder), it cannot be read, it is a folder, its gzip stream is broken or cut
/// off.
[[nodiscard]] std::string read_file(const std::string& path);

/// Writes a file whole or not at all: into a temporary file in the same folder, synced, then renamed over
/// `path`. A symbolic link is followed; a device or pipe is written to directly. Errors: the folder is
/// missing or the file cannot be written, with the system's reason; then `path` is what it was before.
void write_file(const std::string& path, std::string_view bytes);

/// The error for a path where nothing is, with the nearest name in its folder.
[[noreturn]] void missing_file(const std::string& path);

}  // namespace thalweg::data
