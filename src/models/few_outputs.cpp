#include "models/few_outputs.h"

#include <algorithm>
#include <cstring>

#include <thalweg/detail/kernel.h>
#include <thalweg/execution.h>

namespace thalweg::models {
namespace {

constexpr std::size_t lanes = 16;
using Lanes [[gnu::vector_size(lanes * sizeof(float))]] = float;
using Half [[gnu::vector_size(lanes * sizeof(float) / 2)]] = float;
using Quarter [[gnu::vector_size(lanes * sizeof(float) / 4)]] = float;

struct Forward {
  FewOutputs layer;
  std::size_t rows;
  const float* const* x;
  const float *weights, *bias;
  float *room, *z;
};

struct Backward {
  FewOutputs layer;
  std::size_t rows;
  const float *x, *delta;
  float* gradient;
};

/// Always in this order, whatever the instruction set has vectors of.
[[gnu::always_inline]] inline float sum_of(const Lanes& v) {
  const Half h = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                 __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const Quarter q = __builtin_shufflevector(h, h, 0, 1, 2, 3) + __builtin_shufflevector(h, h, 4, 5, 6, 7);
  return (q[0] + q[2]) + (q[1] + q[3]);
}

[[gnu::always_inline]] inline void load(const float* from, Lanes& to) { std::memcpy(&to, from, sizeof to); }
[[gnu::always_inline]] inline void store(const Lanes& from, float* to) {
  std::memcpy(to, &from, sizeof from);
}

/// `R` rows against `G` outputs, from `output` on. Each sum has lanes of its own for inputs i mod 16.
template <std::size_t R, std::size_t G>
[[gnu::always_inline]] inline void forward_tile(const Forward& f, std::size_t row, std::size_t output) {
  const std::size_t inputs = f.layer.inputs, stride = padded(inputs), whole = inputs / lanes * lanes;
  const float* const w = f.weights + output * stride;
  const bool first = output == 0;
  Lanes sum[R][G] = {}, x[R];
  // Rows in shuffled order come from anywhere in memory: the next ones are asked for, into the second cache.
  const float* ahead[R];
  for (std::size_t r = 0; r < R; ++r) ahead[r] = f.x[std::min(row + R + r, f.rows - 1)];
  const auto add = [&](std::size_t i) __attribute__((always_inline)) {
#pragma GCC unroll 16
    for (std::size_t g = 0; g < G; ++g) {
      Lanes v;
      load(w + g * stride + i, v);
#pragma GCC unroll 16
      for (std::size_t r = 0; r < R; ++r) sum[r][g] += x[r] * v;
    }
    if (!first || f.room == nullptr) return;
#pragma GCC unroll 16
    for (std::size_t r = 0; r < R; ++r) store(x[r], f.room + (row + r) * stride + i);
  };
  for (std::size_t i = 0; i < whole; i += lanes) {
#pragma GCC unroll 16
    for (std::size_t r = 0; r < R; ++r) {
      load(f.x[row + r] + i, x[r]);
      if (first) __builtin_prefetch(ahead[r] + i, 0, 2);
    }
    add(i);
  }
  if (whole < inputs) {
#pragma GCC unroll 16
    for (std::size_t r = 0; r < R; ++r) {
      x[r] = Lanes{};
      std::memcpy(&x[r], f.x[row + r] + whole, (inputs - whole) * sizeof(float));
    }
    add(whole);
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 16
    for (std::size_t g = 0; g < G; ++g)
      f.z[(row + r) * f.layer.outputs + output + g] = f.bias[output + g] + sum_of(sum[r][g]);
  }
}

/// `V` vectors of the gradients of `G` outputs.
template <std::size_t V, std::size_t G>
[[gnu::always_inline]] inline void backward_tile(const Backward& b, std::size_t input, std::size_t output) {
  const std::size_t stride = padded(b.layer.inputs), outputs = b.layer.outputs;
  float* const gradient = b.gradient + output * stride + input;
  Lanes sum[G][V];
#pragma GCC unroll 16
  for (std::size_t g = 0; g < G; ++g) {
#pragma GCC unroll 16
    for (std::size_t v = 0; v < V; ++v) load(gradient + g * stride + v * lanes, sum[g][v]);
  }
  for (std::size_t r = 0; r < b.rows; ++r) {
    Lanes x[V];
#pragma GCC unroll 16
    for (std::size_t v = 0; v < V; ++v) load(b.x + r * stride + input + v * lanes, x[v]);
#pragma GCC unroll 16
    for (std::size_t g = 0; g < G; ++g) {
      const float delta = b.delta[r * outputs + output + g];
#pragma GCC unroll 16
      for (std::size_t v = 0; v < V; ++v) sum[g][v] += delta * x[v];
    }
  }
#pragma GCC unroll 16
  for (std::size_t g = 0; g < G; ++g) {
#pragma GCC unroll 16
    for (std::size_t v = 0; v < V; ++v) store(sum[g][v], gradient + g * stride + v * lanes);
  }
}

/// So many rows (or vectors) at a time have their sums in registers.
constexpr std::size_t together = 4;

struct ForwardBody {
  template <std::size_t G>
  [[gnu::always_inline]] static void outputs(const Forward& f, std::size_t row, std::size_t output) {
    const std::size_t count = std::min(together, f.rows - row);
    if (count == together)
      forward_tile<together, G>(f, row, output);
    else
      for (std::size_t r = 0; r < count; ++r) forward_tile<1, G>(f, row + r, output);
  }
  [[gnu::always_inline]] static void run(const Forward& f) {
    for (std::size_t row = 0; row < f.rows; row += together) {
      std::size_t output = 0;
      for (; output + 5 <= f.layer.outputs; output += 5) outputs<5>(f, row, output);
      for (; output + 2 <= f.layer.outputs; output += 2) outputs<2>(f, row, output);
      if (output < f.layer.outputs) outputs<1>(f, row, output);
    }
  }
};

struct BackwardBody {
  template <std::size_t V>
  [[gnu::always_inline]] static void vectors(const Backward& b, std::size_t input) {
    std::size_t output = 0;
    for (; output + 5 <= b.layer.outputs; output += 5) backward_tile<V, 5>(b, input, output);
    for (; output + 2 <= b.layer.outputs; output += 2) backward_tile<V, 2>(b, input, output);
    if (output < b.layer.outputs) backward_tile<V, 1>(b, input, output);
  }
  [[gnu::always_inline]] static void run(const Backward& b) {
    const std::size_t inputs = padded(b.layer.inputs);
    std::size_t input = 0;
    for (; input + together * lanes <= inputs; input += together * lanes) vectors<together>(b, input);
    for (; input < inputs; input += lanes) vectors<1>(b, input);
  }
};

/// The 4 x 4 numbers at `from`, transposed.
void transpose_tile(const float* from, std::size_t from_stride, float* to, std::size_t to_stride) {
  Quarter row[4];
  for (std::size_t i = 0; i < 4; ++i) std::memcpy(&row[i], from + i * from_stride, sizeof row[i]);
  const Quarter a = __builtin_shufflevector(row[0], row[2], 0, 4, 1, 5),
                b = __builtin_shufflevector(row[1], row[3], 0, 4, 1, 5),
                c = __builtin_shufflevector(row[0], row[2], 2, 6, 3, 7),
                d = __builtin_shufflevector(row[1], row[3], 2, 6, 3, 7);
  const Quarter column[4] = {
      __builtin_shufflevector(a, b, 0, 4, 1, 5), __builtin_shufflevector(a, b, 2, 6, 3, 7),
      __builtin_shufflevector(c, d, 0, 4, 1, 5), __builtin_shufflevector(c, d, 2, 6, 3, 7)};
  for (std::size_t i = 0; i < 4; ++i) std::memcpy(to + i * to_stride, &column[i], sizeof column[i]);
}

void transpose(std::size_t rows, std::size_t columns, const float* from, std::size_t from_stride, float* to,
               std::size_t to_stride) {
  if (rows < 4 || columns < 4) {
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) to[j * to_stride + i] = from[i * from_stride + j];
    }
    return;
  }
  for (std::size_t i = 0; i < rows; i += 4) {  // the last tiles overlap those before
    const std::size_t row = std::min(i, rows - 4);
    for (std::size_t j = 0; j < columns; j += 4) {
      const std::size_t column = std::min(j, columns - 4);
      transpose_tile(from + row * from_stride + column, from_stride, to + column * to_stride + row,
                     to_stride);
    }
  }
}

}  // namespace

