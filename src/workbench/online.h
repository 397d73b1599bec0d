#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <thalweg/optimizer.h>
#include <thalweg/rules/adam.h>

#include "data/stream.h"
#include "models/sparse_batch.h"
#include "models/spec.h"
#include "workbench/model_file.h"
#include "workbench/progressive.h"
#include "workbench/train.h"

namespace thalweg::workbench {

class TrainCheckpoints;

/// How a model learns from a stream.
struct OnlineOptions {
  AnyRule optimizer = Adam{};
  std::vector<std::pair<std::string, Schedule>> schedules;  ///< hyper-parameter, schedule; by steps
  std::vector<AnyTransform> transforms;                     ///< decay alone
  std::string isa = "best";                ///< of the optimizer's kernels; the result is the same for any
  NonFinite non_finite = NonFinite::stop;  ///< as TrainOptions has it; skipped rows are not in the scores
  Skipped skipped = Skipped::made_up;      ///< what becomes of weights that a step has no gradient for
};

/// The task of a model without hidden layers. Throws a usage Error for a model with some.
[[nodiscard]] data::Task task_of(const models::ModelSpec& model);

/// A linear, logistic or softmax model that learns from rows as they come, before anyone knows how many
/// features and classes there are: weights of new ones are 0, and the trajectory has the bits of one that had
/// these features from the beginning. (The classes of a softmax are another matter: one that comes late was
/// not there to be told apart from earlier.) Memory grows by doubling. A step looks at the features of its
/// rows alone, on the caller's thread.
class OnlineLearner {
 public:
  /// Throws a usage Error for a model with hidden layers; an optimizer that looks at all parameters in each
  /// step or away from them; a transform that does; a schedule that does not fit.
  OnlineLearner(const models::ModelSpec& model, const OnlineOptions& options);
  /// Goes on from a model, whose weights are where it starts; the optimizer's state is new. Its kind counts,
  /// not its l2. Throws a usage Error if it is of another kind or was trained on standardized data.
  OnlineLearner(const models::ModelSpec& model, const OnlineOptions& options, const TrainedModel& start);
  OnlineLearner(const OnlineLearner&) = delete;
  OnlineLearner& operator=(const OnlineLearner&) = delete;

  /// Makes room for so many columns and classes (0 for regression), which are then known.
  void reserve(std::size_t columns, std::size_t classes);
  /// Predicts these rows of a batch and adds what came out to `scores`; then takes a step along the gradient
  /// of their mean loss. `classes` are those of the stream so far: a row of a class that the rows before have
  /// not had counts as predicted wrong. At least one row. Returns false if the loss, a gradient or a
  /// parameter is not finite, unless the policy makes something of it: then divergence() says what, and there
  /// is no more to be learned.
  bool learn(data::SparseBatch& batch, std::span<const std::uint32_t> rows, std::size_t classes,
             Progressive& scores);
  /// The summed losses and hits of all rows of a batch, whose columns must be known.
  [[nodiscard]] models::Tally judge(data::SparseBatch& batch);

  /// Writes a checkpoint with these notes, and goes on from one with the same bits: a learner of the same
  /// model and options that has learned nothing yet. Errors as Optimizer::save(); an input Error where it
  /// does not fit.
  void save(const std::string& path, Notes notes);
  void load(const Checkpoint& checkpoint);

  /// Weights (columns x outputs) and bias, as Network::initial() lays them out.
  [[nodiscard]] models::Parameters<float> parameters();
  [[nodiscard]] const models::ModelSpec& model() const { return model_; }
  [[nodiscard]] data::Task task() const { return task_; }
  [[nodiscard]] std::size_t columns() const { return columns_; }
  [[nodiscard]] std::size_t classes() const { return classes_; }
  [[nodiscard]] std::size_t size() const { return (columns_ + 1) * outputs_; }  ///< numbers learned
  [[nodiscard]] std::uint64_t steps() const { return optimizer_.steps(); }
  [[nodiscard]] double rate() const { return optimizer_.rate(); }
  [[nodiscard]] double gradient_norm() const;              ///< of the last step
  [[nodiscard]] bool stepped() const { return stepped_; }  ///< whether the last rows were learned from
  [[nodiscard]] const NonFiniteTally& non_finite() const { return non_finite_; }
  [[nodiscard]] const std::optional<Divergence>& divergence() const { return divergence_; }

