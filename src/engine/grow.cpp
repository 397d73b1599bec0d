// Sparse tensors that become larger: what they had is copied, what is new has never had a gradient.

#include <cstring>

#include "engine/engine.h"

namespace thalweg {

/// Lets a tensor have other memory, of another size.
void Optimizer::Engine::take_memory(std::size_t index, const ParameterView& view) {
  Tensor& tensor = tensors_[index];
  const std::string& name = tensor.rare->name;
  if (tensor.view.size > 0) memory_.erase(static_cast<const std::byte*>(tensor.view.data));
  if (view.size > 0) {
    const auto* const begin = static_cast<const std::byte*>(view.data);
    memory_.emplace(begin, std::make_pair(begin + view.size * element_size(view.precision), name));
  }
  const std::size_t more = view.size - tensor.view.size;
  const double traffic = groups_[tensor.group].state(tensor.compute).traffic() +
                         3.0 * static_cast<double>(element_size(view.precision));
  tensor.rare->traffic += static_cast<double>(more) * traffic;
  traffic_ += static_cast<double>(more) * traffic;
  for (std::size_t later = index + 1; later < tensors_.size(); ++later) tensors_[later].first_index += more;
  size_ += more;
  tensor.view = view;
  for (Tensor& known : tensors_) known.gradient.data = nullptr;  // it may overlap what is new
}

/// Copies the records of the table before to their places in a new one.
void Optimizer::Engine::keep_records(Tensor& tensor, const Table& before) const {
  Table& table = *tensor.rare->table;
  const std::size_t block = before.options.block;
  for (std::size_t from = 0, to = 0; from < before.size; from += block, to += table.options.block)
    std::memcpy(table.at(to), before.at(from), block * before.bytes);
  table.base = before.base;
  table.scale = table.coming_scale = before.scale;
}

void Optimizer::Engine::grow(std::size_t index, const ParameterView& view, std::size_t block) {
  check_idle("grow()");
  Tensor& tensor = sparse_tensor(index, "grow()");
  Table& table = *tensor.rare->table;
  const std::string& name = tensor.rare->name;
  if (view.precision != tensor.view.precision)
    throw usage_error("sparse tensor " + name, precision_name(view.precision),
                      std::string("must stay in ") + precision_name(tensor.view.precision));
  const SparseOptions options{.block = block, .skipped = table.options.skipped};
  check_sparse(name, view, groups_[tensor.group].own, options);
  check_memory(name, view, &name);
  const std::size_t indices = tensor.view.size / table.options.block;
  if (block < table.options.block || view.size / block < indices) {
    throw usage_error("sparse tensor " + name,
                      std::to_string(view.size / block) + " indices in blocks of " + std::to_string(block),
                      "must not be fewer than the " + std::to_string(indices) + " in blocks of " +
                          std::to_string(table.options.block) + " that it has");
  }
  take_memory(index, view);
  plain_ = routine_ = false;  // the next step has a table to prepare
  if (!table.started) {
    table.options = options;
    return;
  }
  if (view.size > 0) std::memset(view.data, 0, view.size * element_size(view.precision));
  Table before = std::move(table);
  table = Table();
  table.options = options;
  table.distinct = std::move(before.distinct);
  start_table(tensor);
  if (before.tracked && !table.tracked) track(tensor);
  keep_records(tensor, before);
}

}  // namespace thalweg
