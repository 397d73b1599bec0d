#include "workbench/diagnose/subjects.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "data/split.h"

namespace thalweg::workbench::diagnosis {
namespace {

/// More gradients than this say no more of their variance than the diagnosis can use.
constexpr std::size_t most_batches = 32;
/// An "epoch" of data::permutation that no training reaches: which rows are looked at.
constexpr std::uint64_t rows_epoch = std::uint64_t{1} << 40U, batches_epoch = rows_epoch + 1;

double best_constant(const data::Dataset& data) {
  const auto rows = static_cast<double>(data.rows());
  if (data.task == data::Task::regression) {
    double mean = 0, squares = 0;
    for (const float t : data.target) mean += static_cast<double>(t) / rows;
    for (const float t : data.target) squares += std::pow(static_cast<double>(t) - mean, 2) / rows;
    return squares / 2;
  }
  std::vector<double> counts(data.classes(), 0);
  for (const float t : data.target) ++counts[static_cast<std::size_t>(t)];
  double entropy = 0;
  for (const double count : counts) {
    if (count > 0) entropy -= count / rows * std::log(count / rows);
  }
  return entropy;
}

double spread_of_inputs(const data::Dataset& data) {
  Vector squares(data.columns(), 0);
  if (const auto* const dense = std::get_if<data::DenseMatrix>(&data.features)) {
    for (std::size_t i = 0; i < dense->values.size(); ++i)
      squares[i % dense->columns] += std::pow(static_cast<double>(dense->values[i]), 2);
  } else {
    const auto& sparse = std::get<data::SparseMatrix>(data.features);
    for (std::size_t k = 0; k < sparse.value.size(); ++k)
      squares[sparse.column[k]] += std::pow(static_cast<double>(sparse.value[k]), 2);
  }
  const auto rows = static_cast<double>(data.rows());
  double least = rows, most = rows;  // the bias
  for (const double sum : squares) {
    if (sum == 0) continue;
    least = std::min(least, sum);
    most = std::max(most, sum);
  }
  return std::sqrt(most / least);
}

}  // namespace

double ObjectiveSubject::raw_value(Point x) { return objective_.value(x, count_); }
double ObjectiveSubject::raw_gradient(Point x, std::span<double> g) {
  return objective_.evaluate(x, g, count_);
}

TrainingSubject::TrainingSubject(const data::Dataset& train, const models::ModelSpec& model,
                                 std::size_t batch, std::uint64_t seed, std::size_t threads,
                                 std::size_t most_rows)
    : train_(&train),
      pool_(threads),
      network_(model, train),
      loss_(network_, pool_),
      at_(network_.initial(seed)),
      gradient_(zeros_like(at_)),
      batch_(batch == 0 ? train.rows() : std::min(batch, train.rows())),
      reference_(best_constant(train)),
      spread_(spread_of_inputs(train)) {
  for (const auto& tensor : at_) parts_.push_back({tensor.name, tensor.values.size()});
  const std::vector<std::uint32_t> shuffled = data::permutation(train.rows(), seed, rows_epoch);
  std::vector<std::size_t> chosen(
      shuffled.begin(), shuffled.begin() + static_cast<std::ptrdiff_t>(std::min(train.rows(), most_rows)));
  std::sort(chosen.begin(), chosen.end());
  looked_at_ = data::select_rows(train, chosen);
  rows_.resize(chosen.size());
  std::iota(rows_.begin(), rows_.end(), 0U);
  if (batch_ == train.rows()) return;
  const std::vector<std::uint32_t> order = data::permutation(train.rows(), seed, batches_epoch);
  for (std::size_t begin = 0; begin + batch_ <= order.size() && batches_.size() < most_batches;
       begin += batch_) {
    const auto first = order.begin() + static_cast<std::ptrdiff_t>(begin);
    batches_.emplace_back(first, first + static_cast<std::ptrdiff_t>(batch_));
  }
}

std::size_t TrainingSubject::affordable_rows(const models::ModelSpec& model, const data::Dataset& train) {
  const double cost = models::Network<double>(model, train).cost(train);
  return static_cast<std::size_t>(std::clamp(2e8 / cost, 256.0, 4096.0));
}

void TrainingSubject::place(Point x) {
  std::size_t i = 0;
  for (auto& tensor : at_) {
    std::copy_n(x.begin() + static_cast<std::ptrdiff_t>(i), tensor.values.size(), tensor.values.begin());
    i += tensor.values.size();
  }
}

double TrainingSubject::raw_value(Point x) {
  place(x);
  double penalty = 0;
  for (const auto& tensor : at_) {
    if (tensor.penalized) penalty += network_.spec().l2 / 2 * dot(tensor.values, tensor.values);
  }
  return loss_.evaluate(looked_at_, at_).loss + penalty;
}

double TrainingSubject::raw_gradient(Point x, std::span<double> g) {
  return gradient_of(looked_at_, rows_, x, g);
}

double TrainingSubject::gradient_of(const data::Dataset& data, std::span<const std::uint32_t> rows, Point x,
                                    std::span<double> g) {
  place(x);
  const double loss = loss_.gradient(data, rows, at_, gradient_).total();
  auto to = g.begin();
  for (const auto& tensor : gradient_) to = std::copy(tensor.values.begin(), tensor.values.end(), to);
  return loss;
}

void TrainingSubject::batch_gradient(std::size_t number, Point x, std::span<double> g) {
  gradient_of(*train_, batches_[number], x, g);
}

std::optional<UnitUse> TrainingSubject::units(Point x) {
  if (at_.size() <= 2) return std::nullopt;
  place(x);
  models::Workspace<double> workspace;
  std::vector<std::vector<std::size_t>> live;
  constexpr std::size_t block = 256;
  for (std::size_t begin = 0; begin < rows_.size(); begin += block) {
    network_.count_live(looked_at_, {nullptr, begin, std::min(block, rows_.size() - begin)}, at_, live,
                        workspace);
  }
  const bool relu = network_.spec().activation == models::ModelSpec::Activation::relu;
  UnitUse use;
  use.relu = relu;
  double worst = -1;
  for (std::size_t l = 0; l < live.size(); ++l) {
    const auto units = static_cast<double>(live[l].size());
    const double dead = static_cast<double>(std::count(live[l].begin(), live[l].end(), 0U)) / units;
    const double passing =
        static_cast<double>(std::accumulate(live[l].begin(), live[l].end(), std::size_t{0}));
    const double saturated = 1 - passing / (units * static_cast<double>(rows_.size()));
    if ((relu ? dead : saturated) <= worst) continue;
    worst = relu ? dead : saturated;
    (relu ? use.dead : use.saturated) = worst;
    use.layer = "layer" + std::to_string(l + 1);
  }
  return use;
}

}  // namespace thalweg::workbench::diagnosis
