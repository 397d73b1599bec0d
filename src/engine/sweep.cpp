// How a step walks over the parameters: blocks to threads, tiles through the transforms, kernels over ranges.

#include <algorithm>
#include <cstring>

#include <thalweg/thread_pool.h>

#include "engine/sharing.h"
#include "engine/tile.h"

namespace thalweg {
namespace {

// What a step reads and writes says best how long it takes.
constexpr double wakes_threads_from = 6 * 1024.0 * 1024;  ///< about what waking a thread takes

}  // namespace

/// Calls visit(begin, end) for parts of [begin, end) that moves so many bytes, on several threads where that
/// pays.
void Optimizer::Engine::share(double bytes, std::size_t begin, std::size_t end,
                              const std::function<void(std::size_t, std::size_t)>& visit) const {
  if (threads_ <= 1 || bytes < several_threads_from || end - begin <= 1) {
    visit(begin, end);
    return;
  }
  if (!executor_) executor_ = std::make_shared<ThreadPool>(threads_);
  const bool brief = bytes < wakes_threads_from;
  const std::size_t parts = brief ? threads_ : 4 * threads_;  // more parts, as a woken thread comes late
  const std::function<void(std::size_t)> part = [&](std::size_t i) {
    visit(begin + (end - begin) * i / parts, begin + (end - begin) * (i + 1) / parts);
  };
  if (brief)
    executor_->run_brief(parts, part);
  else
    executor_->run(parts, part);
}

/// Bytes that each of its passes moves, where a step takes sums over all parameters before it sweeps them.
double Optimizer::Engine::pass_traffic() const { return needs_all_gradients() ? traffic_ / 2 : traffic_; }

/// The parameter at or before the `index`th of all where threads may part: at a tile of its tensor, or at a
/// block where sums are taken before, so that a thread steps what it has summed and has in its cache.
std::size_t Optimizer::Engine::cut(std::size_t index) const {
  if (index == 0 || index >= size_) return index == 0 ? 0 : size_;
  const auto after = std::upper_bound(tensors_.begin(), tensors_.end(), index,
                                      [](std::size_t i, const Tensor& t) { return i < t.first_index; });
  const std::size_t first = std::prev(after)->first_index;
  const std::size_t grain = needs_all_gradients() ? block_size : tile_size;
  return first + (index - first) / grain * grain;
}

/// Calls visit(tensor, begin, count) for pieces that make up the parameters from the `first`th of all to
/// before the `last`th, on several threads where that pays.
void Optimizer::Engine::each_piece(double bytes, std::size_t first, std::size_t last,
                                   const VisitPiece& visit) const {
  if (first == last) return;
  share(bytes, first, last,
        [&](std::size_t begin, std::size_t end) { each_piece(cut(begin), cut(end), visit); });
}

void Optimizer::Engine::each_piece(std::size_t begin, std::size_t end, const VisitPiece& visit) const {
  auto tensor = std::upper_bound(tensors_.begin(), tensors_.end(), begin,
                                 [](std::size_t i, const Tensor& t) { return i < t.first_index; });
  for (--tensor; begin < end; ++tensor) {
    const std::size_t here = std::min(end, tensor->first_index + tensor->view.size);
    if (here == begin) continue;
    visit(*tensor, begin - tensor->first_index, here - begin);
    begin = here;
  }
}

/// Runs a rule's kernel over numbers that have the type that it computes in.
void Optimizer::Engine::run_kernel(const detail::Kernels& kernels, const Tensor& tensor, const Piece& piece,
                                   std::size_t count) const {
  const Group& group = groups_[tensor.group];
  const std::size_t size = element_size(tensor.compute);
  const auto kernel = kernels[static_cast<std::size_t>(isa_)];
  const void* const coefficients = group.coefficients.in(tensor.compute);
  const std::size_t most = chunk_ == 0 ? count : chunk_;
  for (std::size_t at = 0; at < count; at += most) {
    Slots slots = piece.slots;
    if (at > 0) {
      for (void*& slot : slots) slot = slot == nullptr ? nullptr : static_cast<std::byte*>(slot) + at * size;
    }
    kernel({static_cast<std::byte*>(piece.theta) + at * size,
            piece.gradient == nullptr ? nullptr : static_cast<const std::byte*>(piece.gradient) + at * size,
            slots.data(), coefficients, std::min(most, count - at), nullptr, nullptr,
            piece.kept == nullptr ? nullptr : static_cast<std::byte*>(piece.kept) + at * size});
  }
}

/// Steps numbers that their kernel reads and writes as they are stored.
void Optimizer::Engine::step_direct(detail::Kernel kernel, const Tensor& tensor, std::size_t begin,
                                    std::size_t count) const {
  const Group& group = groups_[tensor.group];
  const State& state = group.state(tensor.compute);
  const std::size_t size = element_size(tensor.view.precision), n = state.slots();
  const std::size_t most = chunk_ == 0 ? count : chunk_;
  for (std::size_t at = begin; at < begin + count; at += most) {
    Slots slots;
    for (std::size_t slot = 0; slot < n; ++slot) slots[slot] = state.at(slot, tensor.offset + at);
    kernel({static_cast<std::byte*>(tensor.view.data) + at * size,
            static_cast<const std::byte*>(tensor.gradient.data) + at * size, slots.data(),
            group.coefficients.in(tensor.compute), std::min(most, begin + count - at),
            group.before.in(tensor.compute), tensor.ahead ? before_look_ahead(tensor, at) : nullptr});
  }
}

/// Steps a tensor, on several threads where that pays.
void Optimizer::Engine::step_whole(const Tensor& tensor) const {
  if (tensor.view.size == 0) return;
  if (tensor.rare->traffic < several_threads_from) return step_piece(tensor, 0, tensor.view.size);
  each_piece(tensor.rare->traffic, tensor.first_index, tensor.first_index + tensor.view.size,
             [this](const Tensor& t, std::size_t begin, std::size_t count) { step_piece(t, begin, count); });
}

/// Steps a piece of a tensor from where it is, or was before it looked ahead.
void Optimizer::Engine::step_piece(const Tensor& tensor, std::size_t first, std::size_t count) const {
  const Group& group = groups_[tensor.group];
  const std::size_t stages = group.stages.size();
  if (const auto kernel = stages == 0 ? tensor.direct : prepared_kernel(tensor)) {
    step_direct(kernel, tensor, first, count);
    return;
  }
  const auto& kernels =
      tensor.compute == Precision::float32 ? group.variant().float32 : group.variant().float64;
  Tile tile;
  for (std::size_t begin = first; begin < first + count; begin += tile_size) {
    const std::size_t here = std::min(tile_size, first + count - begin);
    if (tensor.ahead) come_back(tensor, begin, here);
    Piece piece;
    piece.theta = read_theta(tensor, begin, here, tile.theta.data());
    piece.gradient = read_gradient(tensor, stages, piece.theta, begin, here, tile);
    piece.slots = read_slots(tensor, begin, here, tile);
    run_kernel(kernels, tensor, piece, here);
    write_theta(tensor, begin, here, piece.theta);
    for (std::size_t slot = 0; slot < group.variant().slots.size(); ++slot)
      write_slot(tensor, slot, begin, here, piece.slots[slot]);
  }
}

bool Optimizer::Engine::looks_ahead() const {
  return std::any_of(groups_.begin(), groups_.end(),
                     [](const Group& g) { return g.own.info().looks_ahead(g.own.object()); });
}

void Optimizer::Engine::look_ahead() {
  check_idle("look_ahead()");
  if (looking_ahead_) return;
  for (Group& group : groups_) refresh(group);
  if (!looks_ahead()) return;
  for (Tensor& tensor : tensors_) {
    const AnyRule& own = groups_[tensor.group].own;
    tensor.ahead = own.info().looks_ahead(own.object());
    if (!tensor.ahead) continue;
    if (newcomers_) start_at_theta(tensor);
    if (!tensor.rare->kept)
      tensor.rare->kept = kept_.extend(tensor.view.size * element_size(tensor.view.precision));
  }
  each_piece(traffic_, 0, size_, [this](const Tensor& tensor, std::size_t begin, std::size_t count) {
    if (tensor.ahead) look_ahead(tensor, begin, count);
  });
  looking_ahead_ = true;
}

/// Writes the point where the rule wants the gradient over parameters, which it keeps.
void Optimizer::Engine::look_ahead(const Tensor& tensor, std::size_t first, std::size_t count) const {
  const detail::RuleInfo& info = groups_[tensor.group].own.info();
  const bool single = tensor.compute == Precision::float32;
  const auto& kernels = single ? info.look_ahead_float32 : info.look_ahead_float64;
  const auto& form = groups_[tensor.group].variant();
  const auto isa = static_cast<std::size_t>(isa_);
  const bool as_stored = tensor.direct == (single ? form.float32 : form.float64)[isa];
  const std::size_t most = as_stored ? count : tile_size;
  const std::size_t size = element_size(tensor.view.precision);
  Tile tile;
  for (std::size_t begin = first; begin < first + count; begin += most) {
    const std::size_t here = std::min(most, first + count - begin);
    auto* const user = static_cast<std::byte*>(tensor.view.data) + begin * size;
    Piece piece;
    piece.theta = read_theta(tensor, begin, here, tile.theta.data());
    piece.kept = before_look_ahead(tensor, begin);
    if (piece.theta != user) {
      std::memcpy(piece.kept, user, here * size);
      if (piece.theta != tile.theta.data()) {  // what is moved is not the copy of more bits
        std::memcpy(tile.theta.data(), piece.theta, here * element_size(tensor.compute));
        piece.theta = tile.theta.data();
      }
      piece.kept = tile.gradient.data();
    }
    piece.slots = read_slots(tensor, begin, here, tile);
    run_kernel(kernels, tensor, piece, here);
    if (piece.theta == user) continue;
    narrow_any(tensor.compute, piece.theta, tensor.view.precision, user, here, nullptr, isa_);
  }
}

std::byte* Optimizer::Engine::before_look_ahead(const Tensor& tensor, std::size_t begin) const {
  return kept_.at(0, *tensor.rare->kept + begin * element_size(tensor.view.precision));
}

void Optimizer::Engine::come_back() {
  if (!looking_ahead_) return;
  for (Tensor& tensor : tensors_) {
    if (tensor.ahead && tensor.view.size > 0) come_back(tensor, 0, tensor.view.size);
    tensor.ahead = false;
  }
  looking_ahead_ = false;
}

void Optimizer::Engine::come_back(const Tensor& tensor, std::size_t begin, std::size_t count) const {
  const std::size_t size = element_size(tensor.view.precision);
  std::memcpy(static_cast<std::byte*>(tensor.view.data) + begin * size, before_look_ahead(tensor, begin),
              count * size);
}

}  // namespace thalweg
