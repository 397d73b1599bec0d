// How numbers are stored, and how a tile of them becomes what a rule computes with: the numbers themselves
// where they have that type, else copies.

#include "engine/tile.h"

#include <algorithm>

#include "engine/blockwise.h"
#include "engine/convert.h"
#include "engine/random_words.h"

namespace thalweg {
namespace {

Precision precision_of(StateType type) {
  return type == StateType::float64    ? Precision::float64
         : type == StateType::bfloat16 ? Precision::bfloat16
                                       : Precision::float32;
}

constexpr std::uint32_t theta_array = 254;  ///< of random words; those of slots are 0, 1, ...

}  // namespace

void widen_any(Precision from, const void* in, Precision to, void* out, std::size_t count, Isa isa) {
  if (to == Precision::float32)
    widen(from, in, static_cast<float*>(out), count, isa);
  else
    widen(from, in, static_cast<double*>(out), count, isa);
}

void narrow_any(Precision from, const void* in, Precision to, void* out, std::size_t count,
                const std::uint16_t* random, Isa isa) {
  const auto typed = [&](const auto* numbers) {
    if (random == nullptr)
      narrow(numbers, to, out, count, isa);
    else
      narrow_stochastic(numbers, to, out, count, random, isa);
  };
  if (from == Precision::float32)
    typed(static_cast<const float*>(in));
  else
    typed(static_cast<const double*>(in));
}

/// The kernel that steps the tensor as it is stored, if there is one.
detail::Kernel Optimizer::Engine::direct_kernel(const Tensor& tensor) const {
  const Group& group = groups_[tensor.group];
  const State& state = group.state(tensor.compute);
  const auto& form = group.variant();
  const auto isa = static_cast<std::size_t>(isa_);
  const Precision stored = tensor.view.precision;
  if (tensor.has_master || tensor.gradient.precision != stored) return nullptr;
  const auto all = [&](StateType type) {
    for (std::size_t slot = 0; slot < state.slots(); ++slot) {
      if (state.type(slot) != type) return false;
    }
    return true;
  };
  const bool rounds = storage_.rounding == Rounding::stochastic;
  if (stored == Precision::float64 && all(StateType::float64)) return form.float64[isa];
  if (tensor.compute != Precision::float32) return nullptr;
  if (stored == Precision::float32 && all(StateType::float32)) return form.float32[isa];
  if (rounds || !all(StateType::bfloat16)) return nullptr;
  if (stored == Precision::float32) return form.bfloat16_state[isa];
  return stored == Precision::bfloat16 ? form.bfloat16[isa] : nullptr;
}

/// The kernel that steps the tensor as it is stored after applying the transforms of the step, if there is
/// one.
detail::Kernel Optimizer::Engine::prepared_kernel(const Tensor& tensor) const {
  const Group& group = groups_[tensor.group];
  const auto& form = group.variant();
  const auto isa = static_cast<std::size_t>(isa_);
  if (!group.prepares || tensor.direct == nullptr) return nullptr;
  if (tensor.direct == form.float32[isa]) return form.prepared32[group.penalizes ? 1 : 0][isa];
  if (tensor.direct == form.float64[isa]) return form.prepared64[group.penalizes ? 1 : 0][isa];
  return nullptr;
}

/// Where the numbers that are stepped are: the parameters, or their copy of more bits.
std::byte* Optimizer::Engine::stored(const Tensor& tensor, std::size_t begin) const {
  if (tensor.has_master) return groups_[tensor.group].masters.at(0, tensor.rare->master_offset + begin);
  return static_cast<std::byte*>(tensor.view.data) + begin * element_size(tensor.view.precision);
}

Precision Optimizer::Engine::stored_as(const Tensor& tensor) const {
  return tensor.has_master ? Precision::float32 : tensor.view.precision;
}

/// Random words for the rounding of some numbers of a tensor, or null where it is to the nearest.
const std::uint16_t* Optimizer::Engine::draw(const Tensor& tensor, std::uint32_t array, std::size_t begin,
                                             std::size_t count, std::uint16_t* words) const {
  if (storage_.rounding == Rounding::nearest) return nullptr;
  random_words({storage_.seed, steps_ + 1, array}, tensor.first_index + begin, words, count, isa_);
  return words;
}

/// Stores computed numbers of a tensor in another type.
void Optimizer::Engine::round_to(Precision to, void* out, const Tensor& tensor, Precision from,
                                 const void* numbers, std::uint32_t array, std::size_t begin,
                                 std::size_t count) const {
  std::array<std::uint16_t, tile_size> words;
  narrow_any(from, numbers, to, out, count,
             element_size(to) == 2 ? draw(tensor, array, begin, count, words.data()) : nullptr, isa_);
}

/// The parameters as the rule computes with them: where they are, or in `copy`.
void* Optimizer::Engine::read_theta(const Tensor& tensor, std::size_t begin, std::size_t count,
                                    void* copy) const {
  if (stored_as(tensor) == tensor.compute) return stored(tensor, begin);
  widen_any(stored_as(tensor), stored(tensor, begin), tensor.compute, copy, count, isa_);
  return copy;
}

/// Stores the parameters, unless they were computed in place, and rounds a copy of more bits into them.
void Optimizer::Engine::write_theta(const Tensor& tensor, std::size_t begin, std::size_t count,
                                    const void* theta) const {
  std::byte* const own = stored(tensor, begin);
  if (theta != own)
    round_to(stored_as(tensor), own, tensor, tensor.compute, theta, theta_array, begin, count);
  if (!tensor.has_master) return;
  auto* const user = static_cast<std::byte*>(tensor.view.data) + begin * element_size(tensor.view.precision);
  round_to(tensor.view.precision, user, tensor, Precision::float32, own, theta_array, begin, count);
}

/// A slot's numbers as the rule computes with them: where they are, or in `copy`.
void* Optimizer::Engine::read_slot(const Tensor& tensor, std::size_t slot, std::size_t begin,
                                   std::size_t count, void* copy) const {
  const State& state = groups_[tensor.group].state(tensor.compute);
  const std::size_t offset = tensor.offset + begin;
  std::byte* const kept = state.at(slot, offset);
  if (state.type(slot) == StateType::int8) {
    const auto* codes = reinterpret_cast<const std::uint8_t*>(kept);
    if (tensor.compute == Precision::float32)
      decode_blocks(codes, state.scales(slot, offset), static_cast<float*>(copy), count, isa_);
    else
      decode_blocks(codes, state.scales(slot, offset), static_cast<double*>(copy), count, isa_);
    return copy;
  }
  const Precision precision = precision_of(state.type(slot));
  if (precision == tensor.compute) return kept;
  widen_any(precision, kept, tensor.compute, copy, count, isa_);
  return copy;
}

/// Stores a slot's numbers, unless they were computed in place.
void Optimizer::Engine::write_slot(const Tensor& tensor, std::size_t slot, std::size_t begin,
                                   std::size_t count, const void* numbers) const {
  const State& state = groups_[tensor.group].state(tensor.compute);
  const std::size_t offset = tensor.offset + begin;
  std::byte* const kept = state.at(slot, offset);
  const auto array = static_cast<std::uint32_t>(slot);
  if (state.type(slot) != StateType::int8) {
    if (numbers != kept)
      round_to(precision_of(state.type(slot)), kept, tensor, tensor.compute, numbers, array, begin, count);
    return;
  }
  std::array<std::uint16_t, tile_size> words;
  const std::uint16_t* const random = draw(tensor, array, begin, count, words.data());
  auto* const codes = reinterpret_cast<std::uint8_t*>(kept);
  if (tensor.compute == Precision::float32)
    encode_blocks(static_cast<const float*>(numbers), count, codes, state.scales(slot, offset), random, isa_);
  else
    encode_blocks(static_cast<const double*>(numbers), count, codes, state.scales(slot, offset), random,
                  isa_);
}

Optimizer::Engine::Slots Optimizer::Engine::read_slots(const Tensor& tensor, std::size_t begin,
                                                       std::size_t count, Tile& tile) const {
  Slots slots{};
  const std::size_t n = groups_[tensor.group].state(tensor.compute).slots();
  for (std::size_t slot = 0; slot < n; ++slot)
    slots[slot] = read_slot(tensor, slot, begin, count, tile.slots[slot].data());
  return slots;
}

/// The gradient as it reaches the rule, or the transform after the first `stages`; these may change theta.
const void* Optimizer::Engine::read_gradient(const Tensor& tensor, std::size_t stages, void* theta,
                                             std::size_t begin, std::size_t count, Tile& tile) const {
  const void* source =
      static_cast<const std::byte*>(tensor.gradient.data) + begin * element_size(tensor.gradient.precision);
  if (tensor.gradient.precision != tensor.compute) {
    widen_any(tensor.gradient.precision, source, tensor.compute, tile.gradient.data(), count, isa_);
    source = tile.gradient.data();
  }
  return apply_stages(tensor, stages, theta, source, tile.gradient.data(), begin, count);
}

/// Sets every slot to what the rule says that it starts at.
void Optimizer::Engine::start_slots(const Tensor& tensor) const {
  const Group& group = groups_[tensor.group];
  Tile tile;
  for (std::size_t begin = 0; begin < tensor.view.size; begin += tile_size) {
    const std::size_t count = std::min(tile_size, tensor.view.size - begin);
    for (std::size_t slot = 0; slot < group.variant().slots.size(); ++slot) {
      const double initial = group.own.info().initial(group.own.object(), group.variant().slots[slot]);
      if (tensor.compute == Precision::float32)
        std::fill_n(reinterpret_cast<float*>(tile.theta.data()), count, static_cast<float>(initial));
      else
        std::fill_n(reinterpret_cast<double*>(tile.theta.data()), count, initial);
      write_slot(tensor, slot, begin, count, tile.theta.data());
    }
  }
}

/// Sets the slots that start at the parameters to them, and the copy of more bits. Again before a tensor's
/// first step: until then its owner may still change it.
void Optimizer::Engine::start_at_theta(const Tensor& tensor) const {
  const Group& group = groups_[tensor.group];
  if (group.joined != steps_ || tensor.view.size == 0) return;
  Tile tile;
  const auto each = [&](auto visit) {
    for (std::size_t begin = 0; begin < tensor.view.size; begin += tile_size)
      visit(begin, std::min(tile_size, tensor.view.size - begin));
  };
  if (tensor.has_master) {
    each([&](std::size_t begin, std::size_t count) {
      widen_any(tensor.view.precision,
                static_cast<const std::byte*>(tensor.view.data) + begin * element_size(tensor.view.precision),
                Precision::float32, stored(tensor, begin), count, isa_);
    });
  }
  for (std::size_t slot = 0; slot < group.variant().slots.size(); ++slot) {
    if (group.own.info().slots[group.variant().slots[slot]].start != Start::theta) continue;
    each([&](std::size_t begin, std::size_t count) {
      write_slot(tensor, slot, begin, count, read_theta(tensor, begin, count, tile.theta.data()));
    });
  }
}

std::vector<double> Optimizer::Engine::slot_values(std::string_view tensor, std::string_view slot) const {
  const Tensor& t = find(tensor);
  const std::size_t row = find_slot(t, slot);
  if (t.rare->table) return sparse_slot_values(t, row);
  std::vector<double> values(t.view.size);
  Tile tile;
  for (std::size_t begin = 0; begin < t.view.size; begin += tile_size) {
    const std::size_t count = std::min(tile_size, t.view.size - begin);
    const void* numbers = read_slot(t, row, begin, count, tile.theta.data());
    widen_any(t.compute, numbers, Precision::float64, &values[begin], count, isa_);
  }
  return values;
}

}  // namespace thalweg
