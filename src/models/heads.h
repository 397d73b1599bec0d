#pragma once

#include <cstddef>

namespace thalweg::models {

// What the last layer's outputs z mean and what they cost. The losses, per example with target t:
//   squared         1/2 (z - t)^2, so that the gradient is z - t                     one output
//   logistic        log(1 + e^z) - t z, t is 0 or 1                                  one output
//   cross_entropy   log(sum_k e^(z_k)) - z_t, t is the class number                  one output per class
// Computed so that no finite z overflows; a NaN in z always reaches the loss.
enum class Head { squared, logistic, cross_entropy };

/// Sums over examples.
struct Tally {
  double loss = 0;
  double hits =
      0;  ///< classes: how often the largest output is the target's (the first one, where several are)

  Tally& operator+=(const Tally& other) {
    loss += other.loss;
    hits += other.hits;
    return *this;
  }
};

/// Counts the outputs z (rows x outputs) against the targets.
template <class T>
[[nodiscard]] Tally judge(Head head, std::size_t rows, std::size_t outputs, const T* z, const float* targets);

/// The class that the outputs of one example mean: the largest, and the first one where several are.
template <class T>
[[nodiscard]] std::size_t decide(Head head, std::size_t outputs, const T* z);

/// The probabilities of the classes, of which there are two or `outputs`; needs a head of classes.
void probabilities(Head head, std::size_t outputs, const float* z, double* p);

/// Replaces z by the gradient of the losses' sum times `share`, and returns that sum.
template <class T>
[[nodiscard]] double differentiate(Head head, std::size_t rows, std::size_t outputs, T* z,
                                   const float* targets, T share);

}  // namespace thalweg::models
