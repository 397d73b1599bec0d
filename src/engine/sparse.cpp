// Steps of sparse tensors: the few parameters that have a gradient, from their records through the rule's
// kernel and back.

#include <algorithm>
#include <utility>

#include <thalweg/transforms/clip.h>

#include "engine/engine.h"
#include "engine/sharing.h"

namespace thalweg {
namespace {

std::size_t limit_of(const Table& table, std::size_t size) {
  return table.started ? table.limit : size / table.options.block;
}

[[noreturn]] void refuse_index(const std::string& tensor, std::uint32_t index, std::size_t limit) {
  throw usage_error("index of " + tensor, std::to_string(index), "must be below " + std::to_string(limit));
}

void check_below(const std::string& tensor, std::span<const std::uint32_t> indices, std::size_t limit) {
  std::uint32_t largest = 0;
  for (const std::uint32_t index : indices) largest = std::max(largest, index);
  if (!indices.empty() && largest >= limit) refuse_index(tensor, largest, limit);
}

void check_precision(const std::string& tensor, Precision given, Precision wanted) {
  if (given != wanted)
    throw usage_error("sparse gradient of " + tensor, precision_name(given),
                      std::string("must be ") + precision_name(wanted) + ", as the tensor");
}

void check_count(const char* what, const std::string& tensor, std::size_t given, std::size_t wanted) {
  if (given != wanted)
    throw usage_error(what + tensor, std::to_string(given), "must be " + std::to_string(wanted));
}

/// sums[positions[k] block + j] += values[k block + j]
template <class T>
void sum_values(std::span<const std::uint32_t> positions, std::size_t block, const T* values, T* sums) {
  for (std::size_t k = 0; k < positions.size(); ++k) {
    for (std::size_t j = 0; j < block; ++j) sums[positions[k] * block + j] += values[k * block + j];
  }
}

/// Takes indices, each of which comes once.
void take_indices(Table& table, std::span<const std::uint32_t> indices) {
  std::copy(indices.begin(), indices.end(), table.take(indices.size()).begin());
}

/// The same if each is larger than the one before it, and returns whether they are. Checks that all are below
/// the limit.
inline bool take_increasing(Table& table, const std::string& tensor, std::span<const std::uint32_t> indices,
                            std::size_t limit, Isa isa) {
  if (!copy_increasing(indices, table.take(indices.size()).data(), isa)) {
    check_below(tensor, indices, limit);
    return false;
  }
  if (!indices.empty() && indices.back() >= limit) refuse_index(tensor, indices.back(), limit);
  return true;
}

template <class T>
void sum_rows(const SparseRows& rows, std::span<const std::uint32_t> positions, std::size_t block, T* sums) {
  const auto* const value = static_cast<const T*>(rows.value.data);
  const auto* factor = static_cast<const T*>(rows.factor.data);
  const std::uint64_t first = rows.row_begin.front();
  for (std::size_t r = 0; r + 1 < rows.row_begin.size(); ++r, factor += block) {
    for (std::uint64_t k = rows.row_begin[r]; k < rows.row_begin[r + 1]; ++k) {
      for (std::size_t j = 0; j < block; ++j) sums[positions[k - first] * block + j] += value[k] * factor[j];
    }
  }
}

}  // namespace

void Optimizer::Engine::check_sparse(const std::string& name, const ParameterView& view, const AnyRule& own,
                                     const SparseOptions& sparse) const {
  const auto refuse = [&](const std::string& value, const std::string& why) {
    throw usage_error("sparse tensor " + name, value, why);
  };
  if (own.info().sum_count > 0)
    refuse(own.name(), "cannot be stepped sparsely: the rule measures all parameters");
  if (own.info().looks_ahead(own.object()))
    refuse(own.text(), "cannot be stepped sparsely: the rule wants the gradient away from the parameters");
  if (element_size(view.precision) == 2) refuse(precision_name(view.precision), "must be float32 or float64");
  const StateType same = view.precision == Precision::float32 ? StateType::float32 : StateType::float64;
  if (storage_.state != StateType::automatic && storage_.state != same)
    refuse("state", std::string("must be stored in ") + precision_name(view.precision) + ", as the tensor");
  if (sparse.skipped == Skipped::scaled && own.info().idle != Idle::nothing)
    refuse(own.name(),
           "moves without a gradient, each parameter by its own state: steps cannot be skipped by scaling");
  if (sparse.block == 0 || view.size % sparse.block != 0)
    refuse("block " + std::to_string(sparse.block), "must divide " + std::to_string(view.size));
  if (view.size / sparse.block > 0xFFFFFFFFU)
    refuse(std::to_string(view.size / sparse.block), "must have at most 2^32 - 1 indices");
}

void Optimizer::Engine::refuse_sparse(std::size_t index, const char* call) const {
  if (index < tensors_.size())
    throw usage_error(call, tensors_[index].rare->name, "is for tensors of add_sparse()");
  throw usage_error("tensor", std::to_string(index),
                    "there are " + std::to_string(tensors_.size()) + ", counted from 0");
}

Optimizer::Engine::Tensor& Optimizer::Engine::stepping_sparse(std::size_t index, const GradientView& values) {
  if (!stepping_) throw usage_error("step_tensor()", std::to_string(index), "begin_step() comes first");
  Tensor& tensor = sparse_tensor(index, "a sparse gradient");
  if (tensor.stepped) throw usage_error("tensor", tensor.rare->name, "was stepped already in this step");
  check_precision(tensor.rare->name, values.precision, tensor.view.precision);
  return tensor;
}

/// Refuses transforms that a parameter without a gradient must not be left out of, and sees to it that the
/// records know how far they are where steps will have to be made up for.
void Optimizer::Engine::prepare_sparse() {
  constexpr std::size_t most_runs = 4096;            // of which all are kept
  constexpr std::uint64_t most_steps = 0x80000000U;  // that a record of float can count
  bool full = false;
  for (Tensor& tensor : tensors_) {
    if (!tensor.rare->table) continue;
    Group& group = groups_[tensor.group];
    if (!group.stages.empty() && !group.prepares) {
      std::string names;
      for (const Stage& stage : group.stages)
        names += (names.empty() ? "" : ", ") + std::string(stage.info->card.name);
      throw usage_error("sparse tensor " + tensor.rare->name, names,
                        "takes no transforms but the loss scale, l2 and decay, in this order");
    }
    start_table(tensor);
    const bool pulled = group.penalizes || group.before.float64.back() != 1;
    const bool moves = group.own.info().idle == Idle::moves || pulled;
    Table& table = *tensor.rare->table;
    if (moves && table.options.skipped == Skipped::made_up && !table.tracked) track(tensor);
    if (table.options.skipped == Skipped::scaled) prepare_scale(tensor);
    const auto& form = group.variant();
    const bool wide = tensor.compute == Precision::float64;
    const auto& prepared = (wide ? form.prepared64 : form.prepared32)[group.penalizes ? 1 : 0];
    const auto& plain = wide ? form.float64 : form.float32;
    table.kernel = (group.stages.empty() ? plain : prepared)[static_cast<std::size_t>(isa_)];
    table.coefficients = group.coefficients.in(tensor.compute);
    table.before = group.before.in(tensor.compute);
    full = full || group.runs.size() >= most_runs || steps_ - table.base >= most_steps;
  }
  if (full) settle_tables(false);
}

/// Brings the records at the indices taken into columns, and up to date.
void Optimizer::Engine::read_table(const Tensor& tensor) const {
  Table& table = *tensor.rare->table;
  start_table(tensor);
  std::byte* const columns = table.columns.get(table.count() * table.bytes + behind_columns);
  if (table.direct.read != nullptr)
    table.direct.read({table.memory.get(), table.indices, columns});
  else
    read_records(table.records(), table.indices, table.packed, columns, isa_);
  if (table.tracked) make_up(tensor, columns, table.count());
  if (table.scale != 1) multiply(columns, table.number, table.count(), table.scale, isa_);
  table.fetched = true;
}

/// The tensor whose parameters of this precision are to be fetched.
Optimizer::Engine::Tensor& Optimizer::Engine::fetched_tensor(std::size_t index, Precision precision) {
  Tensor& tensor = sparse_tensor(index, "fetch()");
  if (precision != tensor.view.precision)
    check_precision(tensor.rare->name, precision, tensor.view.precision);
  return tensor;
}

Optimizer::Engine::Fetched Optimizer::Engine::fetch(std::size_t index, const IncreasingIndices& indices,
                                                    Precision precision) {
  const Tensor& tensor = fetched_tensor(index, precision);
  Table& table = *tensor.rare->table;
  const std::span<const std::uint32_t> all = indices.indices();
  const std::size_t limit = limit_of(table, tensor.view.size);
  if (!all.empty() && all.back() >= limit) refuse_index(tensor.rare->name, all.back(), limit);
  table.indices = all;
  read_table(tensor);
  return {table.columns.get(0), table.count()};
}

Optimizer::Engine::Fetched Optimizer::Engine::fetch(std::size_t index, const DistinctIndices& indices,
                                                    Precision precision) {
  const Tensor& tensor = fetched_tensor(index, precision);
  Table& table = *tensor.rare->table;
  const std::size_t limit = limit_of(table, tensor.view.size);
  if (indices.size() > limit) check_below(tensor.rare->name, indices.indices(), limit);
  take_indices(table, indices.indices());
  read_table(tensor);
  return {table.columns.get(0), table.count()};
}

Optimizer::Engine::Fetched Optimizer::Engine::fetch(std::size_t index, std::span<const std::uint32_t> indices,
                                                    Precision precision) {
  const Tensor& tensor = fetched_tensor(index, precision);
  Table& table = *tensor.rare->table;
  const std::size_t limit = limit_of(table, tensor.view.size);
  if (!take_increasing(table, tensor.rare->name, indices, limit, isa_)) {
    table.distinct.start(limit);
    table.distinct.add(indices);
    if (table.distinct.indices().size() != indices.size())
      throw usage_error(
          "indices of " + tensor.rare->name, std::to_string(indices.size()),
          "must be distinct, but only " + std::to_string(table.distinct.indices().size()) + " of them are");
  }
  read_table(tensor);
  return {table.columns.get(0), table.count()};
}

/// Steps what was fetched.
void Optimizer::Engine::step_columns(Tensor& tensor, const void* gradient) {
  Table& table = *tensor.rare->table;
  const std::size_t count = table.count(), size = table.number;
  std::byte* const columns = table.columns.get(0);
  if (policy_ != NonFinite::pass) gradient = screen_columns(tensor, gradient, count);
  const std::size_t most = chunk_ == 0 ? count : chunk_;
  for (std::size_t at = 0; at < count; at += most) {
    Slots slots;
    THALWEG_STAY_ROLLED
    for (std::size_t k = 1; k < table.fields; ++k) slots[k - 1] = columns + (k * count + at) * size;
    table.kernel({columns + at * size, static_cast<const std::byte*>(gradient) + at * size, slots.data(),
                  table.coefficients, std::min(most, count - at), table.before});
  }
  if (table.tracked) {
    const std::uint64_t last = steps_ + 2 - table.base;
    std::byte* const lasts = columns + table.fields * count * size;
    if (size == sizeof(double))
      std::fill_n(reinterpret_cast<std::uint64_t*>(lasts), count, last);
    else
      std::fill_n(reinterpret_cast<std::uint32_t*>(lasts), count, static_cast<std::uint32_t>(last));
  }
  if (table.coming_scale != 1) multiply(columns, size, count, 1 / table.coming_scale, isa_);
  if (table.direct.write != nullptr)
    table.direct.write({table.memory.get(), table.indices, columns, std::exchange(table.coming, {}).left()});
  else
    write_records(table.records(), table.indices, table.packed, columns, isa_);
  table.fetched = false;
  tensor.stepped = true;
}

void Optimizer::Engine::step_fetched(std::size_t index, const GradientView& values) {
  Tensor& tensor = stepping_sparse(index, values);
  const Table& table = *tensor.rare->table;
  if (!table.fetched) throw usage_error("step_fetched()", tensor.rare->name, "fetch() comes first");
  check_count("values for ", tensor.rare->name, values.size, table.count());
  step_columns(tensor, values.data);
}

/// Whether steps are alike from now on: nothing but numbers are to be prepared, no tensor is for several
/// threads, and what is skipped need not be remembered. Notes how tensors are then stepped.
bool Optimizer::Engine::prepare_routine() const {
  if (sparse_ == 0 || policy_ != NonFinite::pass || chunk_ > 0 || !transforms_.empty() || looks_ahead() ||
      !rule().info().carried.empty())
    return false;
  for (const Followed& followed : followed_) {
    if (followed.key->name == "l2" || followed.key->name == "weight_decay") return false;
  }
  for (const Tensor& tensor : tensors_) {
    const Group& group = groups_[tensor.group];
    Rare& rare = *tensor.rare;
    if (!group.stages.empty() && !group.prepares) return false;
    if (rare.table ? rare.table->tracked : rare.traffic >= several_threads_from) return false;
    if (rare.table) continue;
    rare.kernel = group.stages.empty() ? tensor.direct : prepared_kernel(tensor);
    const State& state = group.state(tensor.compute);
    for (std::size_t slot = 0; slot < state.slots(); ++slot) rare.slots[slot] = state.at(slot, tensor.offset);
    rare.sweep = {tensor.view.data,  nullptr,
                  rare.slots.data(), group.coefficients.in(tensor.compute),
                  tensor.view.size,  group.before.in(tensor.compute)};
  }
  return true;
}

/// The numbers of such a step.
void Optimizer::Engine::begin_routine() {
  if (plain_) {
    for (Group& group : groups_) find_coefficients(group);
    return;
  }
  for (Group& group : groups_) {
    follow(group);
    find_coefficients(group);
    refill(group);
  }
  for (const Tensor& tensor : tensors_) {
    const Table* const table = tensor.rare->table.get();
    if (table != nullptr && table->options.skipped == Skipped::scaled) prepare_scale(tensor);
  }
}

/// Whether a step with these gradients is as the last one was, so that there is nothing to prepare or check.
bool Optimizer::Engine::is_routine(std::span<const GradientView> gradients) const {
  if (!routine_ || stepping_ || newcomers_ || gradients.size() != tensors_.size()) return false;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const Tensor& tensor = tensors_[i];
    const GradientView& g = gradients[i];
    const Table* const table = tensor.rare->table.get();
    if (g.precision != tensor.view.precision) return false;
    if (table != nullptr ? !table->fetched || g.size != table->count()
                         : !tensor.takes(g) || tensor.rare->kernel == nullptr)
      return false;
  }
  return true;
}

