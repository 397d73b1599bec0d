#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <thalweg/optimizer.h>
#include <thalweg/rules/adam.h>
#include <thalweg/schedules/plateau.h>

#include "data/split.h"
#include "models/batch_loss.h"
#include "models/spec.h"

namespace thalweg::workbench {

/// How far the loss may rise over its start before the run counts as diverged.
inline constexpr double divergence_factor = 1e6;

class Trainer;
class TrainCheckpoints;

/// Options of their own for the tensors whose names match: "*" stands for any text, as in "*.bias". The first
/// group that matches counts.
struct TensorGroup {
  std::string pattern;
  GroupOptions options;
};

/// How the numbers of a training are stored. The network computes in float: parameters of 16 bits are what
/// the optimizer steps, and the network sees them widened after every step (both are in memory); gradients
/// are then rounded to the same type.
struct TrainPrecision {
  Precision parameters = Precision::float32;  ///< not float64
  StateType state = StateType::float32;
  bool master = false;                    ///< of parameters of 16 bits: as Storage has it
  Rounding rounding = Rounding::nearest;  ///< stochastic: only where something has 16 or 8 bits
  /// Gradients of 16 bits are multiplied with it before they are rounded, and divided by it in the optimizer.
  double loss_scale = 1;
};

/// "int8"
[[nodiscard]] const char* state_name(StateType type);
/// "made_up"
[[nodiscard]] const char* skipped_name(Skipped skipped);

/// What NonFinite::skip and NonFinite::clip have done.
struct NonFiniteTally {
  std::uint64_t skipped = 0, clipped = 0;  ///< steps; entries of gradients
  std::string last;                        ///< why, the last time: "step 17: the loss is not finite"

  /// "3 steps skipped, the last time at step 17: the loss is not finite"; "" where nothing was done.
  [[nodiscard]] std::string text() const;
};

/// Throws a usage Error unless the policy is stop, skip or clip.
void check(NonFinite policy);

/// Throws a usage Error for a precision that contradicts itself: what needs 16 bits, without them.
void check(const TrainPrecision& precision);

struct TrainOptions {
  AnyRule optimizer = Adam{};
  std::vector<std::pair<std::string, Schedule>>
      schedules;  ///< hyper-parameter, schedule; steps count batches
  std::optional<Plateau>
      plateau;  ///< scales lr; sees the validation loss (mode=max: the accuracy) of each epoch
  std::vector<AnyTransform> transforms;  ///< of the gradient, in order
  std::vector<TensorGroup> groups;
  TrainPrecision precision;
  /// What becomes of a step whose loss or gradient is not finite: stop, and the run has diverged; skip it and
  /// go on with the next batch; clip the gradient (clip_non_finite()), and leave such a loss out of the
  /// means. Parameters, state and schedules are after a skipped step what they were before it. An epoch of
  /// which every step is skipped is a divergence, and so are parameters that are not finite.
  NonFinite non_finite = NonFinite::stop;

  std::size_t epochs = 30;  ///< at least 1
  std::size_t batch = 32;   ///< examples per step; 0: all of them; an epoch's last batch is what is left
  /// Share of the planned steps, at their end, over which lr falls to 0 in a straight line, in [0, 1]; 0:
  /// none. Excludes a schedule of lr. What mini-batches leave behind as noise settles: Hagele et al. 2024
  /// (arXiv:2405.18392).
  double cooldown = 0;
  /// Whether each epoch has an order of its own; otherwise it is that of the data.
  bool shuffle = true;
  std::uint64_t seed = 0;   ///< of the initial weights, the order of the examples and stochastic rounding
  std::size_t threads = 0;  ///< 0: as many as the machine has; the result is the same for any number
  /// Whether a linear model on sparse data is stepped by the features of each batch alone where they are few
  /// and nothing else stands against it: the same trajectory, but for the last digits of the norms that are
  /// reported, in less time. The l2 of the model is then the rule's, if it has one to spare; its penalty, a
  /// sum over all weights, is neither in the norms nor in what tells a run that diverges.
  bool sparse_steps = true;
  /// What becomes of the weights that such steps have no gradient for. Skipped::scaled makes l2 free where
  /// sgd steps a row at a time, with other roundings than the dense trajectory has. Only where steps are
  /// such.
  Skipped skipped = Skipped::made_up;
  std::string isa = "best";  ///< of the optimizer's kernels, as in Execution; the result is the same for any

