#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <thalweg/any_rule.h>
#include <thalweg/checkpoint.h>
#include <thalweg/execution.h>
#include <thalweg/non_finite.h>
#include <thalweg/schedule.h>
#include <thalweg/sparse.h>
#include <thalweg/storage.h>
#include <thalweg/transform.h>
#include <thalweg/views.h>

namespace thalweg {

/// Hyper-parameters in which a group of parameters differs from the rest: those that are set replace the
/// rule's own.
struct GroupOptions {
  std::optional<double> lr{}, momentum{}, rho{}, beta1{}, beta2{}, eps{}, l2{}, weight_decay{};
  std::vector<std::pair<std::string, Value>> others{};  ///< any other key of the rule
};

/// Steps parameters that stay the user's: it holds views of them, and owns the rule's state.
///
/// One step() applies, in this order: the division by the loss scale, the transforms as they were added, the
/// rule's own l2 or weight decay, the rule. The result has the same bits for every Execution. Not to be used
/// from two threads at once (but see step_tensor); different optimizers are independent of each other.
///
/// Parameters, gradients and state may each be float, double or 16 bits wide. The rule computes in float, but
/// in double for parameters or state in double, and what it computes is rounded once to what is stored.
class Optimizer {
 public:
  /// Throws a usage Error if a hyper-parameter is out of its range or the Execution cannot be honoured.
  explicit Optimizer(const AnyRule& rule, const Execution& execution = {});
  /// With state, and parameters of 16 bits, stored in another way than the default.
  Optimizer(const AnyRule& rule, const Storage& storage, const Execution& execution = {});
  ~Optimizer();
  Optimizer(Optimizer&&) noexcept;
  Optimizer& operator=(Optimizer&&) noexcept;

  /// Adds a tensor: a view that must stay valid as long as the optimizer steps. Empty tensors are allowed.
  /// Its state starts now: for a tensor added after some steps, the rule's t counts from there. A rule that
  /// measures all parameters (D-Adaptation, DoG, ...) goes on with what it has found: the tensor joins in.
  /// Throws a usage Error for a name that is taken, memory that overlaps another tensor, an option that the
  /// rule does not have, or one but lr, l2 and weight_decay for a rule that measures all parameters.
  void add(const std::string& name, ParameterView parameters, const GroupOptions& options = {});

  /// Lets a hyper-parameter follow a schedule (replacing an earlier one), in every group relative to its own
  /// value unless the schedule is absolute. Throws a usage Error if the rule has no such number.
  void schedule(const std::string& key, const Schedule& schedule);
  /// Multiplies a hyper-parameter by a factor, on top of any schedule, until the next call: for a plateau, or
  /// by hand.
  void scale(const std::string& key, double factor);
  /// Appends a transform of the gradient or the parameters.
  void transform(const AnyTransform& transform);
  /// What the loss, and so the gradient, was multiplied with: every step divides it out before anything else
  /// sees the gradient. Best a power of two, which loses nothing. Throws a usage Error unless it is above 0.
  void loss_scale(double scale);
  [[nodiscard]] double loss_scale() const;  ///< that the coming step divides out; 1 if none was given
  /// What becomes of steps whose gradient is not finite as it arrives here; at first NonFinite::pass, because
  /// looking costs a reading of the gradient (docs/reliability.md has how much) unless the first transform is
  /// a clip_norm, which reads it anyway. An entry that the rule's type cannot hold after the division by the
  /// loss scale is not finite either. Steps by begin_step() cannot be skipped, because tensors move before
  /// all gradients are known; to stop is an Error of step_tensor(), before its tensor moves.
  void non_finite(NonFinite policy);

