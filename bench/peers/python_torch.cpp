// torch in Python: a child process that steps copies of the tensors on request (python_torch.py, beside this
// module). THALWEG_PEER_FOREACH (0 or 1) chooses between torch's default and its foreach implementation.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "child.h"
#include "peer.h"

namespace {

constexpr bool foreach = THALWEG_PEER_FOREACH;
constexpr const char* peer_name = foreach ? "python-torch-foreach" : "python-torch";

/// Started with the first state, since importing torch takes a second or two, and kept.
Child& child() {
  static Child child(peer_name, reinterpret_cast<const void*>(&thalweg_peer), THALWEG_PEER_PYTHON,
                     "python_torch.py", foreach ? "foreach" : "default");
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
