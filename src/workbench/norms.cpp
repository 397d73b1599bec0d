#include "workbench/norms.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "models/blas.h"

namespace thalweg::workbench {
namespace {

constexpr std::size_t slices = 16, worth_sharing = 65'536;

/// Of numbers in a row; finite if and only if every one is.
double sum_of_squares(const float* x, std::size_t count) {
  const double squares = models::dot(count, x, x);
  if (std::isfinite(squares)) return squares;
  double sum = 0;  // it may have overflowed in float only
  for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

}  // namespace

double Norms::norm(const models::Parameters<float>& tensors) const {
  std::array<double, slices> squares;
  const auto look = [&](std::size_t slice) {
    double sum = 0;
    for (const auto& tensor : tensors) {
      const std::size_t size = tensor.values.size(), begin = size * slice / slices;
      sum += sum_of_squares(tensor.values.data() + begin, size * (slice + 1) / slices - begin);
    }
    squares[slice] = sum;
  };
  std::size_t all = 0;
  for (const auto& tensor : tensors) all += tensor.values.size();
  if (all >= worth_sharing) {
    pool_->run_brief(slices, [&look](std::size_t slice) { look(slice); });
  } else {
    for (std::size_t slice = 0; slice < slices; ++slice) look(slice);
  }
  double sum = 0;
  for (const double s : squares) sum += s;
  return std::sqrt(sum);
}

std::string Norms::not_finite(const models::Parameters<float>& tensors) const {
  if (std::isfinite(norm(tensors))) return {};
  for (const auto& tensor : tensors) {
    if (!std::isfinite(sum_of_squares(tensor.values.data(), tensor.values.size()))) return tensor.name;
  }
  return {};
}

}  // namespace thalweg::workbench