/// Such a step, of which is_routine() has seen to all that there is to see.
void Optimizer::Engine::step_routine(std::span<const GradientView> gradients) {
  begin_routine();
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    Rare& rare = *tensors_[i].rare;
    if (rare.table) {
      step_columns(tensors_[i], gradients[i].data);
      rare.table->scale = rare.table->coming_scale;
    } else {
      rare.sweep.gradient = gradients[i].data;
      rare.kernel(rare.sweep);
    }
  }
  ++steps_;
}

void Optimizer::Engine::step_fetched(std::span<const GradientView> gradients) {
  if (is_routine(gradients)) return step_routine(gradients);
  check_count("gradients", "", gradients.size(), tensors_.size());
  begin_step();
  try {
    for (std::size_t i = 0; i < tensors_.size(); ++i)
      tensors_[i].rare->table ? step_fetched(i, gradients[i]) : step_tensor(i, gradients[i]);
    end_step();
  } catch (...) {
    cancel_step();
    throw;
  }
}

void Optimizer::Engine::step_tensor(std::size_t index, const SparseGradient& gradient) {
  Tensor& tensor = stepping_sparse(index, gradient.values);
  Table& table = *tensor.rare->table;
  const std::size_t block = table.options.block, limit = tensor.view.size / block;
  check_count("values for ", tensor.rare->name, gradient.values.size, gradient.indices.size() * block);
  const void* values = gradient.values.data;
  if (!take_increasing(table, tensor.rare->name, gradient.indices, limit, isa_)) {
    table.distinct.start(limit);
    table.distinct.add(gradient.indices);
    const std::size_t count = table.distinct.indices().size() * block;
    const auto sum = [&]<class T>(T) {
      T* const sums = reinterpret_cast<T*>(table.gradient.get(count * sizeof(T)));
      std::fill_n(sums, count, T(0));
      sum_values(table.distinct.positions(), block, static_cast<const T*>(gradient.values.data), sums);
    };
    tensor.compute == Precision::float32 ? sum(float{}) : sum(double{});
    values = table.gradient.get(0);
    take_indices(table, table.distinct.indices());
  }
  read_table(tensor);
  step_columns(tensor, values);
}

