#include <thalweg/optimizer.h>

#include "engine/engine.h"

namespace thalweg {

Optimizer::Optimizer(const AnyRule& rule, const Execution& execution)
    : Optimizer(rule, Storage{}, execution) {}
Optimizer::Optimizer(const AnyRule& rule, const Storage& storage, const Execution& execution)
    : engine_(std::make_unique<Engine>(rule, storage, execution)) {}
Optimizer::~Optimizer() = default;
Optimizer::Optimizer(Optimizer&&) noexcept = default;
Optimizer& Optimizer::operator=(Optimizer&&) noexcept = default;

void Optimizer::add(const std::string& name, ParameterView parameters, const GroupOptions& options) {
  engine_->add(name, parameters, options);
}
void Optimizer::schedule(const std::string& key, const Schedule& schedule) {
  engine_->schedule(key, schedule);
}
void Optimizer::scale(const std::string& key, double factor) { engine_->scale(key, factor); }
void Optimizer::transform(const AnyTransform& transform) { engine_->transform(transform); }
void Optimizer::step(const Gradients& gradients) { engine_->step(gradients); }
void Optimizer::loss_scale(double scale) { engine_->loss_scale(scale); }
double Optimizer::loss_scale() const { return engine_->loss_scale(); }
void Optimizer::non_finite(NonFinite policy) { engine_->non_finite(policy); }
void Optimizer::begin_step() { engine_->begin_step(); }
void Optimizer::step_tensor(std::size_t index, GradientView gradient) {
  engine_->step_tensor(index, gradient);
}
void Optimizer::add_sparse(const std::string& name, ParameterView parameters, const SparseOptions& sparse,
                           const GroupOptions& options) {
  engine_->add(name, parameters, options, &sparse);
}
void Optimizer::grow(std::size_t index, ParameterView parameters, std::size_t block) {
  engine_->grow(index, parameters, block);
}
void Optimizer::step_tensor(std::size_t index, const SparseGradient& gradient) {
  engine_->step_tensor(index, gradient);
}
void Optimizer::step_tensor(std::size_t index, const SparseRows& gradient) {
  engine_->step_tensor(index, gradient);
}
void Optimizer::settle() { engine_->settle(); }
void Optimizer::end_step() { engine_->end_step(); }
void Optimizer::cancel_step() { engine_->cancel_step(); }
bool Optimizer::looks_ahead() const { return engine_->looks_ahead(); }
void Optimizer::look_ahead() { engine_->look_ahead(); }
void Optimizer::come_back() { engine_->come_back(); }
void Optimizer::save(const std::string& path, const Notes& notes) { engine_->save(path, notes); }
void Optimizer::load(const Checkpoint& checkpoint, const LoadOptions& options) {
  engine_->load(checkpoint.contents(), options);
}
Notes Optimizer::load(const std::string& path, const LoadOptions& options) {
  const Checkpoint checkpoint(path);
  load(checkpoint, options);
  return checkpoint.notes();
}
std::uint64_t Optimizer::steps() const { return engine_->steps(); }
const AnyRule& Optimizer::rule() const { return engine_->rule(); }
std::size_t Optimizer::size() const { return engine_->size(); }
double Optimizer::value(std::string_view key, std::string_view tensor) const {
  return engine_->value(key, tensor);
}
double Optimizer::carried(std::string_view name, std::string_view tensor) const {
  return engine_->carried(name, tensor);
}
double Optimizer::rate(std::string_view tensor) const { return engine_->rate(tensor); }
std::uint64_t Optimizer::skipped() const { return engine_->skipped(); }
const std::optional<NonFiniteEntry>& Optimizer::last_skipped() const { return engine_->last_skipped(); }
std::uint64_t Optimizer::clipped() const { return engine_->clipped(); }
double Optimizer::last_norm() const { return engine_->last_norm(); }
std::string Optimizer::isa() const { return isa_names()[static_cast<std::size_t>(engine_->isa())]; }

template <class T>
std::span<const T> Optimizer::slot(std::string_view tensor, std::string_view slot) const {
  std::size_t size = 0;
  const void* data = engine_->slot(tensor, slot, detail::precision_of<T>(), size);
  return {static_cast<const T*>(data), size};
}
template std::span<const float> Optimizer::slot<float>(std::string_view, std::string_view) const;
template std::span<const double> Optimizer::slot<double>(std::string_view, std::string_view) const;
template std::span<const bfloat16> Optimizer::slot<bfloat16>(std::string_view, std::string_view) const;

std::vector<double> Optimizer::slot_values(std::string_view tensor, std::string_view slot) const {
  return engine_->slot_values(tensor, slot);
}

}  // namespace thalweg
