// Gradients that are not finite: finding them before anything moves, and what the policy makes of the step.

#include <algorithm>
#include <cmath>
#include <cstring>

#include <thalweg/non_finite.h>

#include "engine/sum_of_squares.h"
#include "engine/tile.h"
#include "engine/unscale.h"

namespace thalweg {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

std::string finite_at(const NonFiniteEntry& e) {
  std::string text = "must be finite at step " + std::to_string(e.step);
  if (e.last == 0) return text;
  text += "; at step " + std::to_string(e.last);
  return std::isnan(e.last_largest) ? text + " the norm of all gradients was " + number_text(e.last_norm)
                                    : text + " its largest magnitude was " + number_text(e.last_largest);
}

std::string place(const NonFiniteEntry& e) {
  return "gradient of " + e.tensor + "[" + std::to_string(e.index) + "]";
}

/// Calls visit(a span of the numbers) with the type that they are stored in.
template <class Visit>
auto typed(Precision precision, void* numbers, std::size_t count, const Visit& visit) {
  switch (precision) {
    case Precision::float32:
      return visit(std::span(static_cast<float*>(numbers), count));
    case Precision::float64:
      return visit(std::span(static_cast<double*>(numbers), count));
    case Precision::bfloat16:
      return visit(std::span(static_cast<bfloat16*>(numbers), count));
    case Precision::float16:
      break;
  }
  return visit(std::span(static_cast<float16*>(numbers), count));
}

}  // namespace

NonFiniteGradient::NonFiniteGradient(NonFiniteEntry where)
    : Error(Kind::input, place(where), number_text(where.value), finite_at(where),
            place(where) + " = " + number_text(where.value) + ": " + finite_at(where)),
      entry(std::move(where)) {}

void Optimizer::Engine::non_finite(NonFinite policy) {
  check_idle("non_finite()");
  policy_ = policy;
  plain_ = routine_ = false;
}

/// Whether the norm that the first transform needs is one of all entries as they arrive: it is finite if and
/// only if they are, unless it overflows by itself.
bool Optimizer::Engine::norm_tells() const {
  const std::size_t first = unscales_ ? 1 : 0;
  return transforms_.size() > first && transforms_[first].info().needs_norm;
}

/// The largest magnitude of a gradient's entry that the rule can compute with.
double Optimizer::Engine::finite_limit(const Tensor& tensor) const {
  const double largest = tensor.compute == Precision::float32
                             ? static_cast<double>(std::numeric_limits<float>::max())
                             : std::numeric_limits<double>::max();
  if (!unscales_) return largest;
  const double scale = std::get<double>(transforms_.front().get("loss_scale"));
  return scale < 1 ? largest * scale * (1 - 0x1p-20) : largest;  // rounded twice on the way
}

/// Looks for what is not finite in the gradients of all tensors, and does what the policy says about it.
/// Returns whether there is to be a step. Throws for NonFinite::stop.
bool Optimizer::Engine::screen() {
  seen_.resize(tensors_.size());
  largest_.resize(blocks_.size());
  share(sizeof(float) * static_cast<double>(size_), 0, blocks_.size(),
        [this](std::size_t begin, std::size_t end) { find_largest(begin, end); });
  if (policy_ != NonFinite::clip) {
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const Tensor& tensor = tensors_[blocks_[b].tensor];
      if (largest_[b] <= finite_limit(tensor)) continue;
      const NonFiniteEntry entry = entry_of(tensor, tensor.gradient, tensor.view.size, blocks_[b].begin);
      come_back();
      if (policy_ == NonFinite::stop) throw NonFiniteGradient(entry);
      ++skipped_;
      last_skipped_ = entry;
      return false;
    }
  }
  for (std::size_t b = 0; b < blocks_.size();) b = settle_largest(b);
  return true;
}

/// Of a step that is taken: keeps what the gradient of a tensor is like, from its first block on, or makes it
/// finite. Returns the first block of the next tensor.
std::size_t Optimizer::Engine::settle_largest(std::size_t block) {
  const std::size_t index = blocks_[block].tensor;
  double largest = 0;
  for (; block < blocks_.size() && blocks_[block].tensor == index; ++block)
    largest = larger(largest, largest_[block]);
  Tensor& tensor = tensors_[index];
  if (largest <= finite_limit(tensor))
    seen_[index] = {steps_ + 1, largest};
  else
    tensor.gradient.data = made_finite(tensor, tensor.gradient, tensor.view.size);
  return block;
}