void Optimizer::Engine::step_tensor(std::size_t index, const SparseRows& rows) {
  Tensor& tensor = stepping_sparse(index, rows.value);
  Table& table = *tensor.rare->table;
  const std::string& name = tensor.rare->name;
  const std::size_t block = table.options.block, limit = tensor.view.size / block;
  check_precision(name, rows.factor.precision, tensor.view.precision);
  check_count("values for ", name, rows.value.size, rows.column.size());
  const std::size_t count = rows.row_begin.empty() ? 0 : rows.row_begin.size() - 1;
  check_count("factors for ", name, rows.factor.size, count * block);
  if (!std::is_sorted(rows.row_begin.begin(), rows.row_begin.end()) ||
      (count > 0 && rows.row_begin.back() > rows.column.size()))
    throw usage_error("row_begin for " + name, count > 0 ? std::to_string(rows.row_begin.back()) : "",
                      "must not fall, and end at most at " + std::to_string(rows.column.size()));
  std::span<const std::uint32_t> columns;
  if (count > 0)
    columns = rows.column.subspan(rows.row_begin.front(), rows.row_begin.back() - rows.row_begin.front());
  check_below(name, columns, limit);
  table.distinct.start(limit);
  table.distinct.add(columns);
  const std::size_t numbers = table.distinct.indices().size() * block;
  const auto sum = [&]<class T>(T) {
    T* const sums = reinterpret_cast<T*>(table.gradient.get(numbers * sizeof(T)));
    std::fill_n(sums, numbers, T(0));
    if (count > 0) sum_rows(rows, table.distinct.positions(), block, sums);
  };
  tensor.compute == Precision::float32 ? sum(float{}) : sum(double{});
  take_indices(table, table.distinct.indices());
  read_table(tensor);
  step_columns(tensor, table.gradient.get(0));
}