  /// One step. `gradients` has one entry per tensor, of its size and any precision. Throws a usage Error if
  /// they do not fit, if they overlap the parameters, or if the rule wants the gradient elsewhere and
  /// look_ahead() was not called; then nothing has changed.
  void step(const Gradients& gradients);
  void step(std::initializer_list<GradientView> gradients) { step(Gradients(gradients)); }
  /// One step for any rule: `evaluate()` is called when the parameters are where the rule wants the gradient
  /// (for Nesterov's method the look-ahead point) and returns Gradients. If it throws, the parameters are put
  /// back.
  template <class Evaluate>
  requires std::same_as<std::invoke_result_t<Evaluate&>, Gradients>
  void step(Evaluate&& evaluate) {
    look_ahead();
    try {
      step(evaluate());
    } catch (...) {
      come_back();
      throw;
    }
  }

  /// One step, tensor by tensor, as soon as the backward pass has made each gradient and while it is in the
  /// cache: begin_step(), step_tensor() once for every tensor in any order, end_step(). The result has the
  /// same bits as that of step(). Tensors are counted from 0 in the order of their adding; different ones may
  /// be stepped from different threads. A rule that looks ahead needs look_ahead() before.
  /// begin_step() throws a usage Error for a rule or transform that needs all gradients first (clip_norm,
  /// D-Adaptation, ...); step_tensor() as step(), and for a tensor that was stepped already; end_step() if
  /// one was not.
  void begin_step();
  void step_tensor(std::size_t index, GradientView gradient);
  void end_step();
  /// Gives up a step that has begun. Tensors that were stepped stay as they are; it does not count as a step.
  void cancel_step();

  /// Adds a tensor whose gradients are sparse. Each parameter lies beside its state, in memory of the
  /// optimizer: the user's array says where they start (read at the first step or fetch), and is written by
  /// settle() alone. Steps are taken with begin_step(), step_tensor() and end_step(), other tensors may be
  /// dense. On one thread; the same bits for every Execution. Throws a usage Error as add(), and for a rule
  /// that looks ahead or measures all parameters, parameters of 16 bits, state in another type than theirs, a
  /// block that does not divide them. Transforms that need every parameter or may move it (clip_norm, noise,
  /// clip_value) are an Error of begin_step(); loss_scale, l2 and decay are not.
  void add_sparse(const std::string& name, ParameterView parameters, const SparseOptions& sparse = {},
                  const GroupOptions& options = {});
  /// Gives a sparse tensor more indices, or larger blocks, between two steps. What it had keeps its values
  /// and their state, each at its index and place in the block; the others start at 0, and the trajectory has
  /// the bits of a tensor that had them from the beginning. `parameters` replaces the user's array; before
  /// the first step or fetch its numbers are read as those of add_sparse(), later they are set to 0 until the
  /// next settle(). Copies all: best called rarely, with room to spare. Throws a usage Error as add_sparse(),
  /// for a tensor that would lose something, and for another precision.
  void grow(std::size_t index, ParameterView parameters, std::size_t block = 1);
  /// Steps a sparse tensor. A usage Error for an index that is too large and sizes or precisions that do not
  /// fit; then nothing has changed. A step without any gradient has no indices, or no rows.
  void step_tensor(std::size_t index, const SparseGradient& gradient);
  void step_tensor(std::size_t index, const SparseRows& gradient);
  /// The parameters of a sparse tensor at `indices`, block after block, after all steps done, for computing
  /// their gradient; step_fetched() then steps them and spares looking for them again. An index that comes
  /// twice is an Error (DistinctIndices finds them). T is the tensor's type. What is returned is valid until
  /// the tensor is next fetched or stepped; step_fetched() leaves there what they have become (but not in the
  /// step with their first decay).
  template <class T>
  [[nodiscard]] std::span<const T> fetch(std::size_t index, std::span<const std::uint32_t> indices);
  template <class T>
  [[nodiscard]] std::span<const T> fetch(std::size_t index, const DistinctIndices& indices);
  template <class T>
  [[nodiscard]] std::span<const T> fetch(std::size_t index, const IncreasingIndices& indices);
  /// Steps the parameters that were fetched last: step_tensor() with these values at their indices.
  void step_fetched(std::size_t index, GradientView values);
  /// A whole step with what was fetched: begin_step(), step_fetched() of each sparse tensor and step_tensor()
  /// of each other one, end_step(). `gradients` has one entry per tensor. Errors as theirs, after which the
  /// step is given up (cancel_step()).
  void step_fetched(std::span<const GradientView> gradients);
  /// Says what the next fetch of a sparse tensor will ask for, so that the step before it can bring it into
  /// the cache while it writes; and before that, whoever uses what is returned. The indices must stay valid
  /// until the step is done, and so does what is returned. Changes no number.
  Prefetch& prefetch(std::size_t index, std::span<const std::uint32_t> indices);
  /// Writes the parameters of all sparse tensors, after all steps done, to the user's arrays.
  void settle();

