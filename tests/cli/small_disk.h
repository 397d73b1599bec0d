#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace thalweg::test {

/// A disk of 64 KiB in memory, mounted in namespaces of a process that holds it, so that no rights are needed
/// where the system lets users have namespaces.
class SmallDisk {
 public:
  SmallDisk() {
    std::string pattern = "/tmp/thalweg-disk-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
    holder_ = ::fork();
    if (holder_ == 0) {
      ::close(ends[0]);
      hold(ends[1]);
    }
    ::close(ends[1]);
    end_ = ends[0];
    error_ = answer();
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    ::close(end_);
    if (holder_ > 0) ::waitpid(holder_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] int error() const { return error_; }  ///< why there is none, or 0
  [[nodiscard]] std::string path(const std::string& name) const {
    return "/proc/" + std::to_string(holder_) + "/root" + folder_ + "/" + name;
  }
  /// Leaves so many bytes of it, whole pages.
  void fill(off_t left) const {
    const int file = ::open(path("filler").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    const std::string page(4096, 'x');
    off_t size = 0;
    for (ssize_t got = 0; (got = ::write(file, page.data(), page.size())) > 0;) size += got;
    if (::ftruncate(file, size - left) != 0) std::abort();
    ::close(file);
  }
  void empty() const { std::filesystem::remove(path("filler")); }
  /// Nothing can be written any more. Returns why it could not be done, or 0.
  [[nodiscard]] int make_read_only() const { return ::write(end_, "r", 1) == 1 ? answer() : errno; }

 private:
  [[nodiscard]] int answer() const {
    int error = EIO;
    return ::read(end_, &error, sizeof error) == sizeof error ? error : EIO;
  }

  static bool put(const char* path, const std::string& text) {
    const int file = ::open(path, O_WRONLY | O_CLOEXEC);
    const bool done = file >= 0 && ::write(file, text.data(), text.size()) >= 0;
    ::close(file);
    return done;
  }

  [[noreturn]] void hold(int end) const {
    const std::string user = "0 " + std::to_string(::getuid()) + " 1",
                      group = "0 " + std::to_string(::getgid()) + " 1";
    int error = 0;
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || !put("/proc/self/setgroups", "deny") ||
        !put("/proc/self/uid_map", user) || !put("/proc/self/gid_map", group) ||
        ::mount("none", folder_.c_str(), "tmpfs", 0, "size=64k") != 0)
      error = errno;
    for (char asked = 0; ::write(end, &error, sizeof error) > 0 && ::read(end, &asked, 1) == 1;)
      error = ::mount("none", folder_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0 ? 0 : errno;
    ::_exit(0);
  }

  std::string folder_;
  pid_t holder_ = -1;
  int end_ = -1, error_ = EIO;
};

}  // namespace thalweg::test
