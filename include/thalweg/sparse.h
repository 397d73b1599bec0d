#pragma once

// Sparse gradients: most parameters of a step have none. Optimizer::add_sparse() says how such a tensor is
// kept, Optimizer::fetch() and step_tensor() take the steps.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <thalweg/views.h>

namespace thalweg {

/// What becomes of the parameters of a sparse tensor that a step has no gradient for.
enum class Skipped {
  /// They take the step with a gradient of 0, when they are next fetched, stepped or settled: the result has
  /// the same bits as with dense gradients that are 0 there, l2, weight decay, schedules and all. Where a
  /// zero gradient does nothing (Idle::nothing: sgd, adagrad, ftrl; without l2 and decay) this is free;
  /// otherwise the steps are repeated one by one, many parameters at once, until they change nothing more.
  made_up,
  /// They are left out of the step, as in torch.optim.SparseAdam and the "lazy" optimizers of others: their
  /// velocities and means neither move them nor decay, and l2 and weight decay pull only what has a gradient.
  /// t, of bias corrections and schedules, counts all steps. Another trajectory than the dense one.
  left,
  /// They take every step, but all at once: what l2 and weight decay leave of a parameter without a gradient
  /// is the same share for all, so that their product is kept as one number of the tensor, in double, and
  /// records are parameters over it (Bottou 2012, "Stochastic gradient descent tricks", 5.1). A skipped step
  /// costs nothing. The trajectory is the dense one but for rounding: a skipped step rounds no parameter, and
  /// one with a gradient at most four times more than a dense step, to one unit in the last place or less
  /// each. Refused where the share differs between parameters: for rules that move without a gradient, and
  /// for l2 where a rule adapts to its gradients; sgd takes both, adagrad and ftrl a weight decay.
  scaled,
};

/// How a sparse tensor is kept.
struct SparseOptions {
  std::size_t block = 1;  ///< parameters that an index stands for: the outputs of a feature, at least 1
  Skipped skipped = Skipped::made_up;
};

/// A gradient that is values[k] at indices[k] and 0 elsewhere; of a tensor in blocks of b, values[k b] to
/// values[k b + b - 1]. The values of an index that comes several times are summed in their order.
struct SparseGradient {
  std::span<const std::uint32_t> indices;
  GradientView values;  ///< of the precision of the tensor
};

/// A gradient as a sum over rows of a sparse matrix (CSR), each times a factor, as linear models have it: the
/// nonzeros of row r are at [row_begin[r], row_begin[r + 1]) of column and value. Of a tensor in blocks of b
/// each row has b factors. Summed row by row.
struct SparseRows {
  std::span<const std::uint64_t> row_begin;  ///< one more than there are rows
  std::span<const std::uint32_t> column;
  GradientView value;   ///< of the precision of the tensor, as the next
  GradientView factor;  ///< rows times b
};

/// Indices each of which is larger than the one before it, so that fetch() need not look at each of them, nor
/// copy them: their memory must stay as it is until they are stepped, or others are fetched.
class IncreasingIndices {
 public:
  /// Looks at them. Throws a usage Error if one is not larger than the one before it.
  explicit IncreasingIndices(std::span<const std::uint32_t> indices);
  /// Of what was looked at before, as the rows of a matrix that is used again and again. Looks at nothing: if
  /// they do not increase, the behaviour is undefined.
  [[nodiscard]] static IncreasingIndices known(std::span<const std::uint32_t> indices) {
    IncreasingIndices all;
    all.indices_ = indices;
    return all;
  }
  [[nodiscard]] std::span<const std::uint32_t> indices() const { return indices_; }

 private:
  IncreasingIndices() = default;
  std::span<const std::uint32_t> indices_;
};

/// Records of a sparse tensor that will be fetched next, to be brought into the second cache by then: asked
/// for a few at a time between other work, nobody waits for them. Changes no number.
class Prefetch {
 public:
  Prefetch() = default;
  /// Of records of `bytes` each; the indices must stay valid.
  Prefetch(const std::byte* records, std::size_t bytes, std::span<const std::uint32_t> indices)
      : records_(records), bytes_(bytes), indices_(indices) {}
  /// Asks for `count` of them, if as many are left.
  [[gnu::always_inline]] void some(std::size_t count) {
    if (indices_.size() < count) return;
    for (std::size_t k = 0; k < count; ++k) __builtin_prefetch(records_ + bytes_ * indices_[k], 1, 2);
    indices_ = indices_.subspan(count);
  }
  [[nodiscard]] std::span<const std::uint32_t> left() const { return indices_; }

 private:
  const std::byte* records_ = nullptr;
  std::size_t bytes_ = 0;
  std::span<const std::uint32_t> indices_;
};

/// Numbers the distinct indices of some lists: 0, 1, ... in the order of their first appearance.
class DistinctIndices {
 public:
  /// `most`: marks that are given before all are cleared; smaller in tests only.
  explicit DistinctIndices(std::uint32_t most = 0xFFFFFFFFU);
  ~DistinctIndices();
  DistinctIndices(DistinctIndices&&) noexcept;
  DistinctIndices& operator=(DistinctIndices&&) noexcept;

  /// Forgets all, and is ready for indices below `size`. Costs nothing unless `size` is new.
  void start(std::size_t size);
  /// Adds a list of indices, which must be below the size.
  void add(std::span<const std::uint32_t> list);

  [[nodiscard]] std::size_t size() const { return size_; }  ///< that it was started with
  [[nodiscard]] std::span<const std::uint32_t> indices() const { return indices_; }  ///< the distinct ones
  /// For each index added, in order, its number among the distinct ones.
  [[nodiscard]] std::span<const std::uint32_t> positions() const { return positions_; }

 private:
  struct Marks;
  void clear_marks();

  std::unique_ptr<Marks> marks_;  ///< by index: first_ and its number, or less if it has none
  std::size_t size_ = 0;
  std::uint32_t most_, first_ = 1;
  std::vector<std::uint32_t> indices_, positions_;
};

}  // namespace thalweg
