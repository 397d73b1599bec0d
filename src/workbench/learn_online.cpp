// The course of learning from a stream.

#include <algorithm>
#include <limits>
#include <numeric>
#include <sstream>

#include <thalweg/error.h>

#include "workbench/notes.h"
#include "workbench/online.h"
#include "workbench/seconds.h"
#include "workbench/train_checkpoints.h"

namespace thalweg::workbench {
namespace {

void check(const OnlineRun& run) {
  if (run.batch == 0) throw usage_error("batch", "0", "must be at least 1: a stream has no end to wait for");
  if (run.max_steps && *run.max_steps == 0) throw usage_error("max_steps", "0", "must be at least 1");
  if (run.max_seconds && !(*run.max_seconds > 0))
    throw usage_error("max_seconds", number_text(*run.max_seconds), "must be over 0");
}

std::string counted(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// What a run has come to, for its checkpoints.
class Course final : public Resumable {
 public:
  Course(OnlineLearner& learner, data::SparseStream& stream, const OnlineRun& run)
      : scores(learner.task(), run.window), learner_(&learner), stream_(&stream), in_file_(run.in_file) {}

  [[nodiscard]] std::uint64_t steps() const override { return learner_->steps(); }
  [[nodiscard]] std::size_t epoch() const override { return 0; }
  [[nodiscard]] bool epoch_ended() const override { return false; }

  /// Notes where the rows end that were learned from.
  void mark() { place_ = stream_->position(); }

  void save(const std::string& path, Notes notes) override {
    const auto numbers = [](auto... values) { return std::vector<double>{static_cast<double>(values)...}; };
    notes.numbers["online.lines"] = numbers(before_ + place_.lines);
    if (in_file_)
      notes.numbers["online.place"] = numbers(place_.rows, place_.lines, place_.bytes, place_.checksum);
    const std::vector<std::string>& names = stream_->classes();  // maybe one more, of rows to come
    std::string& classes = notes.texts["online.classes"];
    for (std::size_t k = 0; k < std::min(names.size(), learner_->classes()); ++k)
      classes += (k == 0 ? "" : ",") + names[k];
    scores.save("online.scores", notes);
    learner_->save(path, std::move(notes));
  }

  void load(const Checkpoint& checkpoint) override {
    const NoteReader notes(checkpoint);
    data::StreamPosition place;
    if (in_file_) {
      if (!notes.has("online.place"))
        throw input_error(checkpoint.path(), "a checkpoint of what came through standard input",
                          "--data -, which goes on with what comes next");
      (void)notes.numbers("online.place", 4);
      place = {notes.count("online.place", 0, NoteReader::most),
               notes.count("online.place", 1, NoteReader::most),
               notes.count("online.place", 2, NoteReader::most),
               static_cast<std::uint32_t>(
                   notes.count("online.place", 3, std::numeric_limits<std::uint32_t>::max()))};
    } else {
      before_ = online_before(checkpoint).lines;
    }
    scores.load(notes, "online.scores");
    learner_->load(checkpoint);
    if (in_file_) stream_->go_to(place);
    place_ = place;
  }

  Progressive scores;

 private:
  OnlineLearner* learner_;
  data::SparseStream* stream_;
  bool in_file_;
  data::StreamPosition place_{};
  std::uint64_t before_ = 0;  ///< lines of standard input, before it was resumed
};

}  // namespace

OnlineBefore online_before(const Checkpoint& checkpoint) {
  const NoteReader notes(checkpoint);
  (void)notes.numbers("online.lines", 1);
  OnlineBefore before{notes.count("online.lines", 0, NoteReader::most), {}};
  std::istringstream classes(notes.text("online.classes"));
  for (std::string name; std::getline(classes, name, ',');) before.classes.push_back(name);
  return before;
}

const char* stop_name(OnlineStop stop) {
  static constexpr const char* names[] = {"end_of_data", "max_steps", "max_seconds", "interrupted",
                                          "diverged"};
  return names[static_cast<std::size_t>(stop)];
}

std::string OnlineRecord::stop_text() const {
  switch (stop) {
    case OnlineStop::end_of_data:
      return "the data ended";
    case OnlineStop::max_steps:
      return "the limit of " + counted(steps, "step") + " was reached";
    case OnlineStop::max_seconds:
      return "the time limit was reached";
    case OnlineStop::interrupted:
      return "interrupted";
    case OnlineStop::diverged:
      break;
  }
  return "diverged at step " + std::to_string(divergence->step) + ": " + divergence->what;
}

OnlineRecord learn_online(OnlineLearner& learner, data::SparseStream& stream, const OnlineRun& run) {
  check(run);
  const Clock::time_point start = Clock::now();
  std::vector<std::uint32_t> order(run.batch);
  std::iota(order.begin(), order.end(), 0U);
  Course course(learner, stream, run);
  Progressive& scores = course.scores;
  TrainRecord before;  // of a run that is resumed: its seconds
  if (run.checkpoints != nullptr) run.checkpoints->resume(course, before);
  const auto seconds = [&] { return before.seconds + seconds_since(start); };
  const auto keep = [&](bool is_last) {
    if (run.checkpoints != nullptr) run.checkpoints->after_step(course, {}, seconds(), is_last);
  };
  const auto interrupted = [&] { return run.interrupted && run.interrupted(); };
  data::SparseBatch batch;
  // Reads the rows of the coming step; false at the end, and where an interruption comes in the middle of a
  // line, which need not be right then.
  const auto next = [&] {
    try {
      return stream.next(batch, run.batch);
    } catch (const Error&) {
      if (interrupted()) return false;
      keep(true);
      throw;
    }
  };
  OnlineRecord record;
  for (;;) {
    if (run.max_steps && learner.steps() >= *run.max_steps) {
      record.stop = OnlineStop::max_steps;
      break;
    }
    const bool more = next();
    if (interrupted()) {
      record.stop = OnlineStop::interrupted;
      break;
    }
    if (run.max_seconds && seconds() >= *run.max_seconds) {
      record.stop = OnlineStop::max_seconds;
      break;
    }
    if (!more) break;
    if (!learner.learn(batch, std::span(order).first(batch.features.rows), stream.classes().size(), scores)) {
      record.stop = OnlineStop::diverged;
      break;
    }
    if (const auto line = scores.line(); line && run.line) run.line(*line);
    if (run.checkpoints != nullptr) course.mark();
    keep(false);
  }
  if (record.stop != OnlineStop::diverged) keep(true);
  if (const auto line = scores.line(true); line && run.line) run.line(*line);
  record.examples = scores.examples();
  record.steps = learner.steps();
  record.average = scores.average();
  record.window = scores.last_window();
  record.in_window = scores.in_window();
  record.seconds = seconds();
  record.divergence = learner.divergence();
  record.non_finite = learner.non_finite();
  return record;
}

}  // namespace thalweg::workbench
