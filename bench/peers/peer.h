#pragma once

// What a peer library's module offers to the benchmark: plain C, so that a module built against another
// library (with other flags, another standard library or another allocator) can be loaded into the same
// process and stepped in turn on the same data. A module is a shared object that exports `thalweg_peer`.

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { THALWEG_PEER_VERSION = 1 };

/// What is stepped: tensors of one precision. The memory belongs to the benchmark and outlives the state; the
/// peer steps it in place, or, where the library cannot work on foreign memory, copies it once in create()
/// and writes the parameters back in destroy().
struct ThalwegPeerProblem {
  const char* rule;         ///< thalweg's name: "adam"
  double lr;                ///< every other setting is thalweg's default for that rule
  int bits;                 ///< 32 or 64
  size_t tensors;           ///< number of tensors
  const size_t* sizes;      ///< elements of each
  void* const* parameters;  ///< float or double, by `bits`
  void* const* gradients;   ///< the benchmark never changes them
  int threads;              ///< that the peer may use
};

struct ThalwegPeer {
  int version;        ///< THALWEG_PEER_VERSION
  const char* name;   ///< "libtorch"
  const char* about;  ///< version and how it was built or is called, one line
  /// A state to step, or null if the peer has no such rule, precision or number of threads.
  void* (*create)(const struct ThalwegPeerProblem* problem);
  int (*step)(void* state);  ///< 0, or the step failed as said on stderr, and its time means nothing
  void (*destroy)(void* state);
  /// Reads the gradients again, which the benchmark never changes and the check of a peer's trajectory does
  /// (check.cpp). Null if the peer reads the benchmark's memory at every step.
  void (*gradients_changed)(void* state);
};

/// A dense network that is trained by plain descent on the mean cross-entropy of batches: linear layers with
/// ReLU between them. The memory belongs to the benchmark and outlives the state.
struct ThalwegTraining {
  size_t layers;
  const size_t* widths;   ///< layers + 1: columns, hidden units, classes
  float* const* weights;  ///< of each layer, (inputs x outputs); read in create(), written in destroy()
  float* const* biases;   ///< likewise
  size_t rows;
  const float* features;  ///< (rows x columns)
  const float* targets;   ///< the class number of each row
  double lr;
  int threads;  ///< that the peer may use
  int setting;  ///< which way of using them, from 0
};

/// What a module exports as `thalweg_training_peer` besides, if its library trains networks.
struct ThalwegTrainingPeer {
  int version;  ///< THALWEG_PEER_VERSION
  /// What is said of a setting ("2 threads, BLAS 1"), or null where there are not so many.
  const char* (*setting)(int threads, int setting);
  void* (*create)(const struct ThalwegTraining* training);
  int (*step)(void* state, const unsigned* rows,
              size_t count);  ///< on a batch of these rows; 0, or it failed
  void (*destroy)(void* state);
};

__attribute__((visibility("default"))) const struct ThalwegTrainingPeer* thalweg_training_peer(void);

/// Logistic regression on sparse rows (CSR, columns increasing in each row), in steps of one row. The memory
/// belongs to the benchmark and outlives the state.
struct ThalwegSparse {
  size_t rows, columns;
  const unsigned long* row_begin;  ///< rows + 1
  const unsigned* column;
  const float* value;
  const float* target;  ///< 0 or 1 for each row
  double lr;            ///< constant, of plain descent; no penalty
};

/// What a module exports as `thalweg_sparse_peer` besides, if its library has that.
struct ThalwegSparsePeer {
  int version;  ///< THALWEG_PEER_VERSION
  void* (*create)(const struct ThalwegSparse* problem);
  int (*epoch)(void* state);  ///< all rows once, in an order of its own; 0, or it failed
  void (*destroy)(void* state);
};

__attribute__((visibility("default"))) const struct ThalwegSparsePeer* thalweg_sparse_peer(void);

/// Logistic regression with an l2 penalty, to be minimized: the mean over the rows of log(1 + exp(-s)), where
/// s is the score with the sign of the class, and l2 / 2 times the sum of the squares of the weights; no
/// intercept. Rows as in ThalwegSparse.
struct ThalwegObjective {
  size_t rows, columns;
  const unsigned long* row_begin;
  const unsigned* column;
  const float* value;
  const float* target;  ///< 0 or 1 for each row
  double l2;
};

/// What a module exports as `thalweg_objective_peer` besides, if its library minimizes that.
struct ThalwegObjectivePeer {
  int version;  ///< THALWEG_PEER_VERSION
  void* (*create)(const struct ThalwegObjective* objective);
  /// What is said of a way to do it ("constant rate 2"), from 0, or null where there are not so many.
  const char* (*setting)(int setting);
  int (*start)(void* state, int setting, unsigned seed);  ///< anew, from weights of 0; 0, or it failed
  /// An epoch, or of a library that only takes a tolerance all of it: 0; 1 if more would not follow; -1 if it
  /// failed.
  int (*advance)(void* state);
  int (*weights)(void* state, double* weights);  ///< as many as there are columns; 0, or it failed
  void (*destroy)(void* state);
};

__attribute__((visibility("default"))) const struct ThalwegObjectivePeer* thalweg_objective_peer(void);

/// What a module exports as `thalweg_load_peer` besides, if its library reads files.
struct ThalwegLoadPeer {
  int version;  ///< THALWEG_PEER_VERSION
  /// The format and the function, "csv loadtxt", from 0, or null where there are not so many. A format is
  /// libsvm, csv (numbers, the label last) or idx (images of bytes, to become floats).
  const char* (*function)(int function);
  long (*load)(int function, const char* path);  ///< the rows that it has read, or -1
};

__attribute__((visibility("default"))) const struct ThalwegLoadPeer* thalweg_load_peer(void);

/// The symbol that every module exports.
__attribute__((visibility("default"))) const struct ThalwegPeer* thalweg_peer(void);

#ifdef __cplusplus
}

/// What a module exports as `thalweg_peer` if its library has none of the rules: it steps nothing.
constexpr ThalwegPeer thalweg_steps_nothing(const char* name, const char* about) {
  return {THALWEG_PEER_VERSION,
          name,
          about,
          [](const ThalwegPeerProblem*) -> void* { return nullptr; },
          [](void*) { return 1; },
          [](void*) {},
          nullptr};
}
#endif