 private:
  class Loan;

  OnlineLearner(const models::ModelSpec& model, const OnlineOptions& options, const TrainedModel* start);
  void grow(std::size_t columns, std::size_t outputs);
  void fetch();
  [[nodiscard]] std::string fault(double loss) const;

  models::ModelSpec model_;
  data::Task task_;
  models::Head head_;
  std::size_t columns_ = 0, room_ = 0, classes_ = 0, outputs_ = 1;
  std::vector<float> weights_, bias_;  ///< (room_ x outputs_), (1 x outputs_)
  Optimizer optimizer_;
  models::SparseBatch<float> batch_;
  data::Dataset here_;  ///< the rows at hand
  std::span<const float> fetched_weights_, fetched_bias_;
  std::vector<float> outputs_of_rows_;
  std::vector<std::uint32_t> all_;  ///< 0, 1, 2, ...
  NonFinite policy_;
  bool stepped_ = false;
  NonFiniteTally non_finite_;
  std::optional<Divergence> divergence_;
};

/// What was learned from `source`, with the classes that the stream found. Throws an input Error if these are
/// fewer than two.
[[nodiscard]] TrainedModel trained_model(OnlineLearner& learner, const std::string& source,
                                         const std::vector<std::string>& classes,
                                         const std::optional<data::Hashing>& hashing);

/// Why learning from a stream ended.
enum class OnlineStop { end_of_data, max_steps, max_seconds, interrupted, diverged };

/// "end_of_data"
[[nodiscard]] const char* stop_name(OnlineStop stop);

struct OnlineRun {
  std::size_t batch = 1;                   ///< rows of a step, at least 1; the last has what is left
  std::size_t window = 1000;               ///< examples of the last scores
  std::optional<std::uint64_t> max_steps;  ///< at least 1
  std::optional<double> max_seconds;       ///< over 0; looked at before each step, as the next
  /// Whether this is the end. Rows that were read for the coming step are not learned from.
  std::function<bool()> interrupted;
  std::function<void(const ProgressiveRow&)> line;  ///< told each line of the table, as soon as it is known
  /// Where it goes on, and what keeps what it takes to go on later: also at the end, and where a line is
  /// wrong. Epochs are not for them, nor an interruption.
  TrainCheckpoints* checkpoints = nullptr;
  /// Whether the stream is a file, in which a resumed run goes on behind the lines that were learned from,
  /// and which has to begin with them (StreamOptions::checksum); or else it goes on with whatever comes.
  bool in_file = false;
};

/// What a checkpoint of a run says, to a stream that is to go on.
struct OnlineBefore {
  std::uint64_t lines = 0;           ///< that were read for what was learned
  std::vector<std::string> classes;  ///< that have come, by number: StreamOptions::known
};
/// Throws an input Error for a checkpoint of something else.
[[nodiscard]] OnlineBefore online_before(const Checkpoint& checkpoint);

/// What came of it.
struct OnlineRecord {
  std::uint64_t examples = 0, steps = 0;
  models::Scores average, window;  ///< progressive: of all; of the last `in_window` examples
  std::size_t in_window = 0;
  double seconds = 0;
  OnlineStop stop = OnlineStop::end_of_data;
  std::optional<Divergence> divergence;  ///< if stop is diverged
  NonFiniteTally non_finite;

  /// Why it stopped, in words: "the data ended".
  [[nodiscard]] std::string stop_text() const;
};

/// Learns from a stream until it ends, or something else ends it. The result depends on the lines of the
/// stream and the options alone, not on how they arrive, nor, but for the seconds, on where it was resumed.
[[nodiscard]] OnlineRecord learn_online(OnlineLearner& learner, data::SparseStream& stream,
                                        const OnlineRun& run);

}  // namespace thalweg::workbench
