#include "workbench/run_settings.h"

#include <memory>
#include <variant>

#include <thalweg/error.h>
#include <thalweg/registry.h>

#include "checkpoint/crc32.h"

namespace thalweg::workbench {
namespace {

template <class T>
std::uint32_t sum_of(const std::vector<T>& numbers, std::uint32_t before) {
  return checkpoint::crc32({reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)},
                           before);
}

std::uint32_t sum_of(const data::Dataset& d, std::uint32_t sum) {
  if (const auto* dense = std::get_if<data::DenseMatrix>(&d.features)) {
    sum = sum_of(dense->values, sum);
  } else {
    const auto& sparse = std::get<data::SparseMatrix>(d.features);
    sum = sum_of(sparse.value, sum_of(sparse.column, sum_of(sparse.row_begin, sum)));
  }
  sum = sum_of(d.target, sum);
  for (const std::string& name : d.class_names) sum = checkpoint::crc32(name + '\n', sum);
  return sum;
}

std::string data_text(const data::Split& split) {
  const auto rows = [](const data::Dataset& d) { return std::to_string(d.rows()); };
  const std::uint32_t sum = sum_of(split.test, sum_of(split.validation, sum_of(split.train, 0)));
  return rows(split.train) + " + " + rows(split.validation) + " + " + rows(split.test) + " rows of " +
         std::to_string(split.train.columns()) + " features with the checksum " + std::to_string(sum);
}

std::string precision_of(const TrainPrecision& p) {
  return std::string(precision_name(p.parameters)) + ", state " + state_name(p.state) +
         (p.master ? ", master" : "") + (p.rounding == Rounding::stochastic ? ", stochastic" : "") +
         (p.loss_scale == 1 ? "" : ", times " + number_text(p.loss_scale));
}

/// What makes a step, in options of any kind of training.
template <class Options>
RunSettings step_settings(const models::ModelSpec& model, const Options& options, std::size_t batch) {
  RunSettings all{
      {"model", model.text()}, {"optimizer", options.optimizer.text()}, {"batch", std::to_string(batch)}};
  for (const auto& [key, schedule] : options.schedules) all["schedule of " + key] = schedule.text();
  for (std::size_t k = 0; k < options.transforms.size(); ++k)
    all["transform " + std::to_string(k + 1)] = options.transforms[k].text();
  if (options.skipped != Skipped::made_up) all["skipped"] = skipped_name(options.skipped);
  if (options.non_finite != NonFinite::stop)
    all["non-finite"] = options.non_finite == NonFinite::skip ? "skip" : "clip";
  return all;
}

/// Epochs in an order of the seed; and their end, where lr falls towards it.
template <class Options>
void add_epochs(const Options& options, RunSettings& all) {
  all["seed"] = std::to_string(options.seed);
  if (options.cooldown == 0) return;
  all["cooldown"] = number_text(options.cooldown);
  all["epochs"] = std::to_string(options.epochs);
  if (options.max_steps) all["max-steps"] = std::to_string(*options.max_steps);
}

/// How lines are read.
void add_reading(const data::StreamOptions& how, RunSettings& all) {
  if (how.columns > 0) all["columns"] = std::to_string(how.columns);
  if (how.hashing)
    all["hash"] = std::to_string(how.hashing->bits) + " bits, seed " + std::to_string(how.hashing->seed) +
                  (how.hashing->with_sign ? ", with sign" : "") +
                  (how.hashing->numbers_too ? ", numbers too" : "");
}

}  // namespace

RunSettings run_settings(const data::Split& split, const models::ModelSpec& model,
                         const TrainOptions& options) {
  RunSettings all = step_settings(model, options, options.batch);
  add_epochs(options, all);
  all["data"] = data_text(split);
  all["precision"] = precision_of(options.precision);
  if (options.plateau) {
    const detail::Erased<detail::ObjectInfo> plateau(plateau_info(),
                                                     std::make_shared<Plateau>(*options.plateau));
    all["plateau"] = plateau.text();
  }
  if (options.patience > 0) all["patience"] = std::to_string(options.patience);
  if (!options.shuffle) all["shuffle"] = "no";
  return all;
}

RunSettings run_settings(const data::StreamSurvey& survey, const data::StreamOptions& how,
                         const models::ModelSpec& model, const StreamTrainOptions& options) {
  RunSettings all = step_settings(model, options.learner, options.batch);
  add_epochs(options, all);
  add_reading(how, all);
  all["data"] = std::to_string(survey.rows) + " rows of " + std::to_string(survey.columns) + " features in " +
                std::to_string(survey.bytes) + " bytes with the checksum " + std::to_string(survey.checksum);
  all["shuffle-buffer"] = std::to_string(options.shuffle_buffer);
  return all;
}

RunSettings run_settings(const models::ModelSpec& model, const OnlineOptions& options, const OnlineRun& run,
                         const data::StreamOptions& how, const std::string& from) {
  RunSettings all = step_settings(model, options, run.batch);
  add_reading(how, all);
  all["data"] = "lines as they come";
  all["window"] = std::to_string(run.window);
  for (const std::string& name : how.classes) all["classes"] += (all["classes"].empty() ? "" : ",") + name;
  if (!from.empty()) all["from"] = from;
  return all;
}

}  // namespace thalweg::workbench
