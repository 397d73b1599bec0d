// NumPy's readers in Python: a child process that reads a file on request (python_numpy.py, beside this
// module).

#include <cstdint>
#include <string>

#include "child.h"
#include "peer.h"

namespace {

Child& child() {
  static Child child("python-numpy", reinterpret_cast<const void*>(&thalweg_peer), THALWEG_PEER_PYTHON,
                     "python_numpy.py", "");
  return child;
}

constexpr const char* functions[] = {"csv loadtxt", "idx fromfile"};

const char* function(int number) {
  return number < static_cast<int>(sizeof functions / sizeof *functions) ? functions[number] : nullptr;
}

long load(int number, const char* path) {
  if (!child().works()) return -1;
  const std::string text = path;
  child().send(static_cast<std::int64_t>(number));
  child().send(static_cast<std::int64_t>(text.size()));
  child().send(text.data(), text.size());
  return static_cast<long>(child().answer());
}

constexpr ThalwegLoadPeer loading{THALWEG_PEER_VERSION, function, load};

constexpr ThalwegPeer peer = thalweg_steps_nothing(
    "python-numpy", THALWEG_PEER_NUMPY ", loadtxt and fromfile in a child process, to float32");

}  // namespace

const ThalwegPeer* thalweg_peer() { return &peer; }
const ThalwegLoadPeer* thalweg_load_peer() { return &loading; }
