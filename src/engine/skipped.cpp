// What becomes of the parameters of sparse tensors that a step has no gradient for: each takes the steps that
// it was left out of when it is next looked at, with the rule's own kernel and a gradient of 0.

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <utility>

#include "engine/tile.h"

namespace thalweg {
namespace {

template <class T>
using LastOf = std::conditional_t<sizeof(T) == sizeof(std::uint32_t), std::uint32_t, std::uint64_t>;

template <class Numbers>
bool same_bits(const Numbers& a, const Numbers& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0);
}

constexpr std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

}  // namespace

/// Writes the records, from the parameters as they are now, before anyone looks at them.
void Optimizer::Engine::write_table(const Tensor& tensor) const {
  Table& table = *tensor.rare->table;
  const Group& group = groups_[tensor.group];
  const detail::RuleInfo& info = group.own.info();
  table.size = tensor.view.size;
  table.limit = table.size / table.options.block;
  table.base = steps_;
  table.fields = 1 + group.variant().slots.size();
  table.tracked = info.idle == Idle::moves && table.options.skipped == Skipped::made_up;
  table.stride = table.fields + (table.tracked ? 1 : 0);
  if (table.stride == 3) table.stride = 4;  // so that none lies on two cache lines
  table.number = element_size(tensor.compute);
  table.bytes = table.stride * table.number;
  table.direct = direct_kernels(table.records(), isa_);
  constexpr std::size_t huge_page = std::size_t{1} << 21U;
  const std::size_t size = table.size * table.bytes;
  table.memory = Arena::allocate(size > huge_page ? round_up(size, 2 * huge_page) : size);
  const auto write = [&]<class T>(T) {
    const auto* const theta = static_cast<const T*>(tensor.view.data);
    std::vector<T> columns(table.stride * tile_size);
    for (std::size_t begin = 0; begin < table.size; begin += tile_size) {
      const std::size_t count = std::min(tile_size, table.size - begin);
      std::copy_n(theta + begin, count, columns.begin());
      for (std::size_t k = 1; k < table.fields; ++k) {
        const std::size_t slot = group.variant().slots[k - 1];
        T* const column = &columns[k * count];
        if (info.slots[slot].start == Start::theta)
          std::copy_n(theta + begin, count, column);
        else
          std::fill_n(column, count, static_cast<T>(info.initial(group.own.object(), slot)));
      }
      std::fill(columns.begin() + static_cast<std::ptrdiff_t>(table.fields * count), columns.end(), T(0));
      pack(reinterpret_cast<const std::byte*>(columns.data()), table.stride, sizeof(T), count,
           table.at(begin), isa_);
    }
  };
  tensor.compute == Precision::float32 ? write(float{}) : write(double{});
  table.started = true;
}

/// Gives the records of a table, all of which are up to date, room to say how far they were taken.
void Optimizer::Engine::track(const Tensor& tensor) {
  Table& table = *tensor.rare->table;
  const std::size_t size = element_size(tensor.compute), before = table.bytes;
  table.tracked = true;
  table.stride = table.fields == 2 ? 4 : table.fields + 1;
  table.bytes = table.stride * size;
  table.direct = direct_kernels(table.records(), isa_);
  table.base = steps_;
  Arena::Memory memory = Arena::allocate(table.size * table.bytes);
  if (table.size > 0) std::memset(memory.get(), 0, table.size * table.bytes);
  for (std::size_t i = 0; i < table.size; ++i) {
    std::byte* const record = memory.get() + i * table.bytes;
    std::memcpy(record, table.memory.get() + i * before, table.fields * size);
    const auto mark = [&](auto last) { std::memcpy(record + table.fields * size, &last, sizeof last); };
    size == sizeof(float) ? mark(std::uint32_t{1}) : mark(std::uint64_t{1});
  }
  table.memory = std::move(memory);
  table.coming = {};
  table.columns_before = std::exchange(table.columns, {});
  if (table.fetched) read_table(tensor);
}