/// The same of one tensor, between begin_step() and end_step().
void Optimizer::Engine::screen_tensor(std::size_t index) {
  const Tensor& tensor = tensors_[index];
  if (tensor.view.size == 0) return;
  const auto by_tensor = [](const Block& block, std::size_t t) { return block.tensor < t; };
  const auto first = static_cast<std::size_t>(
      std::lower_bound(blocks_.begin(), blocks_.end(), index, by_tensor) - blocks_.begin());
  const auto last = static_cast<std::size_t>(
      std::lower_bound(blocks_.begin(), blocks_.end(), index + 1, by_tensor) - blocks_.begin());
  share(sizeof(float) * static_cast<double>(tensor.view.size), first, last,
        [this](std::size_t begin, std::size_t end) { find_largest(begin, end); });
  for (std::size_t b = first; b < last && policy_ == NonFinite::stop; ++b) {
    if (!(largest_[b] <= finite_limit(tensor)))
      throw NonFiniteGradient(entry_of(tensor, tensor.gradient, tensor.view.size, blocks_[b].begin));
  }
  settle_largest(first);
}

/// The same of the gradient of a sparse tensor's parameters that are at hand. Returns what to step with.
const void* Optimizer::Engine::screen_columns(const Tensor& tensor, const void* gradient, std::size_t count) {
  const double largest = largest_magnitude(gradient, count, tensor.compute, isa_);
  if (largest <= finite_limit(tensor)) {
    seen_[static_cast<std::size_t>(&tensor - tensors_.data())] = {steps_ + 1, largest};
    return gradient;
  }
  if (policy_ == NonFinite::clip) return made_finite(tensor, {gradient, tensor.compute}, count);
  NonFiniteEntry entry = entry_of(tensor, {gradient, tensor.compute}, count, 0);
  const Table& table = *tensor.rare->table;
  entry.index = table.indices[entry.index / table.options.block] * table.options.block +
                entry.index % table.options.block;
  throw NonFiniteGradient(entry);
}

void Optimizer::Engine::find_largest(std::size_t begin, std::size_t end) {
  for (std::size_t b = begin; b < end; ++b) {
    const Block& block = blocks_[b];
    const Gradient& g = tensors_[block.tensor].gradient;
    largest_[b] =
        largest_magnitude(static_cast<const std::byte*>(g.data) + block.begin * element_size(g.precision),
                          block.count, g.precision, isa_);
  }
}

/// The first entry from the `from`th on that is not finite; there is one.
NonFiniteEntry Optimizer::Engine::entry_of(const Tensor& tensor, const Gradient& gradient, std::size_t count,
                                           std::size_t from) const {
  const double limit = finite_limit(tensor);
  const Seen& seen = seen_[static_cast<std::size_t>(&tensor - tensors_.data())];
  NonFiniteEntry entry{tensor.rare->name, from, unknown, steps_ + 1, seen.step, seen.largest, unknown};
  if (norm_tells() && !stepping_) {
    entry.last = std::isfinite(last_norm_) ? steps_ : 0;
    entry.last_largest = unknown;
    entry.last_norm = last_norm_;
  }
  for (; entry.index < count; ++entry.index) {
    widen_any(gradient.precision,
              static_cast<const std::byte*>(gradient.data) + entry.index * element_size(gradient.precision),
              Precision::float64, &entry.value, 1, isa_);
    if (!(std::abs(entry.value) <= limit)) break;
  }
  return entry;
}

/// A copy of a gradient that clip_non_finite() has made finite.
const void* Optimizer::Engine::made_finite(const Tensor& tensor, const Gradient& gradient,
                                           std::size_t count) const {
  const std::size_t bytes = count * element_size(gradient.precision);
  std::byte* const copy = tensor.rare->finite.get(bytes);
  std::memcpy(copy, gradient.data, bytes);
  const double limit = finite_limit(tensor);
  tensor.rare->clipped += typed(gradient.precision, copy, count,
                                [limit](auto numbers) { return clip_non_finite(numbers, limit); });
  return copy;
}

std::uint64_t Optimizer::Engine::clipped() const {
  std::uint64_t entries = clipped_before_;
  for (const Tensor& tensor : tensors_) entries += tensor.rare->clipped;
  return entries;
}

}  // namespace thalweg