  std::optional<std::uint64_t> max_steps;  ///< at least 1
  std::optional<double> max_seconds;       ///< over 0; the only limit that makes a run unrepeatable
  std::optional<double> target;  ///< stop when the validation accuracy is at least, or the rmse at most, this
  std::size_t patience =
      0;  ///< stop after this many epochs without a lower validation loss, and judge the best; 0: off
};

/// What TrainOptions::cooldown makes of lr in a training of so many steps.
[[nodiscard]] Schedule cooldown_schedule(double share, std::uint64_t steps);

/// Why a training ended.
enum class Stop { epochs_done, max_steps, max_seconds, target_reached, early_stopped, diverged, cancelled };

/// "epochs_done"
[[nodiscard]] const char* stop_name(Stop stop);

/// Where a training left the numbers. It is reported when the loss, a gradient or a parameter is not finite,
/// or when the loss of a batch is a million times that of the first one (or than 1, if that is more).
struct Divergence {
  std::uint64_t step = 0;  ///< the step that could not be made, or after which the parameters were not finite
  std::string what;        ///< "gradient of layer1.weights is not finite"
  std::string detail{};    ///< "layer1.weights[3] is nan; after step 16 the loss was 0.5, ...", where known
};

struct EpochRecord {
  std::size_t epoch = 0;    ///< from 1
  std::uint64_t steps = 0;  ///< made up to its end
  double train_loss = 0;    ///< mean over the epoch's examples, each before its step; without l2
  std::optional<models::Scores> validation;  ///< after its last step
  double rate = 0;                           ///< learning rate of its last step, as Optimizer::rate() has it
  double gradient_norm = 0;                  ///< mean of the norms of its batches' gradients
  double seconds = 0;                        ///< from its first step to its last, without validations
  std::optional<double> train_metric{};      ///< of its examples, each before its step, where it is counted
};

/// What a training did. Losses are means without l2, so that they compare; metrics are the accuracy in [0, 1]
/// or the root mean squared error in the original unit of the targets. A part that is empty has no scores,
/// and a run that diverged has none at all. Nor has a training part whose loss is not finite, where
/// steps were skipped or clipped.
struct TrainRecord {
  std::string data, model, optimizer;  ///< the specifications
  data::Task task = data::Task::classification;
  std::size_t parameters = 0, batch = 0;  ///< numbers trained; examples per step
  double cooldown = 0;                    ///< as asked for
  TrainPrecision precision;               ///< as asked for

  std::optional<models::Scores> start;  ///< of the validation part before the first step
  std::vector<EpochRecord> epochs;      ///< the last one may be cut short; a diverged epoch is left out
  std::optional<models::Scores> train, validation, test;  ///< of the judged parameters
  bool judged_best =
      false;  ///< with early stopping, the parameters of best_epoch are judged; otherwise the last
  std::optional<std::size_t> best_epoch;  ///< the one with the lowest validation loss
  std::uint64_t steps = 0;
  double seconds = 0;  ///< of the training with its validations, without the final judgement

  Stop stop = Stop::epochs_done;
  std::optional<Divergence> divergence;  ///< if stop is diverged
  NonFiniteTally non_finite;

  /// Why it stopped, in words: "diverged at step 17: the gradient of layer1.weights is not finite".
  [[nodiscard]] std::string stop_text() const;
};

/// What an observer sees after each step, and again after each epoch's validation.
struct TrainProgress {
  std::size_t epoch = 0, epochs = 0;      ///< the epoch that runs, from 1, of so many
  std::uint64_t step = 0, steps = 0;      ///< done, of so many if nothing stops it earlier
  double loss = 0;                        ///< of the last batch
  const EpochRecord* finished = nullptr;  ///< the epoch that has just ended, or null
};
/// Returning false stops the training (Stop::cancelled). Called on the thread that trains.
using TrainObserver = std::function<bool(const TrainProgress&)>;

/// Trains a model on the training part, watches the validation part, and judges the result on all three. The
/// result depends on data, model and options alone. Independent calls may run at once on different threads.
/// Throws a usage Error for options that are out of range or cannot be honoured, and for a model that does
/// not fit the data.
[[nodiscard]] TrainRecord train(const data::Split& split, const models::ModelSpec& model,
                                const TrainOptions& options, const TrainObserver& observer = {});

/// As above, with a Trainer that was made from the same data, model and options, so that an observer can look
/// at it, and the caller afterwards. It must not have made a step. `checkpoints`, if there are any, say where
/// it goes on and keep what it takes to go on later.
[[nodiscard]] TrainRecord train(Trainer& trainer, const data::Split& split, const models::ModelSpec& model,
                                const TrainOptions& options, const TrainObserver& observer = {},
                                TrainCheckpoints* checkpoints = nullptr);

}  // namespace thalweg::workbench
