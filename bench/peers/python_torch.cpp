// torch in Python: a child process that steps copies of the tensors on request (python_torch.py, beside this
// module). THALWEG_PEER_FOREACH (0 or 1) chooses between torch's default and its foreach implementation.

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"

namespace {

constexpr bool foreach = THALWEG_PEER_FOREACH;
constexpr const char* peer_name = foreach ? "python-torch-foreach" : "python-torch";

/// The folder of this module, with a slash.
std::string own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&thalweg_peer), &info) == 0) return {};
  const std::string file = info.dli_fname;
  return file.substr(0, file.rfind('/') + 1);
}

/// The child process, and the socket to it. Once something went wrong, that was said and nothing is sent any
/// more.
class Child {
 public:
  Child() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      fail(std::strerror(errno));
      return;
    }
    socket_ = ends[0];
    const timeval patience{120, 0};  // a child that hangs must not hang the benchmark
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);

    std::string script = own_folder() + "python_torch.py", python = THALWEG_PEER_PYTHON,
                mode = foreach ? "foreach" : "default";
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
    std::fprintf(stderr, "%s: %s\n", peer_name, what.c_str());
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

  int socket_ = -1;
  pid_t process_ = 0;
};

/// Started with the first state, since importing torch takes a second or two, and kept.
Child& child() {
  static Child child;
  return child;
}

struct State {
  std::int64_t number;
  bool leaves_a_core;
  std::vector<std::size_t> bytes;
  std::vector<void*> parameters, gradients;
};

void request(char kind, std::int64_t number) {
  char message[1 + sizeof number];
  message[0] = kind;
  std::memcpy(message + 1, &number, sizeof number);
  child().send(message, sizeof message);
}

std::string as_json(const ThalwegPeerProblem& problem) {
  char lr[32];
  std::snprintf(lr, sizeof lr, "%.17g", problem.lr);
  for (char& c : lr)
    if (c == ',') c = '.';  // the host's locale
  std::string text = std::string("{\"rule\":\"") + problem.rule + "\",\"lr\":" + lr +
                     ",\"bits\":" + std::to_string(problem.bits) +
                     ",\"threads\":" + std::to_string(problem.threads) + ",\"sizes\":[";
  for (std::size_t i = 0; i < problem.tensors; ++i)
    text += (i == 0 ? "" : ",") + std::to_string(problem.sizes[i]);
  return text + "]}";
}

void* create(const ThalwegPeerProblem* problem) {
  if (!child().works()) return nullptr;
  const std::string text = as_json(*problem);
  request('c', static_cast<std::int64_t>(text.size()));
  child().send(text.data(), text.size());
  auto state = std::make_unique<State>();
  state->number = child().answer();
  state->leaves_a_core = problem->threads < static_cast<int>(std::thread::hardware_concurrency());
  if (state->number < 0) return nullptr;
  state->parameters.assign(problem->parameters, problem->parameters + problem->tensors);
  state->gradients.assign(problem->gradients, problem->gradients + problem->tensors);
  for (std::size_t i = 0; i < problem->tensors; ++i) {
    const std::size_t bytes = problem->sizes[i] * static_cast<std::size_t>(problem->bits / 8);
    state->bytes.push_back(bytes);
    child().send(problem->parameters[i], bytes);
    child().send(problem->gradients[i], bytes);
  }
  return child().answer() == 0 ? state.release() : nullptr;
}

int step(void* opaque) {
  const State& state = *static_cast<State*>(opaque);
  request('s', state.number);
  if (state.leaves_a_core) child().spin();
  return child().answer() == 0 ? 0 : 1;
}

void destroy(void* opaque) {
  const std::unique_ptr<State> state(static_cast<State*>(opaque));
  request('d', state->number);
  if (child().answer() != 0) return;
  for (std::size_t i = 0; i < state->bytes.size(); ++i)
    child().receive(state->parameters[i], state->bytes[i]);
}

void gradients_changed(void* opaque) {
  const State& state = *static_cast<State*>(opaque);
  request('g', state.number);
  for (std::size_t i = 0; i < state.bytes.size(); ++i) child().send(state.gradients[i], state.bytes[i]);
  child().answer();
}

constexpr ThalwegPeer peer{THALWEG_PEER_VERSION,
                           peer_name,
                           "torch " THALWEG_PEER_TORCH
                           ", in a child process: the round trip to it is part of each step; adagrad and "
                           "rmsprop with ε beside the root, amsgrad with bias correction",
                           create,
                           step,
                           destroy,
                           gradients_changed};

}  // namespace

const ThalwegPeer* thalweg_peer() { return &peer; }
