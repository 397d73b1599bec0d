#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <thalweg/thread_pool.h>

#include "data/split.h"
#include "models/spec.h"
#include "workbench/compare/comparison.h"

namespace thalweg::workbench {

// Which learning rate a feature effectively received: the way that its weights went, per unit of its
// gradient. A feature is a row of the first weights, and both are sums over the steps and the outputs:
//   sum |w(t) - w(t-1)| / sum |g(t)|
// Plain gradient descent gives its lr to all of them. Adagrad, made for features that are rare and tell much
// (Duchi et al. 2011), gives one that has occurred n times with gradients of one size about lr / sqrt(n).
// What a rule moves after the gradient (momentum) or without any (weight decay) counts.

/// What some steps did to each feature.
struct FeatureMoves {
  std::vector<double> moved;     ///< the way that its weights went
  std::vector<double> gradient;  ///< the size of its gradients; 0 where it did not occur
};

/// Makes the first `steps` steps of a training. Nothing if it diverges.
[[nodiscard]] std::optional<FeatureMoves> watch_features(const data::Split& split,
                                                         const models::ModelSpec& model,
                                                         const TrainOptions& options, std::uint64_t steps);

/// In how many of these rows each feature is not 0.
[[nodiscard]] std::vector<std::uint64_t> occurrences(const data::SparseMatrix& matrix,
                                                     std::span<const std::uint32_t> rows);

/// Bins of features that occur about equally often: 1 time, 2 to 3, 4 to 7, ... times, and where those are
/// fewer than three features, as many such octaves together as it takes.
[[nodiscard]] std::vector<FeatureRates::Bin> bins_of(const std::vector<std::uint64_t>& occurrences);

/// The quantiles of moved / gradient in each of these bins. A feature counts as much as its gradient: the
/// rate of one that has hardly any says little, and may be as large as a rule that normalizes makes it.
[[nodiscard]] std::vector<std::optional<FeatureRates::Quantiles>> rates_of(
    const FeatureMoves& moves, const std::vector<std::uint64_t>& occurrences,
    const std::vector<FeatureRates::Bin>& bins);

/// Watches every participant with its chosen setting and the first seed of a comparison of a model on data:
/// all of its epochs, or as many, or as much of the first, as take a few seconds for all participants.
/// Nothing for data that are not sparse, without a setting that does not diverge, or where so much as a few
/// steps would take longer. The result does not depend on the pool.
[[nodiscard]] std::optional<FeatureRates> feature_rates(const Comparison& comparison,
                                                        const data::Split& split, ThreadPool& pool);

}  // namespace thalweg::workbench
