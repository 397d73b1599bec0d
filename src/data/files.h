#pragma once

#include <string>

#include "files/files.h"

namespace thalweg::data {

using files::check_writable;
using files::missing_file;
using files::WholeFile;
using files::write_file;

/// The bytes of a file, decompressed where its content (not its name) is gzip. Errors: there is no such file
/// (names the nearest one in its folder), it cannot be read, it is a folder, its gzip stream is broken or cut
/// off, or unpacks to more than unpacked_limit() (source.h).
[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace thalweg::data
