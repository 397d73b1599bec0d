#include "workbench/stream_train.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include <thalweg/error.h>

namespace thalweg::workbench {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void check(const StreamTrainOptions& options) {
  if (options.epochs == 0) throw usage_error("epochs", "0", "must be at least 1");
  if (options.batch == 0)
    throw usage_error("batch", "0", "must be at least 1: all rows of a stream are not held in memory");
  if (options.max_steps && *options.max_steps == 0) throw usage_error("max_steps", "0", "must be at least 1");
  if (options.max_seconds && !(*options.max_seconds > 0))
    throw usage_error("max_seconds", number_text(*options.max_seconds), "must be over 0");
  if (!(options.cooldown >= 0 && options.cooldown <= 1))
    throw usage_error("cooldown", number_text(options.cooldown), "must be a share of the steps, in [0, 1]");
  const auto& schedules = options.learner.schedules;
  if (options.cooldown > 0 && std::any_of(schedules.begin(), schedules.end(),
                                          [](const auto& schedule) { return schedule.first == "lr"; }))
    throw usage_error("cooldown", number_text(options.cooldown),
                      "must be 0 where lr has a schedule of its own");
}

std::uint64_t steps_of(const StreamTrainOptions& options, std::size_t rows) {
  const std::uint64_t steps = std::uint64_t{options.epochs} * ((rows + options.batch - 1) / options.batch);
  return options.max_steps ? std::min(steps, *options.max_steps) : steps;
}

/// What the file is found to be, for a model that fits it.
data::StreamSurvey surveyed(const std::string& path, const data::StreamOptions& how,
                            const models::ModelSpec& model, const StreamTrainOptions& options) {
  check(options);
  data::StreamOptions told = how;
  told.task = task_of(model);
  data::StreamSurvey survey = data::survey_stream(path, told);
  data::Dataset stub;
  stub.name = path;
  stub.task = survey.task;
  stub.class_names = survey.classes;
  models::check_fit(model, stub);
  return survey;
}

data::StreamOptions known(data::StreamOptions how, const data::StreamSurvey& survey) {
  how.task = survey.task;
  how.classes = survey.classes;
  if (!how.hashing && how.columns == 0) how.columns = survey.columns;
  return how;
}

OnlineOptions cooled(const StreamTrainOptions& options, std::size_t rows) {
  OnlineOptions learner = options.learner;
  if (options.cooldown > 0)
    learner.schedules.emplace_back("lr", cooldown_schedule(options.cooldown, steps_of(options, rows)));
  return learner;
}

}  // namespace

StreamTrainer::StreamTrainer(const std::string& path, const data::StreamOptions& how,
                             const models::ModelSpec& model, const StreamTrainOptions& options)
    : path_(path),
      options_(options),
      survey_(surveyed(path, how, model, options)),
      how_(known(how, survey_)),
      learner_(model, cooled(options, survey_.rows)),
      stream_(path, how_),
      scores_(survey_.task, 0) {
  learner_.reserve(stream_.columns(), survey_.classes.size());
}

std::uint64_t StreamTrainer::planned_steps() const { return steps_of(options_, survey_.rows); }

double StreamTrainer::seconds() const { return now() - started_; }

std::optional<Stop> StreamTrainer::limit_reached() const {
  if (options_.max_steps && learner_.steps() >= *options_.max_steps) return Stop::max_steps;
  if (options_.max_seconds && seconds() >= *options_.max_seconds) return Stop::max_seconds;
  return std::nullopt;
}

/// The order of the rows in memory, which are the `block`th of the epoch. The first block of each epoch is
/// mixed as all rows are in train(), which leaves a single batch as it is.
std::span<const std::uint32_t> StreamTrainer::order(std::size_t block) {
  const std::size_t count = rows_.features.rows;
  if (options_.shuffle_buffer > 0 && count > options_.batch) {
    order_ = data::permutation(count, options_.seed, epoch_ + (std::uint64_t{block} << 32U));
  } else {
    order_.resize(count);
    std::iota(order_.begin(), order_.end(), 0U);
  }
  return std::span(order_).first(count);
}

