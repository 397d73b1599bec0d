#include "data/split.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numeric>
#include <string>

#include <thalweg/detail/kernel.h>
#include <thalweg/error.h>
#include <thalweg/execution.h>
#include <thalweg/random.h>

#include "data/pages.h"

namespace thalweg::data {
namespace {

/// What the words of a shuffle are drawn with: all of a Philox counter but its first word, and its key.
struct Draw {
  std::uint32_t purpose;
  std::uint64_t index, seed;
};

/// words[k] = the first word of the counter `first` - k, for many at once.
struct Words {
  Draw draw;
  std::uint64_t first;
  std::uint32_t* words;
};
constexpr std::size_t words_at_once = 256;
struct WordsBody {
  [[gnu::always_inline]] static void run(const Words& w) {
    const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
    const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32U); };
    const Draw draw = w.draw;
    const std::uint32_t first = low(w.first);
    std::uint32_t* const words = w.words;
    for (std::uint32_t k = 0; k < words_at_once; ++k)
      words[k] = philox({first - k, draw.purpose, low(draw.index), high(draw.index)},
                        {low(draw.seed), high(draw.seed)})[0];
  }
};

/// Fisher and Yates' shuffle. `purpose` keeps the splits and the epochs of one seed apart (and both from the
/// noise that is drawn with it, whose second word counts elements by 2^32).
std::vector<std::uint32_t> shuffled(std::size_t rows, std::uint64_t seed, std::uint32_t purpose,
                                    std::uint64_t index) {
  assert(rows < (std::uint64_t{1} << 32U));
  static constexpr auto kernels = detail::for_each_isa<WordsBody, Words>();
  static const auto kernel = kernels[static_cast<std::size_t>(find_isa("best"))];
  std::vector<std::uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0U);
  std::array<std::uint32_t, words_at_once> words;
  for (std::uint64_t left = rows; left > 1;) {
    kernel({{purpose, index, seed}, left, words.data()});
    for (std::size_t k = 0; k < words_at_once && left > 1; ++k, --left)
      std::swap(order[left - 1], order[words[k] * left >> 32U]);
  }
  return order;
}

constexpr std::uint32_t for_epoch = 1, for_split = 2;

/// How many of the next `rows` rows belong to a part that should get `fraction` of the `seen` rows up to them
/// and has `taken` already: the total is rounded once, each class is within one row of its share.
std::size_t share(double fraction, std::size_t seen, std::size_t taken, std::size_t rows) {
  const auto due = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(seen)));
  const auto most = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(rows)));
  return std::min(due > taken ? due - taken : 0, most);
}

std::vector<std::vector<std::size_t>> strata(const Dataset& data) {
  std::vector<std::vector<std::size_t>> groups(data.task == Task::classification ? data.classes() : 1);
  for (std::size_t i = 0; i < data.rows(); ++i) {
    groups[data.task == Task::classification ? static_cast<std::size_t>(data.target[i]) : 0].push_back(i);
  }
  return groups;
}

void check_fraction(const char* name, double value, bool may_be_zero) {
  if (!(value > 0 || (may_be_zero && value == 0)) || value >= 1) {
    throw usage_error(name, number_text(value), "must be a fraction over 0 and under 1");
  }
}

DenseMatrix select(const DenseMatrix& matrix, const std::vector<std::size_t>& rows) {
  DenseMatrix result{rows.size(), matrix.columns, {}};
  reserve_pages(result.values, rows.size() * matrix.columns);
  for (const std::size_t row : rows) {
    const auto begin = matrix.values.begin() + static_cast<std::ptrdiff_t>(row * matrix.columns);
    result.values.insert(result.values.end(), begin, begin + static_cast<std::ptrdiff_t>(matrix.columns));
  }
  return result;
}

SparseMatrix select(const SparseMatrix& matrix, const std::vector<std::size_t>& rows) {
  SparseMatrix result;
  result.rows = rows.size();
  result.columns = matrix.columns;
  std::size_t nonzeros = 0;
  for (const std::size_t row : rows) nonzeros += matrix.row_begin[row + 1] - matrix.row_begin[row];
  reserve_pages(result.column, nonzeros);
  reserve_pages(result.value, nonzeros);
  for (const std::size_t row : rows) {
    const auto begin = static_cast<std::ptrdiff_t>(matrix.row_begin[row]);
    const auto end = static_cast<std::ptrdiff_t>(matrix.row_begin[row + 1]);
    result.column.insert(result.column.end(), matrix.column.begin() + begin, matrix.column.begin() + end);
    result.value.insert(result.value.end(), matrix.value.begin() + begin, matrix.value.begin() + end);
    result.row_begin.push_back(result.value.size());
  }
  return result;
}

