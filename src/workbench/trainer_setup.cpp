// What a training is made of: its options, looked at, and the optimizer with its tensors.

#include <algorithm>
#include <cmath>
#include <string_view>

#include <thalweg/error.h>
#include <thalweg/schedules/decay.h>

#include "workbench/trainer.h"

namespace thalweg::workbench {
namespace {

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() != '*')
    return !name.empty() && pattern.front() == name.front() && matches(pattern.substr(1), name.substr(1));
  return matches(pattern.substr(1), name) || (!name.empty() && matches(pattern, name.substr(1)));
}

Gradients views_of(const models::Parameters<float>& gradient) {
  std::vector<GradientView> views;
  for (const auto& tensor : gradient) views.emplace_back(tensor.values);
  return Gradients(std::move(views));
}

bool has_schedule(const TrainOptions& options, std::string_view key) {
  return std::any_of(options.schedules.begin(), options.schedules.end(),
                     [key](const auto& schedule) { return schedule.first == key; });
}

void check(const TrainOptions& options, const data::Split& split) {
  workbench::check(options.precision);
  workbench::check(options.non_finite);
  if (split.train.rows() == 0) throw input_error(split.train.name, "no rows to train on", "at least one");
  if (options.epochs == 0) throw usage_error("epochs", "0", "must be at least 1");
  if (options.max_steps && *options.max_steps == 0) throw usage_error("max_steps", "0", "must be at least 1");
  if (options.max_seconds && !(*options.max_seconds > 0)) {
    throw usage_error("max_seconds", number_text(*options.max_seconds), "must be over 0");
  }
  const bool accuracy = split.train.task == data::Task::classification;
  if (options.target && !(*options.target >= 0 && (!accuracy || *options.target <= 1))) {
    throw usage_error(
        "target", number_text(*options.target),
        accuracy ? "must be an accuracy, in [0, 1]" : "must be a root mean squared error, at least 0");
  }
  if (options.plateau && options.plateau->mode == Plateau::Mode::max && !accuracy) {
    throw usage_error("plateau.mode", "max", "must be min for a regression: the validation loss is to fall");
  }
  if (!(options.cooldown >= 0 && options.cooldown <= 1)) {
    throw usage_error("cooldown", number_text(options.cooldown), "must be a share of the steps, in [0, 1]");
  }
  if (options.cooldown > 0 && has_schedule(options, "lr")) {
    throw usage_error("cooldown", number_text(options.cooldown),
                      "must be 0 where lr has a schedule of its own");
  }
  if (split.validation.rows() > 0) return;
  const char* const needs = options.target         ? "target"
                            : options.patience > 0 ? "patience"
                            : options.plateau      ? "plateau"
                                                   : nullptr;
  if (needs != nullptr)
    throw usage_error(needs, "given", "needs a validation part, but this one has no rows");
}

/// Adds every tensor with the options of the first group that matches. Where steps are sparse, the optimizer
/// sees to the model's l2 of the weights.
void add_tensors(Optimizer& optimizer, models::Parameters<float>& parameters, NarrowTensors& narrow,
                 const TrainOptions& train, bool sparse, double l2) {
  const std::vector<TensorGroup>& groups = train.groups;
  std::vector<std::string> names;
  for (auto& tensor : parameters) {
    const ParameterView stepped = narrow.empty() ? tensor.values : narrow.parameters(names.size());
    names.push_back(tensor.name);
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&](const TensorGroup& g) { return matches(g.pattern, tensor.name); });
    GroupOptions options = group != groups.end() ? group->options : GroupOptions{};
    if (sparse && names.size() == 1 && l2 > 0) options.l2 = l2;
    if (sparse && names.size() == 1)
      optimizer.add_sparse(tensor.name, stepped, {.block = tensor.columns, .skipped = train.skipped},
                           options);
    else
      optimizer.add(tensor.name, stepped, options);
  }
  for (const TensorGroup& group : groups) {
    if (std::none_of(names.begin(), names.end(),
                     [&](const std::string& name) { return matches(group.pattern, name); })) {
      throw unknown_name("tensor", group.pattern, names);
    }
  }
}

/// Whether the rule can see to a penalty of the model: as an l2 of its own that is added to the gradient, and
/// that nobody uses.
bool takes_penalty(const TrainOptions& options) {
  const AnyRule& rule = options.optimizer;
  const auto& keys = rule.info().keys;
  const bool has = std::any_of(keys.begin(), keys.end(), [](const KeyInfo& key) { return key.name == "l2"; });
  return has && !rule.info().decays && std::get<double>(rule.get("l2")) == 0 &&
         !has_schedule(options, "l2") &&
         std::none_of(options.groups.begin(), options.groups.end(),
                      [](const TensorGroup& group) { return group.options.l2.has_value(); });
}