Prefetch& Optimizer::Engine::prefetch(std::size_t index, std::span<const std::uint32_t> indices) {
  Table& table = *sparse_tensor(index, "prefetch()").rare->table;
  table.coming = table.started ? Prefetch(table.memory.get(), table.bytes, indices) : Prefetch();
  return table.coming;
}

// Beside what they call, so that a step does not pass through more functions than it needs.
template <class T>
std::span<const T> Optimizer::fetch(std::size_t index, std::span<const std::uint32_t> indices) {
  const Engine::Fetched numbers = engine_->fetch(index, indices, detail::precision_of<T>());
  return {static_cast<const T*>(numbers.data), numbers.count};
}
template <class T>
std::span<const T> Optimizer::fetch(std::size_t index, const DistinctIndices& indices) {
  const Engine::Fetched numbers = engine_->fetch(index, indices, detail::precision_of<T>());
  return {static_cast<const T*>(numbers.data), numbers.count};
}
template <class T>
std::span<const T> Optimizer::fetch(std::size_t index, const IncreasingIndices& indices) {
  const Engine::Fetched numbers = engine_->fetch(index, indices, detail::precision_of<T>());
  return {static_cast<const T*>(numbers.data), numbers.count};
}
template std::span<const float> Optimizer::fetch<float>(std::size_t, std::span<const std::uint32_t>);
template std::span<const double> Optimizer::fetch<double>(std::size_t, std::span<const std::uint32_t>);
template std::span<const float> Optimizer::fetch<float>(std::size_t, const DistinctIndices&);
template std::span<const double> Optimizer::fetch<double>(std::size_t, const DistinctIndices&);
template std::span<const float> Optimizer::fetch<float>(std::size_t, const IncreasingIndices&);
template std::span<const double> Optimizer::fetch<double>(std::size_t, const IncreasingIndices&);
void Optimizer::step_fetched(std::size_t index, GradientView values) { engine_->step_fetched(index, values); }
void Optimizer::step_fetched(std::span<const GradientView> gradients) { engine_->step_fetched(gradients); }
Prefetch& Optimizer::prefetch(std::size_t index, std::span<const std::uint32_t> indices) {
  return engine_->prefetch(index, indices);
}

}  // namespace thalweg