bool StreamTrainer::step(std::span<const std::uint32_t> rows) {
  if (!learner_.learn(rows_, rows, survey_.classes.size(), scores_)) return false;
  if (!learner_.stepped()) return true;
  ++epoch_steps_;
  norms_ += (learner_.gradient_norm() - norms_) / static_cast<double>(epoch_steps_);
  return true;
}

/// One pass over the file; what ends the training in it, if anything does.
std::optional<Stop> StreamTrainer::epoch(const TrainObserver& observer, TrainRecord& record) {
  const double start = now();
  const std::size_t batch = options_.batch;
  const std::size_t block = std::max<std::size_t>(1, (options_.shuffle_buffer + batch - 1) / batch) * batch;
  if (++epoch_ > 1) stream_.rewind();
  scores_ = Progressive(survey_.task, 0);
  epoch_steps_ = 0;
  norms_ = 0;
  TrainProgress progress{epoch_, options_.epochs, 0, planned_steps(), 0, nullptr};
  std::optional<Stop> stop;
  for (std::size_t blocks = 0; !stop && stream_.next(rows_, block); ++blocks) {
    const auto rows = order(blocks);
    for (std::size_t at = 0; !stop && at < rows.size(); at += batch) {
      if (!step(rows.subspan(at, std::min(batch, rows.size() - at)))) return Stop::diverged;
      stop = limit_reached();
      progress.step = learner_.steps();
      progress.loss = scores_.average().loss;
      if (observer && !observer(progress)) stop = Stop::cancelled;
    }
  }
  if (!stop && epoch_steps_ == 0 && learner_.non_finite().skipped > 0) {
    divergence_ = {learner_.steps() + 1, "every step of epoch " + std::to_string(epoch_) +
                                             " was skipped, the last time at " + learner_.non_finite().last};
    return Stop::diverged;
  }
  EpochRecord done;
  done.epoch = epoch_;
  done.steps = learner_.steps();
  done.train_loss = scores_.average().loss;
  done.train_metric = scores_.average().metric;
  done.rate = learner_.rate();
  done.gradient_norm = norms_;
  done.seconds = now() - start;
  record.epochs.push_back(done);
  progress.finished = &record.epochs.back();
  if (observer && !observer(progress)) return Stop::cancelled;
  if (!stop && epoch_ == options_.epochs) return Stop::epochs_done;
  return stop;
}

TrainRecord StreamTrainer::train(const std::string& test, const TrainObserver& observer) {
  started_ = now();
  TrainRecord record;
  record.data = path_;
  record.model = learner_.model().text();
  record.optimizer = options_.learner.optimizer.text();
  record.task = survey_.task;
  record.parameters = learner_.size();
  record.batch = options_.batch;
  record.cooldown = options_.cooldown;
  std::optional<Stop> stop;
  while (!stop) stop = epoch(observer, record);
  record.stop = *stop;
  record.steps = learner_.steps();
  record.seconds = seconds();
  record.divergence = divergence_ ? divergence_ : learner_.divergence();
  record.non_finite = learner_.non_finite();
  if (record.divergence || test.empty()) return record;
  record.test = judge_stream(learner_, test, how_);
  if (!std::isfinite(record.test->loss)) {
    record.stop = Stop::diverged;
    record.divergence = {record.steps, "the loss over the test file is not finite"};
    record.test = std::nullopt;
  }
  return record;
}

models::Scores judge_stream(OnlineLearner& learner, const std::string& path, data::StreamOptions how) {
  constexpr std::size_t together = 64;
  if (!how.hashing) {
    how.columns = learner.columns();
    how.drop_beyond = true;
  }
  how.source = {};
  data::SparseStream stream(path, how);
  data::SparseBatch rows;
  models::Tally tally;
  while (stream.next(rows, together)) tally += learner.judge(rows);
  const auto count = static_cast<double>(stream.rows());
  const double loss = tally.loss / count;
  const bool numbers = learner.task() == data::Task::regression;
  return {loss, numbers ? std::sqrt(2 * loss) : tally.hits / count};
}

}  // namespace thalweg::workbench