/// Why steps cannot look at the features of a batch alone, or it does not pay; "" if they can.
std::string why_dense(const data::Dataset& data, const models::ModelSpec& model, const TrainOptions& options,
                      std::size_t batch) {
  const auto* const matrix = std::get_if<data::SparseMatrix>(&data.features);
  const AnyRule& rule = options.optimizer;
  const TrainPrecision& precision = options.precision;
  if (!options.sparse_steps) return "sparse steps are turned off";
  if (matrix == nullptr) return "the data are dense";
  if (model.kind == models::ModelSpec::Kind::mlp) return model.text() + " has hidden layers";
  if (model.l2 > 0 && !takes_penalty(options))
    return "the l2 of " + model.text() + " cannot be that of " + rule.text();
  if (precision.parameters != Precision::float32 || precision.state != StateType::float32)
    return "parameters and state are not in float32";
  if (!options.transforms.empty()) return options.transforms.front().name() + " looks at every gradient";
  if (rule.info().sum_count > 0) return rule.name() + " measures all parameters";
  if (rule.info().looks_ahead(rule.object())) return rule.text() + " wants the gradient elsewhere";
  for (const TensorGroup& group : options.groups) {
    if (!group.options.others.empty()) return "a group may ask for a form that looks ahead";
  }
  const double nonzeros = static_cast<double>(matrix->value.size()) / static_cast<double>(matrix->rows) *
                          static_cast<double>(batch);
  if (2 * nonzeros <= static_cast<double>(matrix->columns)) return "";
  return "a batch of " + std::to_string(batch) + " has about " + std::to_string(std::llround(nonzeros)) +
         " nonzeros, more than half of the " + std::to_string(matrix->columns) + " features";
}

}  // namespace

Schedule cooldown_schedule(double share, std::uint64_t steps) {
  const auto last = static_cast<std::uint64_t>(std::llround(share * static_cast<double>(steps)));
  if (last == 0) return Constant{};
  if (last == steps) return Linear{.steps = last};
  return Schedule(Constant{.steps = steps - last}) | Linear{.steps = last};
}

void check(const TrainPrecision& p) {
  if (p.parameters == Precision::float64)
    throw usage_error("parameters", "float64", "must be float32, bfloat16 or float16");
  if (!(p.loss_scale > 0 && std::isfinite(static_cast<float>(p.loss_scale))))
    throw usage_error("loss_scale", number_text(p.loss_scale), "must be above 0 and finite");
  if (p.parameters != Precision::float32) return;
  if (p.master) {
    throw usage_error("master", "given",
                      "is a copy of parameters of 16 bits: it needs parameters in bfloat16 or float16");
  }
  if (p.loss_scale != 1) {
    throw usage_error("loss_scale", number_text(p.loss_scale),
                      "is for gradients of 16 bits: it needs parameters in bfloat16 or float16");
  }
  if (p.rounding == Rounding::stochastic && p.state != StateType::bfloat16 && p.state != StateType::int8) {
    throw usage_error("rounding", "stochastic",
                      "has nothing to round: it needs parameters of 16 bits, or state in bfloat16 or int8");
  }
}

Trainer::Trainer(const data::Split& split, const models::ModelSpec& model, const TrainOptions& options)
    : split_((check(options, split), &split)),
      options_(options),
      rows_(split.train.rows()),
      batch_(options.batch == 0 ? rows_ : std::min(options.batch, rows_)),
      pool_(options.threads),
      network_(model, split.train),
      batch_loss_(network_, pool_),
      parameters_(network_.initial(options.seed)),
      gradient_(zeros_like(parameters_)),
      norms_(pool_),
      narrow_(options.precision.parameters, parameters_),
      optimizer_(
          options.optimizer,
          {.state = options.precision.state,
           .master = options.precision.master,
           .rounding = options.precision.rounding,
           .seed = options.seed},
          {.isa = options.isa, .executor = std::shared_ptr<Executor>(std::shared_ptr<void>(), &pool_)}),
      views_(narrow_.empty() ? views_of(gradient_) : narrow_.gradients()) {
  const std::string dense = why_dense(split.train, model, options, batch_);
  const bool sparse = dense.empty();
  if (options.skipped != Skipped::made_up && !sparse)
    throw usage_error(
        "skipped", skipped_name(options.skipped),
        "is for steps that look at the features of a batch alone, which these do not: " + dense);
  add_tensors(optimizer_, parameters_, narrow_, options, sparse, model.l2);
  if (sparse) sparse_ = std::make_unique<SparseSteps>(split.train, network_.head(), parameters_, optimizer_);
  if (options.precision.loss_scale != 1) optimizer_.loss_scale(options.precision.loss_scale);
  if (options.cooldown > 0)
    options_.schedules.emplace_back("lr", cooldown_schedule(options.cooldown, planned_steps()));
  for (const auto& [key, schedule] : options_.schedules) optimizer_.schedule(key, schedule);
  for (const AnyTransform& transform : options.transforms) optimizer_.transform(transform);
  if (options.plateau) plateau_.emplace(*options.plateau);
}

}  // namespace thalweg::workbench