/// Keeps what the step that ends does to parameters without a gradient, if it is anything new.
void Optimizer::Engine::remember_step() {
  for (const Tensor& tensor : tensors_) {
    Table* const table = tensor.rare->table.get();
    if (table == nullptr) continue;
    table->scale = table->coming_scale;
    if (table->tracked) groups_[tensor.group].tracks = true;
  }
  for (Group& group : groups_) {
    if (!group.tracks) continue;
    if (!group.runs.empty()) {
      const Run& last = group.runs.back();
      if (same_bits(last.coefficients.float64, group.coefficients.float64) &&
          same_bits(last.before.float64, group.before.float64) && last.prepares == group.prepares &&
          last.penalizes == group.penalizes)
        continue;
    }
    group.runs.push_back({steps_ + 1, group.coefficients, group.before, group.prepares, group.penalizes});
  }
}

/// Repeats a step without a gradient on `count` parameters, until it changes no bit. Columns are `stride`
/// numbers apart.
template <class T>
void Optimizer::Engine::repeat(const Tensor& tensor, const Run& run, T* columns, std::size_t stride,
                               std::size_t count, std::uint64_t times) const {
  static constexpr std::array<T, tile_size> zero{};
  const auto& form = groups_[tensor.group].variant();
  constexpr bool wide = std::is_same_v<T, double>;
  const auto& plain = wide ? form.float64 : form.float32;
  const auto& prepared = (wide ? form.prepared64 : form.prepared32)[run.penalizes ? 1 : 0];
  const detail::Kernel kernel = (run.prepares ? prepared : plain)[static_cast<std::size_t>(isa_)];
  const std::size_t fields = tensor.rare->table->fields;
  Slots slots{};
  for (std::size_t k = 1; k < fields; ++k) slots[k - 1] = columns + k * stride;
  const auto step = [&] {
    kernel({columns, zero.data(), slots.data(), run.coefficients.in(tensor.compute), count,
            run.before.in(tensor.compute)});
  };
  std::vector<T> before;
  std::uint64_t look = 16;
  for (std::uint64_t t = 1; t <= times; ++t) {
    if (t != look) {
      step();
      continue;
    }
    look *= 2;
    before.clear();
    for (std::size_t k = 0; k < fields; ++k)
      before.insert(before.end(), columns + k * stride, columns + k * stride + count);
    step();
    bool same = true;
    for (std::size_t k = 0; k < fields && same; ++k)
      same = std::memcmp(&before[k * count], columns + k * stride, count * sizeof(T)) == 0;
    if (same) break;
  }
}

template <class T>
void Optimizer::Engine::make_up_in(const Tensor& tensor, T* columns, std::size_t count) const {
  const Table& table = *tensor.rare->table;
  const std::vector<Run>& runs = groups_[tensor.group].runs;
  auto* const last = reinterpret_cast<LastOf<T>*>(columns + table.fields * count);
  const auto now = static_cast<LastOf<T>>(steps_ - table.base + 1);
  const bool pulled = std::any_of(runs.begin(), runs.end(), [](const Run& run) {
    return run.prepares && (run.penalizes || run.before.float64.back() != 1);
  });
  struct Late {
    LastOf<T> done;
    std::uint32_t position;
  };
  std::vector<Late> late;
  for (std::size_t i = 0; i < count; ++i) {
    if (last[i] >= now || (last[i] == 0 && (!pulled || columns[i] == 0))) continue;
    late.push_back({std::max(last[i], LastOf<T>(1)), static_cast<std::uint32_t>(i)});
  }
  std::erase_if(late, [&](const Late& l) { return l.done >= now; });
  if (late.empty()) return;
  // The latest last: a step is one call of the kernel for all that have to take it.
  std::sort(late.begin(), late.end(), [](const Late& a, const Late& b) {
    return a.done != b.done ? a.done < b.done : a.position < b.position;
  });
  std::vector<T> tile(table.fields * tile_size);
  for (std::size_t first = 0; first < late.size(); first += tile_size) {
    const std::size_t here = std::min(tile_size, late.size() - first);
    const Late* const part = late.data() + first;
    for (std::size_t k = 0; k < table.fields; ++k) {
      for (std::size_t i = 0; i < here; ++i) tile[k * tile_size + i] = columns[k * count + part[i].position];
    }
    std::uint64_t done = table.base + part[0].done - 1;
    auto run = std::upper_bound(runs.begin(), runs.end(), done + 1,
                                [](std::uint64_t step, const Run& r) { return step < r.first; });
    --run;
    for (std::size_t active = 0; done < steps_;) {
      while (active < here && table.base + part[active].done - 1 <= done) ++active;
      if (std::next(run) != runs.end() && std::next(run)->first <= done + 1) ++run;
      std::uint64_t end = steps_;
      if (active < here) end = std::min(end, table.base + part[active].done - 1);
      if (std::next(run) != runs.end()) end = std::min(end, std::next(run)->first - 1);
      repeat(tensor, *run, tile.data(), tile_size, active, end - done);
      done = end;
    }
    for (std::size_t k = 0; k < table.fields; ++k) {
      for (std::size_t i = 0; i < here; ++i) columns[k * count + part[i].position] = tile[k * tile_size + i];
    }
    for (std::size_t i = 0; i < here; ++i) last[part[i].position] = now;
  }
}

