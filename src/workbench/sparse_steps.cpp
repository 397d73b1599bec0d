#include "workbench/sparse_steps.h"

#include <algorithm>

namespace thalweg::workbench {

void SparseSteps::expect(std::span<const std::uint32_t> coming, std::size_t batch) {
  constexpr std::uint64_t most = 4096;  // numbers that stay in the second cache
  constexpr std::size_t line = 64 / sizeof(float);
  const auto& matrix = std::get<data::SparseMatrix>(data_->features);
  if (batch == 1 && !coming.empty()) {
    const std::uint64_t begin = matrix.row_begin[coming[0]], end = matrix.row_begin[coming[0] + 1];
    coming_ = &optimizer_->prefetch(0, {matrix.column.data() + begin, end - begin});
  }
  const auto part = [&](std::size_t from) {
    from = std::min(from, coming.size());
    return coming.subspan(from, std::min(batch, coming.size() - from));
  };
  std::uint64_t count = 0;
  for (const std::uint32_t row : part(batch)) {
    const std::uint64_t begin = matrix.row_begin[row], end = matrix.row_begin[row + 1];
    if ((count += end - begin) > most) break;
    const std::uint32_t* column = matrix.column.data() + begin;
    const float* value = matrix.value.data() + begin;
    for (const float* const last = matrix.value.data() + end; value < last; value += line, column += line) {
      __builtin_prefetch(column);
      __builtin_prefetch(value);
    }
  }
  for (const std::uint32_t row : part(2 * batch)) {
    __builtin_prefetch(&matrix.row_begin[row]);
    __builtin_prefetch(&data_->target[row]);
  }
}

std::string SparseSteps::faulty_gradient() const {
  if (!models::all_finite(batch_.weights_gradient())) return (*parameters_)[0].name;
  return models::all_finite(batch_.bias_gradient()) ? std::string() : (*parameters_)[1].name;
}

std::string SparseSteps::faulty_parameter() const {
  if (!models::all_finite(weights_)) return (*parameters_)[0].name;
  return models::all_finite((*parameters_)[1].values) ? std::string() : (*parameters_)[1].name;
}

void SparseSteps::settle() {
  if (behind_) optimizer_->settle();
  behind_ = false;
}

void SparseSteps::write_gradient(models::Parameters<float>& gradient) const {
  const std::size_t outputs = gradient[0].columns;
  std::fill(gradient[0].values.begin(), gradient[0].values.end(), 0.0F);
  const std::vector<float>& weights = batch_.weights_gradient();
  for (std::size_t k = 0; k < weights.size() / outputs; ++k) {
    std::copy_n(weights.begin() + static_cast<std::ptrdiff_t>(k * outputs), outputs,
                gradient[0].values.begin() + static_cast<std::ptrdiff_t>(batch_.features()[k] * outputs));
  }
  gradient[1].values = batch_.bias_gradient();
}

}  // namespace thalweg::workbench
