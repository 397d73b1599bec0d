#include "models/heads.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "models/exponential.h"
#include "models/single_output.h"

namespace thalweg::models {
namespace {

template <class T>
T largest(std::size_t count, const T* z) {
  T most = z[0];
  for (std::size_t k = 1; k < count; ++k) most = z[k] > most ? z[k] : most;
  return most;
}

std::size_t class_number(float target) { return static_cast<std::size_t>(target); }

/// Some rows at a time, so that the exponentials of all of them fill vectors, whatever the number of outputs.
template <class T>
double differentiate_cross_entropy(std::size_t rows, std::size_t outputs, T* z, const float* targets,
                                   T share) {
  constexpr std::size_t together = 16;
  std::array<T, together> above;  // the largest output over that of the target
  double loss = 0;
  for (std::size_t begin = 0; begin < rows; begin += together, z += together * outputs, targets += together) {
    const std::size_t count = std::min(together, rows - begin);
    for (std::size_t i = 0; i < count; ++i) {
      T* const row = z + i * outputs;
      const T most = largest(outputs, row);
      above[i] = most - row[class_number(targets[i])];
      for (std::size_t k = 0; k < outputs; ++k) row[k] -= most;
    }
    exponentials(count * outputs, z);
    for (std::size_t i = 0; i < count; ++i) {
      T* const row = z + i * outputs;
      T sum = 0;
      for (std::size_t k = 0; k < outputs; ++k) sum += row[k];
      loss += static_cast<double>(std::log(sum) + above[i]);
      const T scale = share / sum;
      for (std::size_t k = 0; k < outputs; ++k) row[k] *= scale;
      row[class_number(targets[i])] -= share;
    }
  }
  return loss;
}

}  // namespace

template <class T>
std::size_t decide(Head head, std::size_t outputs, const T* z) {
  if (head == Head::logistic) return z[0] > 0 ? 1 : 0;
  const T most = largest(outputs, z);
  std::size_t first = 0;
  while (first + 1 < outputs && z[first] != most) ++first;
  return first;
}

void probabilities(Head head, std::size_t outputs, const float* z, double* p) {
  assert(head != Head::squared);
  if (head == Head::logistic) {
    const double small = std::exp(-std::abs(static_cast<double>(z[0])));
    p[z[0] < 0 ? 1 : 0] = small / (1 + small);
    p[z[0] < 0 ? 0 : 1] = 1 / (1 + small);
    return;
  }
  const double most = static_cast<double>(largest(outputs, z));
  double sum = 0;
  for (std::size_t k = 0; k < outputs; ++k) sum += p[k] = std::exp(static_cast<double>(z[k]) - most);
  for (std::size_t k = 0; k < outputs; ++k) p[k] /= sum;
}

template <class T>
Tally judge(Head head, std::size_t rows, std::size_t outputs, const T* z, const float* targets) {
  Tally tally;
  for (std::size_t i = 0; i < rows; ++i, z += outputs) {
    const T t = static_cast<T>(targets[i]);
    if (head == Head::squared) {
      tally.loss += half_square(static_cast<double>(z[0] - t));
    } else if (head == Head::logistic) {
      tally.loss += static_cast<double>(log_loss(z[0], t, std::exp(-std::abs(z[0]))));
      tally.hits += decide(head, outputs, z) == class_number(targets[i]) ? 1 : 0;
    } else {
      const T most = largest(outputs, z);
      T sum = 0;
      for (std::size_t k = 0; k < outputs; ++k) sum += std::exp(z[k] - most);
      const std::size_t target = class_number(targets[i]);
      tally.loss += static_cast<double>(std::log(sum) + (most - z[target]));
      tally.hits += decide(head, outputs, z) == target ? 1 : 0;
    }
  }
  return tally;
}

template <class T>
double differentiate(Head head, std::size_t rows, std::size_t outputs, T* z, const float* targets, T share) {
  if (head == Head::cross_entropy) return differentiate_cross_entropy(rows, outputs, z, targets, share);
  double loss = 0;
  for (std::size_t i = 0; i < rows; ++i, z += outputs)
    loss += differentiate_output(head, z[0], static_cast<T>(targets[i]), share);
  return loss;
}

template std::size_t decide(Head, std::size_t, const float*);
template std::size_t decide(Head, std::size_t, const double*);
template Tally judge(Head, std::size_t, std::size_t, const float*, const float*);
template Tally judge(Head, std::size_t, std::size_t, const double*, const float*);
template double differentiate(Head, std::size_t, std::size_t, float*, const float*, float);
template double differentiate(Head, std::size_t, std::size_t, double*, const float*, double);

}  // namespace thalweg::models
