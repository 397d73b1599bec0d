// Going on from a checkpoint that fits.

#include <algorithm>
#include <cstring>

#include "engine/blockwise.h"
#include "engine/checkpoint.h"
#include "engine/tile.h"

namespace thalweg {
namespace {

using Array = checkpoint::Tensor;
using checkpoint::Dtype;

void copy_bytes(void* to, const Array& from) {
  if (!from.bytes.empty()) std::memcpy(to, from.bytes.data(), from.bytes.size());
}

/// Numbers of an array, whatever their type; of int8 `scales` has the scales.
class Numbers {
 public:
  Numbers(const Array& array, const Array* scales, Isa isa) : array_(array), scales_(scales), isa_(isa) {}

  /// At most tile_size of them, from a multiple of it on.
  void read(std::size_t begin, std::size_t count, double* out) const {
    alignas(64) std::array<std::byte, tile_size * sizeof(double)> raw;
    const std::size_t size = checkpoint::dtype_size(array_.dtype);
    std::memcpy(raw.data(), array_.bytes.data() + begin * size, count * size);
    if (scales_ == nullptr) {
      widen_any(*precision_of(array_.dtype), raw.data(), Precision::float64, out, count, isa_);
      return;
    }
    std::array<float, tile_size / codes_per_block> scales;
    std::memcpy(scales.data(), scales_->bytes.data() + begin / codes_per_block * sizeof(float),
                block_count(count) * sizeof(float));
    decode_blocks(reinterpret_cast<const std::uint8_t*>(raw.data()), scales.data(), out, count, isa_);
  }

