#include "workbench/compare/rare_features.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <variant>

#include <thalweg/registry.h>

#include "models/network.h"
#include "workbench/compare/scores.h"
#include "workbench/trainer.h"

namespace thalweg::workbench {
namespace {

constexpr double most_numbers = 4e9;           // numbers that are passed over or multiplied: seconds
constexpr std::uint64_t fewest_steps = 10;     // that show something
constexpr std::ptrdiff_t fewest_features = 3;  // of a bin
constexpr double work_of_any_step = 4000;      // however small the model

/// How many steps each participant is watched for; 0: too few to show something.
std::uint64_t steps_to_watch(const Comparison& comparison, const data::Split& split,
                             const models::ModelSpec& model, std::size_t batch) {
  const auto& matrix = std::get<data::SparseMatrix>(split.train.features);
  const auto tensors = models::Network<float>(model, split.train).initial(0);
  double dense = 0;  // weights behind the first ones
  for (std::size_t k = 2; k < tensors.size(); ++k) dense += static_cast<double>(tensors[k].values.size());
  const auto outputs = static_cast<double>(tensors[0].columns);
  const double nonzeros = static_cast<double>(matrix.value.size()) / static_cast<double>(matrix.rows);
  // A step passes over weights, state and gradient, and the watching over weights and gradient once more.
  const double work = work_of_any_step + 6 * (static_cast<double>(tensors[0].values.size()) + dense) +
                      3 * static_cast<double>(batch) * (nonzeros * outputs + dense);
  const auto affordable =
      static_cast<std::uint64_t>(most_numbers / static_cast<double>(comparison.participants.size()) / work);
  const std::uint64_t epoch = comparison.steps_per_epoch;
  if (affordable >= epoch) return epoch * std::min(affordable / epoch, comparison.options.epochs);
  return affordable < fewest_steps ? 0 : affordable;
}

TrainOptions options_of(const Comparison& comparison, const Run& run) {
  TrainOptions options;
  options.optimizer = make_rule(run.spec);
  options.epochs = comparison.options.epochs;
  options.batch = comparison.options.batch;
  options.seed = run.seed;
  options.isa = comparison.options.isa;
  options.threads = 1;  // the participants are what is spread over the threads
  return options;
}

/// A feature's rate, and how much it counts.
struct Weighted {
  double rate = 0, weight = 0;
};

/// The lowest of the ascending rates that, with all below it, has this share of the weight.
double quantile_of(const std::vector<Weighted>& ascending, double share) {
  double whole = 0, sum = 0;
  for (const Weighted& one : ascending) whole += one.weight;
  for (const Weighted& one : ascending) {
    sum += one.weight;
    if (sum >= share * whole) return one.rate;
  }
  return ascending.back().rate;
}

}  // namespace

std::optional<double> FeatureRates::Participant::gain() const {
  if (rates.empty() || !rates.front() || !rates.back() || !(rates.back()->median > 0)) return std::nullopt;
  return rates.front()->median / rates.back()->median;
}

std::optional<FeatureMoves> watch_features(const data::Split& split, const models::ModelSpec& model,
                                           const TrainOptions& options, std::uint64_t steps) {
  Trainer trainer(split, model, options);
  std::vector<float> before = trainer.parameters()[0].values;
  const std::size_t features = trainer.parameters()[0].rows, outputs = trainer.parameters()[0].columns;
  FeatureMoves moves{std::vector<double>(features), std::vector<double>(features)};
  for (std::uint64_t step = 0; step < steps; ++step) {
    if (!trainer.step()) return std::nullopt;
    const std::vector<float>& weights = trainer.parameters()[0].values;
    const std::vector<float>& gradient = trainer.gradient()[0].values;
    for (std::size_t f = 0; f < features; ++f) {
      for (std::size_t i = f * outputs; i < (f + 1) * outputs; ++i) {
        moves.moved[f] += std::abs(static_cast<double>(weights[i]) - static_cast<double>(before[i]));
        moves.gradient[f] += std::abs(static_cast<double>(gradient[i]));
      }
    }
    before = weights;
  }
  return moves;
}

std::vector<std::uint64_t> occurrences(const data::SparseMatrix& matrix,
                                       std::span<const std::uint32_t> rows) {
  std::vector<std::uint64_t> counts(matrix.columns);
  for (const std::uint32_t row : rows) {
    for (std::uint64_t k = matrix.row_begin[row]; k < matrix.row_begin[row + 1]; ++k)
      counts[matrix.column[k]] += matrix.value[k] != 0 ? 1 : 0;
  }
  return counts;
}

std::vector<FeatureRates::Bin> bins_of(const std::vector<std::uint64_t>& occurrences) {
  std::vector<std::uint64_t> sorted = occurrences;
  std::sort(sorted.begin(), sorted.end());
  std::vector<FeatureRates::Bin> bins;
  for (auto begin = std::upper_bound(sorted.begin(), sorted.end(), 0U); begin != sorted.end();) {
    auto end = begin;
    do {
      end = std::lower_bound(end, sorted.end(), 2 * std::bit_floor(*end));
    } while (end != sorted.end() && end - begin < fewest_features);
    if (sorted.end() - end < fewest_features) end = sorted.end();  // too few for a bin of their own
    bins.push_back({*begin, *(end - 1), quantile({begin, end}, 0.5), static_cast<std::size_t>(end - begin)});
    begin = end;
  }
  return bins;
}

std::vector<std::optional<FeatureRates::Quantiles>> rates_of(const FeatureMoves& moves,
                                                             const std::vector<std::uint64_t>& occurrences,
                                                             const std::vector<FeatureRates::Bin>& bins) {
  std::vector<std::vector<Weighted>> in_bins(bins.size());
  for (std::size_t f = 0; f < occurrences.size(); ++f) {
    if (occurrences[f] == 0 || !(moves.gradient[f] > 0)) continue;
    const auto bin = std::lower_bound(bins.begin(), bins.end(), occurrences[f],
                                      [](const FeatureRates::Bin& b, std::uint64_t n) { return b.high < n; });
    in_bins[static_cast<std::size_t>(bin - bins.begin())].push_back(
        {moves.moved[f] / moves.gradient[f], moves.gradient[f]});
  }
  std::vector<std::optional<FeatureRates::Quantiles>> rates;
  for (std::vector<Weighted>& all : in_bins) {
    rates.emplace_back();
    if (all.empty()) continue;
    std::stable_sort(all.begin(), all.end(),
                     [](const Weighted& a, const Weighted& b) { return a.rate < b.rate; });
    rates.back() = {quantile_of(all, 0.1), quantile_of(all, 0.5), quantile_of(all, 0.9)};
  }
  return rates;
}

std::optional<FeatureRates> feature_rates(const Comparison& comparison, const data::Split& split,
                                          ThreadPool& pool) {
  const auto* const matrix = std::get_if<data::SparseMatrix>(&split.train.features);
  if (matrix == nullptr) return std::nullopt;
  const models::ModelSpec model = models::make_model(comparison.options.model);
  const std::size_t rows = split.train.rows();
  const std::size_t batch =
      comparison.options.batch == 0 ? rows : std::min<std::size_t>(comparison.options.batch, rows);
  FeatureRates found;
  found.steps = steps_to_watch(comparison, split, model, batch);
  if (found.steps == 0) return std::nullopt;

  found.rows = std::min<std::size_t>(rows, found.steps * batch);
  std::vector<std::uint32_t> read(rows);
  std::iota(read.begin(), read.end(), 0U);
  if (found.rows < rows) read = data::permutation(rows, comparison.seeds.front(), 1);  // the first epoch's
  const std::vector<std::uint64_t> counts = occurrences(*matrix, std::span(read).first(found.rows));
  found.bins = bins_of(counts);
  if (found.bins.size() < 2) return std::nullopt;

  const auto& participants = comparison.participants;
  std::vector<std::vector<std::optional<FeatureRates::Quantiles>>> rates(participants.size());
  pool.run(participants.size(), [&](std::size_t i) {
    const std::vector<Run>& runs = participants[i].runs;
    if (runs.empty() || runs.front().divergence) return;
    const auto moves = watch_features(split, model, options_of(comparison, runs.front()), found.steps);
    if (moves) rates[i] = rates_of(*moves, counts, found.bins);
  });
  for (std::size_t i = 0; i < participants.size(); ++i) {
    if (!rates[i].empty()) found.participants.push_back({i, std::move(rates[i])});
  }
  return found.participants.empty() ? std::nullopt : std::optional(std::move(found));
}

}  // namespace thalweg::workbench