/// Sums relative to the first row, so that a constant column is found exactly.
Scaling fit(const DenseMatrix& matrix) {
  const std::size_t columns = matrix.columns;
  const auto rows = static_cast<double>(matrix.rows);
  std::vector<double> mean(columns), squares(columns), factor(columns);
  const auto each = [&](auto&& visit) {
    for (std::size_t i = 0; i < matrix.rows; ++i) {
      const float* const row = matrix.values.data() + i * columns;
      for (std::size_t j = 0; j < columns; ++j) visit(j, static_cast<double>(row[j]));
    }
  };
  std::vector<double> first(matrix.values.begin(),
                            matrix.values.begin() + static_cast<std::ptrdiff_t>(columns));
  each([&](std::size_t j, double x) { mean[j] += x - first[j]; });
  for (std::size_t j = 0; j < columns; ++j) mean[j] = first[j] + mean[j] / rows;
  each([&](std::size_t j, double x) { squares[j] += (x - mean[j]) * (x - mean[j]); });
  for (std::size_t j = 0; j < columns; ++j) factor[j] = squares[j] > 0 ? 1 / std::sqrt(squares[j] / rows) : 0;
  return {std::move(mean), std::move(factor)};
}

Scaling fit(const SparseMatrix& matrix) {
  std::vector<double> largest(matrix.columns);
  for (std::size_t k = 0; k < matrix.value.size(); ++k) {
    double& size = largest[matrix.column[k]];
    size = std::max(size, std::abs(static_cast<double>(matrix.value[k])));
  }
  for (double& size : largest) size = size > 0 ? 1 / size : 0;
  return {{}, std::move(largest)};
}

void apply(const Scaling& scaling, DenseMatrix& matrix) {
  for (std::size_t i = 0; i < matrix.rows; ++i) {
    float* const row = matrix.values.data() + i * matrix.columns;
    for (std::size_t j = 0; j < matrix.columns; ++j) {
      row[j] = static_cast<float>((static_cast<double>(row[j]) - scaling.shift[j]) * scaling.factor[j]);
    }
  }
}

void apply(const Scaling& scaling, SparseMatrix& matrix) {
  for (std::size_t k = 0; k < matrix.value.size(); ++k) {
    matrix.value[k] =
        static_cast<float>(static_cast<double>(matrix.value[k]) * scaling.factor[matrix.column[k]]);
  }
}

}  // namespace

std::vector<std::uint32_t> permutation(std::size_t rows, std::uint64_t seed, std::uint64_t epoch) {
  return shuffled(rows, seed, for_epoch, epoch);
}

Parts split_rows(const Dataset& data, double validation, double test, std::uint64_t seed) {
  check_fraction("validation", validation, false);
  check_fraction("test_fraction", test, true);
  if (validation + test >= 1) {
    throw usage_error("validation + test_fraction", number_text(validation + test),
                      "must be under 1, so that rows to train on remain");
  }
  Parts parts;
  std::size_t seen = 0;
  const auto groups = strata(data);
  for (std::size_t group = 0; group < groups.size(); ++group) {
    const std::vector<std::size_t>& rows = groups[group];
    const std::size_t spare = rows.empty() ? 0 : rows.size() - 1;
    seen += rows.size();
    const std::size_t tests = std::min(spare, share(test, seen, parts.test.size(), rows.size()));
    const std::size_t validations =
        std::min(spare - tests, share(validation, seen, parts.validation.size(), rows.size()));
    const std::vector<std::uint32_t> order = shuffled(rows.size(), seed, for_split, group);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      auto& part = k < tests ? parts.test : k < tests + validations ? parts.validation : parts.train;
      part.push_back(rows[order[k]]);
    }
  }
  const char* empty = parts.train.empty()              ? "training"
                      : parts.validation.empty()       ? "validation"
                      : test > 0 && parts.test.empty() ? "test"
                                                       : nullptr;
  if (empty != nullptr) {
    throw input_error(data.name,
                      std::to_string(data.rows()) + " rows, so few that the " + empty + " part is empty",
                      "more rows or larger fractions (validation " + number_text(validation) + ", test " +
                          number_text(test) + ")");
  }
  for (auto* part : {&parts.train, &parts.validation, &parts.test}) std::sort(part->begin(), part->end());
  return parts;
}

Dataset select_rows(const Dataset& data, const std::vector<std::size_t>& rows) {
  Dataset result;
  result.name = data.name;
  result.task = data.task;
  result.class_names = data.class_names;
  result.feature_names = data.feature_names;
  result.label_name = data.label_name;
  result.label_column = data.label_column;
  result.features = std::visit([&](const auto& m) -> Features { return select(m, rows); }, data.features);
  result.target.reserve(rows.size());
  for (const std::size_t row : rows) result.target.push_back(data.target[row]);
  return result;
}

Scaling fit_scaling(const Dataset& train) {
  assert(train.rows() > 0);
  return std::visit([](const auto& m) { return fit(m); }, train.features);
}

void apply_scaling(const Scaling& scaling, Dataset& data) {
  assert(scaling.factor.size() == data.columns());
  std::visit([&](auto& m) { apply(scaling, m); }, data.features);
}

TargetScale fit_target(const Dataset& train) {
  const Scaling scaling = fit(DenseMatrix{train.rows(), 1, train.target});
  return {scaling.shift[0], scaling.factor[0] > 0 ? 1 / scaling.factor[0] : 1};
}

void apply_target(const TargetScale& scale, Dataset& data) {
  for (float& t : data.target) t = static_cast<float>((static_cast<double>(t) - scale.mean) / scale.scale);
}

}  // namespace thalweg::data
