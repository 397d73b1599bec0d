// Writing a checkpoint.

#include <algorithm>
#include <cstring>
#include <deque>

#include "engine/blockwise.h"
#include "engine/checkpoint.h"
#include "engine/engine.h"

namespace thalweg {
namespace {

using checkpoint::Dtype;
using checkpoint::Metadata;
using checkpoint::Tensor;

/// Arrays for a file, of which some were made for it.
class Arrays {
 public:
  void add(const std::string& name, Dtype dtype, const void* numbers, std::size_t count) {
    const std::size_t bytes = count * checkpoint::dtype_size(dtype);
    tensors.push_back({name, dtype, {count}, {static_cast<const char*>(numbers), bytes}});
  }
  /// The same of numbers that are kept here.
  template <class T>
  void keep(const std::string& name, Dtype dtype, std::size_t count, const std::vector<T>& numbers) {
    const char* const begin = reinterpret_cast<const char*>(numbers.data());
    add(name, dtype, kept_.emplace_back(begin, numbers.size() * sizeof(T)).data(), count);
  }
  /// A name of a slot and one of a tensor may look like those of others.
  void check_names() const {
    std::vector<std::string> names;
    for (const Tensor& tensor : tensors) names.push_back(tensor.name);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end())
      throw usage_error("checkpoint", *twice, "would be the name of two arrays: rename a tensor or a note");
  }

  std::vector<Tensor> tensors;

 private:
  std::deque<std::string> kept_;
};

void add_notes(const Notes& notes, Arrays& arrays, Metadata& metadata) {
  for (const auto& [name, text] : notes.texts) metadata["note." + name] = text;
  for (const auto& [name, numbers] : notes.numbers)
    arrays.add("note." + name, Dtype::f64, numbers.data(), numbers.size());
}

/// What steps with gradients that are not finite have left, where there were any.
void add_non_finite(std::uint64_t skipped, std::uint64_t clipped, const std::optional<NonFiniteEntry>& last,
                    Metadata& metadata) {
  if (clipped > 0) metadata["clipped"] = std::to_string(clipped);
  if (skipped == 0 || !last) return;
  metadata["skipped"] = std::to_string(skipped);
  metadata["last_skipped.tensor"] = last->tensor;
  metadata["last_skipped.index"] = std::to_string(last->index);
  metadata["last_skipped.value"] = number_text(last->value);
  metadata["last_skipped.step"] = std::to_string(last->step);
  metadata["last_skipped.last"] = std::to_string(last->last);
  metadata["last_skipped.last_largest"] = number_text(last->last_largest);
  metadata["last_skipped.last_norm"] = number_text(last->last_norm);
}

}  // namespace

