#include "workbench/train_checkpoints.h"

#include <cmath>
#include <limits>

#include <thalweg/error.h>

#include "workbench/notes.h"

namespace thalweg::workbench {
namespace {

constexpr std::size_t numbers_per_epoch = 9;

void write_record(const TrainRecord& record, Notes& notes) {
  if (record.start) notes.numbers["train.start"] = {record.start->loss, record.start->metric};
  std::vector<double>& history = notes.numbers["train.history"];
  for (const EpochRecord& e : record.epochs) {
    const models::Scores scores = e.validation.value_or(models::Scores{});
    for (const double number :
         {static_cast<double>(e.epoch), static_cast<double>(e.steps), e.train_loss, e.validation ? 1.0 : 0.0,
          scores.loss, scores.metric, e.rate, e.gradient_norm, e.seconds})
      history.push_back(number);
    if (e.train_metric) notes.numbers["train.metrics"].push_back(*e.train_metric);
  }
}

void read_record(const NoteReader& notes, std::size_t epochs, TrainRecord& record) {
  if (notes.has("train.start")) {
    const auto& start = notes.numbers("train.start", 2);
    record.start = models::Scores{start[0], start[1]};
  }
  const auto& history = notes.numbers("train.history", epochs * numbers_per_epoch);
  const double* const metrics =
      notes.has("train.metrics") ? notes.numbers("train.metrics", epochs).data() : nullptr;
  for (std::size_t k = 0; k < epochs; ++k) {
    const double* const e = &history[k * numbers_per_epoch];
    EpochRecord& epoch = record.epochs.emplace_back();
    epoch.epoch = notes.count("train.history", k * numbers_per_epoch, k + 1);
    epoch.steps =
        notes.count("train.history", k * numbers_per_epoch + 1, std::numeric_limits<std::size_t>::max());
    epoch.train_loss = e[2];
    if (e[3] != 0) epoch.validation = models::Scores{e[4], e[5]};
    epoch.rate = e[6];
    epoch.gradient_norm = e[7];
    epoch.seconds = e[8];
    if (metrics != nullptr) epoch.train_metric = metrics[k];
  }
}

}  // namespace

CheckpointEvery parse_every(const std::string& text) {
  std::size_t letters = text.size();
  while (letters > 0 && text[letters - 1] >= 'a' && text[letters - 1] <= 'z') --letters;
  const std::string unit = text.substr(letters);
  double number = 0;
  const bool whole = unit == "step" || unit == "steps" || unit == "epoch" || unit == "epochs";
  const double seconds = unit == "s" ? 1 : unit == "min" ? 60 : unit == "h" ? 3600 : 0;
  if (!parse_number(text.substr(0, letters), number) || !(number > 0 && number <= 0x1p53) ||
      (whole ? number != std::trunc(number) : seconds == 0))
    throw usage_error("every", text, "must be like 500steps, 1epoch, 30s, 5min or 2h");
  if (!whole) return {.seconds = number * seconds};
  const auto count = static_cast<std::uint64_t>(number);
  return unit[0] == 's' ? CheckpointEvery{.steps = count} : CheckpointEvery{.epochs = count};
}

TrainCheckpoints::TrainCheckpoints(Options options, RunSettings settings)
    : options_(std::move(options)), settings_(std::move(settings)) {
  if (options_.resume) {
    resumed_ = CheckpointFolder::newest(*options_.resume, skipped_);
    if (!resumed_ && !skipped_.empty()) {
      std::string all;
      for (const auto& skipped : skipped_) all += (all.empty() ? "" : "; ") + skipped.why;
      throw input_error(*options_.resume, "no checkpoint that is whole (" + all + ")", "one at least");
    }
    if (!resumed_ && !options_.may_begin)
      throw input_error(*options_.resume, "no checkpoint", "one that train --checkpoint has written");
    if (resumed_) check_settings();
  }
  const bool same = options_.resume && *options_.resume == options_.folder;
  if (const auto others = CheckpointFolder::list(options_.folder); !same && !others.empty())
    throw input_error(options_.folder, "checkpoints of a run (the newest: " + others.front().path + ")",
                      "an empty folder; --resume " + options_.folder + " goes on with that run");
  folder_.emplace(options_.folder, options_.keep);
}

/// Refuses a run that is not the one that the checkpoint is of.
void TrainCheckpoints::check_settings() const {
  RunSettings before;
  for (const auto& [name, text] : resumed_->notes().texts) {
    if (name.rfind("run.", 0) == 0) before[name.substr(4)] = text;
  }
  if (before.empty())
    throw input_error(resumed_->path(), "a checkpoint of another program", "one that train has written");
  std::string all;
  const auto differs = [&](const std::string& name, const std::string& there, const std::string& here) {
    if (there == here) return;
    const auto text = [](const std::string& t) { return t.empty() ? std::string("none") : t; };
    all += (all.empty() ? "" : "; ") + name + " " + text(there) + " (now " + text(here) + ")";
  };
  for (const auto& [name, here] : settings_) differs(name, before[name], here);
  for (const auto& [name, there] : before) {
    if (!settings_.contains(name)) differs(name, there, "");
  }
  if (!all.empty())
    throw input_error(resumed_->path(), all, "the options and data that the run was begun with");
}

bool TrainCheckpoints::resume(Resumable& training, TrainRecord& record) {
  if (!resumed_) return false;
  const NoteReader notes(*resumed_);
  training.load(*resumed_);
  const std::size_t epochs = training.epoch() - (training.epoch_ended() || training.epoch() == 0 ? 0U : 1U);
  read_record(notes, epochs, record);
  record.seconds = notes.numbers("train.seconds", 1)[0];
  if (options_.resume == options_.folder) last_steps_ = resumed_->steps();
  return true;
}

bool TrainCheckpoints::is_due(const Resumable& training) const {
  const CheckpointEvery& every = options_.every;
  if (every.steps > 0 && training.steps() % every.steps == 0) return true;
  if (every.epochs > 0 && training.epoch_ended() && training.epoch() % every.epochs == 0) return true;
  return every.seconds > 0 && seconds_since(written_) >= every.seconds;
}

void TrainCheckpoints::after_step(Resumable& training, const TrainRecord& record, double seconds,
                                  bool is_last) {
  const bool is_interrupted = options_.is_interrupted && options_.is_interrupted();
  if ((is_interrupted || is_last || is_due(training)) && last_steps_ != training.steps()) {
    Notes notes;
    for (const auto& [name, text] : settings_) notes.texts["run." + name] = text;
    write_record(record, notes);
    notes.numbers["train.seconds"] = {seconds};
    last_ = folder_->write(training.steps(), skipped_,
                           [&](const std::string& path) { training.save(path, notes); });
    last_steps_ = training.steps();
    written_ = Clock::now();
  }
  if (is_interrupted) throw TrainingInterrupted{last_.empty() ? resumed_->path() : last_, training.steps()};
}

}  // namespace thalweg::workbench