/// Takes columns of parameters and state through the steps that they were left out of.
void Optimizer::Engine::make_up(const Tensor& tensor, std::byte* columns, std::size_t count) const {
  if (tensor.compute == Precision::float32)
    make_up_in(tensor, reinterpret_cast<float*>(columns), count);
  else
    make_up_in(tensor, reinterpret_cast<double*>(columns), count);
}

/// Takes a whole table through all steps done.
void Optimizer::Engine::settle_table(const Tensor& tensor, bool write) {
  Table& table = *tensor.rare->table;
  if (!table.started || (!table.tracked && !write)) return;
  const std::size_t size = element_size(tensor.compute);
  std::vector<std::byte> columns(16 * tile_size * table.bytes);
  auto* user = static_cast<std::byte*>(tensor.view.data);
  for (std::size_t begin = 0; begin < table.size; begin += 16 * tile_size) {
    const std::size_t count = std::min(16 * tile_size, table.size - begin);
    unpack(table.at(begin), table.stride, size, count, columns.data(), isa_);
    if (table.tracked) {
      make_up(tensor, columns.data(), count);
      std::byte* const lasts = columns.data() + table.fields * count * size;
      const auto restart = [&](auto* last) {
        for (std::size_t i = 0; i < count; ++i) last[i] = last[i] == 0 ? 0 : 1;
      };
      if (size == sizeof(float))
        restart(reinterpret_cast<std::uint32_t*>(lasts));
      else
        restart(reinterpret_cast<std::uint64_t*>(lasts));
      pack(columns.data(), table.stride, size, count, table.at(begin), isa_);
    }
    if (table.scale != 1) multiply(columns.data(), size, count, table.scale, isa_);
    if (write) std::memcpy(user + begin * size, columns.data(), count * size);
  }
  table.base = steps_;
}

void Optimizer::Engine::settle_tables(bool write) {
  for (const Tensor& tensor : tensors_) {
    if (tensor.rare->table) settle_table(tensor, write);
  }
  for (Group& group : groups_) group.runs.clear();
}

void Optimizer::Engine::settle() {
  check_idle("settle()");
  settle_tables(true);
}

std::vector<double> Optimizer::Engine::sparse_slot_values(const Tensor& tensor, std::size_t row) const {
  const Table& table = *tensor.rare->table;
  start_table(tensor);
  const std::size_t size = element_size(tensor.compute);
  std::vector<double> values(table.size);
  std::vector<std::byte> columns(tile_size * table.bytes);
  for (std::size_t begin = 0; begin < table.size; begin += tile_size) {
    const std::size_t count = std::min(tile_size, table.size - begin);
    unpack(table.at(begin), table.stride, size, count, columns.data(), isa_);
    if (table.tracked) make_up(tensor, columns.data(), count);
    const std::byte* const numbers = columns.data() + (1 + row) * count * size;
    const auto widen = [&](const auto* from) {
      std::copy_n(from, count, values.begin() + static_cast<std::ptrdiff_t>(begin));
    };
    if (size == sizeof(float))
      widen(reinterpret_cast<const float*>(numbers));
    else
      widen(reinterpret_cast<const double*>(numbers));
  }
  return values;
}

}  // namespace thalweg
