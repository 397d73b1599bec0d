#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

namespace thalweg::test {

/// A folder that lives as long as the test, in memory where the system has such a place: syncing a disk takes
/// longer than what is tested.
class Scratch {
 public:
  Scratch() {
    std::string pattern = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm/thalweg-XXXXXX" : "/tmp/thalweg-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  std::string folder_;
};

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace thalweg::test