  /// Whether the rule wants the gradient away from the parameters.
  [[nodiscard]] bool looks_ahead() const;
  /// Moves the parameters to where the rule wants the gradient of the coming step; the next step() starts
  /// from where they were. Does nothing for rules that want the gradient at the parameters.
  void look_ahead();
  /// Undoes look_ahead().
  void come_back();

  /// Writes all that it takes to go on with the same bits to a safetensors file: parameters, state, settings,
  /// counters, and notes of the caller's. Settles sparse tensors first. The file is written whole or not at
  /// all, and is on the disk when this returns. Throws a usage Error inside a step or at the look-ahead
  /// point, and an input Error if the file cannot be written or a name is not UTF-8.
  void save(const std::string& path, const Notes& notes = {});
  /// Goes on from a checkpoint: everything but how steps are run (Execution) becomes what it was. The
  /// optimizer must be made as the one that was saved: same rule and hyper-parameters, schedules, transforms
  /// and storage, and tensors of the same names, sizes, types and options in the same order; their numbers
  /// are overwritten. Otherwise throws an input Error that lists all that is missing, left over or of another
  /// size, type or setting, and what LoadOptions would take; then nothing has changed.
  void load(const Checkpoint& checkpoint, const LoadOptions& options = {});
  /// The same from a file; returns the notes in it.
  Notes load(const std::string& path, const LoadOptions& options = {});

  [[nodiscard]] std::uint64_t steps() const;  ///< steps done
  [[nodiscard]] const AnyRule& rule() const;
  [[nodiscard]] std::size_t size() const;  ///< number of parameters in all tensors
  /// The value of a numeric hyper-parameter at the coming step (for the group of `tensor`; "" is the rule's
  /// own group).
  [[nodiscard]] double value(std::string_view key, std::string_view tensor = "") const;
  /// A number that the rule carries from step to step, such as Prodigy's d, as the last step left it. What is
  /// measured over all parameters is the same for every tensor. Throws a usage Error for unknown names.
  [[nodiscard]] double carried(std::string_view name, std::string_view tensor = "") const;
  /// The learning rate of the last step: lr, or what a rule that adapts it has made of it (1 for a rule
  /// without one). Before the first step: what it starts from.
  [[nodiscard]] double rate(std::string_view tensor = "") const;
  /// The state of a tensor, by the slot's name, where it is stored. Throws a usage Error for unknown names or
  /// if it is not stored as T (float, double or bfloat16), and for a sparse tensor, whose state lies beside
  /// its parameters.
  template <class T>
  [[nodiscard]] std::span<const T> slot(std::string_view tensor, std::string_view slot) const;
  /// The state of a tensor as numbers, however it is stored. Throws a usage Error for unknown names.
  [[nodiscard]] std::vector<double> slot_values(std::string_view tensor, std::string_view slot) const;
  /// Steps that NonFinite::skip has left out, and why the last of them was; entries that NonFinite::clip has
  /// changed.
  [[nodiscard]] std::uint64_t skipped() const;
  [[nodiscard]] const std::optional<NonFiniteEntry>& last_skipped() const;
  [[nodiscard]] std::uint64_t clipped() const;
  /// The gradient norm that the last step's first clip_norm saw; NaN where there was none.
  [[nodiscard]] double last_norm() const;
  /// The instruction set in use, as isa_names() has it.
  [[nodiscard]] std::string isa() const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace thalweg
