// scikit-learn's SGDClassifier in Python: a child process that makes epochs over its copy of the rows on
// request (python_sklearn.py, beside this module). It steps nothing but linear models on sparse rows.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "child.h"
#include "peer.h"

namespace {

/// Started with the first state, since importing the library takes a second or two, and kept.
Child& child() {
  static Child child("scikit-learn", reinterpret_cast<const void*>(&thalweg_peer), THALWEG_PEER_PYTHON,
                     "python_sklearn.py", "");
  return child;
}

void request(char kind) { child().send(&kind, 1); }

/// There is one state at a time: its address says only that it is there.
char state;

void* create(const ThalwegSparse* problem) {
  if (!child().works()) return nullptr;
  request('c');
  const std::size_t nonzeros = problem->row_begin[problem->rows];
  child().send(static_cast<std::int64_t>(problem->rows));
  child().send(static_cast<std::int64_t>(problem->columns));
  child().send(static_cast<std::int64_t>(nonzeros));
  child().send(&problem->lr, sizeof problem->lr);
  child().send(problem->row_begin, (problem->rows + 1) * sizeof *problem->row_begin);
  child().send(problem->column, nonzeros * sizeof *problem->column);
  child().send(problem->value, nonzeros * sizeof *problem->value);
  child().send(problem->target, problem->rows * sizeof *problem->target);
  return child().answer() == 0 ? &state : nullptr;
}

int epoch(void*) {
  request('e');
  return child().answer() == 0 ? 0 : 1;
}

void destroy(void*) {
  request('d');
  child().answer();
}

constexpr ThalwegSparsePeer sparse{THALWEG_PEER_VERSION, create, epoch, destroy};

constexpr ThalwegPeer peer{THALWEG_PEER_VERSION,
                           "scikit-learn",
                           THALWEG_PEER_SKLEARN
                           ", SGDClassifier.partial_fit in a child process, on rows in double",
                           [](const ThalwegPeerProblem*) -> void* { return nullptr; },
                           [](void*) { return 1; },
                           [](void*) {},
                           nullptr};

}  // namespace

const ThalwegPeer* thalweg_peer() { return &peer; }
const ThalwegSparsePeer* thalweg_sparse_peer() { return &sparse; }