 private:
  const Array& array_;
  const Array* scales_;
  Isa isa_;
};

template <class Visit>
void each_tile(std::size_t size, const Visit& visit) {
  for (std::size_t begin = 0; begin < size; begin += tile_size)
    visit(begin, std::min(tile_size, size - begin));
}

}  // namespace

/// Calls `act` while factors and step are those of the last step that a checkpoint knows of.
void Optimizer::Engine::at_last_step(const Checkpoint::Contents& contents, const std::function<void()>& act) {
  const auto scales = scales_;
  const std::uint64_t steps = steps_;
  set_scales(contents.scales);
  steps_ = std::max<std::uint64_t>(contents.steps, 1) - 1;
  const auto back = [&] {
    set_scales(scales);
    steps_ = steps;
  };
  try {
    act();
  } catch (...) {
    back();
    throw;
  }
  back();
}

void Optimizer::Engine::load(const Checkpoint::Contents& contents, const LoadOptions& options) {
  check_idle("load()");
  check_fit(contents, options);
  come_back();
  regroup(contents);
  loss_scale(contents.loss_scale);
  if (contents.steps > 0) {  // what rate() says
    at_last_step(contents, [&] {
      for (Group& group : groups_) {
        group.now = group.own;
        follow_schedules(group, group.now);
      }
    });
  }
  set_scales(contents.scales);
  steps_ = contents.steps;
  last_norm_ = contents.last_norm;
  skipped_ = contents.skipped;
  last_skipped_ = contents.last_skipped;
  for (const Tensor& tensor : tensors_) tensor.rare->clipped = 0;
  clipped_before_ = contents.clipped;
  newcomers_ = true;  // it may have been saved before the first step of some
  plain_ = routine_ = false;
  for (const Checkpoint::Contents::Tensor& there : contents.tensors) {
    Tensor& tensor = tensors_[by_name_.at(there.name)];
    tensor.gradient.data = nullptr;
    load_parameters(tensor, contents.file);
    if (tensor.rare->table)
      load_table(tensor, contents.file);
    else
      load_slots(tensor, contents.file);
  }
}

/// Puts tensors that joined at different steps, or carried other numbers, into groups of their own.
void Optimizer::Engine::regroup(const Checkpoint::Contents& contents) {
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> groups{{{0, 0}, 0}};  // there, here -> here
  std::vector<bool> taken(groups_.size());
  taken[0] = true;
  groups_[0].carry = contents.groups[0].carried;
  for (const Checkpoint::Contents::Tensor& there : contents.tensors) {
    Tensor& tensor = tensors_[by_name_.at(there.name)];
    const auto [found, is_new] = groups.try_emplace({there.group, tensor.group}, tensor.group);
    if (is_new) {
      const Checkpoint::Contents::Group& from = contents.groups[there.group];
      if (taken[tensor.group]) {
        const AnyRule own = groups_[tensor.group].own;
        found->second = groups_.size();
        surround(groups_.emplace_back(own, storage_, from.joined));
        taken.push_back(true);
      }
      taken[found->second] = true;
      groups_[found->second].joined = from.joined;
      groups_[found->second].carry = from.carried;
    }
    if (found->second == tensor.group) continue;
    tensor.group = found->second;
    Group& group = groups_[tensor.group];
    State& state = tensor.compute == Precision::float64 ? group.float64 : group.float32;
    tensor.offset = tensor.rare->table ? 0 : state.extend(tensor.view.size);
    if (tensor.has_master) tensor.rare->master_offset = group.masters.extend(tensor.view.size);
    if (!tensor.rare->table) tensor.direct = direct_kernel(tensor);
  }
  for (Group& group : groups_) group.runs.clear();
}

void Optimizer::Engine::load_parameters(Tensor& tensor, const checkpoint::TensorFile& file) {
  const Array& own = file.at(stored::parameter(tensor.rare->name));
  const Array* const master = file.find(stored::master(tensor.rare->name));
  const Precision to = tensor.view.precision;
  const std::size_t size = tensor.view.size;
  auto* const user = static_cast<std::byte*>(tensor.view.data);
  const bool same = own.dtype == dtype_of(to);
  if (same) copy_bytes(user, own);
  if (tensor.has_master && master != nullptr) copy_bytes(stored(tensor, 0), *master);
  if (same && tensor.has_master == (master != nullptr)) return;
  const Numbers numbers(master != nullptr ? *master : own, nullptr, isa_);
  each_tile(size, [&](std::size_t begin, std::size_t count) {
    alignas(64) std::array<double, tile_size> wide;
    numbers.read(begin, count, wide.data());
    if (!same)
      narrow_any(Precision::float64, wide.data(), to, user + begin * element_size(to), count, nullptr, isa_);
    if (tensor.has_master && master == nullptr)
      narrow_any(Precision::float64, wide.data(), Precision::float32, stored(tensor, begin), count, nullptr,
                 isa_);
  });
}

void Optimizer::Engine::load_slots(const Tensor& tensor, const checkpoint::TensorFile& file) {
  const Group& group = groups_[tensor.group];
  const State& state = group.state(tensor.compute);
  const Rounding rounding = storage_.rounding;
  storage_.rounding = Rounding::nearest;
  Tile tile;
  for (std::size_t row = 0; row < state.slots(); ++row) {
    const std::string slot = group.own.info().slots[group.variant().slots[row]].name;
    const Array& array = file.at(stored::slot(slot, tensor.rare->name));
    const Array* const scales =
        array.dtype == Dtype::u8 ? file.find(stored::scales(slot, tensor.rare->name)) : nullptr;
    if (array.dtype == dtype_of(state.type(row))) {
      copy_bytes(state.at(row, tensor.offset), array);
      if (scales != nullptr) copy_bytes(state.scales(row, tensor.offset), *scales);
      continue;
    }
    const Numbers numbers(array, scales, isa_);
    each_tile(tensor.view.size, [&](std::size_t begin, std::size_t count) {
      alignas(64) std::array<double, tile_size> wide;
      numbers.read(begin, count, wide.data());
      narrow_any(Precision::float64, wide.data(), tensor.compute, tile.theta.data(), count, nullptr, isa_);
      write_slot(tensor, row, begin, count, tile.theta.data());
    });
  }
  storage_.rounding = rounding;
}

/// The records of a sparse tensor, whose parameters its owner has by now.
void Optimizer::Engine::load_table(Tensor& tensor, const checkpoint::TensorFile& file) {
  Table& table = *tensor.rare->table;
  const SparseOptions options = table.options;
  table = Table();
  table.options = options;
  const Group& group = groups_[tensor.group];
  if (group.joined == steps_) return;  // it starts when it is first looked at
  start_table(tensor);
  const Array* const marks = file.find(stored::touched(tensor.rare->name));
  if (marks != nullptr && !table.tracked) track(tensor);
  const std::size_t size = element_size(tensor.compute);
  for (std::size_t row = 0; row + 1 < table.fields; ++row) {
    const std::string slot = group.own.info().slots[group.variant().slots[row]].name;
    const Array& array = file.at(stored::slot(slot, tensor.rare->name));
    const Array* const scales =
        array.dtype == Dtype::u8 ? file.find(stored::scales(slot, tensor.rare->name)) : nullptr;
    const Numbers numbers(array, scales, isa_);
    each_tile(table.size, [&](std::size_t begin, std::size_t count) {
      alignas(64) std::array<double, tile_size> wide, own;
      numbers.read(begin, count, wide.data());
      narrow_any(Precision::float64, wide.data(), tensor.compute, own.data(), count, nullptr, isa_);
      for (std::size_t i = 0; i < count; ++i)
        std::memcpy(table.at(begin + i) + (row + 1) * size,
                    reinterpret_cast<const std::byte*>(own.data()) + i * size, size);
    });
  }
  const Array* const records = file.find(stored::records(tensor.rare->name));
  if (records != nullptr && options.skipped == Skipped::scaled &&
      records->dtype == dtype_of(tensor.compute)) {
    for (std::size_t i = 0; i < table.size; ++i)
      std::memcpy(table.at(i), records->bytes.data() + i * size, size);
    copy_bytes(&table.scale, file.at(stored::factor(tensor.rare->name)));
    table.coming_scale = table.scale;
  }
  for (std::size_t i = 0; table.tracked && i < table.size; ++i) {
    const std::uint64_t last = marks == nullptr || marks->bytes[i] != 0 ? 1 : 0;
    std::memcpy(table.at(i) + table.fields * size, &last, size);
  }
}

}  // namespace thalweg
