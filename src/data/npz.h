#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/npy.h"

namespace thalweg::data {

/// An array of a .npz file, by its name without ".npy".
struct NamedArray {
  std::string name;
  NpyArray array;
};

/// Whether bytes are those of a ZIP archive, as .npz files are.
[[nodiscard]] bool is_zip(std::string_view bytes);

/// The arrays of a .npz file (numpy.savez, savez_compressed): a ZIP archive whose members are .npy files of 1
/// or 2 dimensions, stored or deflated, in the order of its directory. Sizes are checked against what is
/// there before anything of that size is allocated, checksums after; all members together may unpack to what
/// unpacked_limit() says of the archive's size. Errors, as input Errors with `path` and where there is one
/// the member: an archive that is cut off or broken, encrypted, of several disks or over 4 GiB (ZIP64),
/// another compression, members that are no .npy file, two of one name, and those of read_npy().
[[nodiscard]] std::vector<NamedArray> parse_npz(const std::string& path, std::string_view bytes);

}  // namespace thalweg::data
