#pragma once

// A child process that answers requests over a socket, which is its standard input: a peer in Python.

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include <dlfcn.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/// The folder of the module that has this symbol, with a slash.
inline std::string folder_of(const void* symbol) {
  Dl_info info{};
  if (dladdr(symbol, &info) == 0) return {};
  const std::string file = info.dli_fname;
  return file.substr(0, file.rfind('/') + 1);
}

/// The child process, and the socket to it. Once something went wrong, that was said and nothing is sent any
/// more.
class Child {
 public:
  /// Starts `python` with a script that lies beside the module of `symbol`, and an argument for it.
  Child(const char* name, const void* symbol, std::string python, const char* script_name, std::string mode)
      : name_(name) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      fail(std::strerror(errno));
      return;
    }
    socket_ = ends[0];
    const timeval patience{120, 0};  // a child that hangs must not hang the benchmark
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);

    std::string script = folder_of(symbol) + script_name;
    char* arguments[] = {python.data(), script.data(), mode.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    const int error = posix_spawn(&process_, python.c_str(), &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error != 0) fail(python + ": " + std::strerror(error));
  }
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] bool works() const { return socket_ >= 0; }

  void send(const void* data, std::size_t size) {
    const auto* from = static_cast<const char*>(data);
    while (works() && size > 0) {
      const ssize_t sent = ::send(socket_, from, size, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return fail(reason());
      from += sent;
      size -= static_cast<std::size_t>(sent);
    }
  }
  void send(std::int64_t number) { send(&number, sizeof number); }

  void receive(void* data, std::size_t size) {
    auto* to = static_cast<char*>(data);
    while (works() && size > 0) {
      const ssize_t received = recv(socket_, to, size, 0);
      if (received < 0 && errno == EINTR) continue;
      if (received == 0) return fail("the process ended");
      if (received < 0) return fail(reason());
      to += received;
      size -= static_cast<std::size_t>(received);
    }
  }
  /// Asks for the coming answer for a while, before waiting asleep: waking up can take 50 µs on a virtual
  /// machine. To be called only while the child leaves a core free.
  void spin() const {
    char byte;
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(200);
    while (works() && recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           std::chrono::steady_clock::now() < until) {
    }
  }
  /// The answer to a request; -1 if there is none.
  std::int64_t answer() {
    std::int64_t number = -1;
    receive(&number, sizeof number);
    return works() ? number : -1;
  }

 private:
  static std::string reason() { return errno == EAGAIN ? "no answer for two minutes" : std::strerror(errno); }
  void fail(const std::string& what) {
    std::fprintf(stderr, "%s: %s\n", name_, what.c_str());
    end();
  }
  void end() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
    if (process_ <= 0) return;
    kill(process_, SIGKILL);  // it holds nothing that needs care
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }

  const char* name_;
  int socket_ = -1;
  pid_t process_ = 0;
};
