#include "bench/sparse_cases.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include <thalweg/random.h>
#include <thalweg/registry.h>

#include "bench/arrays.h"
#include "bench/measure.h"
#include "data/pages.h"
#include "workbench/trainer.h"

namespace thalweg::bench {
namespace {

constexpr std::size_t nonzeros = sparse_nonzeros;

// 160 KB of rows, and 64 KB of records at most for sgd and adagrad.
constexpr std::size_t cached_rows = 200, cached_columns = std::size_t{1} << 13U;

/// The `draw`th feature drawn for a row. Neighbours in frequency are no neighbours in memory: numbers are
/// given out by a multiplication with an odd number, which only changes their order.
std::uint32_t feature(Frequencies frequencies, std::size_t columns, std::uint64_t row, std::uint64_t draw) {
  const double u = uniform(1, row, draw);
  if (frequencies == Frequencies::uniform)
    return static_cast<std::uint32_t>(u * static_cast<double>(columns));
  const auto rank = static_cast<std::uint32_t>(std::exp(u * std::log(static_cast<double>(columns + 1))) - 1);
  return static_cast<std::uint32_t>(rank * 0x9E3779B1U % columns);
}

using Shared = std::shared_ptr<const data::Split>;

Case nonzero_case(const std::string& group, const std::string& name) {
  Case c;
  c.group = group;
  c.name = name;
  c.unit = "nonzero";
  c.units = static_cast<double>(sparse_rows * nonzeros);
  return c;
}

std::string loop_name(std::size_t bytes) { return fmt::format("read and write {} bytes anywhere", bytes); }

/// Adds 1 to all numbers of a record, at the indices of the rows, one after the other.
template <std::size_t numbers>
void touch(float* table, const std::vector<std::uint32_t>& indices) {
  for (const std::uint32_t index : indices) {
    float* const record = table + numbers * index;
    for (std::size_t k = 0; k < numbers; ++k) record[k] += 1;
  }
}

template <std::size_t numbers>
Case loop_case(const Shared& split) {
  const auto table = std::make_shared<std::optional<Array>>();
  Case c = nonzero_case("limit", loop_name(numbers * sizeof(float)));
  c.bytes = 2 * numbers * sizeof(float);
  c.memory = numbers * sparse_columns * sizeof(float);
  c.prepare = [=] { table->emplace(numbers * sparse_columns * sizeof(float)); };
  c.run = [=] {
    touch<numbers>((*table)->template as<float>(),
                   std::get<data::SparseMatrix>(split->train.features).column);
  };
  c.release = [table] { table->reset(); };
  return c;
}

constexpr double sgd_rate = 0.5;

struct Stepped {
  const char* rule;
  std::size_t bytes;  ///< of the record of a parameter: with its slots, and what it has to know besides
};
constexpr std::array<Stepped, 4> all_stepped{
    {{"sgd:lr=0.5", 4}, {"adagrad:lr=0.1", 8}, {"adam:lr=0.001", 16}, {"ftrl:lr=0.1", 16}}};

Case steps_case(const Shared& split, const Stepped& stepped, std::size_t batch) {
  const auto trainer = std::make_shared<std::optional<workbench::Trainer>>();
  const AnyRule rule = make_rule(stepped.rule);
  Case c = nonzero_case("sparse", fmt::format("{}, batch {}", rule.name(), batch));
  c.limit = loop_name(stepped.bytes);
  c.memory =
      sparse_columns * (stepped.bytes + 3 * sizeof(float));  // and what the trainer has of all parameters
  c.prepare = [=] {
    workbench::TrainOptions options;
    options.optimizer = rule;
    options.batch = batch;
    options.threads = 1;
    trainer->emplace(*split, models::make_model("logistic"), options);
    if (!(*trainer)->steps_sparsely()) throw CaseFailed("it does not step sparsely");
  };
  c.run = [=] {
    for (std::size_t k = 0; k < sparse_rows / batch; ++k) {
      if (!(*trainer)->step()) throw CaseFailed("it diverged: " + (*trainer)->divergence()->what);
    }
  };
  c.release = [trainer] { trainer->reset(); };
  return c;
}

/// Plain descent in steps of one row, in an order of the peer's own.
Case peer_case(const Shared& split, const Peer& peer) {
  const ThalwegSparsePeer* const module = peer.sparse;
  const auto state = std::make_shared<std::shared_ptr<void>>();
  Case c = nonzero_case("peer", peer.name + ": sgd, batch 1");
  c.reference = "sgd, batch 1";
  c.memory = sparse_rows * nonzeros * 24 + sparse_columns * sizeof(double);
  c.prepare = [=] {
    state->reset();
    const auto& matrix = std::get<data::SparseMatrix>(split->train.features);
    const ThalwegSparse problem{sparse_rows,
                                sparse_columns,
                                matrix.row_begin.data(),
                                matrix.column.data(),
                                matrix.value.data(),
                                split->train.target.data(),
                                sgd_rate};
    void* const made = module->create(&problem);
    if (made == nullptr) throw CaseFailed("it cannot fit these rows");
    *state = std::shared_ptr<void>(made, module->destroy);
  };
  c.run = [=] {
    if (module->epoch(state->get()) != 0) throw CaseFailed("its epoch failed");
  };
  c.release = [state] { state->reset(); };
  return c;
}

}  // namespace

data::Split made_up_rows(Frequencies frequencies, std::size_t rows, std::size_t columns) {
  data::Split split;
  data::Dataset& train = split.train;
  train.name = "generated";
  train.class_names = {"0", "1"};
  data::SparseMatrix matrix;
  matrix.rows = rows;
  matrix.columns = columns;
  data::reserve_pages(matrix.column, rows * nonzeros);
  data::reserve_pages(matrix.value, rows * nonzeros);
  std::vector<std::uint32_t> row;
  for (std::uint64_t i = 0; i < rows; ++i) {
    row.clear();
    for (std::uint64_t draw = 0; row.size() < nonzeros; ++draw) {
      const std::uint32_t column = feature(frequencies, columns, i, draw);
      if (std::find(row.begin(), row.end(), column) == row.end()) row.push_back(column);
    }
    std::sort(row.begin(), row.end());
    double height = normal(2, i, 0) / 4;
    for (const std::uint32_t column : row) {
      const auto value = static_cast<float>(0.05 + 0.1 * uniform(3, i, column));  // rows of length about 1
      matrix.column.push_back(column);
      matrix.value.push_back(value);
      height += static_cast<double>(value) * normal(4, column, 0);
    }
    matrix.row_begin.push_back(matrix.column.size());
    train.target.push_back(height > 0 ? 1.0F : 0.0F);
  }
  train.features = std::move(matrix);
  return split;
}

std::string sparse_size(Frequencies frequencies) {
  return frequencies == Frequencies::uniform ? "2^20 features alike" : "2^20 features as words";
}

std::string cached_name(const std::string& name) { return name + ", from the second-level cache"; }

Block sparse_block(Frequencies frequencies, std::size_t rounds, const std::vector<Peer>& peers) {
  const auto split = std::make_shared<const data::Split>(made_up_rows(frequencies));
  Block block;
  block.size = sparse_size(frequencies);
  block.precision = "float32";
  block.rounds = rounds;
  block.memory = sparse_rows * nonzeros * (sizeof(std::uint32_t) + sizeof(float));
  block.cases.push_back(loop_case<1>(split));
  block.cases.push_back(loop_case<2>(split));
  block.cases.push_back(loop_case<4>(split));
  for (const std::size_t batch : {std::size_t{1}, std::size_t{32}}) {
    for (const Stepped& stepped : all_stepped) {
      // Each parameter takes the steps that it was left out of, ten thousand of them: an epoch of 20 s.
      if (batch == 1 && stepped.rule == std::string_view("adam:lr=0.001")) continue;
      block.cases.push_back(steps_case(split, stepped, batch));
    }
  }
  const auto few =
      std::make_shared<const data::Split>(made_up_rows(frequencies, cached_rows, cached_columns));
  for (const Stepped& stepped : {all_stepped[0], all_stepped[1]}) {
    Case c = steps_case(few, stepped, 1);
    c.name = cached_name(c.name);
    c.limit = "";
    block.cases.push_back(std::move(c));
  }
  for (const Peer& peer : peers) {
    if (peer.sparse != nullptr) block.cases.push_back(peer_case(split, peer));
  }
  return block;
}

}  // namespace thalweg::bench