bool has_few_outputs() {
#if defined(__x86_64__)
  static const bool has = find_isa(isa_names().back()) == Isa::x86_64_v4;
  return has;
#else
  return false;
#endif
}

void transpose_weights(const FewOutputs& layer, const float* from, float* to) {
  const std::size_t stride = padded(layer.inputs);
  transpose(layer.inputs, layer.outputs, from, layer.outputs, to, stride);
  for (std::size_t j = 0; j < layer.outputs; ++j)
    std::fill(to + j * stride + layer.inputs, to + (j + 1) * stride, 0.0F);
}

void transpose_gradient(const FewOutputs& layer, const float* from, float* to) {
  transpose(layer.outputs, layer.inputs, from, padded(layer.inputs), to, layer.outputs);
}

void few_forward(const FewOutputs& layer, std::size_t rows, const float* const* x, const float* weights,
                 const float* bias, float* room, float* z) {
#if defined(__x86_64__)
  detail::run_v4<ForwardBody, Forward>({layer, rows, x, weights, bias, room, z});
#endif
}

void few_backward(const FewOutputs& layer, std::size_t rows, const float* x, const float* delta,
                  float* gradient) {
#if defined(__x86_64__)
  detail::run_v4<BackwardBody, Backward>({layer, rows, x, delta, gradient});
#endif
}

}  // namespace thalweg::models
