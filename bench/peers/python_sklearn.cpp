// scikit-learn's SGDClassifier in Python: a child process that makes epochs over its copy of the rows on
// request (python_sklearn.py, beside this module), and reads LIBSVM files. It steps nothing but linear models
// on sparse rows.

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

template <class Problem>
void send_rows(const Problem& problem, double number) {
  const std::size_t nonzeros = problem.row_begin[problem.rows];
  child().send(static_cast<std::int64_t>(problem.rows));
  child().send(static_cast<std::int64_t>(problem.columns));
  child().send(static_cast<std::int64_t>(nonzeros));
  child().send(&number, sizeof number);
  child().send(problem.row_begin, (problem.rows + 1) * sizeof *problem.row_begin);
  child().send(problem.column, nonzeros * sizeof *problem.column);
  child().send(problem.value, nonzeros * sizeof *problem.value);
  child().send(problem.target, problem.rows * sizeof *problem.target);
}

void* create(const ThalwegSparse* problem) {
  if (!child().works()) return nullptr;
  request('c');
  send_rows(*problem, problem->lr);
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

/// What is known of an objective besides: how many weights it has. There is one at a time too.
std::size_t weights_count;

void* create_objective(const ThalwegObjective* objective) {
  if (!child().works()) return nullptr;
  request('o');
  send_rows(*objective, objective->l2);
  weights_count = objective->columns;
  return child().answer() == 0 ? &state : nullptr;
}

// Those of SGDClassifier, with rates to choose from; python_sklearn.py has the same list.
constexpr const char* settings[] = {"optimal",
                                    "constant 0.25",
                                    "constant 0.5",
                                    "constant 1",
                                    "constant 2",
                                    "invscaling^0.25 2",
                                    "invscaling^0.25 4",
                                    "invscaling^0.25 8",
                                    "invscaling^0.25 16",
                                    "invscaling^0.5 32",
                                    "invscaling^0.5 64",
                                    "invscaling^0.5 128",
                                    "invscaling^0.5 256",
                                    "average, constant 0.5",
                                    "average, constant 1",
                                    "average, constant 2",
                                    "average, constant 4",
                                    "average, optimal",
                                    "average, constant 8",
                                    "average, constant 16"};

const char* setting(int number) {
  return number < static_cast<int>(sizeof settings / sizeof *settings) ? settings[number] : nullptr;
}

int start(void*, int number, unsigned seed) {
  request('s');
  const std::string text = settings[number];
  child().send(static_cast<std::int64_t>(seed));
  child().send(static_cast<std::int64_t>(text.size()));
  child().send(text.data(), text.size());
  return child().answer() == 0 ? 0 : 1;
}

int advance(void*) {
  request('a');
  return child().answer() == 0 ? 0 : -1;
}

int weights(void*, double* to) {
  request('w');
  child().receive(to, weights_count * sizeof *to);
  return child().answer() == 0 ? 0 : 1;
}

constexpr ThalwegObjectivePeer objective{
    THALWEG_PEER_VERSION, create_objective, setting, start, advance, weights, destroy};

constexpr ThalwegLoadPeer loading{
    THALWEG_PEER_VERSION, [](int function) { return function == 0 ? "libsvm load_svmlight_file" : nullptr; },
    [](int, const char* path) -> long {
      if (!child().works()) return -1;
      const std::string text = path;
      request('l');
      child().send(static_cast<std::int64_t>(text.size()));
      child().send(text.data(), text.size());
      return static_cast<long>(child().answer());
    }};

constexpr ThalwegSparsePeer sparse{THALWEG_PEER_VERSION, create, epoch, destroy};

constexpr ThalwegPeer peer = thalweg_steps_nothing(
    "scikit-learn", THALWEG_PEER_SKLEARN ", SGDClassifier.partial_fit in a child process, on rows in double");

}  // namespace

const ThalwegPeer* thalweg_peer() { return &peer; }
const ThalwegSparsePeer* thalweg_sparse_peer() { return &sparse; }
const ThalwegObjectivePeer* thalweg_objective_peer() { return &objective; }
const ThalwegLoadPeer* thalweg_load_peer() { return &loading; }
