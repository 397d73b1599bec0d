#include "workbench/online.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <thalweg/error.h>
#include <thalweg/registry.h>

#include "models/sums.h"

namespace thalweg::workbench {
namespace {

constexpr std::array<std::uint32_t, 1> bias_block{0};  // the bias is one block

bool steps_sparsely(const AnyRule& rule) {
  return rule.info().sum_count == 0 && !rule.info().looks_ahead(rule.object());
}

/// Throws for an optimizer that cannot learn from the features of a few rows.
const AnyRule& checked(const AnyRule& rule) {
  if (steps_sparsely(rule)) return rule;
  std::string others;
  for (const detail::RuleInfo* info : rules()) {
    if (const AnyRule other(*info); steps_sparsely(other))
      others += (others.empty() ? "" : ", ") + other.name();
  }
  throw usage_error("optimizer", rule.text(),
                    std::string(rule.info().sum_count > 0 ? "measures all parameters in every step"
                                                          : "wants the gradient away from the parameters") +
                        ", which a stream of sparse rows does not allow; one of " + others);
}

void check_transforms(const std::vector<AnyTransform>& transforms) {
  for (const AnyTransform& transform : transforms) {
    if (transform.name() != "decay" && transform.name() != "l2")
      throw usage_error("transform", transform.text(),
                        "looks at features that the rows of a step do not have; a stream takes l2 and decay");
  }
}

models::Head head_of(models::ModelSpec::Kind kind) {
  return kind == models::ModelSpec::Kind::linear     ? models::Head::squared
         : kind == models::ModelSpec::Kind::logistic ? models::Head::logistic
                                                     : models::Head::cross_entropy;
}

/// The model's own l2, of the weights, as an option of their group.
GroupOptions weight_options(const models::ModelSpec& model, const AnyRule& rule) {
  GroupOptions options;
  if (model.l2 == 0) return options;
  const auto& keys = rule.info().keys;
  const bool has = std::any_of(keys.begin(), keys.end(), [](const KeyInfo& key) { return key.name == "l2"; });
  if (!has || rule.info().decays)
    throw usage_error("model", model.text(),
                      "has an l2, which " + rule.name() + " does not add to a gradient; leave it out");
  if (std::get<double>(rule.get("l2")) != 0)
    throw usage_error("model", model.text(), "has an l2, and so has " + rule.text() + "; leave one out");
  options.l2 = model.l2;
  return options;
}

/// The weights to start from, in this many outputs.
std::vector<float> start_values(const TrainedModel* start, std::size_t tensor, std::size_t size) {
  return start != nullptr ? start->parameters[tensor].values : std::vector<float>(size);
}

void check_start(const models::ModelSpec& model, const TrainedModel& start) {
  if (start.model.kind != model.kind)
    throw usage_error("model", model.text(), "must be of the kind that was loaded: " + start.model.text());
  if (start.scaling || start.target.mean != 0 || start.target.scale != 1)
    throw usage_error("model", start.model.text(),
                      "was trained on standardized data, but a stream is learned from as it is");
}

}  // namespace

data::Task task_of(const models::ModelSpec& model) {
  if (model.kind == models::ModelSpec::Kind::mlp)
    throw usage_error(
        "model", model.text(),
        "has hidden layers; a stream trains linear (numbers), logistic (two classes) and softmax "
        "(classes)");
  return model.kind == models::ModelSpec::Kind::linear ? data::Task::regression : data::Task::classification;
}

/// The rows of a batch as a data set, while it lives.
class OnlineLearner::Loan {
 public:
  Loan(OnlineLearner& learner, data::SparseBatch& batch)
      : learner_(&learner), batch_(&batch), columns_(batch.features.columns) {
    exchange();
    // So that tables by column are of one size as long as the weights are.
    std::get<data::SparseMatrix>(learner.here_.features).columns = learner.room_;
  }
  ~Loan() {
    exchange();
    batch_->features.columns = columns_;
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

 private:
  void exchange() {
    std::swap(std::get<data::SparseMatrix>(learner_->here_.features), batch_->features);
    std::swap(learner_->here_.target, batch_->target);
  }

  OnlineLearner* learner_;
  data::SparseBatch* batch_;
  std::size_t columns_;
};

OnlineLearner::OnlineLearner(const models::ModelSpec& model, const OnlineOptions& options)
    : OnlineLearner(model, options, nullptr) {}

OnlineLearner::OnlineLearner(const models::ModelSpec& model, const OnlineOptions& options,
                             const TrainedModel& start)
    : OnlineLearner(model, options, &start) {}

OnlineLearner::OnlineLearner(const models::ModelSpec& model, const OnlineOptions& options,
                             const TrainedModel* start)
    : model_(model),
      task_(task_of(model)),
      head_(head_of(model.kind)),
      columns_(start != nullptr ? (check_start(model, *start), start->columns) : 0),
      room_(columns_),
      classes_(start != nullptr ? start->class_names.size() : 0),
      outputs_(start != nullptr ? start->parameters[1].columns : 1),
      weights_(start_values(start, 0, 0)),
      bias_(start_values(start, 1, 1)),
      optimizer_(checked(options.optimizer), {.threads = 1, .isa = options.isa}),
      batch_(head_, outputs_),
      policy_(options.non_finite) {
  workbench::check(policy_);
  here_.name = "stream";
  here_.features = data::SparseMatrix{};
  check_transforms(options.transforms);
  optimizer_.add_sparse("weights", weights_, {.block = outputs_, .skipped = options.skipped},
                        weight_options(model, options.optimizer));
  optimizer_.add_sparse("bias", bias_, {.block = outputs_});
  for (const auto& [key, schedule] : options.schedules) optimizer_.schedule(key, schedule);
  for (const AnyTransform& transform : options.transforms) optimizer_.transform(transform);
  optimizer_.begin_step();  // what it refuses is refused before the first row
  optimizer_.cancel_step();
}

void OnlineLearner::grow(std::size_t columns, std::size_t outputs) {
  const std::size_t room = columns <= room_ ? room_ : std::max(columns, 2 * room_);
  std::vector<float> weights(room * outputs), bias(outputs);
  optimizer_.grow(0, weights, outputs);
  weights_.swap(weights);
  room_ = room;
  if (outputs == outputs_) return;
  optimizer_.grow(1, bias, outputs);
  bias_.swap(bias);
  outputs_ = outputs;
  batch_ = models::SparseBatch<float>(head_, outputs);
}

void OnlineLearner::reserve(std::size_t columns, std::size_t classes) {
  const std::size_t outputs = head_ == models::Head::cross_entropy ? std::max(classes, outputs_) : 1;
  if (columns > room_ || outputs > outputs_) grow(columns, outputs);
  columns_ = std::max(columns_, columns);
  classes_ = std::max(classes_, classes);
}

void OnlineLearner::fetch() {
  fetched_weights_ = batch_.fetch(optimizer_, 0);
  fetched_bias_ = optimizer_.fetch<float>(1, bias_block);
  batch_.predict(fetched_weights_, fetched_bias_, outputs_of_rows_);
}

double OnlineLearner::gradient_norm() const { return std::sqrt(batch_.squares()); }

/// What of loss and gradient is not a number to step with, or "".
std::string OnlineLearner::fault(double loss) const {
  if (std::isfinite(batch_.squares()) && std::isfinite(loss)) return {};  // squares of floats, in double
  const char* const what = !models::all_finite(batch_.weights_gradient()) ? "the gradient of weights"
                           : !models::all_finite(batch_.bias_gradient())  ? "the gradient of bias"
                           : !std::isfinite(loss)                         ? "the loss"
                                                                          : nullptr;
  return what == nullptr ? std::string() : std::string(what) + " is not finite";
}

bool OnlineLearner::learn(data::SparseBatch& batch, std::span<const std::uint32_t> rows, std::size_t classes,
                          Progressive& scores) {
  const std::size_t known = classes_;
  reserve(batch.features.columns, classes);
  const Loan loan(*this, batch);
  batch_.start(here_, rows);
  fetch();
  const double loss = batch_.differentiate(fetched_weights_, fetched_bias_);
  const std::string what = fault(loss);
  stepped_ = what.empty() || policy_ == NonFinite::clip;
  if (!what.empty()) {
    if (policy_ == NonFinite::stop) divergence_ = {optimizer_.steps() + 1, what};
    if (policy_ == NonFinite::stop) return false;
    non_finite_.last = "step " + std::to_string(optimizer_.steps() + 1) + ": " + what;
    if (policy_ == NonFinite::skip) ++non_finite_.skipped;
    if (policy_ == NonFinite::skip) return true;
    non_finite_.clipped += batch_.clip_non_finite();
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const float target = here_.target[rows[i]];
    const float* const z = &outputs_of_rows_[i * outputs_];
    // The loss of a row alone has been made already, with the same bits but for that of several classes.
    const bool judged = rows.size() == 1 && head_ == models::Head::logistic;
    const models::Tally one =
        judged
            ? models::Tally{loss, models::decide(head_, 1, z) == static_cast<std::size_t>(target) ? 1.0 : 0}
            : models::judge(head_, 1, outputs_, z, &target);
    if (std::isfinite(one.loss))
      scores.add(one.loss, one.hits > 0 && static_cast<std::size_t>(target) < known);
  }
  const std::array<GradientView, 2> gradients{batch_.weights_gradient(), batch_.bias_gradient()};
  optimizer_.step_fetched(gradients);
  const char* const tensor = !models::all_finite(fetched_weights_) ? "weights"
                             : !models::all_finite(fetched_bias_)  ? "bias"
                                                                   : nullptr;
  if (tensor != nullptr) divergence_ = {optimizer_.steps(), std::string(tensor) + " is not finite"};
  return tensor == nullptr;
}

models::Tally OnlineLearner::judge(data::SparseBatch& batch) {
  while (all_.size() < batch.features.rows) all_.push_back(static_cast<std::uint32_t>(all_.size()));
  const Loan loan(*this, batch);
  const std::size_t rows = here_.target.size();
  batch_.start(here_, std::span(all_).first(rows));
  fetch();
  return models::judge(head_, rows, outputs_, outputs_of_rows_.data(), here_.target.data());
}

TrainedModel trained_model(OnlineLearner& learner, const std::string& source,
                           const std::vector<std::string>& classes,
                           const std::optional<data::Hashing>& hashing) {
  if (learner.task() == data::Task::classification && classes.size() < 2)
    throw input_error(source, classes.empty() ? "no rows" : "rows of one class only, " + classes[0],
                      "two or more classes for a model to keep");
  TrainedModel model;
  model.model = learner.model();
  model.parameters = learner.parameters();
  model.task = learner.task();
  model.class_names = classes;
  model.columns = learner.columns();
  model.sparse = true;
  model.hashing = hashing;
  return model;
}

models::Parameters<float> OnlineLearner::parameters() {
  optimizer_.settle();
  const auto used = weights_.begin() + static_cast<std::ptrdiff_t>(columns_ * outputs_);
  return {{"weights", columns_, outputs_, true, {weights_.begin(), used}},
          {"bias", 1, outputs_, false, bias_}};
}

}  // namespace thalweg::workbench
