#include "workbench/stream_train.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <thalweg/error.h>

#include "workbench/notes.h"
#include "workbench/seconds.h"
#include "workbench/train_loop.h"

namespace thalweg::workbench {
namespace {

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
  how.checksum = false;  // the survey has it
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

std::size_t StreamTrainer::block_size() const {
  const std::size_t batches = (options_.shuffle_buffer + options_.batch - 1) / options_.batch;
  return std::max<std::size_t>(1, batches) * options_.batch;
}

/// The rows of the block that begins with this one.
std::size_t StreamTrainer::rows_from(std::size_t first) const {
  return std::min(block_size(), survey_.rows - first);
}

void StreamTrainer::begin_epoch() {
  ++epoch_;
  if (stream_.rows() > 0) stream_.rewind();
  block_ = {};
  scores_ = Progressive(survey_.task, 0);
  epoch_steps_ = 0;
  norms_ = 0;
  epoch_seconds_ = 0;
  epoch_start_ = Clock::now();
}

/// Reads the rows of the block that `block_` says.
void StreamTrainer::read_block() {
  if (!stream_.next(rows_, block_.rows) || rows_.features.rows < block_.rows)
    throw input_error(
        path_, std::to_string(stream_.rows()) + " rows where there were " + std::to_string(survey_.rows),
        "a file that stays as it is while it is read");
  order_block();
}

/// The first block of each epoch is mixed as all rows are in train(), which leaves a single batch as it is.
void StreamTrainer::order_block() {
  if (options_.shuffle_buffer > 0 && block_.rows > options_.batch) {
    const std::uint64_t number = block_.place.rows / block_size();
    order_ = data::permutation(block_.rows, options_.seed, epoch_ + (number << 32U));
  } else {
    order_.resize(block_.rows);
    std::iota(order_.begin(), order_.end(), 0U);
  }
}

bool StreamTrainer::step() {
  if (epoch_ended()) begin_epoch();
  if (block_.next == block_.rows) {
    block_ = {stream_.position(), rows_from(done()), 0};
    read_block();
  }
  const auto rows =
      std::span(order_).subspan(block_.next, std::min(options_.batch, block_.rows - block_.next));
  if (!learner_.learn(rows_, rows, survey_.classes.size(), scores_)) return false;
  block_.next += rows.size();
  if (learner_.stepped()) {
    ++epoch_steps_;
    norms_ += (learner_.gradient_norm() - norms_) / static_cast<double>(epoch_steps_);
  } else if (epoch_ended() && epoch_steps_ == 0) {
    divergence_ = {learner_.steps() + 1, "every step of epoch " + std::to_string(epoch_) +
                                             " was skipped, the last time at " + learner_.non_finite().last};
    return false;
  }
  return true;
}

std::optional<EpochRecord> StreamTrainer::finish_epoch() {
  EpochRecord done;
  done.epoch = epoch_;
  done.steps = learner_.steps();
  done.train_loss = scores_.average().loss;
  done.train_metric = scores_.average().metric;
  done.rate = learner_.rate();
  done.gradient_norm = norms_;
  done.seconds = epoch_seconds_ + seconds_since(epoch_start_);
  return done;
}

void StreamTrainer::save(const std::string& path, Notes notes) {
  const auto numbers = [](auto... values) { return std::vector<double>{static_cast<double>(values)...}; };
  notes.numbers["stream.position"] = numbers(epoch_, done(), epoch_steps_);
  notes.numbers["stream.block"] = numbers(block_.place.rows, block_.place.lines, block_.place.bytes);
  notes.numbers["stream.running"] = {norms_, epoch_seconds_ + seconds_since(epoch_start_)};
  scores_.save("stream.scores", notes);
  learner_.save(path, std::move(notes));
}

void StreamTrainer::load(const Checkpoint& checkpoint) {
  const NoteReader notes(checkpoint);
  const std::vector<double>& position = notes.numbers("stream.position", 3);
  (void)notes.numbers("stream.block", 3);
  const std::vector<double>& running = notes.numbers("stream.running", 2);
  const std::size_t epoch = notes.count("stream.position", 0, options_.epochs),
                    done = notes.count("stream.position", 1, survey_.rows),
                    epoch_steps = notes.count("stream.position", 2, survey_.rows);
  Block block;
  block.place.rows = notes.count("stream.block", 0, done);
  block.place.lines = notes.count("stream.block", 1, NoteReader::most);
  block.place.bytes = notes.count("stream.block", 2, survey_.bytes);
  block.rows = rows_from(block.place.rows);
  block.next = done - block.place.rows;
  if ((epoch == 0) != (done == 0) || block.place.rows % block_size() != 0 || block.next > block.rows)
    throw notes.wrong("stream.position", number_text(position[1]) + " rows", "rows of an epoch, in blocks");
  Progressive scores(survey_.task, 0);
  scores.load(notes, "stream.scores");
  learner_.load(checkpoint);
  epoch_ = epoch;
  block_ = block;
  scores_ = scores;
  epoch_steps_ = epoch_steps;
  norms_ = running[0];
  epoch_seconds_ = running[1];
  epoch_start_ = Clock::now();
  if (epoch_ended()) return;
  stream_.go_to(block.place);
  read_block();
}

TrainRecord StreamTrainer::train(const std::string& test, const TrainObserver& observer,
                                 TrainCheckpoints* checkpoints) {
  Limits limits(
      {.epochs = options_.epochs, .max_steps = options_.max_steps, .max_seconds = options_.max_seconds});
  TrainRecord record;
  record.data = path_;
  record.model = learner_.model().text();
  record.optimizer = options_.learner.optimizer.text();
  record.task = survey_.task;
  record.parameters = learner_.size();
  record.batch = options_.batch;
  record.cooldown = options_.cooldown;
  if (checkpoints != nullptr && checkpoints->resume(*this, record)) limits.add(record.seconds);
  record.stop = run_epochs(*this, limits, observer, checkpoints, record);
  record.steps = learner_.steps();
  record.seconds = limits.seconds();
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