void Optimizer::Engine::save(const std::string& path, const Notes& notes) {
  check_idle("save()");
  if (looking_ahead_)
    throw usage_error("save()", "",
                      "the parameters are at the look-ahead point: step() or come_back() comes first");
  if (sparse_ > 0) settle_tables(true);
  Metadata metadata{
      {"format", checkpoint_format},         {"format_version", std::to_string(checkpoint_version)},
      {"thalweg_version", THALWEG_VERSION},  {"steps", std::to_string(steps_)},
      {"rounding", rounding_text(storage_)}, {"loss_scale", number_text(loss_scale())},
      {"last_norm", number_text(last_norm_)}};
  add_non_finite(skipped_, clipped(), last_skipped_, metadata);
  for (const auto& [key, schedule] : schedules_) metadata["schedule." + key] = schedule.text();
  for (const auto& [key, factor] : scales_) metadata["scale." + key] = number_text(factor);
  for (std::size_t k = unscales_ ? 1 : 0, n = 0; k < transforms_.size(); ++k, ++n)
    metadata["transform." + std::to_string(n)] = transforms_[k].text();
  Arrays arrays;
  std::vector<std::size_t> order{
      0};  // of groups in the file: by their first tensors, whenever they were made
  std::vector<std::size_t> number(groups_.size());
  for (const Tensor& tensor : tensors_) {
    if (tensor.group == 0 || number[tensor.group] > 0) continue;
    number[tensor.group] = order.size();
    order.push_back(tensor.group);
  }
  for (std::size_t k = 0; k < order.size(); ++k) {
    const Group& group = groups_[order[k]];
    const std::string name = "group." + std::to_string(k);
    metadata[name + ".rule"] = group.text;
    metadata[name + ".joined"] = std::to_string(group.joined);
    if (!group.carry.empty())
      arrays.add(stored::carried(k), Dtype::f64, group.carry.data(), group.carry.size());
  }
  for (std::size_t k = 0; k < tensors_.size(); ++k) {
    const Tensor& tensor = tensors_[k];
    const Group& group = groups_[tensor.group];
    const std::string name = "tensor." + std::to_string(k), &own = tensor.rare->name;
    const std::size_t size = tensor.view.size;
    metadata[name + ".name"] = own;
    metadata[name + ".group"] = std::to_string(number[tensor.group]);
    arrays.add(stored::parameter(own), dtype_of(tensor.view.precision), tensor.view.data, size);
    const auto slot_name = [&](std::size_t slot) {
      return group.own.info().slots[group.variant().slots[slot]].name;
    };
    if (tensor.rare->table) {
      const Table& table = *tensor.rare->table;
      metadata[name + ".sparse"] = sparse_text(table.options);
      if (!table.started || group.joined == steps_) continue;  // it is what it starts from
      for (std::size_t field = 1; field < table.fields; ++field)
        arrays.keep(stored::slot(slot_name(field - 1), own), dtype_of(tensor.compute), size,
                    column(tensor, field));
      if (table.tracked) arrays.keep(stored::touched(own), Dtype::u8, size, touched(tensor));
      if (table.scale != 1) {  // the parameters are rounded, what goes on are the records
        arrays.keep(stored::records(own), dtype_of(tensor.compute), size, column(tensor, 0));
        arrays.keep(stored::factor(own), Dtype::f64, 1, std::vector{table.scale});
      }
      continue;
    }
    if (tensor.has_master) arrays.add(stored::master(own), Dtype::f32, stored(tensor, 0), size);
    const State& state = group.state(tensor.compute);
    for (std::size_t slot = 0; slot < state.slots(); ++slot) {
      const StateType type = state.type(slot);
      arrays.add(stored::slot(slot_name(slot), own), dtype_of(type), state.at(slot, tensor.offset), size);
      if (type == StateType::int8)
        arrays.add(stored::scales(slot_name(slot), own), Dtype::f32, state.scales(slot, tensor.offset),
                   block_count(size));
    }
  }
  add_notes(notes, arrays, metadata);
  arrays.check_names();
  checkpoint::write_checked_file(path, std::move(arrays.tensors), std::move(metadata));
}

/// A field of all records of a sparse tensor.
std::vector<std::byte> Optimizer::Engine::column(const Tensor& tensor, std::size_t field) const {
  const Table& table = *tensor.rare->table;
  const std::size_t size = element_size(tensor.compute);
  std::vector<std::byte> numbers(table.size * size);
  for (std::size_t i = 0; i < table.size; ++i)
    std::memcpy(&numbers[i * size], table.at(i) + field * size, size);
  return numbers;
}

/// Which parameters of a tracked sparse tensor, which was settled, ever had a gradient: 1, others 0.
std::vector<std::uint8_t> Optimizer::Engine::touched(const Tensor& tensor) const {
  const std::vector<std::byte> last = column(tensor, tensor.rare->table->fields);
  const std::size_t size = element_size(tensor.compute);
  std::vector<std::uint8_t> marks(tensor.view.size);
  for (std::size_t i = 0; i < marks.size(); ++i) marks[i] = last[i * size] == std::byte{0} ? 0 : 1;
  return marks;
}

double Optimizer::Engine::loss_scale() const {
  return unscales_ ? std::get<double>(transforms_.front().get("loss_scale")) : 1;
}

}  // namespace thalweg
